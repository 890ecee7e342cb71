//! What the project's proofs have in common: how far they go, and where their figures are kept.
//!
//! A proof is a test. `cargo test` runs a portion of it; `cargo xtask prove` sets
//! [`EXTENT`](Extent::VARIABLE) and [`FIGURES`], runs all of it, and writes what was told to
//! `docs/reliability.md`.

use std::collections::BTreeMap;
use std::env;
use std::fs::OpenOptions;
use std::io::Write;

use serde::{Deserialize, Serialize};

/// The environment variable that names the file to which figures are appended.
pub const FIGURES: &str = "LIVE_UPDATER_FIGURES";

/// How far a proof goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// A portion that every run of the tests can bear.
    Portion,
    /// All of it.
    Full,
}

impl Extent {
    /// The environment variable that asks for all, with the value `full`.
    pub const VARIABLE: &str = "LIVE_UPDATER_PROOF";

    /// What the environment asks for.
    ///
    /// # Panics
    ///
    /// The variable has a value that means nothing: a proof must not be cut short by a mistake.
    pub fn from_environment() -> Self {
        match env::var(Self::VARIABLE).as_deref() {
            Err(env::VarError::NotPresent) => Self::Portion,
            Ok("full") => Self::Full,
            other => panic!("{} is {other:?}, not \"full\"", Self::VARIABLE),
        }
    }

    /// One of two numbers: of seeds, of steps, of seconds.
    pub fn choose<T>(self, portion: T, full: T) -> T {
        match self {
            Self::Portion => portion,
            Self::Full => full,
        }
    }
}

/// A line of the file that [`FIGURES`] names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::exhaustive_structs, reason = "it is read where it is written")]
pub struct Told {
    /// Which proof tells it.
    pub proof: String,
    /// What was counted, and how much.
    pub figures: BTreeMap<String, u64>,
}

/// Tells what a proof has come to: on the standard output, and as a line of JSON in the file that
/// [`FIGURES`] names.
///
/// # Panics
///
/// The file can't be written.
pub fn tell(proof: &str, figures: &[(&str, u64)]) {
    for (name, figure) in figures {
        println!("{proof}: {name}: {figure}");
    }
    let Some(path) = env::var_os(FIGURES) else {
        return;
    };
    let told = Told {
        proof: proof.to_owned(),
        figures: figures
            .iter()
            .map(|(name, figure)| ((*name).to_owned(), *figure))
            .collect(),
    };
    let line = serde_json::to_string(&told).expect("texts and numbers") + "\n";
    // One write, so that proofs that run at once don't mix their lines.
    OpenOptions::new()
        .create(true)
        .append(true)
        .open(&path)
        .and_then(|mut file| file.write_all(line.as_bytes()))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}
