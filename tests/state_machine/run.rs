//! Draws lives, lives them on all cores, and makes those short in which something is wrong.

use std::env;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestError, TestRng, TestRunner};

use crate::action::{Life, lives};
use crate::world::{Mistakes, Tally, World};

/// The environment variable with the number that lives are drawn by.
const SEED: &str = "LIVE_UPDATER_SEED";
/// Actions of a life.
const LONGEST: usize = 90;
/// How long a device has to come to what the model says. Only one that does something else takes
/// that long; once there is one, all that matters is how short its life can be made.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
const LITTLE_PATIENCE: Duration = Duration::from_millis(100);

/// Which lives are to be lived.
#[derive(Debug, Clone)]
pub(crate) struct Lives {
    /// Threads take these in turn; each draws the same lives wherever it runs.
    pub(crate) streams: u8,
    pub(crate) lives_each: u32,
    /// What is wrong on purpose.
    pub(crate) mistakes: Mistakes,
    pub(crate) makes_short: bool,
    pub(crate) patience: Duration,
}

impl Default for Lives {
    fn default() -> Self {
        Self {
            streams: 1,
            lives_each: 1,
            mistakes: Mistakes::default(),
            makes_short: true,
            patience: PATIENCE,
        }
    }
}

/// What living them came to.
#[derive(Debug, Default)]
pub(crate) struct Lived {
    pub(crate) lives: u64,
    pub(crate) tally: Tally,
    /// The first life that was found in which something doesn't hold.
    pub(crate) found: Option<Found>,
}

/// A life in which something doesn't hold.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) life: Life,
    pub(crate) problem: String,
    seed: u64,
}

#[derive(Debug, Default)]
struct Counts {
    lives: AtomicU64,
    tally: Mutex<Tally>,
    has_found: AtomicBool,
}

impl Lives {
    pub(crate) fn live(&self) -> Lived {
        let seed = seed();
        let next = AtomicUsize::new(0);
        let counts = Counts::default();
        let found = Mutex::new(None);
        let cores = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            // A device waits for its own threads for most of the time.
            for _ in 0..2 * cores {
                scope.spawn(|| {
                    while let Ok(stream) = u8::try_from(next.fetch_add(1, Ordering::Relaxed))
                        && stream < self.streams
                        && !counts.has_found.load(Ordering::Relaxed)
                    {
                        if let Some(life) = self.stream(seed, stream, &counts) {
                            found.lock().unwrap().get_or_insert(life);
                        }
                    }
                });
            }
        });
        Lived {
            lives: counts.lives.into_inner(),
            tally: counts.tally.into_inner().unwrap(),
            found: found.into_inner().unwrap(),
        }
    }

    fn stream(&self, seed: u64, stream: u8, counts: &Counts) -> Option<Found> {
        let config = Config {
            cases: self.lives_each,
            // Lives that were found are kept by hand, where people read them.
            failure_persistence: None,
            max_shrink_iters: if self.makes_short { 2000 } else { 0 },
            max_shrink_time: 120_000,
            ..Config::default()
        };
        let mut bytes = [stream; 32];
        bytes[..8].copy_from_slice(&seed.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let mut runner = TestRunner::new_with_rng(config, rng);
        // One is made short at a time.
        let is_mine = AtomicBool::new(false);
        let lived = runner.run(&lives(LONGEST), |life| {
            let is_mine_already = is_mine.load(Ordering::Relaxed);
            let patience = match (is_mine_already, counts.has_found.load(Ordering::Relaxed)) {
                (true, _) => LITTLE_PATIENCE,
                (false, true) => return Ok(()),
                (false, false) => self.patience,
            };
            self.one(&life, patience, counts).or_else(|problem| {
                if !is_mine_already && counts.has_found.swap(true, Ordering::Relaxed) {
                    return Ok(());
                }
                is_mine.store(true, Ordering::Relaxed);
                Err(TestCaseError::fail(problem))
            })
        });
        match lived {
            Ok(()) => None,
            Err(TestError::Fail(problem, life)) => Some(Found {
                life,
                problem: problem.message().to_owned(),
                seed,
            }),
            Err(TestError::Abort(problem)) => panic!("no lives can be drawn: {problem}"),
        }
    }

    fn one(&self, life: &Life, patience: Duration, counts: &Counts) -> Result<(), String> {
        let mut world = World::new(life.rules, &self.mistakes, patience);
        counts.lives.fetch_add(1, Ordering::Relaxed);
        let lived = lived(&mut world, life);
        counts.tally.lock().unwrap().add(world.tally);
        lived
    }
}

fn lived(world: &mut World, life: &Life) -> Result<(), String> {
    for (number, action) in life.actions.iter().enumerate() {
        let stepped = world.step(*action);
        stepped.map_err(|problem| format!("step {number}, {action:?}: {problem}"))?;
    }
    world
        .end()
        .map_err(|problem| format!("in the end: {problem}"))
}

/// Lives this life once more.
///
/// # Errors
///
/// What doesn't hold.
pub(crate) fn relive(life: &Life, mistakes: &Mistakes, patience: Duration) -> Result<(), String> {
    lived(&mut World::new(life.rules, mistakes, patience), life)
}

impl fmt::Display for Found {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            life,
            problem,
            seed,
        } = self;
        writeln!(
            f,
            "{problem}\nwith {SEED}={seed}, in this life: {:?}, [",
            life.rules
        )?;
        for action in &life.actions {
            writeln!(f, "    {action:?},")?;
        }
        f.write_str("]")
    }
}

/// # Panics
///
/// The variable isn't a number.
fn seed() -> u64 {
    let seed = env::var(SEED).ok();
    seed.map_or(0, |seed| {
        seed.parse().expect("LIVE_UPDATER_SEED is a number")
    })
}
