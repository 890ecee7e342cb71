//! Runs a device below a tracer: its system calls are counted, and at one of them something
//! happens.
//!
//! The tracer is this program once more, so that it is the parent of what it traces and can't get
//! in the way of the process that waits for the answers. Unlike `strace -e inject` it counts over
//! all threads and all calls, so that a number stands for a moment.

mod calls;
mod process;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use device_process::{Device, Process};
use proof::Extent;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tempfile::TempDir;

use crate::skipped;

pub(crate) use calls::{Call, Fault};

/// What happens to a device.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) enum Deed {
    /// Nothing.
    Watch,
    /// It dies just before a call.
    Kill,
    /// A call fails and does nothing, where the system may answer so.
    Fail(Fault),
    /// All calls of these names do nothing and say that they have.
    Pretend(Vec<String>),
}

/// What happens to a device, and when.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) deed: Deed,
    /// The number of the call to which it happens, from 1 on. Only calls are counted to which it
    /// can happen.
    pub(crate) at: usize,
    /// Whether it happens to all calls from then on.
    pub(crate) lasts: bool,
}

impl Plan {
    pub(crate) fn watch() -> Self {
        Self::once(Deed::Watch, 0)
    }

    pub(crate) fn once(deed: Deed, at: usize) -> Self {
        Self {
            deed,
            at,
            lasts: false,
        }
    }

    pub(crate) fn from_on(deed: Deed, at: usize) -> Self {
        Self {
            deed,
            at,
            lasts: true,
        }
    }

    /// These calls do nothing and say that they have, from the start on.
    pub(crate) fn pretend(names: &[&str]) -> Self {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        Self::from_on(Deed::Pretend(names), 1)
    }
}

/// What a tracer saw.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct Report {
    /// All calls that were counted, in their order.
    pub(crate) calls: Vec<Call>,
    /// Those of them to which something happened.
    pub(crate) struck: Vec<Call>,
    /// Whether the process ended by itself, and well.
    pub(crate) has_exited: bool,
}

impl Report {
    /// Whether something happened to a call.
    pub(crate) fn has_struck(&self) -> bool {
        !self.struck.is_empty()
    }

    /// What happened last happened to this call.
    pub(crate) fn last(&self) -> Option<&Call> {
        self.struck.last()
    }
}

/// A tracer's report that is yet to come.
#[derive(Debug)]
pub(crate) struct Trace {
    folder: TempDir,
}

impl Trace {
    /// Starts a device below a tracer that watches calls on files in `root`, on sockets and on the
    /// standard output.
    pub(crate) fn start(device: Device, root: &Path, plan: &Plan) -> io::Result<(Process, Self)> {
        let trace = Self {
            folder: TempDir::new()?,
        };
        let order = Order {
            plan: plan.clone(),
            root: root.to_owned(),
            report: trace.path(),
        };
        let program = std::env::current_exe()?;
        let order = serde_json::to_string(&order)?;
        let wrapper = [
            &program.to_string_lossy(),
            "--ignored",
            "--exact",
            "--nocapture",
            process::NAME,
            "--",
            &order,
        ];
        Ok((device.below(&wrapper).start()?, trace))
    }

    /// The report, once the device's process has ended.
    ///
    /// # Errors
    ///
    /// The tracer has failed.
    pub(crate) fn report(&self) -> io::Result<Report> {
        Ok(serde_json::from_slice(&fs::read(self.path())?)?)
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("report")
    }
}

/// Whether this machine lets a process trace another one. Where not, it is noted that the test is
/// skipped.
///
/// # Panics
///
/// It doesn't, and all of the proof is asked for.
pub(crate) fn is_allowed() -> bool {
    let root = Path::new("/");
    let device = Device::new("true", root, &Value::Null);
    let traced = Trace::start(device, root, &Plan::watch()).and_then(|(mut process, trace)| {
        process.wait()?;
        trace.report()
    });
    let Err(error) = traced else {
        return true;
    };
    assert_eq!(Extent::from_environment(), Extent::Portion, "{error}");
    skipped::note(&format!("a process can't be traced: {error}"));
    false
}

/// What the tracer's process is told.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    plan: Plan,
    root: PathBuf,
    report: PathBuf,
}
