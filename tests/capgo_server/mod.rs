//! A server that speaks Capgo's protocol: it says what it was told to say, and writes down what it
//! hears.

use std::collections::HashMap;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;

use serde_json::{Value, json};

/// A server on a free port of this machine, which ends with this.
pub(crate) struct CapgoServer {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    is_over: AtomicBool,
}

#[derive(Default)]
struct State {
    /// By method and path: a status, headers, a body.
    answers: HashMap<String, (u16, Vec<String>, Value)>,
    files: HashMap<String, Vec<u8>>,
    cuts_after: Option<usize>,
    loses_what_it_cuts: bool,
    heard: Vec<Heard>,
}

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// `POST /updates`; no query.
    pub(crate) what: String,
    pub(crate) query: String,
    /// Names in lower case.
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Value,
}

impl CapgoServer {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let server = Self {
            address: listener.local_addr().unwrap(),
            shared: Arc::default(),
        };
        let shared = Arc::clone(&server.shared);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if shared.is_over.load(Ordering::Relaxed) {
                    return;
                }
                let shared = Arc::clone(&shared);
                // Who hangs up in the middle has what it wanted.
                thread::spawn(move || stream.and_then(|stream| shared.serve(stream)).ok());
            }
        });
        server
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Answers requests such as `POST /updates` this way from now on.
    pub(crate) fn answer(&self, what: &str, status: u16, headers: &[&str], body: Value) {
        let headers = headers.iter().map(|header| (*header).to_owned()).collect();
        let answer = (status, headers, body);
        self.state().answers.insert(what.to_owned(), answer);
    }

    /// Answers checks this way from now on.
    pub(crate) fn say(&self, body: Value) {
        self.answer("POST /updates", 200, &[], body);
    }

    /// Has these bytes at a path from now on.
    pub(crate) fn put(&self, path: &str, bytes: &[u8]) {
        self.state().files.insert(path.to_owned(), bytes.to_vec());
    }

    /// Breaks off the next file after so many bytes.
    pub(crate) fn cut_once(&self, after: usize) {
        self.state().cuts_after = Some(after);
    }

    /// Breaks off the next file after so many bytes, and hasn't got it any more.
    pub(crate) fn cut_and_lose(&self, after: usize) {
        let mut state = self.state();
        state.cuts_after = Some(after);
        state.loses_what_it_cuts = true;
    }

    /// The requests of this kind so far.
    pub(crate) fn heard(&self, what: &str) -> Vec<Heard> {
        let mut heard = self.state().heard.clone();
        heard.retain(|request| request.what == what);
        heard
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state.lock().unwrap()
    }
}

impl Drop for CapgoServer {
    fn drop(&mut self) {
        self.shared.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    fn serve(&self, stream: TcpStream) -> io::Result<()> {
        let heard = read(&stream)?;
        let range = heard.headers.get("range").cloned();
        let (method, path) = heard.what.split_once(' ').unwrap();
        let (method, path) = (method.to_owned(), path.to_owned());
        let (answer, file, cuts_after) = {
            let mut state = self.state.lock().unwrap();
            state.heard.push(heard.clone());
            let file = state.files.get(&path).filter(|_| method == "GET").cloned();
            let cuts_after = file.as_ref().and_then(|_| state.cuts_after.take());
            if cuts_after.is_some() && std::mem::take(&mut state.loses_what_it_cuts) {
                state.files.remove(&path);
            }
            (state.answers.get(&heard.what).cloned(), file, cuts_after)
        };
        match file {
            Some(file) => send_file(stream, &file, range.as_deref(), cuts_after),
            None => {
                let missing = || (404, Vec::new(), json!({"error": "unknown_path"}));
                let (status, headers, body) = answer.unwrap_or_else(missing);
                let body = body.to_string().into_bytes();
                send(stream, status, &headers, &body, body.len())
            }
        }
    }
}

fn read(stream: &TcpStream) -> io::Result<Heard> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace();
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? <= 2 {
            break;
        }
        if let Some((name, value)) = line.split_once(':') {
            headers.insert(name.to_lowercase(), value.trim().to_owned());
        }
    }
    let length = headers.get("content-length").map_or("0", String::as_str);
    let mut body = vec![0; length.parse().unwrap()];
    reader.read_exact(&mut body)?;
    Ok(Heard {
        what: format!("{method} {path}"),
        query: query.to_owned(),
        headers,
        body: serde_json::from_slice(&body).unwrap_or_default(),
    })
}

fn send_file(
    stream: TcpStream,
    file: &[u8],
    range: Option<&str>,
    cuts_after: Option<usize>,
) -> io::Result<()> {
    let start = range
        .and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-'))
        .map(|start| start.parse::<usize>().unwrap());
    let (status, headers) = match start {
        Some(start) => {
            let range = format!("bytes {start}-{}/{}", file.len() - 1, file.len());
            (206, vec![format!("content-range: {range}")])
        }
        None => (200, Vec::new()),
    };
    let rest = &file[start.unwrap_or(0)..];
    let sent = &rest[..cuts_after.unwrap_or(rest.len()).min(rest.len())];
    send(stream, status, &headers, sent, rest.len())
}

fn send(
    mut stream: TcpStream,
    status: u16,
    headers: &[String],
    body: &[u8],
    length: usize,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status} Told\r\ncontent-length: {length}\r\n");
    for header in headers {
        head.push_str(&format!("{header}\r\n"));
    }
    head.push_str("connection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    stream.shutdown(Shutdown::Write)
}
