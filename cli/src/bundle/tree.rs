//! The files of a folder that becomes a bundle.

use std::fs::{self, DirEntry};
use std::io;
use std::path::{Path, PathBuf};

use super::{INDEX, is_rubbish, names};
use crate::output::Failure;

/// How many problems are told at once.
const MAX_PROBLEMS: usize = 20;

/// A folder whose files all have names that every device takes.
#[derive(Debug)]
pub(crate) struct Tree {
    /// By the bytes of their names.
    pub(crate) files: Vec<TreeFile>,
}

/// One file of it.
#[derive(Debug)]
pub(crate) struct TreeFile {
    /// Relative to the folder, with `/` between the parts.
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
}

impl Tree {
    /// Lists a folder that has an index.html.
    ///
    /// Links are refused instead of followed: what they point to may not be meant to leave the
    /// developer's machine.
    pub(crate) fn read(root: &Path) -> Result<Self, Failure> {
        let mut walk = Walk::default();
        walk.folder(root, "")
            .map_err(|(path, error)| Failure::unreadable(&path, &error))?;
        let Walk {
            mut files,
            mut problems,
        } = walk;
        files.sort_by(|one, other| one.name.as_bytes().cmp(other.name.as_bytes()));
        let names = files.iter().map(|file| file.name.as_str());
        for (one, other) in names::collisions(names) {
            problems.push(format!(
                "{one} and {other} are the same name on some file systems"
            ));
        }
        if !problems.is_empty() {
            return Err(Failure::new("unsafe_path", summary(&problems)));
        }
        let is_page = |file: &TreeFile| file.name == INDEX && file.size > 0;
        if !files.iter().any(is_page) {
            let root = root.display();
            let message = format!(
                "{root} has no {INDEX}, or an empty one: give the folder that the web build writes, such as dist or www"
            );
            return Err(Failure::new("missing_index", message));
        }
        Ok(Self { files })
    }

    /// Bytes of all files.
    pub(crate) fn size(&self) -> u64 {
        self.files.iter().map(|file| file.size).sum()
    }
}

#[derive(Debug, Default)]
struct Walk {
    files: Vec<TreeFile>,
    problems: Vec<String>,
}

impl Walk {
    fn folder(&mut self, folder: &Path, prefix: &str) -> Result<(), (PathBuf, io::Error)> {
        let at = |error| (folder.to_owned(), error);
        for entry in fs::read_dir(folder).map_err(at)? {
            let entry = entry.map_err(at)?;
            match entry.file_name().to_str() {
                Some(component) if is_rubbish(component) => {}
                Some(component) => self.entry(&entry, format!("{prefix}{component}"))?,
                None => {
                    let path = entry.path();
                    self.problem(&path.to_string_lossy(), "the name is not UTF-8");
                }
            }
        }
        Ok(())
    }

    fn entry(&mut self, entry: &DirEntry, name: String) -> Result<(), (PathBuf, io::Error)> {
        let path = entry.path();
        // Does not follow links.
        let metadata = entry.metadata().map_err(|error| (path.clone(), error))?;
        if let Some(problem) = names::problem(&name) {
            self.problem(&name, problem);
        } else if metadata.is_dir() {
            self.folder(&path, &format!("{name}/"))?;
        } else if metadata.is_symlink() {
            self.problem(&name, "it is a symbolic link: put the file itself there");
        } else if metadata.is_file() {
            let size = metadata.len();
            self.files.push(TreeFile { name, path, size });
        } else {
            self.problem(&name, "it is neither a file nor a folder");
        }
        Ok(())
    }

    fn problem(&mut self, name: &str, problem: &str) {
        self.problems.push(format!("{name:?}: {problem}"));
    }
}

fn summary(problems: &[String]) -> String {
    let mut lines = vec!["devices would refuse this bundle:".to_owned()];
    lines.extend(problems.iter().take(MAX_PROBLEMS).cloned());
    if let Some(more) = problems
        .len()
        .checked_sub(MAX_PROBLEMS)
        .filter(|more| *more > 0)
    {
        lines.push(format!("and {more} more"));
    }
    lines.join("\n  ")
}
