//! A transport that plays a part written beforehand.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;

use super::{Body, Request, Response, Transport, TransportError};
use crate::clock::BoxFuture;
use crate::clock::manual::ManualClock;

type Play = Box<dyn FnMut(&Request) -> Scene + Send>;

/// Answers requests in the order of its script, or as a function says, and remembers them.
#[derive(Clone)]
pub(crate) struct ScriptedTransport {
    play: Arc<Mutex<Play>>,
    requests: Arc<Mutex<Vec<Request>>>,
    clock: ManualClock,
}

impl ScriptedTransport {
    /// Plays `scenes` one after the other; a request after the last fails the test.
    pub(crate) fn new(clock: &ManualClock, scenes: impl IntoIterator<Item = Scene>) -> Self {
        let mut scenes: VecDeque<_> = scenes.into_iter().collect();
        Self::from_fn(clock, move |request| {
            let scene = scenes.pop_front();
            scene.unwrap_or_else(|| panic!("unexpected request: {request:?}"))
        })
    }

    pub(crate) fn from_fn(
        clock: &ManualClock,
        play: impl FnMut(&Request) -> Scene + Send + 'static,
    ) -> Self {
        Self {
            play: Arc::new(Mutex::new(Box::new(play))),
            requests: Arc::default(),
            clock: clock.clone(),
        }
    }

    /// What was asked so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The values of one header in all requests.
    pub(crate) fn sent(&self, name: &str) -> Vec<Option<String>> {
        self.requests()
            .iter()
            .map(|request| header(request, name).map(str::to_owned))
            .collect()
    }
}

impl fmt::Debug for ScriptedTransport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScriptedTransport")
    }
}

impl Transport for ScriptedTransport {
    fn send(&self, request: Request) -> BoxFuture<'_, Result<Response, TransportError>> {
        let scene = (self.play.lock().unwrap_or_else(PoisonError::into_inner))(&request);
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request);
        let clock = self.clock.clone();
        Box::pin(async move {
            match scene {
                Scene::Fail(error) => Err(error),
                Scene::Silence => std::future::pending().await,
                Scene::Answer(answer) => Ok(Response::new(
                    answer.status,
                    answer.headers,
                    Box::new(ScriptedBody {
                        steps: answer.steps.into(),
                        clock,
                    }),
                )),
            }
        })
    }
}

/// How one request ends.
pub(crate) enum Scene {
    Fail(TransportError),
    /// No head ever comes.
    Silence,
    Answer(Answer),
}

/// A head, and what follows it.
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    steps: Vec<Step>,
}

/// What a body does next.
pub(crate) enum Step {
    Chunk(Bytes),
    /// Time goes by.
    Wait(Duration),
    /// The connection breaks.
    Cut,
    /// Nothing comes any more.
    Stall,
    /// The same bytes for ever.
    Endless(Bytes),
    /// Something happens just now.
    Call(Box<dyn FnOnce() + Send>),
}

impl Answer {
    pub(crate) fn new(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            steps: Vec::new(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: impl fmt::Display) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// Announces the length of `body` and sends it in pieces.
    pub(crate) fn body(self, body: impl AsRef<[u8]>) -> Self {
        let length = body.as_ref().len();
        self.header("content-length", length).chunks(body, 997)
    }

    /// Sends `body` in pieces of `size` bytes, unannounced.
    pub(crate) fn chunks(mut self, body: impl AsRef<[u8]>, size: usize) -> Self {
        let chunks = body.as_ref().chunks(size);
        self.steps
            .extend(chunks.map(|chunk| Step::Chunk(Bytes::copy_from_slice(chunk))));
        self
    }

    pub(crate) fn step(mut self, step: Step) -> Self {
        self.steps.push(step);
        self
    }
}

impl From<Answer> for Scene {
    fn from(answer: Answer) -> Self {
        Self::Answer(answer)
    }
}

struct ScriptedBody {
    steps: VecDeque<Step>,
    clock: ManualClock,
}

impl Body for ScriptedBody {
    fn chunk(&mut self) -> BoxFuture<'_, Result<Option<Bytes>, TransportError>> {
        Box::pin(async move {
            loop {
                match self.steps.pop_front() {
                    None => return Ok(None),
                    Some(Step::Chunk(bytes)) => return Ok(Some(bytes)),
                    Some(Step::Wait(duration)) => self.clock.advance(duration),
                    Some(Step::Cut) => {
                        return Err(TransportError::Broken("connection reset".to_owned()));
                    }
                    Some(Step::Stall) => std::future::pending().await,
                    Some(Step::Endless(bytes)) => {
                        self.steps.push_front(Step::Endless(bytes.clone()));
                        return Ok(Some(bytes));
                    }
                    Some(Step::Call(call)) => call(),
                }
            }
        })
    }
}

/// The value of a header of a request.
pub(crate) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request
        .headers
        .iter()
        .find(|(header, _)| header == name)
        .map(|(_, value)| value.as_str())
}
