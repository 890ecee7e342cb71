//! One download from one URL at a time: ask, judge, receive, and ask on from there.

use std::time::Duration;

use url::Url;

use super::Progress;
use super::cancel::CancelToken;
use super::floor::{Floor, Pace};
use super::judge::{Head, Question, Refusal, Verdict, judge};
use super::part::Part;
use crate::error::Error;
use crate::store::storage::{Storage, StoredFile};
use crate::transport::client::{HttpClient, protocol};
use crate::transport::response::HttpResponse;
use crate::transport::retry::{Backoff, pause};
use crate::transport::rules::display_url;

/// Tries in a row that may end without a byte that is new.
const MAX_TRIES: u32 = 5;

/// What the device should keep beside the bundle and its unpacking.
const SPARE_BYTES: u64 = 16 * 1024 * 1024;

/// The unpacked files beside the zip, roughly. The exact sum is known after verification only.
const UNPACKED_RATIO: u64 = 3;

/// What a download works with.
pub(super) struct Transfer<'a> {
    pub(super) client: &'a HttpClient,
    pub(super) storage: &'a dyn Storage,
    pub(super) part: Part<'a>,
    pub(super) size: Option<u64>,
    pub(super) limit: u64,
    pub(super) cancel: &'a CancelToken,
    pub(super) progress: Progress<'a>,
}

/// How an answer was received.
enum Received {
    /// The part is complete.
    All,
    /// What the server announced came, and it wasn't the rest.
    Piece,
}

/// What an answer's body brings.
struct Delivery {
    file: Option<Box<dyn StoredFile>>,
    verdict: Verdict,
    len: u64,
    /// Where the answer ends.
    end: Option<u64>,
    /// Where the bundle ends.
    total: Option<u64>,
}

