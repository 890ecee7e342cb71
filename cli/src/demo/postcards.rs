//! The demo's own app: a small gallery of postcards, the same bytes every time.

mod picture;

use std::path::Path;
use std::{fs, io};

use serde_json::json;

const INDEX: &str = include_str!("postcards/index.html");
const SCRIPT: &str = include_str!("postcards/app.js");
const STYLE: &str = include_str!("postcards/style.css");

const READY: &str = "window.Capacitor?.Plugins.LiveUpdater?.notifyAppReady();";
const MISTAKE: &str = "// TODO: tell the updater that everything works";

/// The pictures of all editions.
#[derive(Debug)]
pub(super) struct Postcards {
    pictures: Vec<Vec<u8>>,
}

/// What differs between two versions.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edition {
    pub(super) version: &'static str,
    pub(super) cards: usize,
    pub(super) accent: &'static str,
    pub(super) calls_ready: bool,
}

/// What the store's package holds.
pub(super) const BUILTIN: Edition = Edition {
    version: super::BUILTIN_VERSION,
    cards: 12,
    accent: "#2a6f97",
    calls_ready: true,
};

/// More cards, and all is well.
pub(super) const GOOD: Edition = Edition {
    version: super::GOOD_VERSION,
    cards: 26,
    accent: "#588157",
    calls_ready: true,
};

/// A new colour, and the call that was lost with it.
pub(super) const BAD: Edition = Edition {
    version: super::BAD_VERSION,
    cards: 26,
    accent: "#bc4749",
    calls_ready: false,
};

impl Postcards {
    pub(super) fn paint() -> Self {
        let pictures = (0..GOOD.cards as u64).map(picture::png).collect();
        Self { pictures }
    }

    /// Writes one edition as a web build does.
    pub(super) fn write(&self, edition: Edition, folder: &Path) -> io::Result<()> {
        let assets = folder.join("assets");
        let cards = assets.join("cards");
        fs::create_dir_all(&cards)?;
        let ready = if edition.calls_ready { READY } else { MISTAKE };
        let index = INDEX.replace("{{version}}", edition.version);
        fs::write(folder.join("index.html"), index)?;
        fs::write(assets.join("app.js"), SCRIPT.replace("{{ready}}", ready))?;
        let style = STYLE.replace("{{accent}}", edition.accent);
        fs::write(assets.join("style.css"), style)?;
        let mut list = Vec::new();
        for (index, picture) in self.pictures.iter().take(edition.cards).enumerate() {
            let file = format!("{:02}.png", index + 1);
            fs::write(cards.join(&file), picture)?;
            list.push(json!({"title": format!("Card {}", index + 1), "file": file}));
        }
        let list = json!({"version": edition.version, "cards": list});
        fs::write(folder.join("cards.json"), format!("{list:#}\n"))
    }
}
