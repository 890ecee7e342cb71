//! The updaters that are open in this process, each under its root.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use crate::updater::Updater;

static OPEN: Mutex<Option<HashMap<PathBuf, Weak<Updater>>>> = Mutex::new(None);

/// The updater that is open on `root`, or a new one by `open`. Two threads that ask at the same
/// time get the same.
pub(crate) fn find_or_open(root: &str, open: impl FnOnce() -> Updater) -> Arc<Updater> {
    let root = one_name(Path::new(root));
    let mut roots = lock();
    let roots = roots.get_or_insert_default();
    roots.retain(|_, updater| updater.strong_count() > 0);
    if let Some(updater) = roots.get(&root).and_then(Weak::upgrade) {
        return updater;
    }
    let updater = Arc::new(open());
    roots.insert(root, Arc::downgrade(&updater));
    updater
}

/// The same folder can be named in several ways, `/var` and `/private/var` among them. It has to be
/// there for that; the updater, which makes it too, says what is wrong where it can't be.
fn one_name(root: &Path) -> PathBuf {
    let _ = fs::create_dir_all(root);
    fs::canonicalize(root).unwrap_or_else(|_| root.to_owned())
}

fn lock() -> MutexGuard<'static, Option<HashMap<PathBuf, Weak<Updater>>>> {
    OPEN.lock().unwrap_or_else(PoisonError::into_inner)
}
