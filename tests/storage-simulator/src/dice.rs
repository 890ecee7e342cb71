//! Chance that a seed decides, the same on every machine.

/// Throws dice that depend on the seed and on what is asked, and not on what was asked before: one
/// decision more or less changes no other.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A number below `sides`, for what `question` and `about` name.
    pub(crate) fn throw(self, question: Question, about: [u64; 2], sides: u64) -> u64 {
        let mut mixed = mix(self.0 ^ question as u64);
        for part in about {
            mixed = mix(mixed ^ part);
        }
        mixed % sides.max(1)
    }
}

/// What is decided by chance when the power goes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Question {
    /// How much of the unsynced changes of names is kept.
    NameStyle = 1,
    NameCount,
    Name,
    SectorSize,
    FileStyle,
    FileVersion,
    FileLength,
    Sector,
    /// How many of the last calls a lying drive has lost.
    Window,
}

/// The finaliser of splitmix64.
fn mix(mut value: u64) -> u64 {
    value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
