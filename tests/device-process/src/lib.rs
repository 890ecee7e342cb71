//! Drives `live-updater device`, one app process on one device, as a host would.
//!
//! ```no_run
//! # use std::path::Path;
//! # fn example(program: &Path, url: &str) -> Result<(), Box<dyn std::error::Error>> {
//! use device_process::Device;
//! use serde_json::json;
//!
//! let config = json!({"appId": "com.example.app", "updateUrl": url, "trust": {"mode": "unsigned"}});
//! let mut device = Device::new(program, "/tmp/device", &config).start()?;
//! let launch = device.call("launch", json!({}))?;
//! device.call("notifyAppReady", json!({"launchToken": launch["launchToken"]}))?;
//! assert_eq!(device.call("sync", json!({}))?["status"], "downloaded");
//! device.kill()?;
//! # Ok(())
//! # }
//! ```
#![forbid(unsafe_code)]

use std::collections::HashMap;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

/// How long an answer or an event is waited for, unless a call says otherwise.
const PATIENCE: Duration = Duration::from_secs(60);

/// A device that is switched off.
#[derive(Debug)]
pub struct Device {
    command: Command,
    config: String,
}

impl Device {
    /// The app on the device at `root`, with this configuration; `program` is the command
    /// `live-updater`.
    pub fn new(program: impl AsRef<Path>, root: impl AsRef<Path>, config: &Value) -> Self {
        Self::with_config_text(program, root, config.to_string())
    }

    /// As [`new`](Self::new), with a configuration file that may be anything.
    pub fn with_config_text(
        program: impl AsRef<Path>,
        root: impl AsRef<Path>,
        config: impl Into<String>,
    ) -> Self {
        let mut command = Command::new(program.as_ref());
        command.arg("device").arg("--root").arg(root.as_ref());
        Self {
            command,
            config: config.into(),
        }
    }

    /// Runs the program below another one, such as `strace -o log`.
    #[must_use]
    pub fn below(mut self, wrapper: &[&str]) -> Self {
        if let Some((program, arguments)) = wrapper.split_first() {
            let mut command = Command::new(program);
            command
                .args(arguments)
                .arg(self.command.get_program())
                .args(self.command.get_args());
            self.command = command;
        }
        self
    }

    /// The app's own version.
    #[must_use]
    pub fn native_version(mut self, version: &str) -> Self {
        self.command.args(["--native-version", version]);
        self
    }

    /// What names the installed app.
    #[must_use]
    pub fn native_build(mut self, build: &str) -> Self {
        self.command.args(["--native-build", build]);
        self
    }

    /// A further argument.
    #[must_use]
    pub fn argument(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// Starts the app's process. It has not launched yet.
    ///
    /// # Errors
    ///
    /// Where the program can't be started.
    pub fn start(mut self) -> io::Result<Process> {
        let mut config = NamedTempFile::new()?;
        config.write_all(self.config.as_bytes())?;
        let mut child = self
            .command
            .arg("--config")
            .arg(config.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let heard = Arc::new(Heard::default());
        if let Some(stdout) = child.stdout.take() {
            let heard = Arc::clone(&heard);
            thread::spawn(move || heard.listen(BufReader::new(stdout)));
        }
        if let Some(stderr) = child.stderr.take() {
            let heard = Arc::clone(&heard);
            thread::spawn(move || heard.read_log(BufReader::new(stderr)));
        }
        Ok(Process {
            stdin: child.stdin.take(),
            child,
            heard,
            last_id: 0,
            _config: config,
        })
    }
}

/// A running app process. Dropping it kills it.
#[derive(Debug)]
pub struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    heard: Arc<Heard>,
    last_id: u64,
    _config: NamedTempFile,
}

impl Process {
    /// Calls a method and waits for its result.
    ///
    /// # Errors
    ///
    /// The method's error; [`CallError::Died`] or [`CallError::Silent`] where there is none.
    pub fn call(&mut self, method: &str, params: Value) -> Result<Value, CallError> {
        let id = self.send(method, params)?;
        self.answer(id, PATIENCE)
    }

    /// Calls a method that is expected to fail; its error code.
    ///
    /// # Panics
    ///
    /// Where it succeeds, or gives no answer.
    pub fn refusal(&mut self, method: &str, params: Value) -> String {
        match self.call(method, params) {
            Err(CallError::Refused { code, .. }) => code,
            other => panic!("{method}: expected a refusal, got {other:?}"),
        }
    }

