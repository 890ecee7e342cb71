//! A server that follows HTTP in its own way, or not at all.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use serde_json::json;
use sha2::{Digest, Sha256};

/// How one request for the bundle is answered.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Manner {
    /// As it should be, until this byte of the object.
    UpTo(usize),
    /// The unit in capitals.
    LoudUnit,
    /// A whole range that is shorter than what was asked for.
    Short(usize),
    /// Chunked, so without a length.
    Chunked,
    /// Neither chunked nor with a length: the end of the connection is the end.
    Unframed,
    /// A range that begins so many bytes later.
    Late(usize),
    /// A range that begins where it was asked for, and says that it begins elsewhere.
    Mislabelled,
    /// A `Content-Range` that doesn't tell the total.
    UnknownTotal,
    /// Another total.
    WrongTotal,
    /// `Content-Range` is missing.
    Unlabelled,
    /// 200 with a `Content-Length` of so many bytes more.
    TooLong(usize),
    /// 200 with an HTML page.
    Page,
    /// 416, whatever was asked for.
    Unsatisfiable,
    /// The connection is closed at once.
    Nothing,
    /// 200 and everything, until this byte of the object.
    NoRanges(usize),
    /// 206 of everything, whatever was asked for.
    Everything,
    /// A body with these bytes in the place of the right ones.
    Lie(u8),
}

/// One release on a free port of this machine. It ends when it's dropped.
#[derive(Debug)]
pub(crate) struct StrangeServer {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    zip: Vec<u8>,
    manners: Mutex<VecDeque<Manner>>,
    default: Manner,
    starts: Mutex<Vec<usize>>,
    is_over: AtomicBool,
}

impl StrangeServer {
    /// Offers `zip` as version 2.0.0. Requests for it are answered in these manners, in their
    /// order, and then in the last one's.
    pub(crate) fn start(zip: Vec<u8>, manners: &[Manner], default: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            zip,
            manners: Mutex::new(manners.iter().copied().collect()),
            default,
            starts: Mutex::default(),
            is_over: AtomicBool::new(false),
        });
        let served = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if served.is_over.load(Ordering::SeqCst) {
                    return;
                }
                // Whoever hangs up has had enough.
                let _ended = stream.and_then(|stream| served.answer(stream, address));
            }
        });
        Self {
            address,
            shared,
            thread: Some(thread),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Where the ranges that were asked for begin; 0 where the whole was.
    pub(crate) fn starts(&self) -> Vec<usize> {
        self.shared.starts.lock().unwrap().clone()
    }

    /// Whether all manners have been seen but the last, which has no end.
    pub(crate) fn has_shown_all(&self) -> bool {
        self.shared.manners.lock().unwrap().is_empty()
    }
}

impl Drop for StrangeServer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::SeqCst);
        // So that it notices.
        let _woken = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ended = thread.join();
        }
    }
}

impl Shared {
    fn answer(&self, mut stream: TcpStream, address: SocketAddr) -> io::Result<()> {
        let (path, start) = read_request(&stream)?;
        if path.starts_with("/api/v1/updates/check") {
            let body = self.offer(address);
            return respond(&mut stream, "200 OK", "", body.as_bytes());
        }
        if !path.starts_with("/api/v1/bundles/") {
            return respond(&mut stream, "200 OK", "", b"{}");
        }
        self.starts.lock().unwrap().push(start.unwrap_or(0));
        let manner = self.manners.lock().unwrap().pop_front();
        self.bundle(&mut stream, manner.unwrap_or(self.default), start)
    }

    fn offer(&self, address: SocketAddr) -> String {
        let checksum: String = Sha256::digest(&self.zip)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        json!({
            "updateAvailable": true,
            "version": "2.0.0",
            "downloadUrl": format!("http://{address}/api/v1/bundles/2.0.0"),
            "checksum": checksum,
            "size": self.zip.len(),
        })
        .to_string()
    }

