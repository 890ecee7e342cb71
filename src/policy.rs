//! May this release be installed here? A pure decision on a release and what is known.

use semver::Version;
use serde::Serialize;

use crate::bundle::{BundleId, BundleStatus};
use crate::native_version::NativeVersion;
use crate::release::Release;
use crate::store::state::{BundleRecord, State};

/// How often the bytes of one bundle are fetched again because its files were damaged.
const MOST_REPAIRS: u32 = 2;

/// What is known when a release is judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Situation<'a> {
    pub(crate) state: &'a State,
    /// What runs now.
    pub(crate) current: &'a BundleId,
    pub(crate) builtin_version: &'a Version,
    pub(crate) native_version: &'a NativeVersion,
    pub(crate) allow_downgrade: bool,
}

/// What is to be done about a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It runs already.
    UpToDate,
    /// It has to be fetched.
    Fetch,
    /// A bundle of exactly these bytes is on the disk.
    OnDisk(BundleId),
    /// It needs a newer app.
    NativeUpdateRequired,
    /// It must not run here.
    Blocked(BlockReason),
}

/// Why a release must not run here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum BlockReason {
    /// This version was rolled back.
    Failed,
    /// It is older than what is installed.
    Downgrade,
    /// These bytes were refused for good.
    Refused,
    /// The server asked to wait.
    RateLimited,
    /// It is for older versions of the app.
    NativeVersion,
    /// The server keeps what it has from this device.
    Withheld,
}

impl BlockReason {
    /// The reason as it stands in answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Downgrade => "downgrade",
            Self::Refused => "refused",
            Self::RateLimited => "rate_limited",
            Self::NativeVersion => "native_version",
            Self::Withheld => "withheld",
        }
    }
}

/// Judges `release`. `is_whole` tells whether a bundle's files are there.
pub(crate) fn judge(
    release: &Release,
    situation: &Situation<'_>,
    is_whole: &dyn Fn(&BundleRecord) -> bool,
) -> Verdict {
    let current = current_version(situation);
    if release.version == *current && !replaces_current(release, situation) {
        return Verdict::UpToDate;
    }
    judge_bytes(release, situation, is_whole)
}

/// Whether a release of the version that runs is another one all the same. What bytes builtin was
/// made of is unknown, so there the version alone tells.
fn replaces_current(release: &Release, situation: &Situation<'_>) -> bool {
    let current = situation.state.bundle(situation.current);
    release.is_higher() && current.is_some_and(|record| record.checksum != release.checksum)
}

/// As [`judge`], for a caller who names bytes: that what runs has the same version doesn't make
/// them the same bytes.
pub(crate) fn judge_bytes(
    release: &Release,
    situation: &Situation<'_>,
    is_whole: &dyn Fn(&BundleRecord) -> bool,
) -> Verdict {
    let state = situation.state;
    let current = current_version(situation);
    let (min, max) = (&release.min_app_version, &release.max_app_version);
    if let Some(verdict) = native_range(min.as_deref(), max.as_deref(), situation.native_version) {
        return verdict;
    }
    if state.has_failed(&release.version, &release.checksum)
        || state.repairs_of(&release.checksum) > MOST_REPAIRS
    {
        return Verdict::Blocked(BlockReason::Failed);
    }
    if state.has_refused(&release.refusal_key()) {
        return Verdict::Blocked(BlockReason::Refused);
    }
    let floor = current.max(situation.builtin_version);
    let may_be_older = situation.allow_downgrade || release.is_higher();
    if release.version < *floor && !may_be_older {
        return Verdict::Blocked(BlockReason::Downgrade);
    }
    state
        .bundles
        .iter()
        .find(|record| {
            record.status != BundleStatus::Error
                && record.version == release.version
                && record.checksum == release.checksum
                && is_whole(record)
        })
        .map_or(Verdict::Fetch, |record| Verdict::OnDisk(record.id.clone()))
}

/// The version of what runs now.
pub(crate) fn current_version<'a>(situation: &Situation<'a>) -> &'a Version {
    situation
        .state
        .bundle(situation.current)
        .map_or(situation.builtin_version, |record| &record.version)
}

