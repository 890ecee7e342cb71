//! The bytes of one file: as programs see them, and as they are on the medium.

use std::sync::Arc;

use crate::dice::{Dice, Question};
use crate::step::NodeId;

/// What a page cache writes at once.
const PAGE: usize = 4096;
/// What a medium writes at once.
const SECTOR: usize = 512;

#[derive(Debug, Clone, Default)]
pub(crate) struct Content {
    pub(crate) visible: Arc<Vec<u8>>,
    durable: Arc<Vec<u8>>,
    /// What leads from the durable bytes to the visible ones.
    changes: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Write(usize, Arc<[u8]>),
    SetLen(usize),
}

impl Content {
    /// A file whose bytes are on the medium.
    pub(crate) fn durable(bytes: Vec<u8>) -> Self {
        let bytes = Arc::new(bytes);
        Self {
            visible: Arc::clone(&bytes),
            durable: bytes,
            changes: Vec::new(),
        }
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &Arc<[u8]>) {
        overwrite(Arc::make_mut(&mut self.visible), offset, bytes);
        self.changes.push(Change::Write(offset, Arc::clone(bytes)));
    }

    pub(crate) fn set_len(&mut self, len: usize) {
        if len != self.visible.len() {
            Arc::make_mut(&mut self.visible).resize(len, 0);
            self.changes.push(Change::SetLen(len));
        }
    }

    pub(crate) fn sync(&mut self) {
        self.durable = Arc::clone(&self.visible);
        self.changes.clear();
    }

    /// What the medium holds after the power went.
    ///
    /// A page cache writes back whole sectors, each as it stands at some moment. So every sector is
    /// as some number of the changes left it, and the length is another such number's: the file
    /// may be as before, complete, torn at any sector, or have zeros where its bytes are missing.
    pub(crate) fn after_power_cut(&self, node: NodeId, fate: Fate) -> Vec<u8> {
        let Fate::Chance(dice) = fate else {
            let kept = match fate {
                Fate::Kept => &self.visible,
                _ => &self.durable,
            };
            return kept.to_vec();
        };
        if self.changes.is_empty() {
            return self.durable.to_vec();
        }
        let count = self.changes.len();
        let version = |question, about: u64| {
            let sides = count as u64 + 1;
            usize::try_from(dice.throw(question, [node, about], sides)).unwrap_or(count)
        };
        let of_file = version(Question::FileVersion, 0);
        let sector_size = match dice.throw(Question::SectorSize, [0, 0], 2) {
            0 => SECTOR,
            _ => PAGE,
        };
        let picture = |sectors: &dyn Fn(usize) -> usize, length| {
            let picture = Picture {
                sectors,
                sector_size,
                length,
            };
            picture.of(self)
        };
        match dice.throw(Question::FileStyle, [node, 0], 5) {
            0 => picture(&|_| 0, 0),
            1 => picture(&|_| count, count),
            2 => picture(&|_| of_file, of_file),
            // The length is there, the bytes aren't.
            3 => picture(&|_| 0, count),
            _ => picture(
                &|sector| version(Question::Sector, sector as u64),
                version(Question::FileLength, 0),
            ),
        }
    }
}

/// How many changes had happened when each sector, and the length, was written back.
struct Picture<'a> {
    sectors: &'a dyn Fn(usize) -> usize,
    sector_size: usize,
    length: usize,
}

impl Picture<'_> {
    fn of(&self, content: &Content) -> Vec<u8> {
        let mut bytes = content.durable.to_vec();
        let mut len = bytes.len();
        for (index, change) in content.changes.iter().enumerate() {
            let is_in_length = self.length > index;
            match change {
                Change::Write(offset, written) => {
                    let end = offset + written.len();
                    for (start, next) in self.pieces(*offset, end, index) {
                        overwrite(&mut bytes, start, &written[start - offset..next - offset]);
                    }
                    if is_in_length {
                        len = len.max(end);
                    }
                }
                Change::SetLen(new_len) => {
                    let end = bytes.len();
                    for (start, next) in self.pieces(*new_len, end, index) {
                        bytes[start..next].fill(0);
                    }
                    if is_in_length {
                        len = *new_len;
                    }
                }
            }
        }
        bytes.resize(len, 0);
        bytes
    }

    /// What of the bytes from `start` to `end` lies in sectors that were written back after the
    /// change at `index`.
    fn pieces(
        &self,
        start: usize,
        end: usize,
        index: usize,
    ) -> impl Iterator<Item = (usize, usize)> {
        let size = self.sector_size;
        let sectors = start / size..end.div_ceil(size);
        sectors
            .filter(move |sector| (self.sectors)(*sector) > index)
            .map(move |sector| (start.max(sector * size), end.min((sector + 1) * size)))
    }
}

/// What becomes of changes that nobody synced.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fate {
    Lost,
    Kept,
    Chance(Dice),
}

fn overwrite(bytes: &mut Vec<u8>, offset: usize, written: &[u8]) {
    let end = offset + written.len();
    if bytes.len() < end {
        bytes.resize(end, 0);
    }
    bytes[offset..end].copy_from_slice(written);
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn old_and_new() -> Content {
        let mut content = Content::durable(vec![b'o'; 1500]);
        content.write(0, &vec![b'n'; 1400].into());
        content
    }

    fn outcomes(content: &Content) -> HashSet<Vec<u8>> {
        (0..200)
            .map(|seed| content.after_power_cut(1, Fate::Chance(Dice::new(seed))))
            .collect()
    }

    #[test]
    fn what_was_synced_stays() {
        let mut content = old_and_new();
        content.sync();
        assert_eq!(outcomes(&content).len(), 1);
        assert_eq!(content.after_power_cut(1, Fate::Lost), *content.visible);
    }

    #[test]
    fn what_was_not_is_kept_dropped_or_torn_at_sectors() {
        let content = old_and_new();
        let outcomes = outcomes(&content);
        assert!(outcomes.contains(&vec![b'o'; 1500]));
        assert!(outcomes.contains(&*content.visible));
        let torn = outcomes
            .iter()
            .find(|bytes| bytes[0] == b'o' && bytes[512] == b'n' && bytes[1024] == b'o')
            .unwrap();
        assert!(torn[512..1024].iter().all(|byte| *byte == b'n'));
        for bytes in &outcomes {
            assert_eq!(bytes.len(), 1500);
            assert_eq!(bytes[1400..], [b'o'; 100], "nothing wrote there");
        }
    }

    #[test]
    fn a_file_that_grew_may_be_short_or_have_zeros() {
        let mut content = Content::durable(Vec::new());
        content.write(0, &vec![b'a'; 600].into());
        content.write(600, &vec![b'b'; 600].into());
        let outcomes = outcomes(&content);
        assert!(outcomes.contains(&Vec::new()));
        assert!(outcomes.contains(&vec![0; 1200]));
        assert!(
            outcomes.contains(&vec![b'a'; 600]),
            "a piece of what was appended"
        );
        assert!(outcomes.contains(&*content.visible));
    }

    #[test]
    fn a_file_that_was_emptied_may_be_as_before() {
        let mut content = Content::durable(vec![b'o'; 100]);
        content.set_len(0);
        let outcomes = outcomes(&content);
        assert!(outcomes.contains(&vec![b'o'; 100]));
        assert!(outcomes.contains(&Vec::new()));
    }
}
