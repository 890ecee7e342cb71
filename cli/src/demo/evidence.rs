//! What was seen, and what it proves. Nothing here is known beforehand: each claim is judged by
//! what the server logged, what the device answered, and what lies on the disk.

mod download;
mod verdicts;

use live_updater::Sha256Digest;
use serde::Serialize;

pub(super) use download::{Download, Ending, Fetch};
pub(super) use verdicts::{
    Blocked, Forgery, Installed, Launched, Promotion, Report, Rollback, StaleCall,
};

/// All that was seen. What never came about is missing.
#[derive(Debug, Default)]
pub(super) struct Observations {
    /// Digests of the good version's zip; nothing where it was packed by another tool.
    pub(super) packed_twice: Option<[Sha256Digest; 2]>,
    pub(super) download: Option<Download>,
    pub(super) after_kill: Option<Launched>,
    pub(super) installed: Option<Installed>,
    pub(super) promotion: Option<Promotion>,
    pub(super) success_reports: Option<Vec<Report>>,
    pub(super) stale_call: Option<StaleCall>,
    pub(super) rollback: Option<Rollback>,
    pub(super) after_rollback: Option<Launched>,
    pub(super) failure_reports: Option<Vec<Report>>,
    pub(super) blocked: Option<Blocked>,
    pub(super) flipped: Option<Forgery>,
    pub(super) adjusted: Option<Forgery>,
    pub(super) strange: Option<Forgery>,
}

/// One claim, and whether it held.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Row {
    pub(super) claim: &'static str,
    pub(super) seen: String,
    pub(super) holds: bool,
}

/// What was seen about a claim, and whether that proves it.
type Finding = (String, bool);

impl Observations {
    /// Every claim of the demo.
    pub(super) fn rows(&self) -> Vec<Row> {
        let stale = self.stale_call.as_ref();
        let failed = self.failure_reports.as_deref();
        let packing = self.packed_twice.as_ref();
        let packing =
            packing.map(|_| row("The same files pack to the same bytes", packing, same_bytes));
        let rows = [
            row(
                "Two cuts and a SIGKILL don't stop a download",
                self.download.as_ref(),
                Download::arrives,
            ),
            row(
                "No byte that was on the device is asked for again",
                self.download.as_ref(),
                Download::asks_once,
            ),
            row(
                "What was received adds up to the bundle",
                self.download.as_ref(),
                Download::adds_up,
            ),
            row(
                "The app starts right after the kill",
                self.after_kill.as_ref(),
                Launched::is_builtin,
            ),
            row(
                "What is unpacked is what was signed",
                self.installed.as_ref(),
                Installed::is_the_same,
            ),
            row(
                "A new bundle starts on trial, ready makes it good",
                self.promotion.as_ref(),
                Promotion::worked,
            ),
            row(
                "The server hears of the success once",
                self.success_reports.as_deref(),
                verdicts::one_success,
            ),
            row(
                "An old launch's token doesn't save a bad bundle",
                stale,
                StaleCall::is_refused,
            ),
            row(
                "The watchdog takes back what isn't ready",
                self.rollback.as_ref(),
                Rollback::is_in_time,
            ),
            row(
                "After that, the last good bundle runs",
                self.after_rollback.as_ref(),
                Launched::is_good,
            ),
            row(
                "The server hears of the failure once",
                failed,
                verdicts::one_failure,
            ),
            row(
                "What failed isn't fetched again",
                self.blocked.as_ref(),
                Blocked::holds,
            ),
            row(
                "A flipped byte is refused",
                self.flipped.as_ref(),
                |forgery| forgery.is_refused("checksum_mismatch"),
            ),
            row(
                "With a matching checksum too",
                self.adjusted.as_ref(),
                |forgery| forgery.is_refused("signature_invalid"),
            ),
            row(
                "A stranger's signature is refused",
                self.strange.as_ref(),
                |forgery| forgery.is_refused("signature_invalid"),
            ),
        ];
        packing.into_iter().chain(rows).collect()
    }
}

fn row<T: ?Sized>(claim: &'static str, seen: Option<&T>, judge: impl FnOnce(&T) -> Finding) -> Row {
    let (seen, holds) = seen.map_or_else(|| ("it didn't come to that".to_owned(), false), judge);
    Row { claim, seen, holds }
}

fn same_bytes([one, other]: &[Sha256Digest; 2]) -> Finding {
    let short = |digest: &Sha256Digest| digest.to_string().chars().take(8).collect::<String>();
    if one == other {
        (format!("sha256 {}… twice", short(one)), true)
    } else {
        let seen = format!("sha256 {}…, then {}…", short(one), short(other));
        (seen, false)
    }
}

/// A number of things.
fn count(number: usize, thing: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{plural}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_seen_does_not_hold() {
        let rows = Observations::default().rows();
        assert!(rows.iter().all(|row| !row.holds), "{rows:#?}");
    }

    #[test]
    fn other_bytes_of_the_same_files_do_not_hold() {
        let [one, other] = [1, 2].map(|byte| Sha256Digest::new([byte; 32]));
        assert!(same_bytes(&[one, one]).1);
        assert!(!same_bytes(&[one, other]).1);
    }
}
