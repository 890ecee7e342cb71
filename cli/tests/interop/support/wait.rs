use std::thread;
use std::time::{Duration, Instant};

/// Waits until `look` finds what it looks for.
pub(crate) fn wait_for<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    const PATIENCE: Duration = Duration::from_secs(60);
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < end, "{what}: not within {PATIENCE:?}");
        thread::sleep(Duration::from_millis(1));
    }
}

/// Waits until a number hasn't changed for a while; the number.
pub(crate) fn wait_until_still(mut number: impl FnMut() -> u64) -> u64 {
    const STILL: Duration = Duration::from_millis(250);
    let (mut last, mut since) = (number(), Instant::now());
    wait_for("a number to stay", || {
        let now = number();
        if now != last {
            (last, since) = (now, Instant::now());
        }
        (since.elapsed() >= STILL).then_some(last)
    })
}
