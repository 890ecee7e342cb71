//! The file that counts sequences.
//!
//! It has a line of JSON for each sequence that was given out, so that a person sees what was
//! signed, and two lines that were added at once are a conflict for version control. The highest
//! line of an app's channel is its floor, in whatever order they stand.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use live_updater_signing::{Action, Timestamp};
use serde::{Deserialize, Serialize};

use crate::output::{Failure, Output};

/// The highest number that every JSON reader has exactly.
const MAX_SEQUENCE: u64 = (1 << 53) - 1;
/// Devices refuse what lies further above what they know.
const MAX_JUMP: u64 = 1_000_000;

/// The file, locked until this is dropped.
#[derive(Debug)]
pub(crate) struct SequenceFile {
    path: PathBuf,
    file: File,
    lines: Vec<Line>,
    /// It was made for a sequence that may be refused.
    is_new: bool,
}

/// Which sequence is to be given out.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    /// One more than the last.
    Next,
    /// This one, where it may follow on devices that have seen the last.
    Exactly(u64),
    /// This one, however far above the last it lies.
    Forced(u64),
}

/// What a sequence was given out for.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Line {
    pub(crate) app_id: String,
    pub(crate) channel: String,
    /// Chosen by [`SequenceFile::take`].
    pub(crate) sequence: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    pub(crate) action: Action,
    pub(crate) issued_at: Timestamp,
}

impl SequenceFile {
    /// Opens the file, which is made where it is missing, and waits until no other process has it.
    pub(crate) fn open(path: &Path, output: &Output) -> Result<Self, Failure> {
        let failed = |error: io::Error| {
            let message = format!(
                "cannot use the sequence file {}: {error}: name another place with --sequence-file",
                path.display()
            );
            Failure::new("storage", message)
        };
        let is_new = !path.exists();
        let mut file = lock(path, output).map_err(failed)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(failed)?;
        let lines = repair(&mut file, &mut text)
            .map_err(failed)
            .and_then(|()| parse(path, &text))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            lines,
            is_new,
        })
    }

    /// The highest sequence that was given out for an app's channel.
    pub(crate) fn last(&self, app_id: &str, channel: &str) -> Option<u64> {
        let own = self
            .lines
            .iter()
            .filter(|line| line.app_id == app_id && line.channel == channel);
        own.map(|line| line.sequence).max()
    }

    /// Gives out a sequence. It is on the disk when this returns, so that
    /// nothing that happens later can make it be given out again.
    pub(crate) fn take(mut self, wanted: Wanted, line: Line) -> Result<u64, Failure> {
        let last = self.last(&line.app_id, &line.channel);
        let sequence = next(last, wanted).map_err(|problem| {
            let Line {
                app_id, channel, ..
            } = &line;
            let message = format!(
                "{problem} ({app_id}, channel {channel}, in {})",
                self.path.display()
            );
            Failure::new("sequence", message)
        })?;
        let line = Line { sequence, ..line };
        let written = serde_json::to_string(&line)
            .map_err(io::Error::from)
            .and_then(|text| {
                self.file.seek(SeekFrom::End(0))?;
                self.file.write_all(format!("{text}\n").as_bytes())?;
                self.file.sync_all()
            });
        written.map_err(|error| Failure::unwritable(&self.path, &error))?;
        Ok(sequence)
    }
}

