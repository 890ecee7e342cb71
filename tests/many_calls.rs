//! Any number of calls at once takes few threads, and each is answered. A file of its own: it counts
//! the threads of its process.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use live_updater::{Error, Updater};
use tokio::task::JoinSet;

/// The updater's own, and those that may wait for its state; a few for what it does by itself.
const FEW: usize = 10;

const CALLS: usize = 3_000;

#[tokio::test]
async fn three_thousand_calls_at_once_take_few_threads_and_are_all_answered() {
    let root = tempfile::tempdir().unwrap();
    let config = r#"{"appId": "com.example.app", "trust": {"mode": "unsigned"}}"#;
    let updater = Arc::new(Updater::builder_from_json(root.path(), config).open());
    updater.launch(true);
    let watch = ThreadWatch::start();

    let mut calls = JoinSet::new();
    for number in 0..CALLS {
        let updater = Arc::clone(&updater);
        calls.spawn(async move {
            match number % 3 {
                0 => updater.notify_app_ready("00").await.map(drop),
                _ => read(&updater).await.map(drop),
            }
        });
    }
    let answers = calls.join_all().await;

    let stale = answers.iter().filter(|answer| is_stale(answer)).count();
    assert_eq!(stale, CALLS / 3);
    assert_eq!(
        answers.iter().filter(|it| it.is_ok()).count(),
        CALLS - stale
    );
    let most = watch.stop();
    assert!(most <= FEW, "{most} threads");
}

/// As the languages' bindings read.
async fn read(updater: &Arc<Updater>) -> Result<serde_json::Value, Error> {
    let core = Arc::clone(updater);
    updater.blocking(move || core.state()).await?
}

fn is_stale(answer: &Result<(), Error>) -> bool {
    answer
        .as_ref()
        .is_err_and(|error| error.code() == "stale_launch")
}

/// Counts the updaters' threads again and again.
struct ThreadWatch {
    is_over: Arc<AtomicBool>,
    counting: thread::JoinHandle<usize>,
}

impl ThreadWatch {
    fn start() -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let end = Arc::clone(&is_over);
        let counting = thread::spawn(move || {
            let mut most = 0;
            while !end.load(Ordering::Relaxed) {
                most = most.max(updater_threads());
            }
            most
        });
        Self { is_over, counting }
    }

    /// The most that there were.
    fn stop(self) -> usize {
        self.is_over.store(true, Ordering::Relaxed);
        self.counting.join().unwrap()
    }
}

fn updater_threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap();
    tasks
        .flatten()
        // It may end in between.
        .filter_map(|task| fs::read_to_string(task.path().join("comm")).ok())
        .filter(|name| name.starts_with("live-updater"))
        .count()
}
