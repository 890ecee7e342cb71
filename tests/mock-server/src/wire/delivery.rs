use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::log::LogEntry;

/// How one answer goes out.
#[derive(Clone, Debug, Default)]
pub(crate) struct Delivery {
    /// Silence before the status line.
    pub(crate) delay: Duration,
    pub(crate) stall: Option<Stall>,
    pub(crate) bytes_per_second: Option<u64>,
    /// The body byte after which the connection ends, and how.
    pub(crate) ending: Option<(u64, Ending)>,
    /// Stands in the head instead of the true `Content-Length`.
    pub(crate) declared_length: Option<u64>,
}

/// A silence in the middle of a body; without a `length` it has no end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stall {
    pub(crate) after: u64,
    pub(crate) length: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    Close,
    Reset,
}

/// What is to be done next with the bytes that hyper hands over.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// So many of them may be written.
    Write(usize),
    /// The first `length` of them are a head, which goes out as `bytes`.
    Head {
        length: usize,
        bytes: Vec<u8>,
    },
    /// Nothing before that much time has passed; `None` is for ever.
    Wait(Option<Duration>),
    End(Ending),
}

/// One connection's answers in their order, shared by the handlers and the socket.
#[derive(Clone, Default)]
pub(crate) struct Wire(Arc<Mutex<VecDeque<Outgoing>>>);

struct Outgoing {
    delivery: Delivery,
    /// Length of the body; `None` where only its end tells.
    length: Option<u64>,
    entry: Arc<LogEntry>,
    in_body: bool,
    delayed: bool,
    stalled: bool,
    sent: u64,
    /// When the steady flow began, and after how many bytes.
    pace: Option<(Instant, u64)>,
}

/// A rate is kept in slices of this length.
const SLICES_PER_SECOND: u64 = 50;

impl Wire {
    /// Announces the answer that hyper will write next.
    pub(crate) fn push(&self, delivery: Delivery, length: Option<u64>, entry: Arc<LogEntry>) {
        self.lock().push_back(Outgoing {
            delivery,
            length,
            entry,
            in_body: false,
            delayed: false,
            stalled: false,
            sent: 0,
            pace: None,
        });
    }

    pub(crate) fn next_step(&self, bytes: &[u8], now: Instant) -> Step {
        match self.lock().front_mut() {
            Some(outgoing) if outgoing.in_body => outgoing.body_step(bytes.len() as u64, now),
            Some(outgoing) => outgoing.head_step(bytes),
            // An interim answer (100 Continue) isn't announced.
            None => Step::Write(bytes.len()),
        }
    }

    /// The ending that is due now that everything before it has gone out.
    pub(crate) fn due_ending(&self) -> Option<Ending> {
        self.lock().front().and_then(Outgoing::due_ending)
    }

    pub(crate) fn head_written(&self) {
        self.update_first(|outgoing| outgoing.in_body = true);
    }

    pub(crate) fn body_written(&self, count: u64) {
        self.update_first(|outgoing| {
            if outgoing.in_body {
                outgoing.sent += count;
                outgoing.entry.add_bytes(count);
            }
        });
    }

    /// The connection is gone, and with it what was still to come.
    pub(crate) fn finish(&self) {
        let left = std::mem::take(&mut *self.lock());
        for outgoing in left {
            outgoing.entry.finish();
        }
    }

    fn update_first(&self, update: impl FnOnce(&mut Outgoing)) {
        let complete = {
            let mut queue = self.lock();
            if let Some(outgoing) = queue.front_mut() {
                update(outgoing);
            }
            let complete = queue.front().is_some_and(Outgoing::is_complete);
            if complete { queue.pop_front() } else { None }
        };
        if let Some(complete) = complete {
            complete.entry.finish();
        }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Outgoing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Outgoing {
    fn head_step(&mut self, bytes: &[u8]) -> Step {
        if !self.delayed && !self.delivery.delay.is_zero() {
            self.delayed = true;
            return Step::Wait(Some(self.delivery.delay));
        }
        // hyper writes a head in one piece.
        match bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            Some(position) => {
                let length = position + 4;
                let (head, _) = bytes.split_at(length);
                let bytes = match self.delivery.declared_length {
                    Some(declared) => with_content_length(head, declared),
                    None => head.to_vec(),
                };
                Step::Head { length, bytes }
            }
            None => Step::Write(bytes.len()),
        }
    }

    fn body_step(&mut self, offered: u64, now: Instant) -> Step {
        if let Some(ending) = self.due_ending() {
            return Step::End(ending);
        }
        let mut allowed = offered;
        if let Some(length) = self.length {
            allowed = allowed.min(length - self.sent);
        }
        if let Some((after, _)) = self.delivery.ending {
            allowed = allowed.min(after - self.sent);
        }
        if let Some(stall) = self.delivery.stall.filter(|_| !self.stalled) {
            if self.sent >= stall.after {
                self.stalled = true;
                self.pace = None;
                return Step::Wait(stall.length);
            }
            allowed = allowed.min(stall.after - self.sent);
        }
        match self.delivery.bytes_per_second {
            Some(rate) => self.paced(rate, allowed, now),
            None => Step::Write(allowed as usize),
        }
    }

    fn paced(&mut self, rate: u64, allowed: u64, now: Instant) -> Step {
        let (since, base) = *self.pace.get_or_insert((now, self.sent));
        let slice = (rate / SLICES_PER_SECOND).max(1);
        let elapsed = now.saturating_duration_since(since);
        let budget = (elapsed.as_secs_f64() * rate as f64) as u64 + slice;
        let free = budget.saturating_sub(self.sent - base);
        let wanted = allowed.min(slice);
        if free < wanted {
            let missing = (wanted - free) as f64 / rate as f64;
            return Step::Wait(Some(Duration::from_secs_f64(missing)));
        }
        Step::Write(allowed.min(free) as usize)
    }

    fn due_ending(&self) -> Option<Ending> {
        let (after, ending) = self.delivery.ending?;
        (self.in_body && self.sent >= after).then_some(ending)
    }

    fn is_complete(&self) -> bool {
        self.in_body && self.length == Some(self.sent) && self.due_ending().is_none()
    }
}

/// The head with another `Content-Length`. A head without one (a chunked body) stays as it is.
fn with_content_length(head: &[u8], length: u64) -> Vec<u8> {
    let mut changed = Vec::with_capacity(head.len() + 20);
    for line in head.split_inclusive(|byte| *byte == b'\n') {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        if name.eq_ignore_ascii_case(b"content-length") {
            changed.extend_from_slice(format!("content-length: {length}\r\n").as_bytes());
        } else {
            changed.extend_from_slice(line);
        }
    }
    changed
}