impl Drop for SequenceFile {
    /// Where nothing was counted there need be no file. Who waits for its lock looks again.
    fn drop(&mut self) {
        if self.is_new && self.file.metadata().is_ok_and(|file| file.len() == 0) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn next(last: Option<u64>, wanted: Wanted) -> Result<u64, String> {
    let floor = last.unwrap_or(0);
    let (sequence, is_forced) = match wanted {
        Wanted::Next => (floor.saturating_add(1), false),
        Wanted::Exactly(sequence) => (sequence, false),
        Wanted::Forced(sequence) => (sequence, true),
    };
    if sequence > MAX_SEQUENCE {
        return Err(format!("a sequence is at most {MAX_SEQUENCE}"));
    }
    if sequence <= floor {
        return Err(format!(
            "sequence {sequence} lies not above {floor}, which was given out: devices that have seen {floor} refuse it; leave --sequence out for {}",
            floor.saturating_add(1)
        ));
    }
    if last.is_some() && sequence - floor > MAX_JUMP && !is_forced {
        return Err(format!(
            "sequence {sequence} lies over {MAX_JUMP} above {floor}: devices that have seen {floor} refuse such a jump. Go there in steps, or say --force-sequence where all of them have seen a higher one"
        ));
    }
    Ok(sequence)
}

/// Opens and locks what is at `path` once it is locked: version control replaces files.
fn lock(path: &Path, output: &Output) -> io::Result<File> {
    loop {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                output.warn(&format!("waiting for who else uses {}", path.display()));
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        let locked = file.metadata()?;
        match fs::metadata(path) {
            Ok(there) if (there.dev(), there.ino()) == (locked.dev(), locked.ino()) => {
                return Ok(file);
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        opened => return opened,
    }
    let parent = match path.parent() {
        Some(parent) if parent != Path::new("") => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent)?;
    let file = options.create(true).truncate(false).open(path)?;
    // A name that a power cut takes away would take all sequences with it.
    File::open(parent)?.sync_all()?;
    Ok(file)
}

/// A line without an end is either whole, and its editor writes no end, or was being written when
/// the process died, and then its sequence was never used.
fn repair(file: &mut File, text: &mut Vec<u8>) -> io::Result<()> {
    let start = text
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |end| end + 1);
    let tail = text.get(start..).unwrap_or_default();
    if tail.is_empty() {
        return Ok(());
    }
    if serde_json::from_slice::<Line>(tail).is_ok() {
        file.seek(SeekFrom::End(0))?;
        return file.write_all(b"\n");
    }
    text.truncate(start);
    file.set_len(start as u64)
}

fn parse(path: &Path, text: &[u8]) -> Result<Vec<Line>, Failure> {
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    lines
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(index, line)| {
            serde_json::from_slice(line).map_err(|error| {
                let message = format!(
                    "line {} of {} is no sequence: {error}: correct it by hand, so that no sequence is given out twice",
                    index + 1,
                    path.display()
                );
                Failure::new("sequence", message)
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    struct Desk(TempDir);

    impl Desk {
        fn new() -> Self {
            Self(TempDir::new().unwrap())
        }

        fn path(&self) -> PathBuf {
            self.0.path().join("deep/sequences.jsonl")
        }

        fn open(&self) -> Result<SequenceFile, Failure> {
            SequenceFile::open(&self.path(), &Output::new(true))
        }

        fn take(&self, channel: &str, wanted: Option<u64>) -> Result<u64, Failure> {
            let wanted = wanted.map_or(Wanted::Next, Wanted::Exactly);
            self.open()?.take(wanted, line(channel))
        }

        fn text(&self) -> String {
            fs::read_to_string(self.path()).unwrap()
        }
    }

    fn line(channel: &str) -> Line {
        Line {
            app_id: "a.b".to_owned(),
            channel: channel.to_owned(),
            sequence: 0,
            version: Some("1.0.0".to_owned()),
            action: Action::Install,
            issued_at: Timestamp::now(),
        }
    }

    #[test]
    fn each_channel_counts_by_itself() {
        let desk = Desk::new();
        assert_eq!(desk.take("production", None).unwrap(), 1);
        assert_eq!(desk.take("production", None).unwrap(), 2);
        assert_eq!(desk.take("beta", Some(5_000_000)).unwrap(), 5_000_000);
        assert_eq!(desk.take("production", Some(10)).unwrap(), 10);
        assert_eq!(desk.take("production", None).unwrap(), 11);
        assert_eq!(desk.open().unwrap().last("a.b", "beta"), Some(5_000_000));
        assert_eq!(desk.open().unwrap().last("c.d", "beta"), None);
        assert_eq!(desk.text().lines().count(), 5);
    }

    #[test]
    fn it_never_goes_back_and_never_jumps_too_far() {
        let desk = Desk::new();
        desk.take("production", Some(7)).unwrap();
        let before = desk.text();
        for wanted in [0, 6, 7, 7 + MAX_JUMP + 1, MAX_SEQUENCE + 1, u64::MAX] {
            let refused = desk.take("production", Some(wanted)).unwrap_err();
            assert!(refused.to_string().contains("a.b"), "{refused}");
        }
        assert_eq!(desk.text(), before);
        assert_eq!(
            desk.take("production", Some(7 + MAX_JUMP)).unwrap(),
            1_000_007
        );

        desk.take("end", Some(MAX_SEQUENCE)).unwrap();
        assert!(desk.take("end", None).is_err());
    }

    #[test]
    fn it_jumps_far_where_it_is_forced_to_and_never_back() {
        let desk = Desk::new();
        desk.take("production", Some(7)).unwrap();
        let force = |sequence| {
            let file = desk.open().unwrap();
            file.take(Wanted::Forced(sequence), line("production"))
        };
        assert_eq!(force(5_000_000_000).unwrap(), 5_000_000_000);
        assert_eq!(desk.take("production", None).unwrap(), 5_000_000_001);
        for sequence in [8, 5_000_000_001, MAX_SEQUENCE + 1] {
            assert!(force(sequence).is_err(), "{sequence}");
        }
    }

    #[test]
    fn lines_count_in_any_order() {
        let desk = Desk::new();
        for wanted in [3, 5, 9] {
            desk.take("production", Some(wanted)).unwrap();
        }
        let mut lines: Vec<_> = desk.text().lines().map(str::to_owned).collect();
        lines.reverse();
        fs::write(desk.path(), lines.join("\r\n\n")).unwrap();
        assert_eq!(desk.take("production", None).unwrap(), 10);
        assert_eq!(desk.open().unwrap().lines.len(), 4);
    }

    #[test]
    fn a_line_that_was_cut_by_a_crash_was_never_given_out() {
        let desk = Desk::new();
        desk.take("production", None).unwrap();
        let one = desk.text();
        desk.take("production", None).unwrap();
        let two = desk.text();
        for end in one.len()..two.len() - 1 {
            fs::write(desk.path(), two.get(..end).unwrap()).unwrap();
            assert_eq!(desk.take("production", None).unwrap(), 2, "{end}");
            assert_eq!(desk.text().lines().count(), 2);
        }
        // All of it but the line's end is all of it.
        fs::write(desk.path(), two.trim_end()).unwrap();
        assert_eq!(desk.take("production", None).unwrap(), 3);
    }

    #[test]
    fn a_line_that_can_not_be_read_stops_everything() {
        let desk = Desk::new();
        desk.take("production", None).unwrap();
        let conflict = format!("<<<<<<< ours\n{}", desk.text());
        fs::write(desk.path(), &conflict).unwrap();
        let refused = desk.take("production", None).unwrap_err();
        assert!(refused.to_string().contains("line 1"), "{refused}");
        assert_eq!(desk.text(), conflict);
    }

    #[test]
    fn many_at_once_get_a_sequence_each() {
        let desk = Desk::new();
        let mut taken: Vec<u64> = std::thread::scope(|scope| {
            let workers: Vec<_> = (0..4)
                .map(|_| {
                    scope.spawn(|| {
                        let take = |_| desk.take("production", None).unwrap();
                        (0..10).map(take).collect::<Vec<_>>()
                    })
                })
                .collect();
            let results = workers.into_iter().map(|worker| worker.join().unwrap());
            results.flatten().collect()
        });
        taken.sort_unstable();
        assert_eq!(taken, (1..=40).collect::<Vec<_>>());
    }
}