    /// Sends a request and doesn't wait; gives its id.
    ///
    /// # Errors
    ///
    /// [`CallError::Died`] where nobody reads it.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers write json!({…}) in place"
    )]
    pub fn send(&mut self, method: &str, params: Value) -> Result<u64, CallError> {
        self.last_id += 1;
        let id = self.last_id;
        self.send_line(&json!({"id": id, "method": method, "params": params}).to_string())?;
        Ok(id)
    }

    /// Sends a line as it is.
    ///
    /// # Errors
    ///
    /// [`CallError::Died`] where nobody reads it.
    pub fn send_line(&mut self, line: &str) -> Result<(), CallError> {
        let stdin = self.stdin.as_mut().ok_or(CallError::Died)?;
        writeln!(stdin, "{line}")
            .and_then(|()| stdin.flush())
            .map_err(|_| CallError::Died)
    }

    /// Waits for the answer to a request.
    ///
    /// # Errors
    ///
    /// As [`call`](Self::call).
    pub fn answer(&mut self, id: u64, patience: Duration) -> Result<Value, CallError> {
        let answer = self.heard.wait(patience, |log| log.answers.remove(&id))?;
        match answer.get("error") {
            None => Ok(answer.get("result").cloned().unwrap_or_default()),
            Some(error) => Err(CallError::Refused {
                code: error["code"].as_str().unwrap_or_default().to_owned(),
                message: error["message"].as_str().unwrap_or_default().to_owned(),
                error: error.clone(),
            }),
        }
    }

    /// Waits for the next answer whose id is null.
    ///
    /// # Errors
    ///
    /// [`CallError::Died`] or [`CallError::Silent`] where none comes.
    pub fn nameless_answer(&mut self) -> Result<Value, CallError> {
        self.heard.wait(PATIENCE, |log| log.nameless.pop())
    }

    /// All events so far, oldest first, as `{"event", "data"}`.
    pub fn events(&self) -> Vec<Value> {
        self.heard.log().events.clone()
    }

    /// Waits until an event of this name has come, since the start; the data of the first.
    ///
    /// # Errors
    ///
    /// [`CallError::Died`] or [`CallError::Silent`] where none comes.
    pub fn event(&mut self, name: &str) -> Result<Value, CallError> {
        self.event_where(name, PATIENCE, |_| true)
    }

    /// Waits until an event of this name with such data has come, since the start.
    ///
    /// # Errors
    ///
    /// [`CallError::Died`] or [`CallError::Silent`] where none comes.
    pub fn event_where(
        &mut self,
        name: &str,
        patience: Duration,
        is_it: impl Fn(&Value) -> bool,
    ) -> Result<Value, CallError> {
        self.heard.wait(patience, |log| {
            log.events
                .iter()
                .find(|event| event["event"] == name && is_it(&event["data"]))
                .map(|event| event["data"].clone())
        })
    }

    /// What the process has logged on stderr.
    pub fn log(&self) -> String {
        self.heard.log().stderr.clone()
    }

    /// The process id, for signals. Below a wrapper it is the wrapper's.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the process has ended.
    ///
    /// # Errors
    ///
    /// Where the system can't tell.
    pub fn try_wait(&mut self) -> io::Result<Option<ExitStatus>> {
        self.child.try_wait()
    }

    /// Waits until the process has ended by itself.
    ///
    /// # Errors
    ///
    /// Where the system can't tell.
    pub fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }

    /// The app dies by SIGKILL.
    ///
    /// # Errors
    ///
    /// Where the system refuses.
    pub fn kill(mut self) -> io::Result<()> {
        self.child.kill()?;
        self.child.wait().map(|_| ())
    }

    /// The app dies by the end of its input.
    ///
    /// # Errors
    ///
    /// Where the system can't tell how it ended.
    pub fn close(mut self) -> io::Result<ExitStatus> {
        self.stdin = None;
        self.child.wait()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Why a call has no result.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The method failed.
    #[error("{code}: {message}")]
    Refused {
        /// The error's stable code.
        code: String,
        /// The error's message.
        message: String,
        /// The whole error.
        error: Value,
    },
    /// The process has ended.
    #[error("the device's process has ended")]
    Died,
    /// Nothing came in time.
    #[error("no answer within {0:?}")]
    Silent(Duration),
}

impl CallError {
    /// The error's stable code, where the method failed.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }
}

/// The path of the command `live-updater` that was built beside this program.
///
/// For programs of this workspace that aren't the command's own package: build it first.
///
/// # Errors
///
/// Where this program's own path is unknown.
pub fn built_program() -> io::Result<PathBuf> {
    let own = std::env::current_exe()?;
    // target/<profile>/deps/<test> or target/<profile>/<program>
    let folder = own
        .ancestors()
        .skip(1)
        .find(|folder| !folder.ends_with("deps") && !folder.ends_with("examples"))
        .ok_or_else(|| io::Error::other("this program lies nowhere"))?;
    Ok(folder.join("live-updater"))
}

#[derive(Debug, Default)]
struct Heard {
    log: Mutex<Log>,
    news: Condvar,
}

#[derive(Debug, Default)]
struct Log {
    answers: HashMap<u64, Value>,
    nameless: Vec<Value>,
    events: Vec<Value>,
    stderr: String,
    has_ended: bool,
}

impl Heard {
    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn listen(&self, stdout: impl BufRead) {
        for line in stdout.lines().map_while(Result::ok) {
            let Ok(value) = serde_json::from_str::<Value>(&line) else {
                continue;
            };
            let mut log = self.log();
            if value.get("event").is_some() {
                log.events.push(value);
            } else if let Some(id) = value["id"].as_u64() {
                log.answers.insert(id, value);
            } else {
                log.nameless.push(value);
            }
            self.news.notify_all();
        }
        self.log().has_ended = true;
        self.news.notify_all();
    }

    fn read_log(&self, stderr: impl BufRead) {
        for line in stderr.lines().map_while(Result::ok) {
            let mut log = self.log();
            log.stderr.push_str(&line);
            log.stderr.push('\n');
        }
    }

    fn wait<T>(
        &self,
        patience: Duration,
        mut find: impl FnMut(&mut Log) -> Option<T>,
    ) -> Result<T, CallError> {
        let end = Instant::now() + patience;
        let mut log = self.log();
        loop {
            if let Some(found) = find(&mut log) {
                return Ok(found);
            }
            if log.has_ended {
                return Err(CallError::Died);
            }
            let left = end.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(CallError::Silent(patience));
            }
            log = self
                .news
                .wait_timeout(log, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
    }
}
