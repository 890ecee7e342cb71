//! How many files and connections the process may have open.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// What isn't a connection: the database, bundles that come and go, what is fetched.
const OTHERS: u64 = 200;

/// How many connections of `wanted` there can be. Raises the process' limit where that helps.
pub(crate) fn most_connections(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = raised(limit, wanted);
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => raised.current,
        Err(error) => {
            tracing::debug!(%error, "the limit of open files stays");
            limit.current
        }
    };
    let most = fitting(current, wanted);
    if most < wanted {
        tracing::warn!(
            most,
            wanted,
            "the limit of open files allows fewer connections"
        );
    }
    most
}

/// The limit with which there can be so many connections, each with a file, or the nearest to it.
fn raised(limit: Rlimit, wanted: usize) -> Rlimit {
    let needed = (wanted as u64).saturating_mul(2).saturating_add(OTHERS);
    let possible = limit.maximum.map_or(needed, |hard| hard.min(needed));
    // None is no limit.
    let current = limit.current.map(|soft| soft.max(possible));
    Rlimit { current, ..limit }
}

/// How many connections fit beside the others; at least one.
fn fitting(current: Option<u64>, wanted: usize) -> usize {
    let room = current.map_or(u64::MAX, |soft| soft.saturating_sub(OTHERS));
    usize::try_from(room).map_or(wanted, |room| room.min(wanted).max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn limit(current: Option<u64>, maximum: Option<u64>) -> Rlimit {
        Rlimit { current, maximum }
    }

    #[test]
    fn a_limit_is_raised_as_far_as_it_is_needed_and_allowed() {
        for (current, maximum, becomes) in [
            (Some(1_024), Some(4_096), Some(4_096)),
            (Some(1_024), Some(1_000_000), Some(16_584)),
            (Some(1_024), None, Some(16_584)),
            (Some(100_000), None, Some(100_000)),
            (None, None, None),
        ] {
            let found = raised(limit(current, maximum), 8_192).current;
            assert_eq!(found, becomes, "{current:?} {maximum:?}");
        }
    }

    #[test]
    fn what_fits_leaves_room_for_other_files() {
        assert_eq!(fitting(Some(1_024), 8_192), 824);
        assert_eq!(fitting(Some(100_000), 8_192), 8_192);
        assert_eq!(fitting(Some(64), 8_192), 1);
        assert_eq!(fitting(None, 8_192), 8_192);
    }
}
