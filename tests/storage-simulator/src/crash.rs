//! How the power goes.

use std::fmt;

use crate::content::Fate;
use crate::dice::{Dice, Question};
use crate::disk::WINDOW;
use crate::files::Files;
use crate::step::Step;

/// A power cut, and what it does to what isn't durable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PowerCut {
    /// What a sync was worth.
    pub drive: Drive,
    /// Decides what survives. With 0 nothing does that needn't; with 1 everything does; any other
    /// number decides write by write and name by name.
    pub seed: u64,
}

/// What a sync is worth on a drive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drive {
    /// What was synced is there.
    Honest,
    /// The cache lies: of what the last system calls wrote, synced or not, any part may be
    /// missing, as with F2FS mounted `nobarrier`. How many of them, up to 64, the seed says.
    Lying,
}

impl PowerCut {
    /// The files that are left of `now`: where `steps` led to from `before`.
    pub(crate) fn leaves<'a>(
        &self,
        now: &Files,
        before: &Files,
        steps: impl ExactSizeIterator<Item = &'a Step>,
    ) -> Files {
        let unsure = match self.drive {
            Drive::Honest => return now.after_power_cut(self.fate()),
            Drive::Lying => self.window(),
        };
        let mut files = before.clone();
        let sure = steps.len().saturating_sub(unsure);
        for (index, step) in steps.enumerate() {
            if index < sure {
                files.apply(&step.call);
            } else {
                files.apply_without_barrier(&step.call);
            }
        }
        files.after_power_cut(self.fate())
    }

    fn fate(&self) -> Fate {
        match self.seed {
            0 => Fate::Lost,
            1 => Fate::Kept,
            seed => Fate::Chance(Dice::new(seed)),
        }
    }

    /// How many of the last steps' syncs were worth nothing.
    fn window(&self) -> usize {
        let most = WINDOW as u64;
        let less = Dice::new(self.seed).throw(Question::Window, [0, 0], most);
        WINDOW - usize::try_from(less).unwrap_or_default()
    }
}

impl fmt::Display for PowerCut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let drive = match self.drive {
            Drive::Honest => "honest",
            Drive::Lying => "lying",
        };
        write!(f, "{drive}:{}", self.seed)
    }
}
