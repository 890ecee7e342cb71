//! The tracer's own process.

use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::ffi::OsStringExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix::errno::Errno;
use nix::libc::{self, user_regs_struct};
use nix::sys::ptrace::{self, Options};
use nix::sys::signal::{self, Signal};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::calls::{ANSWER, Effect, Kind, SOCKET, Subject, about};
use super::{Call, Deed, Fault, Order, Report};

/// The test that is the tracer.
pub(super) const NAME: &str = "tracer::process::a_device_below_its_tracer";

/// Stops itself, so that nothing is missed, and becomes the device then.
const STOPPED: &str = "kill -STOP $$; exec \"$@\"";

#[test]
#[ignore = "the other tests start it as a process of its own"]
fn a_device_below_its_tracer() {
    // Behind the dashes, which are for the test runner: what to do, and to whom.
    let mut arguments = std::env::args_os().skip_while(|argument| argument != "--");
    let Some(order) = arguments.nth(1) else {
        return;
    };
    let order: Order = serde_json::from_str(order.to_str().unwrap()).unwrap();
    let path = order.report.clone();
    let command: Vec<_> = arguments.collect();
    let report = Tracer::new(order).run(&command);
    fs::write(path, serde_json::to_vec(&report).unwrap()).unwrap();
}

struct Tracer {
    order: Order,
    report: Report,
    counted: usize,
    leader: Pid,
    threads: HashMap<Pid, Thread>,
}

/// Where a thread is.
#[derive(Default)]
struct Thread {
    is_in_call: bool,
    /// What the call it is in is to answer.
    answer: Option<u64>,
}

impl Tracer {
    fn new(order: Order) -> Self {
        Self {
            order,
            report: Report::default(),
            counted: 0,
            leader: Pid::this(),
            threads: HashMap::new(),
        }
    }

    #[expect(clippy::zombie_processes, reason = "`step` takes its end by `waitpid`")]
    fn run(mut self, command: &[OsString]) -> Report {
        let mut child = Command::new("sh")
            .args(["-c", STOPPED, "sh"])
            .args(command)
            .spawn()
            .unwrap();
        self.leader = Pid::from_raw(i32::try_from(child.id()).unwrap());
        waitpid(self.leader, Some(WaitPidFlag::WUNTRACED)).unwrap();
        let options = Options::PTRACE_O_EXITKILL
            | Options::PTRACE_O_TRACECLONE
            | Options::PTRACE_O_TRACEEXEC
            | Options::PTRACE_O_TRACESYSGOOD;
        if let Err(error) = ptrace::seize(self.leader, options) {
            child.kill().unwrap();
            panic!("{error}");
        }
        signal::kill(self.leader, Signal::SIGCONT).unwrap();
        while self.step() {}
        self.report
    }

    /// Takes the next thing that happens; whether there can be another.
    fn step(&mut self) -> bool {
        match waitpid(None, Some(WaitPidFlag::__WALL)) {
            Ok(WaitStatus::PtraceSyscall(thread)) => {
                self.at_call(thread);
                resume(thread, None);
            }
            Ok(WaitStatus::PtraceEvent(thread, ..)) => resume(thread, None),
            Ok(WaitStatus::Stopped(thread, signal)) => resume(thread, Some(signal)),
            Ok(WaitStatus::Exited(process, code)) => {
                self.report.has_exited = process == self.leader && code == 0;
                self.threads.remove(&process);
                return process != self.leader;
            }
            Ok(WaitStatus::Signaled(process, ..)) => {
                self.threads.remove(&process);
                return process != self.leader;
            }
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => panic!("{error}"),
        }
        true
    }

    fn at_call(&mut self, thread: Pid) {
        // It may be dead by now.
        let Ok(mut registers) = ptrace::getregs(thread) else {
            return;
        };
        let state = self.threads.entry(thread).or_default();
        let begins = !state.is_in_call && registers.rax == no_such_call();
        state.is_in_call = begins;
        if begins {
            self.begins(thread, &mut registers);
        } else if let Some(answer) = state.answer.take() {
            registers.rax = answer;
            let _dead = ptrace::setregs(thread, registers);
        }
    }

