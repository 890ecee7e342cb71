//! Opening an updater: one per root, whatever the options, and always one.

use std::sync::{Arc, Mutex};
use std::thread;

use crate::{
    Launch, ListenerError, OpenOptions, UpdateEvent, UpdateListener, Updater, UpdaterError,
};

pub(super) const CONFIG: &str = r#"{"trust": {"mode": "unsigned"}, "autoUpdate": "off"}"#;

#[test]
fn the_same_root_is_the_same_updater_whatever_it_is_called() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("updates");
    let first = Updater::open(options(root.to_str().unwrap(), CONFIG), None);
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&root, &link).unwrap();
    for name in [root.join("."), root.join("../updates"), link] {
        let again = Updater::open(options(name.to_str().unwrap(), "{}"), None);
        assert!(Arc::ptr_eq(&first, &again), "{}", name.display());
    }
    assert!(first.launch(true).problem.is_none());
}

#[test]
fn threads_that_open_a_root_at_once_get_one_updater() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let updaters: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|_| scope.spawn(|| Updater::open(options(root, CONFIG), None)))
            .collect();
        threads.into_iter().map(|it| it.join().unwrap()).collect()
    });
    assert!(updaters.iter().all(|it| Arc::ptr_eq(it, &updaters[0])));
}

#[test]
fn a_root_that_was_let_go_can_be_opened_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    for _ in 0..20 {
        let launch = Updater::open(options(root, CONFIG), None).launch(true);
        assert_eq!(launch.problem, None);
    }
}

#[test]
fn what_the_configuration_leaves_out_comes_from_the_host() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let updater = Updater::open(options(root, r#"{"trust": {"mode": "unsigned"}}"#), None);
    assert_eq!(updater.launch(true).problem, None, "appId is there");
    assert!(updater.is_auto_update_enabled().unwrap());
    drop(updater);
    let updater = Updater::open(options(root, CONFIG), None);
    assert!(!updater.is_auto_update_enabled().unwrap());
}

#[test]
fn a_bad_configuration_starts_the_app_and_every_call_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    for config in ["", "[]", "{", r#"{"trust": {"mode": "none"}}"#] {
        let updater = Updater::open(options(root, config), None);
        let launch = updater.launch(true);
        assert_eq!(launch.bundle.id, "builtin");
        assert_eq!(launch.path, None);
        assert_eq!(launch.problem.unwrap().code, "config", "{config:?}");
        for outcome in [updater.pause(), updater.resume(), updater.cancel()] {
            assert_eq!(code(&outcome.unwrap_err()), "config");
        }
        assert_eq!(
            code(&updater.is_auto_update_enabled().unwrap_err()),
            "config"
        );
    }
}

/// The library may be built without Capgo's protocol: `cargo test -p live-updater-ffi` builds it so.
/// Beside the command, which speaks it, so does this one.
#[test]
fn a_protocol_that_this_build_lacks_is_a_bad_configuration_too() {
    let folder = tempfile::tempdir().unwrap();
    let config = r#"{"source": "capgo", "updateUrl": "https://x.example/updates",
        "channelUrl": "https://x.example/channel_self", "trust": {"mode": "unsigned"},
        "autoUpdate": "off"}"#;
    let updater = Updater::open(options(folder.path().to_str().unwrap(), config), None);
    let launch = updater.launch(true);
    assert_eq!((&*launch.bundle.id, launch.path), ("builtin", None));
    let Some(problem) = launch.problem else {
        assert_eq!(block_on(updater.set_channel(None)).unwrap(), "");
        return;
    };
    assert_eq!(problem.code, "config");
    assert!(problem.message.contains("feature `capgo`"), "{problem:?}");
    let refusals = [
        block_on(updater.notify_app_ready(launch.launch_token)).err(),
        block_on(updater.get_latest(None)).err(),
        block_on(updater.download(None)).err(),
        block_on(updater.sync()).err(),
        block_on(updater.current()).err(),
        block_on(updater.set_channel(Some("beta".to_owned()))).err(),
        block_on(updater.set_channel(None)).err(),
        block_on(updater.channel()).err(),
        block_on(updater.channels()).err(),
        block_on(updater.flush()).err(),
    ];
    for (number, refusal) in refusals.iter().enumerate() {
        let refusal = refusal.as_ref().unwrap();
        assert_eq!(code(refusal), "config", "{number}: {refusal}");
        assert!(refusal.to_string().contains("feature `capgo`"), "{refusal}");
    }
}

#[test]
fn before_the_launch_nothing_can_be_changed() {
    let folder = tempfile::tempdir().unwrap();
    let updater = Updater::open(options(folder.path().to_str().unwrap(), CONFIG), None);
    for outcome in [updater.pause(), updater.resume(), updater.cancel()] {
        assert_eq!(code(&outcome.unwrap_err()), "invalid_request");
    }
    assert!(!updater.launch(true).launch_token.is_empty());
    for outcome in [updater.pause(), updater.resume(), updater.cancel()] {
        outcome.unwrap();
    }
}

#[test]
fn the_newest_listener_is_told_and_one_that_fails_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().to_str().unwrap();
    let (first, second) = (Arc::new(Heard::default()), Arc::new(Heard::default()));
    let updater = Updater::open(options(root, CONFIG), Some(first.clone()));
    let launch = updater.launch(true);
    let again = Updater::open(options(root, CONFIG), Some(second.clone()));

    let ready = block_on(again.notify_app_ready(launch.launch_token)).unwrap();

    assert_eq!(ready.id, "builtin");
    assert_eq!(*first.0.lock().unwrap(), [""; 0]);
    assert_eq!(*second.0.lock().unwrap(), ["appReady"]);
}

/// Notes what it hears, and fails each time.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl UpdateListener for Heard {
    fn on_event(&self, event: UpdateEvent) -> Result<(), ListenerError> {
        self.0.lock().unwrap().push(event.name());
        let reason = "no room".to_owned();
        Err(ListenerError::Failed { reason })
    }

    fn on_reload(&self, launch: Launch) -> Result<(), ListenerError> {
        panic!("nothing is to be loaded: {launch:?}");
    }
}

pub(super) fn options(root: &str, config: &str) -> OpenOptions {
    OpenOptions {
        root: root.to_owned(),
        config: config.to_owned(),
        app_id: Some("com.example.app".to_owned()),
        platform: Some("android".to_owned()),
        native_version: Some("1.2.3".to_owned()),
        native_build: None,
        boot_id: None,
        debuggable: false,
        version_code: None,
        os_version: None,
        install_source: None,
        emulator: false,
    }
}

pub(super) fn code(error: &UpdaterError) -> &str {
    let UpdaterError::Failed { code, .. } = error;
    code
}

/// The futures need no runtime of the caller's.
pub(super) fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);
    impl std::task::Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut context = std::task::Context::from_waker(&waker);
    let mut future = std::pin::pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            std::task::Poll::Ready(value) => return value,
            std::task::Poll::Pending => thread::park(),
        }
    }
}
