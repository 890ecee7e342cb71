//! An app that starts on a disk in any condition.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::archive::FileList;
use crate::bundle::{BundleId, BundleStatus, Launch};
use crate::config::Config;
use crate::digest::Sha256Digest;
use crate::lifecycle::Lifecycle;
use crate::lifecycle::rules::Rules;
use crate::store::Store;
use crate::store::bundles::{BundleFolder, names};
use crate::store::collect;
use crate::store::starts::{self, Starts};
use crate::store::storage::Storage;
use crate::{NativeVersion, SystemClock};

/// More launches than all bundles of a disk together get without a page that is ready.
const MANY_LAUNCHES: usize = 40;

/// The bytes of the record of a launch that an input tells of; nothing where it tells of none.
///
/// Bytes behind a `=` are those of the file. Those behind a `+` get their checksum.
pub fn starts(input: &[u8]) -> Option<Vec<u8>> {
    match input.split_first()? {
        (b'=', bytes) => Some(bytes.to_vec()),
        (b'+', body) => Some(starts::seal(body.to_vec())),
        _ => None,
    }
}

/// A root in any condition: a launch gives a bundle whose files are all there, or builtin, and the
/// store can be used from there on.
pub fn launch(storage: Arc<dyn Storage>) {
    let device = Device {
        storage,
        boot: uuid::Uuid::new_v4().to_string(),
    };
    let before = slots(&*device.storage);
    let mut app = device.start();
    if app.store.writable().is_err() {
        return assert_nothing_is_touched(app, &before);
    }
    let (first, ..) = app.launch(true);
    assert_stands(&app, &first);
    assert_goes_on(&mut app, &first);
    let (mut app, second) = device.assert_next_launch(app, &first, false);
    app.notify_app_ready(Some(&second.launch_token))
        .expect("the token of what runs");
    assert_is_good(&app, &second);
    let (app, _) = device.assert_next_launch(app, &second, true);
    drop(app);
    device.assert_bad_bundles_go();
}

/// A device that was booted once.
struct Device {
    storage: Arc<dyn Storage>,
    /// No input knows it: nothing was hashed in this boot before.
    boot: String,
}

