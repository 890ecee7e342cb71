//! Finds a text in a stream.

/// Looks for one text in bytes that come in pieces.
#[derive(Debug)]
pub(super) struct Search {
    needle: &'static [u8],
    found: bool,
    /// The end of what passed by, where the text may have begun.
    tail: Vec<u8>,
}

impl Search {
    pub(super) fn new(needle: &'static str) -> Self {
        Self {
            needle: needle.as_bytes(),
            found: false,
            tail: Vec::new(),
        }
    }

    pub(super) fn update(&mut self, chunk: &[u8]) {
        if self.found {
            return;
        }
        let overlap = self.needle.len() - 1;
        self.tail.extend(chunk.iter().take(overlap));
        self.found = self.is_in(&self.tail) || self.is_in(chunk);
        self.tail.extend(chunk.iter().skip(overlap));
        let passed = self.tail.len().saturating_sub(overlap);
        self.tail.drain(..passed);
    }

    pub(super) fn found(&self) -> bool {
        self.found
    }

    fn is_in(&self, bytes: &[u8]) -> bool {
        bytes
            .windows(self.needle.len())
            .any(|window| window == self.needle)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(pieces: &[&str]) -> bool {
        let mut search = Search::new("needle");
        for piece in pieces {
            search.update(piece.as_bytes());
        }
        search.found()
    }

    #[test]
    fn a_text_is_found_however_it_is_cut() {
        assert!(found(&["hay needle hay"]));
        assert!(found(&["hay nee", "dle hay"]));
        assert!(found(&["n", "e", "e", "d", "l", "e"]));
        assert!(found(&["hay n", "", "eed", "le"]));
        assert!(found(&["neednee", "dle"]));
    }

    #[test]
    fn other_texts_are_not() {
        assert!(!found(&[]));
        assert!(!found(&["need", "-le", "needl"]));
        assert!(!found(&["nee", "hay", "dle"]));
    }
}
