//! Follows a sync by the device's events and the server's log, and tells of both.

use std::time::Duration;

use device_process::CallError;
use indicatif::HumanCount;
use mock_update_server::{LoggedRequest, MockServer};
use serde_json::Value;

use super::Stop;
use super::host::{Host, SyncAnswer};
use crate::demo::stage::Stage;

/// How often the bar moves.
const FRAME: Duration = Duration::from_millis(40);

/// What the story knows already.
#[derive(Debug)]
pub(super) struct Watch<'a> {
    server: &'a MockServer,
    stage: &'a Stage,
    version: &'static str,
    requests: usize,
    endings: usize,
    events: usize,
    received: u64,
}

/// How far it was followed.
#[derive(Debug)]
pub(super) enum Followed {
    /// So many bytes were there as was waited for.
    Received,
    /// The sync has ended.
    Ended(SyncAnswer),
}

impl<'a> Watch<'a> {
    pub(super) fn new(server: &'a MockServer, stage: &'a Stage, version: &'static str) -> Self {
        Self {
            server,
            stage,
            version,
            requests: 0,
            endings: 0,
            events: 0,
            received: 0,
        }
    }

    /// For a sync that goes on with what an earlier one began: only what is new is told.
    pub(super) fn resuming(
        server: &'a MockServer,
        stage: &'a Stage,
        version: &'static str,
    ) -> Self {
        let known = bundle_requests(server, version).len();
        Self {
            requests: known,
            endings: known,
            ..Self::new(server, stage, version)
        }
    }

    /// Follows a sync to its end, or until so many bytes are there.
    pub(super) fn follow(
        &mut self,
        host: &mut Host,
        sync: u64,
        until: Option<u64>,
    ) -> Result<Followed, Stop> {
        self.events = 0;
        loop {
            let answer = host.process.answer(sync, FRAME);
            self.look(host);
            match answer {
                Err(CallError::Silent(_)) if until.is_some_and(|until| self.received >= until) => {
                    return Ok(Followed::Received);
                }
                Err(CallError::Silent(_)) => {}
                answer => return SyncAnswer::read(answer).map(Followed::Ended),
            }
        }
    }

    /// Tells what is new.
    fn look(&mut self, host: &Host) {
        self.tell_requests();
        let events = host.process.events();
        for event in events.iter().skip(self.events) {
            self.event(event);
        }
        self.events = events.len();
        self.tell_requests();
    }

    fn event(&mut self, event: &Value) {
        if event["event"] == "download"
            && let Some(bytes) = event["data"]["bytes"].as_u64()
        {
            self.received = bytes;
            self.stage.move_bar(bytes);
        }
    }

    fn tell_requests(&mut self) {
        let requests = bundle_requests(self.server, self.version);
        for (index, request) in requests.iter().enumerate() {
            if index == self.requests {
                self.requests += 1;
                self.tell_request(request);
            }
            if index == self.endings && request.is_finished() {
                self.endings += 1;
                self.tell_ending(request);
            }
        }
    }

    fn tell_request(&self, request: &LoggedRequest) {
        match request.range_start {
            None => self.stage.say(
                "request",
                format!("GET bundles/{}, from its first byte", self.version),
            ),
            Some(start) => self.stage.say(
                "resume",
                format!("from byte {} on: {}", HumanCount(start), request.status),
            ),
        }
    }

    fn tell_ending(&self, request: &LoggedRequest) {
        if request.fault.is_some() {
            let end = request.range_start.unwrap_or_default() + request.bytes_sent;
            self.stage.trouble(
                "cut",
                format!(
                    "the server hangs up after {} bytes; the device tries again by itself",
                    HumanCount(end)
                ),
            );
        }
    }
}

/// The requests for a version's zip.
pub(super) fn bundle_requests(server: &MockServer, version: &str) -> Vec<LoggedRequest> {
    let mut requests = server.bundle_requests();
    requests.retain(|request| request.method == "GET" && request.path.contains(version));
    requests
}