impl Device {
    /// A process of the app.
    fn start(&self) -> Lifecycle {
        let config = Config::from_json(r#"{"appId": "a", "trust": {"mode": "unsigned"}}"#);
        let native_version: NativeVersion = "1.0.0".parse().expect("a version");
        let rules = Rules::new(
            &config.expect("a configuration"),
            native_version,
            "1".to_owned(),
        );
        let clock = Arc::new(SystemClock::new());
        let store = Store::open(Arc::clone(&self.storage));
        Lifecycle::new(store, rules, clock, Some(self.boot.clone()))
    }

    /// The process ends and another one starts: it finds the state, and runs the same, or what was
    /// chosen next, or takes back what should have run.
    fn assert_next_launch(
        &self,
        app: Lifecycle,
        last: &Launch,
        was_ready: bool,
    ) -> (Lifecycle, Launch) {
        let state = app.state().clone();
        drop(app);
        let mut app = self.start();
        assert_eq!(*app.state(), state);
        let (launch, ..) = app.launch(true);
        assert_stands(&app, &launch);
        let last = &last.bundle.id;
        let rolled_back = launch.rolled_back.as_ref().map(|bundle| &bundle.id);
        let id = &launch.bundle.id;
        // A busy machine may leave no time to hash a trial: then it is put off.
        let is_put_off = app.state().next.is_some();
        assert!(
            id == last || state.next.as_ref() == Some(id) || rolled_back.is_some() || is_put_off,
            "{id} runs after {last}"
        );
        assert!(!was_ready || rolled_back != Some(last), "{last} was ready");
        (app, launch)
    }

    /// Where no page is ever ready, only builtin is left.
    fn assert_bad_bundles_go(&self) {
        for _ in 0..MANY_LAUNCHES {
            let mut app = self.start();
            let (launch, ..) = app.launch(true);
            assert_stands(&app, &launch);
            if launch.bundle.id.is_builtin() && app.state().next.is_none() {
                return;
            }
        }
        panic!("a bundle stays that is never ready");
    }
}

fn slots(storage: &dyn Storage) -> [Option<Vec<u8>>; 2] {
    ["state.a", "state.b"].map(|name| storage.read(Path::new(name), u64::MAX).ok())
}

/// A state that this version can't read may be one that another can.
fn assert_nothing_is_touched(mut app: Lifecycle, before: &[Option<Vec<u8>>; 2]) {
    let (launch, ..) = app.launch(true);
    assert!(launch.bundle.id.is_builtin() && launch.path.is_none());
    assert_eq!(
        launch.problem.expect("why nothing else runs").code,
        "storage"
    );
    assert!(slots(&*app.store.storage) == *before);
}

/// What was given can be run, and is told of as what it is.
fn assert_stands(app: &Lifecycle, launch: &Launch) {
    let storage = &*app.store.storage;
    let id = &launch.bundle.id;
    let rolled_back = launch.rolled_back.as_ref();
    assert!(rolled_back.is_none_or(|bundle| bundle.id != *id && !bundle.id.is_builtin()));
    assert_eq!(*id, app.state().current);
    let kept = Starts::load(storage);
    if id.is_builtin() {
        assert!(launch.path.is_none() && !launch.trial);
        assert_eq!(launch.bundle.version, "1.0.0");
        return assert_eq!(launch.bundle.status, BundleStatus::Success);
    }
    let is_known = BundleId::parse(id.as_str()).is_some();
    assert!(is_known, "{id:?} is the name of no bundle");
    let folder = BundleFolder::installed(id);
    assert_eq!(launch.path, Some(storage.root().join(folder.www())));
    assert!(folder.is_whole(storage).expect("a disk"));
    assert_eq!(kept.expect("a record of this launch").bundle, *id);
    match launch.bundle.status {
        BundleStatus::Success => assert!(!launch.trial),
        BundleStatus::Trial => {
            assert!(launch.trial);
            assert_is_what_was_installed(app, &folder);
        }
        status => panic!("{id} runs and is {status:?}"),
    }
}

/// The files of a trial are those of its list, looked at without what the launch looks with.
fn assert_is_what_was_installed(app: &Lifecycle, folder: &BundleFolder) {
    let storage = &*app.store.storage;
    let bytes = storage.read(&folder.file_list(), u64::MAX).expect("a list");
    let list = FileList::decode(&bytes).expect("a list that can be read");
    let listed: BTreeMap<_, _> = list
        .files()
        .iter()
        .map(|file| (file.path().to_owned(), (file.size(), file.sha256())))
        .collect();
    let mut found = BTreeMap::new();
    for name in names(storage, &folder.www()).expect("a folder") {
        let bytes = storage.read(&folder.www().join(&name), u64::MAX);
        let bytes = bytes.expect("a file");
        let digest = Sha256Digest::new(Sha256::digest(&bytes).into());
        found.insert(name, (bytes.len() as u64, digest));
    }
    assert_eq!(listed, found);
}

/// The state takes changes, and what nobody needs goes without what runs.
fn assert_goes_on(app: &mut Lifecycle, launch: &Launch) {
    app.update(|state| state.custom_id = Some("somebody".to_owned()))
        .expect("a disk with room");
    let storage = app.collect().expect("a disk with room");
    collect::empty_trash(&*storage).expect("a disk");
    assert_stands(app, launch);
}

fn assert_is_good(app: &Lifecycle, launch: &Launch) {
    let id = &launch.bundle.id;
    if id.is_builtin() {
        return;
    }
    assert_eq!(app.state().good.first(), Some(id));
    assert_eq!(app.describe(id).status, BundleStatus::Success);
}
