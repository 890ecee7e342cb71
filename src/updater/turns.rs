//! Work that waits for the lifecycle: one after the other, in the order of the calls.
//!
//! A page can make any number of calls. Were each to wait on a thread of its own, they would take
//! hundreds of threads, to no use: the lifecycle is one's at a time.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex};

use tokio::runtime::Handle;

use super::shared::lock;

/// Gives its turn back, or drops it where it goes on without the lifecycle.
pub(super) type Work = Box<dyn FnOnce(Turn) -> Option<Turn> + Send>;

/// What waits, and whether somebody is at work.
#[derive(Default)]
pub(super) struct Turns {
    queue: Mutex<Queue>,
}

#[derive(Default)]
struct Queue {
    waiting: VecDeque<Work>,
    is_taken: bool,
    is_closed: bool,
}

impl Turns {
    /// Does `work` on a thread that may block, when it is its turn; after
    /// [`close`](Self::close), never.
    pub(super) fn wait(self: &Arc<Self>, handle: &Handle, work: Work) {
        let was_taken = {
            let mut queue = lock(&self.queue);
            if queue.is_closed {
                return;
            }
            queue.waiting.push_back(work);
            mem::replace(&mut queue.is_taken, true)
        };
        if !was_taken {
            Turn::begin(Arc::clone(self), handle);
        }
    }

    /// What waits is dropped.
    pub(super) fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.is_closed = true;
        let waiting = mem::take(&mut queue.waiting);
        drop(queue);
        drop(waiting);
    }
}

/// The right to wait for the lifecycle. When it is dropped, the next work begins on another thread.
pub(super) struct Turn {
    turns: Arc<Turns>,
    handle: Handle,
}

impl Turn {
    fn begin(turns: Arc<Turns>, handle: &Handle) {
        let turn = Self {
            turns,
            handle: handle.clone(),
        };
        handle.spawn_blocking(move || turn.work_off());
    }

    fn work_off(mut self) {
        while let Some(work) = self.next() {
            match work(self) {
                Some(turn) => self = turn,
                None => return,
            }
        }
    }

    fn next(&self) -> Option<Work> {
        lock(&self.turns.queue).waiting.pop_front()
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let is_next_waiting = {
            let mut queue = lock(&self.turns.queue);
            queue.is_taken = !queue.waiting.is_empty();
            queue.is_taken
        };
        if is_next_waiting {
            Self::begin(Arc::clone(&self.turns), &self.handle);
        }
    }
}
