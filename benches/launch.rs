//! Times opening an updater and launching, beside a bare read of the same files.
//!
//! `cargo xtask bench launch` makes the store that this runs on, and calls it:
//! `launch ROOT CONFIG RUNS` prints a JSON line a run, with nanoseconds.

use std::fs::{self, File, TryLockError};
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use live_updater::{Launch, Updater};

/// All that a launch has to read of the durable state.
const STATE_FILES: [&str; 3] = ["state.a", "state.b", "starts"];
/// How long background work of a launch may hold the store after its updater is gone.
const PATIENCE: Duration = Duration::from_secs(10);

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let [root, config, runs] = arguments.as_slice() else {
        println!("nothing to do without ROOT CONFIG RUNS: see `cargo xtask bench launch`");
        return Ok(());
    };
    let root = Path::new(root);
    let config = fs::read_to_string(config)?;
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for _ in 0..runs.parse::<u32>()? {
        let started = Instant::now();
        for name in STATE_FILES {
            std::hint::black_box(fs::read(root.join(name))?);
        }
        let bare = started.elapsed();

        let started = Instant::now();
        let updater = Updater::builder_from_json(root, &config).open();
        let open = started.elapsed();

        let started = Instant::now();
        let launch = updater.launch(true);
        let launched = started.elapsed();

        let size = state_size(root)?;
        check(&launch)?;
        // Or this launch would count as a bad one.
        runtime.block_on(updater.notify_app_ready(&launch.launch_token))?;
        drop(updater);
        wait_for_release(root)?;
        println!(
            r#"{{"bare":{},"open":{},"launch":{},"stateBytes":{size}}}"#,
            bare.as_nanos(),
            open.as_nanos(),
            launched.as_nanos()
        );
    }
    Ok(())
}

/// Only the launch of a good bundle is of interest.
fn check(launch: &Launch) -> Result<(), String> {
    let is_good = launch.path.is_some() && !launch.trial && launch.problem.is_none();
    if is_good {
        Ok(())
    } else {
        Err(format!("not the launch of a good bundle: {launch:?}"))
    }
}

fn state_size(root: &Path) -> std::io::Result<u64> {
    STATE_FILES
        .iter()
        .map(|name| Ok(fs::metadata(root.join(name))?.len()))
        .sum()
}

/// Background work may still own the store for a moment.
fn wait_for_release(root: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let lock = File::open(root.join("lock"))?;
    let end = Instant::now() + PATIENCE;
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if Instant::now() < end => {
                thread::sleep(Duration::from_micros(200));
            }
            Err(error) => return Err(error.into()),
        }
    }
}
