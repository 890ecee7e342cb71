//! Finds names that can't exist beside each other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::path::{BundlePath, fold};
use crate::error::Error;

/// All files and folders of a bundle, such that each has a name of its own on every volume.
#[derive(Debug)]
pub(super) struct Tree {
    // The root is the first. Each folder's children are kept under their folded names.
    folders: Vec<HashMap<Box<str>, Node>>,
    max_folders: u32,
}

#[derive(Debug)]
struct Node {
    name: Box<str>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy)]
enum Kind {
    File,
    Folder { index: usize, is_entry: bool },
}

impl Tree {
    /// An empty tree that takes at most `max_folders` folders.
    ///
    /// A few long names can imply very many.
    pub(super) fn new(max_folders: u32) -> Self {
        Self {
            folders: vec![HashMap::new()],
            max_folders,
        }
    }

    /// Adds a file, and the folders that its path implies.
    pub(super) fn add_file(&mut self, path: &BundlePath) -> Result<(), Error> {
        self.add(path, false)
    }

    /// Adds a folder that has an entry of its own.
    pub(super) fn add_folder(&mut self, path: &BundlePath) -> Result<(), Error> {
        self.add(path, true)
    }

    fn add(&mut self, path: &BundlePath, is_folder: bool) -> Result<(), Error> {
        let mut parent = 0;
        let mut components = path.components().peekable();
        while let Some(component) = components.next() {
            let is_last = components.peek().is_none();
            let kind = if is_last && !is_folder {
                Kind::File
            } else {
                Kind::Folder {
                    index: self.folders.len(),
                    is_entry: is_last,
                }
            };
            match self.step(path, parent, component, kind)? {
                Kind::File => break,
                Kind::Folder { index, .. } => parent = index,
            }
        }
        Ok(())
    }

    /// Adds one component or meets the one that is there.
    fn step(
        &mut self,
        path: &BundlePath,
        parent: usize,
        component: &str,
        kind: Kind,
    ) -> Result<Kind, Error> {
        let unsafe_path = |problem: String| Error::UnsafePath {
            path: path.to_string(),
            problem,
        };
        let folders = self.folders.len();
        let Some(children) = self.folders.get_mut(parent) else {
            return Ok(kind);
        };
        match children.entry(fold(component).into()) {
            Entry::Vacant(vacant) => {
                vacant.insert(Node {
                    name: component.into(),
                    kind,
                });
                if matches!(kind, Kind::Folder { .. }) {
                    self.add_children_of_new_folder(folders)?;
                }
                Ok(kind)
            }
            Entry::Occupied(mut occupied) => {
                let node = occupied.get_mut();
                if *node.name != *component {
                    return Err(unsafe_path(format!(
                        "it collides with {:?} where case or Unicode form doesn't count",
                        node.name
                    )));
                }
                node.meet(kind)
                    .map_err(|problem| unsafe_path(problem.to_owned()))
            }
        }
    }

    fn add_children_of_new_folder(&mut self, folders: usize) -> Result<(), Error> {
        // The root is no folder of the archive.
        if folders as u64 > u64::from(self.max_folders) {
            return Err(Error::ArchiveLimit {
                what: "folders",
                limit: self.max_folders.into(),
                found: folders as u64,
            });
        }
        self.folders.push(HashMap::new());
        Ok(())
    }
}

impl Node {
    fn meet(&mut self, other: Kind) -> Result<Kind, &'static str> {
        match (&mut self.kind, other) {
            (Kind::File, Kind::File) => Err("the archive has it twice"),
            (Kind::Folder { is_entry: true, .. }, Kind::Folder { is_entry: true, .. }) => {
                Err("the archive has it twice")
            }
            (
                Kind::Folder { is_entry, .. },
                Kind::Folder {
                    is_entry: other, ..
                },
            ) => {
                *is_entry |= other;
                Ok(self.kind)
            }
            _ => Err("one name is a file and a folder"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add_all(names: &[&str]) -> Result<(), Error> {
        let mut tree = Tree::new(10);
        names.iter().try_for_each(|name| {
            let path = BundlePath::parse(name.trim_end_matches('/').as_bytes())?;
            if name.ends_with('/') {
                tree.add_folder(&path)
            } else {
                tree.add_file(&path)
            }
        })
    }

    #[test]
    fn names_that_differ_on_every_volume_stand_beside_each_other() {
        add_all(&["a/x", "a/y", "a/b/x", "b/x", "b/", "c/", "c/x", "d"]).unwrap();
    }

    #[test]
    fn what_is_there_twice_is_refused() {
        for names in [["a/x", "a/x"], ["a/", "a/"]] {
            let error = add_all(&names).unwrap_err();
            assert!(error.to_string().contains("twice"), "{error}");
        }
    }

    #[test]
    fn what_is_a_file_and_a_folder_is_refused() {
        for names in [["a", "a/x"], ["a/x", "a"], ["a/", "a"], ["a", "a/"]] {
            let error = add_all(&names).unwrap_err();
            assert!(error.to_string().contains("a file and a folder"), "{error}");
        }
    }

    #[test]
    fn names_that_merge_without_case_or_unicode_form_are_refused() {
        for names in [
            ["a.js", "A.JS"],
            ["A/x", "a/y"],
            ["A/", "a/y"],
            ["x/\u{e9}", "x/e\u{301}"],
            ["straße/1", "STRASSE/2"],
            ["A", "a/y"],
        ] {
            let error = add_all(&names).unwrap_err();
            assert_eq!(error.code(), "unsafe_path");
            assert!(error.to_string().contains("collides"), "{error}");
        }
    }

    #[test]
    fn folders_that_names_imply_are_limited() {
        add_all(&["1/2/3/4/5/6/7/8/9/10/x"]).unwrap();
        let error = add_all(&["1/2/3/4/5/6/7/8/9/10/11/x"]).unwrap_err();
        assert_eq!(error.code(), "archive_limit");
    }
}
