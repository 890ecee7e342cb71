//! The disk: shared by the processes that have it, and looked at by tests.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use live_updater::FileKind;

use crate::content::Fate;
use crate::crash::PowerCut;
use crate::fault::{Fault, Kind};
use crate::files::{Files, Node};
use crate::recording::Recording;
use crate::step::{Call, NodeId, ROOT, Step};
use crate::storage::SimulatedStorage;

/// Steps that are kept where nothing is recorded: what a lying drive may lose.
pub(crate) const WINDOW: usize = 64;

/// A disk in memory. Clones are the same disk.
///
/// A process has it by [`mount`](Self::mount), and loses it by
/// [`SimulatedStorage::kill`]. [`power_cut`](Self::power_cut) gives another disk, with what would
/// be left of this one.
#[derive(Debug, Clone)]
pub struct SimulatedDisk(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    called: Condvar,
}

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) files: Files,
    /// The files before `steps`.
    before: Files,
    steps: VecDeque<Step>,
    is_recording: bool,
    calls: u64,
    /// How often somebody has begun to work on the disk.
    pub(crate) entries: u64,
    listings: HashMap<PathBuf, u64>,
    fault: Option<Fault>,
    faults: u64,
    pub(crate) has_syncfs: bool,
    pub(crate) free_space: u64,
    pub(crate) lock: Option<Lock>,
    pub(crate) locks: u64,
    mounts: u64,
}

/// Who has the lock, and by which file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lock {
    pub(crate) mount: u64,
    pub(crate) number: u64,
}

impl SimulatedDisk {
    /// An empty disk with `syncfs`, as Linux and Android have it.
    pub fn new() -> Self {
        Self::with_files(Files::new(), true)
    }

