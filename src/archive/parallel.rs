//! Deals out independent work to all cores.

use std::panic;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::error::Error;

/// The numbers from 0 up, of which every thread takes the next one.
pub(super) struct Shares {
    next: AtomicUsize,
    count: usize,
    stopped: AtomicBool,
}

impl Shares {
    /// The next piece of work; `None` where there is none left or another thread failed.
    pub(super) fn take(&self) -> Option<usize> {
        if self.stopped() {
            return None;
        }
        let index = self.next.fetch_add(1, Ordering::Relaxed);
        (index < self.count).then_some(index)
    }

    /// Whether a thread failed, so that what the others do is of no use any more.
    pub(super) fn stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

/// The number of threads that use this machine well.
pub(super) fn all_cores() -> usize {
    thread::available_parallelism().map_or(1, usize::from)
}

/// Runs `work` on `threads` threads, of which this is one. Each takes from the shares until there
/// are none. The first error ends all of them.
pub(super) fn share<T: Send>(
    count: usize,
    threads: usize,
    work: impl Fn(&Shares) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let shares = Shares {
        next: AtomicUsize::new(0),
        count,
        stopped: AtomicBool::new(false),
    };
    let failure = Mutex::new(None);
    let run = || {
        let result = work(&shares);
        result.map_err(|error| {
            if !shares.stopped.swap(true, Ordering::Relaxed) {
                *failure.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
            }
        })
    };
    let results: Vec<_> = thread::scope(|scope| {
        // Where the system gives no thread, the others do its work.
        let workers: Vec<_> = (1..threads.min(count))
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, run).ok())
            .collect();
        let mine = run();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .unwrap_or_else(|payload| panic::resume_unwind(payload))
            })
            .chain([mine])
            .collect()
    });
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(results.into_iter().flatten().collect()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_share_is_taken_once() {
        let taken = share(1000, 4, |shares| {
            let mut mine = Vec::new();
            while let Some(index) = shares.take() {
                mine.push(index);
            }
            Ok(mine)
        })
        .unwrap();
        let mut all = taken.concat();
        all.sort_unstable();
        assert_eq!(all, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn the_first_error_ends_all() {
        let done = AtomicUsize::new(0);
        let error = share(usize::MAX, 3, |shares| {
            while let Some(index) = shares.take() {
                if index == 10 {
                    return Err(Error::MissingIndex);
                }
                done.fetch_add(1, Ordering::Relaxed);
            }
            Ok(())
        })
        .unwrap_err();
        assert_eq!(error.code(), "missing_index");
        assert!(done.into_inner() >= 10);
    }
}