    fn begins(&mut self, thread: Pid, registers: &mut user_regs_struct) {
        let Some(kind) = Kind::of(registers.orig_rax) else {
            return;
        };
        let Some(about) = self.about(thread, kind, registers) else {
            return;
        };
        let fails = match &self.order.plan.deed {
            Deed::Watch | Deed::Kill => None,
            Deed::Fail(fault) => {
                if !kind.can_fail(*fault, &about) || !has_to_do(thread, kind, *fault, registers) {
                    return;
                }
                Some(-i64::from(fault.errno()))
            }
            Deed::Pretend(names) => {
                if !names.iter().any(|name| name == kind.name) {
                    return;
                }
                Some(0)
            }
        };
        self.counted += 1;
        let call = Call {
            name: kind.name.to_owned(),
            about,
        };
        self.report.calls.push(call.clone());
        let plan = &self.order.plan;
        let strikes = self.counted == plan.at || plan.lasts && self.counted > plan.at;
        if !strikes || plan.deed == Deed::Watch {
            return;
        }
        self.report.struck.push(call);
        match fails {
            None => {
                let _dead = signal::kill(self.leader, Signal::SIGKILL);
            }
            Some(answer) => {
                self.threads.entry(thread).or_default().answer = Some(answer.cast_unsigned());
                // Linux closes a descriptor whatever it answers.
                if kind.effect != Effect::Close {
                    registers.orig_rax = u64::MAX;
                    let _dead = ptrace::setregs(thread, *registers);
                }
            }
        }
    }

    /// What a call is about; nothing where it doesn't matter.
    fn about(&self, thread: Pid, kind: &Kind, registers: &user_regs_struct) -> Option<String> {
        let path = match kind.subject {
            Subject::Socket => return Some(SOCKET.to_owned()),
            Subject::Descriptor => {
                if kind.effect == Effect::Write && registers.rdi == 1 {
                    return Some(ANSWER.to_owned());
                }
                let path = opened(thread, registers.rdi)?;
                if path.to_string_lossy().starts_with("socket:") {
                    return Some(SOCKET.to_owned());
                }
                path
            }
            Subject::Path => text(thread, registers.rdi)?,
            Subject::PathIn => {
                let path = text(thread, registers.rsi)?;
                if path.is_absolute() {
                    path
                } else {
                    opened(thread, registers.rdi)?.join(path)
                }
            }
        };
        Some(about(path.strip_prefix(&self.order.root).ok()?))
    }
}

/// Whether a call does what may fail so: opening takes space only where it may create a file, and
/// closing a folder writes nothing.
fn has_to_do(thread: Pid, kind: &Kind, fault: Fault, registers: &user_regs_struct) -> bool {
    match (kind.effect, fault) {
        (Effect::Open, Fault::Full) => {
            let flags = match kind.subject {
                Subject::Path => registers.rsi,
                _ => registers.rdx,
            };
            flags & libc::O_CREAT as u64 != 0
        }
        (Effect::Close, Fault::Broken) => !link(thread, registers.rdi).is_dir(),
        _ => true,
    }
}

/// What a register holds when a call begins: the answer to a call that doesn't exist.
fn no_such_call() -> u64 {
    (-i64::from(libc::ENOSYS)).cast_unsigned()
}

fn resume(thread: Pid, signal: Option<Signal>) {
    // It may be dead by now.
    let _dead = ptrace::syscall(thread, signal);
}

/// The path that a descriptor was opened by.
fn opened(thread: Pid, descriptor: u64) -> Option<PathBuf> {
    let path = fs::read_link(link(thread, descriptor)).ok()?;
    let text = path.to_string_lossy();
    Some(match text.strip_suffix(" (deleted)") {
        Some(path) => Path::new(path).to_owned(),
        None => path,
    })
}

/// What leads to what a descriptor stands for, whether or not that still has a name.
fn link(thread: Pid, descriptor: u64) -> PathBuf {
    // Only the lower half of the register counts.
    let descriptor = descriptor as u32;
    Path::new("/proc").join(format!("{thread}/fd/{descriptor}"))
}

/// The text at an address of a thread's memory.
fn text(thread: Pid, address: u64) -> Option<PathBuf> {
    const PAGE: u64 = 4096;
    let memory = File::open(format!("/proc/{thread}/mem")).ok()?;
    let mut bytes = Vec::new();
    while bytes.len() as u64 <= libc::PATH_MAX as u64 {
        let start = address + bytes.len() as u64;
        let mut page = vec![0; usize::try_from(PAGE - start % PAGE).ok()?];
        let count = memory.read_at(&mut page, start).ok()?;
        let page = page.get(..count)?;
        if let Some(end) = page.iter().position(|byte| *byte == 0) {
            bytes.extend_from_slice(page.get(..end)?);
            return Some(PathBuf::from(OsString::from_vec(bytes)));
        }
        bytes.extend_from_slice(page);
    }
    None
}