    pub(crate) fn with_files(files: Files, has_syncfs: bool) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::new(State {
                before: files.clone(),
                files,
                steps: VecDeque::new(),
                is_recording: false,
                calls: 0,
                entries: 0,
                listings: HashMap::new(),
                fault: None,
                faults: 0,
                has_syncfs,
                free_space: 1 << 40,
                lock: None,
                locks: 0,
                mounts: 0,
            }),
            called: Condvar::new(),
        }))
    }

    /// Takes `syncfs` away: a tree is made durable file by file, as on Apple's systems.
    #[must_use]
    pub fn without_syncfs(self) -> Self {
        self.state().has_syncfs = false;
        self
    }

    /// Gives the disk to a process that starts.
    pub fn mount(&self) -> SimulatedStorage {
        let mut state = self.state();
        state.mounts += 1;
        SimulatedStorage::new(self.clone(), state.mounts)
    }

    /// System calls so far, those that only look included.
    pub fn calls(&self) -> u64 {
        self.state().calls
    }

    /// How often programs have asked for the names in a directory, which needn't exist: a way to
    /// know that something in the background has come that far.
    pub fn listings(&self, path: impl AsRef<Path>) -> u64 {
        let state = self.state();
        state.listings.get(path.as_ref()).copied().unwrap_or(0)
    }

    /// Makes calls fail; the fault before is forgotten.
    pub fn fail(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// Ends all faults; tells how many calls have failed by them.
    pub fn heal(&self) -> u64 {
        let mut state = self.state();
        state.fault = None;
        std::mem::take(&mut state.faults)
    }

    /// Bytes that are free from now on. They don't get fewer by themselves.
    pub fn set_free_space(&self, bytes: u64) {
        self.state().free_space = bytes;
    }

    /// Writes everything back, as a system does after a while.
    pub fn write_back(&self) {
        self.step(Path::new(""), Call::SyncAll);
    }

    /// Keeps all steps from now on, for [`recording`](Self::recording).
    pub fn record(&self) {
        let mut state = self.state();
        state.before = state.files.clone();
        state.steps.clear();
        state.is_recording = true;
    }

    /// Steps since [`record`](Self::record).
    pub fn recorded(&self) -> usize {
        self.state().steps.len()
    }

    /// What has happened since [`record`](Self::record).
    pub fn recording(&self) -> Recording {
        let state = self.state();
        assert!(state.is_recording, "nothing was recorded");
        Recording {
            before: state.before.clone(),
            steps: state.steps.iter().cloned().collect(),
            has_syncfs: state.has_syncfs,
        }
    }

    /// The disk that is left when the power goes now.
    #[must_use]
    pub fn power_cut(&self, cut: &PowerCut) -> Self {
        let state = self.state();
        let files = cut.leaves(&state.files, &state.before, state.steps.iter());
        Self::with_files(files, state.has_syncfs)
    }

    /// A disk with the same files, all of them durable.
    #[must_use]
    pub fn copy(&self) -> Self {
        let state = self.state();
        Self::with_files(state.files.after_power_cut(Fate::Kept), state.has_syncfs)
    }

    /// Waits until something holds; it is looked at after every system call.
    ///
    /// # Panics
    ///
    /// It doesn't hold within 20 s.
    pub fn wait_until(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        const LONGEST: Duration = Duration::from_secs(20);
        loop {
            let entries = self.state().entries;
            if holds(self) {
                return;
            }
            let (_state, timeout) = self
                .0
                .called
                .wait_timeout_while(self.state(), LONGEST, |state| state.entries == entries)
                .unwrap_or_else(PoisonError::into_inner);
            assert!(!timeout.timed_out(), "{what}: not within {LONGEST:?}");
        }
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn step(&self, path: &Path, call: Call) {
        self.state().step(path, call);
    }

    pub(crate) fn wake(&self) {
        self.0.called.notify_all();
    }
}

impl Default for SimulatedDisk {
    fn default() -> Self {
        Self::new()
    }
}

/// What a person would do with the disk in another computer: nothing of it is counted, fails, or
/// is lost with the power.
impl SimulatedDisk {
    /// The bytes of a file; nothing where there is none.
    pub fn read(&self, path: impl AsRef<Path>) -> Option<Vec<u8>> {
        let state = self.state();
        let node = state.find(path.as_ref()).ok()?;
        Some(state.files.content(node)?.visible.to_vec())
    }

    /// The names in a directory, in order; none where it doesn't exist.
    pub fn names(&self, path: impl AsRef<Path>) -> Vec<String> {
        let state = self.state();
        let node = state.find(path.as_ref()).ok();
        node.and_then(|node| state.files.children(node))
            .map(|children| children.keys().cloned().collect())
            .unwrap_or_default()
    }

    /// All files below a directory, by their paths in it.
    pub fn files(&self, path: impl AsRef<Path>) -> BTreeMap<PathBuf, Vec<u8>> {
        let state = self.state();
        let mut files = BTreeMap::new();
        if let Ok(node) = state.find(path.as_ref()) {
            state.collect(node, Path::new(""), &mut files);
        }
        files
    }

    /// Makes `bytes` the content of a file, whose directory exists.
    ///
    /// # Panics
    ///
    /// There is no such directory.
    pub fn write(&self, path: impl AsRef<Path>, bytes: &[u8]) {
        let path = path.as_ref();
        let mut state = self.state();
        let node = match state.find(path) {
            Ok(node) => node,
            Err(_) => state.make(path, false).expect("its directory exists"),
        };
        state.step(path, Call::SetLen { node, len: 0 });
        let write = Call::Write {
            node,
            offset: 0,
            bytes: bytes.into(),
        };
        state.step(path, write);
        state.step(Path::new(""), Call::SyncAll);
    }

    /// Deletes a file.
    ///
    /// # Panics
    ///
    /// There is no such file.
    pub fn remove(&self, path: impl AsRef<Path>) {
        let path = path.as_ref();
        let mut state = self.state();
        let (directory, name) = state.place(path).expect("its directory exists");
        state.step(path, Call::Remove { directory, name });
        state.step(Path::new(""), Call::SyncAll);
    }
}

impl State {
    /// Counts a system call, and lets it fail where it has to.
    pub(crate) fn call(&mut self, kind: Kind) -> io::Result<()> {
        let number = self.calls;
        self.calls += 1;
        match self.fault {
            Some(fault) if fault.strikes(number, kind) => {
                self.faults += 1;
                Err(fault.error())
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn listed(&mut self, path: &Path) {
        *self.listings.entry(path.to_owned()).or_default() += 1;
    }

    pub(crate) fn step(&mut self, path: &Path, call: Call) {
        self.files.apply(&call);
        self.steps.push_back(Step::new(path, call));
        if !self.is_recording
            && self.steps.len() > WINDOW
            && let Some(step) = self.steps.pop_front()
        {
            self.before.apply(&step.call);
        }
    }

    pub(crate) fn make(&mut self, path: &Path, is_directory: bool) -> io::Result<NodeId> {
        let (directory, name) = self.place(path)?;
        let node = self.files.next_node();
        let call = Call::Make {
            node,
            directory,
            name,
            is_directory,
        };
        self.step(path, call);
        Ok(node)
    }

    /// The node at a path.
    pub(crate) fn find(&self, path: &Path) -> io::Result<NodeId> {
        let mut node = ROOT;
        for component in path.components() {
            let Component::Normal(name) = component else {
                return Err(io::Error::from(io::ErrorKind::InvalidInput));
            };
            let children = self.files.children(node).ok_or_else(not_a_directory)?;
            let name = name.to_str().ok_or(io::ErrorKind::InvalidInput)?;
            node = *children.get(name).ok_or(io::ErrorKind::NotFound)?;
        }
        Ok(node)
    }

    /// The directory that a path lies in, which has to exist, and the name in it.
    pub(crate) fn place(&self, path: &Path) -> io::Result<(NodeId, String)> {
        let name = path.file_name().and_then(|name| name.to_str());
        let name = name.ok_or(io::ErrorKind::InvalidInput)?;
        let directory = self.find(path.parent().unwrap_or(Path::new("")))?;
        match self.files.node(directory) {
            Some(Node::Directory(_)) => Ok((directory, name.to_owned())),
            _ => Err(not_a_directory()),
        }
    }

    pub(crate) fn kind(&self, node: NodeId) -> FileKind {
        match self.files.node(node) {
            Some(Node::File(_)) => FileKind::File,
            Some(Node::Directory(_)) => FileKind::Directory,
            None => FileKind::Other,
        }
    }

    fn collect(&self, node: NodeId, path: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
        match self.files.node(node) {
            Some(Node::File(content)) => {
                files.insert(path.to_owned(), content.visible.to_vec());
            }
            Some(Node::Directory(children)) => {
                for (name, child) in children {
                    self.collect(*child, &path.join(name), files);
                }
            }
            None => {}
        }
    }
}

pub(crate) fn not_a_directory() -> io::Error {
    io::Error::from(io::ErrorKind::NotADirectory)
}
