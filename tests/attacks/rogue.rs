//! A server that does what no server should, and no library for servers does.

use std::io::{self, BufRead as _, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// The longest that it waits for a client.
const PATIENCE: Duration = Duration::from_secs(10);

/// Runs in a thread until it's dropped.
pub(crate) struct Rogue {
    address: SocketAddr,
    asked: Arc<AtomicUsize>,
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Rogue {
    /// Lets `answer` write what it wants to each request, by the head of it, and hangs up.
    pub(crate) fn answering(
        answer: impl Fn(&str, &mut dyn Write) -> io::Result<()> + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, is_over) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let thread = thread::spawn({
            let (asked, is_over) = (Arc::clone(&asked), Arc::clone(&is_over));
            move || {
                for connection in listener.incoming() {
                    if is_over.load(Ordering::Relaxed) {
                        return;
                    }
                    // A client that hangs up on it is none of its concern.
                    let _ = connection.and_then(|connection| serve(&connection, &asked, &answer));
                }
            }
        });
        Self {
            address,
            asked,
            is_over,
            thread: Some(thread),
        }
    }

    /// Answers each request with these bytes.
    pub(crate) fn sending(body: impl Into<Vec<u8>>) -> Self {
        let body = body.into();
        Self::answering(move |_, out| {
            out.write_all(&head(200, body.len()))?;
            out.write_all(&body)
        })
    }

    /// An address there.
    pub(crate) fn url(&self) -> String {
        format!("http://{}/any/where", self.address)
    }

    /// How many requests have come.
    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Ordering::Relaxed)
    }
}

impl Drop for Rogue {
    fn drop(&mut self) {
        self.is_over.store(true, Ordering::Relaxed);
        // Wakes it.
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().unwrap().join();
    }
}

/// The head of an answer that is followed by `length` bytes.
pub(crate) fn head(status: u16, length: usize) -> Vec<u8> {
    format!("HTTP/1.1 {status} Whatever\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")
        .into_bytes()
}

fn serve(
    mut connection: &TcpStream,
    asked: &AtomicUsize,
    answer: &impl Fn(&str, &mut dyn Write) -> io::Result<()>,
) -> io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    let mut request = String::new();
    let mut lines = BufReader::new(connection);
    while !request.ends_with("\r\n\r\n") {
        if lines.read_line(&mut request)? == 0 {
            return Ok(());
        }
    }
    asked.fetch_add(1, Ordering::Relaxed);
    answer(&request.to_ascii_lowercase(), &mut connection)
}
