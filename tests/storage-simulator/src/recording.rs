//! All steps of a scenario, to be cut at each of them.

use std::ops::Range;

use crate::crash::PowerCut;
use crate::disk::{SimulatedDisk, WINDOW};
use crate::files::Files;
use crate::step::Step;

/// What happened to a disk, from [`record`](SimulatedDisk::record) on.
#[derive(Debug, Clone)]
pub struct Recording {
    pub(crate) before: Files,
    pub(crate) steps: Vec<Step>,
    pub(crate) has_syncfs: bool,
}

impl Recording {
    /// The steps, oldest first.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// Brings steps into the order of their keys, those of one key staying as they are.
    ///
    /// Threads that run at once do their steps in another order each time. Where the caller knows
    /// that steps don't depend on each other, this makes one run like the next.
    pub fn sort_steps<K: Ord>(&mut self, range: Range<usize>, mut key: impl FnMut(&Step) -> K) {
        if let Some(steps) = self.steps.get_mut(range) {
            steps.sort_by_cached_key(|step| key(step));
        }
    }

    /// The disk before the first step, after it, and so on to the last.
    pub fn moments(&self) -> Moments<'_> {
        Moments {
            recording: self,
            sure: self.before.clone(),
            files: self.before.clone(),
            next: 0,
        }
    }
}

/// The disk at each moment of a [`Recording`].
#[derive(Debug)]
pub struct Moments<'a> {
    recording: &'a Recording,
    /// The files as they were `WINDOW` steps before.
    sure: Files,
    files: Files,
    next: usize,
}

impl<'a> Iterator for Moments<'a> {
    type Item = Moment<'a>;

    fn next(&mut self) -> Option<Moment<'a>> {
        let steps = &self.recording.steps;
        let done = self.next;
        if done > steps.len() {
            return None;
        }
        if let Some(step) = done.checked_sub(1).and_then(|index| steps.get(index)) {
            self.files.apply(&step.call);
        }
        if let Some(step) = done
            .checked_sub(WINDOW + 1)
            .and_then(|index| steps.get(index))
        {
            self.sure.apply(&step.call);
        }
        self.next += 1;
        Some(Moment {
            done,
            files: self.files.clone(),
            sure: self.sure.clone(),
            window: steps.get(done.saturating_sub(WINDOW)..done)?,
            has_syncfs: self.recording.has_syncfs,
        })
    }
}

/// The disk between two steps.
#[derive(Debug, Clone)]
pub struct Moment<'a> {
    /// Steps that have been done.
    pub done: usize,
    files: Files,
    sure: Files,
    window: &'a [Step],
    has_syncfs: bool,
}

impl Moment<'_> {
    /// The disk that is left when the power goes at this moment.
    pub fn power_cut(&self, cut: &PowerCut) -> SimulatedDisk {
        let files = cut.leaves(&self.files, &self.sure, self.window.iter());
        SimulatedDisk::with_files(files, self.has_syncfs)
    }
}
