//! What is on a disk, and what is left of it when the power goes.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use super::{Mounted, folder, run};
use crate::stage::copy_folder;
use crate::web_app::Dice;

/// What reaches a disk in one piece.
pub(super) const BLOCK: usize = 4096;
/// Enough for a bundle, and for the space that a download wants to see.
const SIZE: u64 = 40 << 20;

/// The blocks of a disk that aren't empty, by their numbers.
#[derive(Debug, Clone, Default)]
pub(crate) struct Image(BTreeMap<u64, Vec<u8>>);

/// One thing that a disk is told.
#[derive(Debug, Clone)]
pub(super) enum Order {
    /// A block, to be written some time before the next flush is done.
    Write(u64, Vec<u8>),
    /// What was written before has to outlive a power cut.
    Flush,
}

/// What a disk that loses its power loses of what it was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Loss {
    /// Nothing.
    Nothing,
    /// Some of the blocks that weren't flushed, by this seed.
    Unflushed(u64),
}

impl Image {
    /// An ext4 file system with a copy of `from`, named `device`.
    pub(crate) fn with_copy_of(from: Option<&Path>) -> Result<Self, String> {
        let folder = folder();
        let path = folder.path().join("image");
        let text = |error: io::Error| error.to_string();
        File::create(&path)
            .and_then(|file| file.set_len(SIZE))
            .map_err(text)?;
        let arguments = [
            "-q",
            "-b",
            "4096",
            "-J",
            "size=4",
            // Nothing is to be done in the background later.
            "-E",
            "lazy_itable_init=0,lazy_journal_init=0",
        ];
        let arguments = arguments.map(Path::new);
        run("mkfs.ext4", &[&arguments, &[path.as_path()][..]].concat())?;
        if let Some(from) = from {
            let mounted = Mounted::image(&path, "", folder.path().join("mounted"))?;
            copy_folder(from, &mounted.path().join("device")).map_err(text)?;
            mounted.unmount()?;
        }
        Ok(Self::of(&fs::read(&path).map_err(text)?))
    }

    fn of(bytes: &[u8]) -> Self {
        let blocks = (0..).zip(bytes.chunks(BLOCK));
        let is_full = |(_, block): &(u64, &[u8])| block.iter().any(|byte| *byte != 0);
        Self(
            blocks
                .filter(is_full)
                .map(|(number, block)| (number, block.to_vec()))
                .collect(),
        )
    }

    pub(super) fn block(&self, number: u64) -> Option<&[u8]> {
        self.0.get(&number).map(Vec::as_slice)
    }

    pub(super) fn set(&mut self, number: u64, block: Vec<u8>) {
        self.0.insert(number, block);
    }

    /// What is left where the power went after `orders`.
    pub(super) fn after(&self, orders: &[Order], loss: Loss) -> Self {
        let mut image = self.clone();
        let flushed = orders
            .iter()
            .rposition(|order| matches!(order, Order::Flush))
            .unwrap_or_default();
        let mut dice = match loss {
            Loss::Nothing => None,
            Loss::Unflushed(seed) => Some(Dice::new(seed)),
        };
        for (index, order) in orders.iter().enumerate() {
            let Order::Write(number, block) = order else {
                continue;
            };
            let is_lost = index > flushed && dice.as_mut().is_some_and(|dice| dice.one_in(2));
            if !is_lost {
                image.set(*number, block.clone());
            }
        }
        image
    }

    /// Writes it into a file.
    pub(crate) fn save(&self, path: &Path) -> io::Result<()> {
        let file = File::create(path)?;
        file.set_len(SIZE)?;
        for (number, block) in &self.0 {
            file.write_all_at(block, number * BLOCK as u64)?;
        }
        Ok(())
    }

    pub(super) const fn size() -> u64 {
        SIZE
    }
}