/// Why `native` is outside of a range, where it is. Ends that can't be read don't bind: the source
/// has refused them before.
pub(crate) fn native_range(
    min: Option<&str>,
    max: Option<&str>,
    native: &NativeVersion,
) -> Option<Verdict> {
    let end = |text: Option<&str>| text?.parse::<NativeVersion>().ok();
    if end(min).is_some_and(|min| *native < min) {
        return Some(Verdict::NativeUpdateRequired);
    }
    end(max)
        .is_some_and(|max| *native > max)
        .then_some(Verdict::Blocked(BlockReason::NativeVersion))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Sha256Digest;
    use crate::release::Stated;
    use crate::store::state::{FailedVersion, RefusedBytes, Repair};

    const SUM: Sha256Digest = Sha256Digest::new([7; 32]);

    fn release(version: &str) -> Release {
        let url = "https://x.y/z.zip".parse().unwrap();
        Release::new(version.parse().unwrap(), url, SUM)
    }

    fn judged(release: &Release, state: &State) -> Verdict {
        judged_with(release, state, false)
    }

    fn judged_with(release: &Release, state: &State, allow_downgrade: bool) -> Verdict {
        let situation = Situation {
            state,
            current: &state.current,
            builtin_version: &Version::new(1, 0, 0),
            native_version: &"2.5".parse().unwrap(),
            allow_downgrade,
        };
        judge(release, &situation, &|_| true)
    }

    fn record(version: &str, status: BundleStatus) -> BundleRecord {
        BundleRecord {
            id: BundleId::random(),
            version: version.parse().unwrap(),
            checksum: SUM,
            status,
            downloaded: 0,
            min_app_version: None,
            max_app_version: None,
            failed_launches: 0,
            active_millis: 0,
            hashed_boot: None,
            is_withdrawn: false,
        }
    }

    #[test]
    fn what_runs_is_up_to_date() {
        assert_eq!(
            judged(&release("1.0.0"), &State::default()),
            Verdict::UpToDate
        );
    }

    #[test]
    fn newer_is_fetched_and_older_is_a_downgrade_unless_allowed() {
        let state = State::default();
        assert_eq!(judged(&release("1.0.1"), &state), Verdict::Fetch);
        let blocked = Verdict::Blocked(BlockReason::Downgrade);
        assert_eq!(judged(&release("0.9.0"), &state), blocked);
        assert_eq!(judged(&release("1.0.0-beta"), &state), blocked);
        assert_eq!(judged_with(&release("0.9.0"), &state, true), Verdict::Fetch);
    }

    #[test]
    fn builtin_is_a_floor_even_when_an_older_bundle_runs() {
        let old = record("0.5.0", BundleStatus::Success);
        let state = State {
            current: old.id.clone(),
            bundles: vec![old],
            ..State::default()
        };
        assert_eq!(
            judged(&release("0.9.0"), &state),
            Verdict::Blocked(BlockReason::Downgrade)
        );
    }

    /// A release that a statement names.
    fn stated(version: &str, is_higher: bool) -> Release {
        Release {
            stated: Some(Stated {
                files_sha256: SUM,
                unpacked_size: None,
                is_higher,
            }),
            ..release(version)
        }
    }

    fn running(record: BundleRecord) -> State {
        State {
            current: record.id.clone(),
            bundles: vec![record],
            ..State::default()
        }
    }

    #[test]
    fn a_statement_after_another_may_name_an_older_version_and_the_first_may_not() {
        for state in [
            State::default(),
            running(record("2.0.0", BundleStatus::Success)),
        ] {
            assert_eq!(judged(&stated("0.9.0", true), &state), Verdict::Fetch);
            assert_eq!(
                judged(&stated("0.9.0", false), &state),
                Verdict::Blocked(BlockReason::Downgrade)
            );
        }
    }

    #[test]
    fn a_statement_after_another_may_name_other_bytes_for_the_version_that_runs() {
        let state = running(record("2.0.0", BundleStatus::Success));
        let mut other = stated("2.0.0", true);
        assert_eq!(judged(&other, &state), Verdict::UpToDate, "the same bytes");
        other.checksum = Sha256Digest::new([8; 32]);
        assert_eq!(judged(&other, &state), Verdict::Fetch);
        other.stated = stated("2.0.0", false).stated;
        assert_eq!(judged(&other, &state), Verdict::UpToDate, "the first");
        other.stated = None;
        assert_eq!(judged(&other, &state), Verdict::UpToDate, "no statement");
        // Which bytes builtin was made of, nobody knows.
        let builtin = stated("1.0.0", true);
        assert_eq!(judged(&builtin, &State::default()), Verdict::UpToDate);
    }

    #[test]
    fn a_statement_lifts_neither_the_native_range_nor_a_block() {
        let mut release = stated("2.0.0", true);
        let state = State {
            failed: vec![FailedVersion {
                version: Version::new(2, 0, 0),
                checksum: SUM,
            }],
            ..State::default()
        };
        assert_eq!(
            judged(&release, &state),
            Verdict::Blocked(BlockReason::Failed)
        );
        release.min_app_version = Some("3".into());
        assert_eq!(judged(&release, &state), Verdict::NativeUpdateRequired);
    }

    #[test]
    fn refused_bytes_get_their_chance_with_a_statement_that_corrects_their_files() {
        let mut release = stated("2.0.0", true);
        let state = State {
            refused: vec![RefusedBytes {
                bytes: release.refusal_key(),
                version: release.version.clone(),
                code: "checksum_mismatch".into(),
            }],
            ..State::default()
        };
        release.sequence = Some(12);
        assert_eq!(
            judged(&release, &state),
            Verdict::Blocked(BlockReason::Refused)
        );
        for corrected in [
            Stated {
                files_sha256: Sha256Digest::new([9; 32]),
                unpacked_size: None,
                is_higher: true,
            },
            Stated {
                files_sha256: SUM,
                unpacked_size: Some(5),
                is_higher: true,
            },
        ] {
            release.stated = Some(corrected);
            assert_eq!(judged(&release, &state), Verdict::Fetch);
        }
    }

    #[test]
    fn the_native_range_holds_at_both_ends() {
        let state = State::default();
        let mut release = release("2.0.0");
        release.min_app_version = Some("2.5.0".into());
        release.max_app_version = Some("2.5".into());
        assert_eq!(judged(&release, &state), Verdict::Fetch);
        release.min_app_version = Some("2.5.1".into());
        assert_eq!(judged(&release, &state), Verdict::NativeUpdateRequired);
        release.min_app_version = None;
        release.max_app_version = Some("2.4.9".into());
        assert_eq!(
            judged(&release, &state),
            Verdict::Blocked(BlockReason::NativeVersion)
        );
    }

    #[test]
    fn a_failed_version_is_blocked_with_these_bytes_and_not_with_others() {
        let state = State {
            failed: vec![FailedVersion {
                version: Version::new(2, 0, 0),
                checksum: SUM,
            }],
            ..State::default()
        };
        let mut release = release("2.0.0");
        assert_eq!(
            judged(&release, &state),
            Verdict::Blocked(BlockReason::Failed)
        );
        release.checksum = Sha256Digest::new([8; 32]);
        assert_eq!(judged(&release, &state), Verdict::Fetch);
    }

    #[test]
    fn refused_bytes_stay_refused_until_the_signature_changes() {
        let mut release = release("2.0.0");
        release.signature = Some("one".into());
        let state = State {
            refused: vec![RefusedBytes {
                bytes: release.refusal_key(),
                version: release.version.clone(),
                code: "signature_invalid".into(),
            }],
            ..State::default()
        };
        assert_eq!(
            judged(&release, &state),
            Verdict::Blocked(BlockReason::Refused)
        );
        release.signature = Some("two".into());
        assert_eq!(judged(&release, &state), Verdict::Fetch);
    }

    #[test]
    fn a_whole_bundle_on_the_disk_is_used_and_a_rolled_back_one_is_not() {
        let pending = record("2.0.0", BundleStatus::Pending);
        let mut state = State {
            bundles: vec![record("2.0.0", BundleStatus::Error), pending.clone()],
            ..State::default()
        };
        assert_eq!(
            judged(&release("2.0.0"), &state),
            Verdict::OnDisk(pending.id)
        );
        state.bundles.pop();
        assert_eq!(judged(&release("2.0.0"), &state), Verdict::Fetch);
    }

    #[test]
    fn damaged_bytes_are_fetched_again_twice() {
        let mut state = State {
            repairs: vec![Repair {
                checksum: SUM,
                count: 2,
            }],
            ..State::default()
        };
        assert_eq!(judged(&release("2.0.0"), &state), Verdict::Fetch);
        state.repairs[0].count = 3;
        assert_eq!(
            judged(&release("2.0.0"), &state),
            Verdict::Blocked(BlockReason::Failed)
        );
    }
}