    fn bundle(
        &self,
        stream: &mut TcpStream,
        manner: Manner,
        start: Option<usize>,
    ) -> io::Result<()> {
        let zip = &self.zip;
        let from = start.unwrap_or(0).min(zip.len());
        let rest = &zip[from..];
        let (last, total) = (zip.len() - 1, zip.len());
        let right = match start {
            Some(_) => format!("Content-Range: bytes {from}-{last}/{total}\r\n"),
            None => String::new(),
        };
        let status = if start.is_some() {
            "206 Partial Content"
        } else {
            "200 OK"
        };
        let label = |label: String| format!("Content-Range: {label}\r\n");
        match manner {
            Manner::UpTo(end) => {
                let body = &zip[from..end.clamp(from, total)];
                head(
                    stream,
                    status,
                    &format!("{right}Content-Length: {}\r\n", rest.len()),
                )?;
                stream.write_all(body)
            }
            Manner::LoudUnit => respond(stream, status, &right.replace("bytes", "BYTES"), rest),
            Manner::Short(len) => {
                let body = &rest[..len.min(rest.len())];
                let end = from + body.len() - 1;
                let label = label(format!("bytes {from}-{end}/{total}"));
                respond(stream, "206 Partial Content", &label, body)
            }
            Manner::Chunked => {
                head(
                    stream,
                    status,
                    &format!("{right}Transfer-Encoding: chunked\r\n"),
                )?;
                for chunk in rest.chunks(10_000) {
                    write!(stream, "{:X}\r\n", chunk.len())?;
                    stream.write_all(chunk)?;
                    stream.write_all(b"\r\n")?;
                }
                stream.write_all(b"0\r\n\r\n")
            }
            Manner::Unframed => {
                head(stream, status, &right)?;
                stream.write_all(rest)
            }
            Manner::Late(by) => {
                let first = (from + by).min(last);
                let label = label(format!("bytes {first}-{last}/{total}"));
                respond(stream, "206 Partial Content", &label, &zip[first..])
            }
            Manner::Mislabelled => {
                let label = label(format!(
                    "bytes {}-{}/{total}",
                    from / 2,
                    from / 2 + rest.len() - 1
                ));
                respond(stream, "206 Partial Content", &label, rest)
            }
            Manner::UnknownTotal => respond(
                stream,
                status,
                &right.replace(&format!("/{total}"), "/*"),
                rest,
            ),
            Manner::WrongTotal => {
                let label = label(format!("bytes {from}-{last}/{}", total + 1));
                respond(stream, status, &label, rest)
            }
            Manner::Unlabelled => respond(stream, status, "", rest),
            Manner::TooLong(by) => {
                head(
                    stream,
                    "200 OK",
                    &format!("Content-Length: {}\r\n", total + by),
                )?;
                stream.write_all(zip)
            }
            Manner::Page => {
                let body = b"<html><title>Sign in</title></html>";
                respond(
                    stream,
                    "200 OK",
                    "Content-Type: text/html; charset=utf-8\r\n",
                    body,
                )
            }
            Manner::Unsatisfiable => {
                let label = label(format!("bytes */{total}"));
                respond(stream, "416 Range Not Satisfiable", &label, b"")
            }
            Manner::Nothing => Ok(()),
            Manner::NoRanges(end) => {
                head(stream, "200 OK", &format!("Content-Length: {total}\r\n"))?;
                stream.write_all(&zip[..end.min(total)])
            }
            Manner::Everything => {
                let label = label(format!("bytes 0-{last}/{total}"));
                respond(stream, "206 Partial Content", &label, zip)
            }
            Manner::Lie(byte) => respond(stream, status, &right, &vec![byte; rest.len()]),
        }
    }
}

/// The path, and where the range begins.
fn read_request(stream: &TcpStream) -> io::Result<(String, Option<usize>)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut start, mut body) = (None, 0);
    loop {
        line.clear();
        if reader.read_line(&mut line)? == 0 || line.trim().is_empty() {
            break;
        }
        let field = line.trim().to_ascii_lowercase();
        if let Some(range) = field.strip_prefix("range: bytes=") {
            start = range.trim_end_matches('-').parse().ok();
        } else if let Some(len) = field.strip_prefix("content-length: ") {
            body = len.parse().unwrap_or(0);
        }
    }
    io::copy(&mut io::Read::take(reader, body), &mut io::sink())?;
    Ok((path, start))
}

fn respond(stream: &mut TcpStream, status: &str, fields: &str, body: &[u8]) -> io::Result<()> {
    head(
        stream,
        status,
        &format!("{fields}Content-Length: {}\r\n", body.len()),
    )?;
    stream.write_all(body)
}

fn head(stream: &mut TcpStream, status: &str, fields: &str) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\n{fields}Connection: close\r\n\r\n"
    )
}
