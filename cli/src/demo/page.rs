//! As much of a web view as the demo needs: it finds a page's title and its scripts.

use std::path::Path;
use std::{fs, io};

/// A page that was loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Page {
    pub(super) title: Option<String>,
    /// Whether one of its scripts calls `notifyAppReady`.
    pub(super) calls_ready: bool,
}

impl Page {
    /// Loads the index of a folder, and the scripts that it names.
    pub(super) fn load(folder: &Path) -> io::Result<Self> {
        let index = read(&folder.join("index.html"))?;
        let mut calls_ready = index.contains("notifyAppReady");
        for source in attributes(&index, "src=\"") {
            let name = source.trim_start_matches("./");
            // What isn't a file of the bundle comes from elsewhere, and isn't looked at.
            calls_ready |=
                read(&folder.join(name)).is_ok_and(|script| script.contains("notifyAppReady"));
        }
        Ok(Self {
            title: between(&index, "<title>", "</title>").map(str::to_owned),
            calls_ready,
        })
    }
}

fn read(path: &Path) -> io::Result<String> {
    Ok(String::from_utf8_lossy(&fs::read(path)?).into_owned())
}

fn attributes<'a>(html: &'a str, start: &'a str) -> impl Iterator<Item = &'a str> {
    html.split(start)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    let (found, _) = rest.split_once(end)?;
    Some(found.trim()).filter(|found| !found.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(index: &str, script: &str) -> Page {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("index.html"), index).unwrap();
        fs::write(folder.path().join("app.js"), script).unwrap();
        Page::load(folder.path()).unwrap()
    }

    #[test]
    fn a_page_calls_ready_where_a_script_of_it_does() {
        let index = r#"<title> A </title><script src="./app.js"></script>"#;
        assert!(page(index, "x.notifyAppReady()").calls_ready);
        assert!(!page(index, "x.notify()").calls_ready);
        assert!(!page("<p>no script", "x.notifyAppReady()").calls_ready);
        assert_eq!(page(index, "").title.as_deref(), Some("A"));
        assert_eq!(page("<title></title>", "").title, None);
    }

    #[test]
    fn a_folder_without_an_index_is_no_page() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Page::load(folder.path()).is_err());
    }
}