impl Transfer<'_> {
    /// Completes the part from `url`; tells its length.
    pub(super) async fn fetch_from(&mut self, url: &Url) -> Result<u64, Error> {
        let mut backoff = Backoff::default();
        let mut floor = Floor::default();
        let mut best = self.part.len()?;
        let mut pace = Pace::new(self.now(), best);
        let mut tries = 0;
        loop {
            let result = self.fetch_pieces(url, &mut floor).await;
            let len = self.part.len()?;
            let Err(error) = result else {
                return Ok(len);
            };
            // Only what goes beyond all that was there before is new: a server that starts over
            // each time would go on for ever.
            if len > best && !floor.is_missed() && pace.is_kept(self.now(), len) {
                best = len;
                tries = 0;
                backoff.reset();
            } else {
                tries += 1;
            }
            if tries >= MAX_TRIES {
                return Err(error);
            }
            let random = self.client.random().draw();
            let Some(pause) = pause(&error, &mut backoff, random) else {
                return Err(error);
            };
            tracing::debug!(%error, len, ?pause, "the download goes on");
            self.cancel.guard(self.client.clock().sleep(pause)).await?;
        }
    }

    /// Asks on for as long as each answer brings all of what it announced.
    async fn fetch_pieces(&mut self, url: &Url, floor: &mut Floor) -> Result<(), Error> {
        let mut is_first = true;
        while let Received::Piece = self.attempt(url, floor, is_first).await? {
            is_first = false;
        }
        Ok(())
    }

    /// One request, or two where the answer to the first can't be used.
    async fn attempt(
        &mut self,
        url: &Url,
        floor: &mut Floor,
        is_first: bool,
    ) -> Result<Received, Error> {
        let mut offset = self.part.len()?;
        if self.known().is_some_and(|known| offset > known) {
            self.part.empty()?;
            offset = 0;
        }
        (self.progress)(offset, self.known());
        if self.known() == Some(offset) {
            return Ok(Received::All);
        }
        self.check_space(offset, self.size)?;
        let asked = self.now();
        let (mut response, mut verdict) = self.ask(url, offset).await?;
        if verdict == Verdict::AskWhole {
            tracing::debug!("the answer continues something else, asking for the whole");
            drop(response);
            (response, verdict) = self.ask(url, 0).await?;
        }
        let (len, end, total) = match verdict {
            Verdict::Complete => {
                self.part.finish(offset)?;
                return Ok(Received::All);
            }
            Verdict::Append { end, total } => (offset, Some(end), Some(total)),
            Verdict::Restart { end, total } => (0, end, total),
            Verdict::AskWhole => return Err(protocol(url, "sends other bytes than asked for")),
            Verdict::Refuse(refusal) => return Err(self.refused(url, refusal)),
        };
        if self.size.is_none() {
            self.check_space(len, total)?;
        }
        if !is_first {
            // A server that sends a byte an answer is as slow as one that drips.
            self.check_floor(url, floor, asked, 0)?;
        }
        let delivery = Delivery {
            file: None,
            verdict,
            len,
            end,
            total,
        };
        self.receive(url, response, delivery, floor).await
    }

    async fn ask(&self, url: &Url, offset: u64) -> Result<(HttpResponse, Verdict), Error> {
        let range = format!("bytes={offset}-");
        let mut headers = Vec::new();
        let etag = self.part.etag(url);
        if offset > 0 {
            headers.push(("range", range.as_str()));
            headers.extend(etag.map(|etag| ("if-range", etag)));
        }
        let response = self.cancel.guard(self.client.get(url, &headers)).await??;
        if let Some(error) = response.status_error()
            && response.status() != 416
        {
            return Err(error);
        }
        let question = Question {
            offset,
            size: self.size,
            learned: self.part.learned(),
            limit: self.limit,
            etag,
        };
        let verdict = judge(&Head::of(&response), &question);
        tracing::trace!(from = display_url(response.url()), ?verdict);
        Ok((response, verdict))
    }

    async fn receive(
        &mut self,
        url: &Url,
        mut response: HttpResponse,
        mut delivery: Delivery,
        floor: &mut Floor,
    ) -> Result<Received, Error> {
        let etag = Head::of(&response).strong_etag().map(str::to_owned);
        loop {
            let asked = self.now();
            let chunk = match self.cancel.guard(response.chunk()).await? {
                Ok(Some(chunk)) => chunk,
                Ok(None) => return self.ended(url, &delivery),
                // Nothing is missing any more, so the way it ended doesn't matter.
                Err(_) if delivery.is_complete() => return Ok(Received::All),
                Err(error) => {
                    return self.check_floor(url, floor, asked, 0).and(Err(error));
                }
            };
            if chunk.is_empty() {
                self.check_floor(url, floor, asked, 0)?;
                continue;
            }
            let limit = delivery.total.unwrap_or(self.limit);
            if chunk.len() as u64 > limit.saturating_sub(delivery.len) {
                // Whatever this is, it isn't the bundle, nor is what it began with.
                drop(delivery);
                self.part.empty()?;
                let what = display_url(url);
                return Err(Error::SizeExceeded { what, limit });
            }
            let promised = delivery.promised(&chunk);
            self.store(url, etag.as_deref(), &mut delivery, promised)?;
            if promised.len() < chunk.len() {
                return delivery.piece(url);
            }
            if !delivery.is_complete() {
                self.check_floor(url, floor, asked, chunk.len() as u64)?;
            }
        }
    }

    /// Puts bytes into the file. Until the first of them is here, the file stays as it was.
    fn store(
        &mut self,
        url: &Url,
        etag: Option<&str>,
        delivery: &mut Delivery,
        bytes: &[u8],
    ) -> Result<(), Error> {
        let file = match &mut delivery.file {
            Some(file) => file,
            None => {
                let opened = match delivery.verdict {
                    Verdict::Append { total, .. } => self.part.append(url, etag, total),
                    _ => self.part.restart(url, etag, delivery.total),
                };
                let opened = opened.map_err(|error| self.with_numbers(error, delivery));
                delivery.file.insert(opened?)
            }
        };
        let written = file.write_all(bytes);
        written.map_err(|error| {
            let error = Error::storage("write", &self.part.path(), error);
            self.with_numbers(error, delivery)
        })?;
        delivery.len += bytes.len() as u64;
        (self.progress)(delivery.len, delivery.total);
        Ok(())
    }

    /// The body came to its announced end, or to one that nobody announced.
    fn ended(&mut self, url: &Url, delivery: &Delivery) -> Result<Received, Error> {
        let len = delivery.len;
        let (Some(end), total) = (delivery.end.or(delivery.total), delivery.total) else {
            // Neither the release nor the server named a size, so this end is the only word.
            if len == 0 {
                return Err(self.refused(url, Refusal::Empty));
            }
            self.part.finish(len)?;
            return Ok(Received::All);
        };
        if delivery.is_complete() {
            return Ok(Received::All);
        }
        match total {
            Some(expected) if delivery.end.is_none() => Err(Error::SizeMismatch {
                expected,
                found: len,
            }),
            _ if len < end => Err(network(url, &format!("ended after {len} of {end} bytes"))),
            _ => delivery.piece(url),
        }
    }

    fn refused(&self, url: &Url, refusal: Refusal) -> Error {
        match refusal {
            Refusal::Page => protocol(url, "sends an HTML page instead of the bundle"),
            Refusal::Length { expected, found } => Error::SizeMismatch { expected, found },
            Refusal::TooLarge => Error::SizeExceeded {
                what: display_url(url),
                limit: self.limit,
            },
            Refusal::Empty => protocol(url, "sends an empty answer instead of the bundle"),
            Refusal::Range => protocol(url, "sends a range that was not asked for"),
            Refusal::Status(status @ 400..) => Error::HttpStatus {
                url: display_url(url),
                status,
                retry_after: None,
            },
            Refusal::Status(status) => protocol(url, &format!("answers with HTTP status {status}")),
        }
    }

    /// Before the first byte there has to be room for the rest and for what is unpacked from it.
    fn check_space(&self, offset: u64, total: Option<u64>) -> Result<(), Error> {
        let total = total.unwrap_or(offset);
        let needed = (total - offset.min(total))
            .saturating_add(total.saturating_mul(UNPACKED_RATIO))
            .saturating_add(SPARE_BYTES);
        match self.storage.free_space() {
            Ok(available) if available < needed => {
                Err(Error::InsufficientStorage { needed, available })
            }
            // Where it can't be told, writing will.
            _ => Ok(()),
        }
    }

    /// A full disk, with what is missing and what there is.
    fn with_numbers(&self, error: Error, delivery: &Delivery) -> Error {
        match error {
            Error::InsufficientStorage { .. } => Error::InsufficientStorage {
                needed: delivery
                    .total
                    .map_or(SPARE_BYTES, |total| total.saturating_sub(delivery.len)),
                available: self.storage.free_space().unwrap_or(0),
            },
            error => error,
        }
    }

    fn known(&self) -> Option<u64> {
        self.size.or(self.part.learned())
    }

    fn check_floor(
        &self,
        url: &Url,
        floor: &mut Floor,
        asked: Duration,
        bytes: u64,
    ) -> Result<(), Error> {
        let waited = self.now().saturating_sub(asked);
        floor.record(waited, bytes).map_err(|after| Error::Timeout {
            url: display_url(url),
            after,
        })
    }

    fn now(&self) -> Duration {
        self.client.clock().monotonic()
    }
}

impl Delivery {
    fn is_complete(&self) -> bool {
        self.total == Some(self.len)
    }

    /// All that was announced has come, and it isn't the rest. Only what continues the part gets
    /// it further for sure: one that starts over could do so again and again.
    fn piece(&self, url: &Url) -> Result<Received, Error> {
        match self.verdict {
            Verdict::Append { .. } => Ok(Received::Piece),
            _ => Err(network(url, "sent a piece, and was asked for the whole")),
        }
    }

    /// The bytes of `chunk` that the answer announced.
    fn promised<'a>(&self, chunk: &'a [u8]) -> &'a [u8] {
        let room = self.end.map_or(u64::MAX, |end| end - self.len.min(end));
        let room = usize::try_from(room).unwrap_or(usize::MAX);
        chunk.get(..room).unwrap_or(chunk)
    }
}

fn network(url: &Url, problem: &str) -> Error {
    Error::Network {
        url: display_url(url),
        problem: problem.to_owned(),
    }
}
