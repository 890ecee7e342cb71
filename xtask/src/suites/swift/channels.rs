//! A server of Capgo's kind, as far as channels go.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::Result;

/// Ends with this.
pub(super) struct ChannelServer {
    address: SocketAddr,
    is_over: Arc<AtomicBool>,
}

impl ChannelServer {
    pub(super) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let server = Self {
            address: listener.local_addr()?,
            is_over: Arc::default(),
        };
        let is_over = Arc::clone(&server.is_over);
        thread::spawn(move || {
            for stream in listener.incoming() {
                if is_over.load(Ordering::Relaxed) {
                    return;
                }
                // Who hangs up in the middle has what it wanted.
                let _ = stream.and_then(answer);
            }
        });
        Ok(server)
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for ChannelServer {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
    }
}

/// Agrees to every channel but `inner`.
fn answer(stream: TcpStream) -> io::Result<()> {
    let (method, body) = request(&stream)?;
    let answer = match &*method {
        "GET" => r#"[{"id": 7, "name": "beta", "public": false, "allow_self_set": true}]"#,
        "PUT" => r#"{"channel": "production", "status": "default"}"#,
        _ if body.contains("\"channel\":\"inner\"") => {
            r#"{"error": "channel_self_set_not_allowed", "message": "no"}"#
        }
        _ => r#"{"status": "ok"}"#,
    };
    let length = answer.len();
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\
         connection: close\r\n\r\n{answer}"
    )
}

/// Its method and its body.
fn request(stream: &TcpStream) -> io::Result<(String, String)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let method = line.split(' ').next().unwrap_or_default().to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        if line.trim().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':').unwrap_or_default();
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = String::new();
    reader.take(length).read_to_string(&mut body)?;
    Ok((method, body))
}
