//! A download that was interrupted, as the server's log and the device's disk tell it.

use indicatif::HumanCount;

use super::{Finding, count};

/// A download, from its first request to its end.
#[derive(Debug, Clone)]
pub(in crate::demo) struct Download {
    /// Bytes of the bundle.
    pub(in crate::demo) size: u64,
    pub(in crate::demo) fetches: Vec<Fetch>,
    /// What `sync` answered in the end: a status, or an error's code.
    pub(in crate::demo) outcome: String,
}

/// One request for the bundle.
#[derive(Debug, Clone, Copy)]
pub(in crate::demo) struct Fetch {
    /// Where its range began.
    pub(in crate::demo) start: u64,
    pub(in crate::demo) status: u16,
    pub(in crate::demo) ending: Ending,
}

/// How an answer ended, and how many bytes the device had then, from the bundle's first on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::demo) enum Ending {
    /// The server sent no more. It closed in good order, so what it had sent had arrived.
    Cut { had: u64 },
    /// The device was killed. What it had is what lay on its disk.
    Killed { had: u64 },
    /// The server sent all that was asked for.
    Whole { had: u64 },
}

impl Ending {
    fn had(self) -> u64 {
        match self {
            Self::Cut { had } | Self::Killed { had } | Self::Whole { had } => had,
        }
    }
}

impl Download {
    pub(super) fn arrives(&self) -> Finding {
        let number = |is_it: fn(&Ending) -> bool| {
            self.fetches
                .iter()
                .filter(|fetch| is_it(&fetch.ending))
                .count()
        };
        let cuts = number(|ending| matches!(ending, Ending::Cut { .. }));
        let kills = number(|ending| matches!(ending, Ending::Killed { .. }));
        let resumes = self
            .resumes()
            .filter(|(_, next)| next.status == 206)
            .count();
        let seen = format!(
            "{}, {}, {}: {}",
            count(cuts, "cut"),
            count(kills, "kill"),
            count(resumes, "resume"),
            self.outcome
        );
        let holds = cuts == 2 && kills == 1 && resumes == 3 && self.outcome == "downloaded";
        (seen, holds)
    }

    pub(super) fn asks_once(&self) -> Finding {
        let again: u64 = self
            .resumes()
            .map(|(before, next)| before.ending.had().saturating_sub(next.start))
            .sum();
        let resumes = self.resumes().count();
        let seen = format!(
            "{} bytes again in {}",
            HumanCount(again),
            count(resumes, "resume")
        );
        (seen, again == 0 && resumes > 0)
    }

    pub(super) fn adds_up(&self) -> Finding {
        let received: u64 = self
            .fetches
            .iter()
            .map(|fetch| fetch.ending.had().saturating_sub(fetch.start))
            .sum();
        let seen = format!("{} of {}", HumanCount(received), HumanCount(self.size));
        (seen, received == self.size)
    }

    /// Each request after the first, with the one before it.
    fn resumes(&self) -> impl Iterator<Item = (&Fetch, &Fetch)> {
        self.fetches.iter().zip(self.fetches.iter().skip(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fetch(start: u64, status: u16, ending: Ending) -> Fetch {
        Fetch {
            start,
            status,
            ending,
        }
    }

    fn good() -> Download {
        Download {
            size: 1000,
            fetches: vec![
                fetch(0, 200, Ending::Cut { had: 250 }),
                fetch(250, 206, Ending::Cut { had: 450 }),
                fetch(450, 206, Ending::Killed { had: 700 }),
                fetch(700, 206, Ending::Whole { had: 1000 }),
            ],
            outcome: "downloaded".to_owned(),
        }
    }

    #[test]
    fn what_goes_on_where_it_stopped_holds() {
        assert_eq!(
            good().arrives(),
            ("2 cuts, 1 kill, 3 resumes: downloaded".to_owned(), true)
        );
        assert_eq!(
            good().asks_once(),
            ("0 bytes again in 3 resumes".to_owned(), true)
        );
        assert_eq!(good().adds_up(), ("1,000 of 1,000".to_owned(), true));
    }

    #[test]
    fn bytes_that_are_asked_for_again_are_counted() {
        let mut download = good();
        download.fetches[3].start = 650;
        assert_eq!(
            download.asks_once(),
            ("50 bytes again in 3 resumes".to_owned(), false)
        );
        assert!(!download.adds_up().1);
    }

    #[test]
    fn a_download_that_starts_over_does_not_hold() {
        let mut download = good();
        download.fetches[1] = fetch(0, 200, Ending::Cut { had: 450 });
        assert!(!download.arrives().1);
        assert!(!download.asks_once().1);
        assert!(!download.adds_up().1);
    }

    #[test]
    fn bytes_that_were_left_out_do_not_add_up() {
        let mut download = good();
        download.fetches[2].start = 460;
        assert!(!download.adds_up().1);
    }

    #[test]
    fn a_download_that_was_left_in_peace_proves_nothing() {
        let mut download = good();
        download.fetches = vec![fetch(0, 200, Ending::Whole { had: 1000 })];
        assert!(!download.arrives().1);
        assert!(!download.asks_once().1);
    }

    #[test]
    fn a_download_that_did_not_arrive_does_not_hold() {
        let mut download = good();
        download.outcome = "network".to_owned();
        assert!(!download.arrives().1);
        download.fetches.pop();
        assert!(!download.adds_up().1);
    }
}
