//! A network that can be cut.

use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// Passes connections on to a server, until it is cut. It doesn't end before its process does.
#[derive(Debug)]
pub struct Forwarder {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    is_cut: bool,
    /// Connections end that send this.
    refused: Option<String>,
    open: Vec<TcpStream>,
}

impl Forwarder {
    /// Listens for those who want to reach `server`.
    ///
    /// # Errors
    ///
    /// There is no free port.
    pub fn to(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let forwarder = Self {
            address: listener.local_addr()?,
            state: Arc::default(),
        };
        let state = Arc::clone(&forwarder.state);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let _ = pass_on(client, server, &state);
            }
        });
        Ok(forwarder)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends all connections, and each new one at once.
    pub fn cut(&self) {
        lock(&self.state).cut();
    }

    /// Ends each connection that sends a text.
    pub fn refuse(&self, text: &str) {
        lock(&self.state).refused = Some(text.to_owned());
    }

    /// Passes new connections on again.
    pub fn mend(&self) {
        let mut state = lock(&self.state);
        state.is_cut = false;
        state.refused = None;
    }
}

impl State {
    fn cut(&mut self) {
        self.is_cut = true;
        for stream in self.open.drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    /// Whether bytes may pass to the server.
    fn lets_pass(&self, bytes: &[u8]) -> bool {
        let refused = self.refused.as_deref().map(str::as_bytes);
        let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        !refused.is_some_and(holds)
    }
}

fn pass_on(client: TcpStream, server: SocketAddr, state: &Arc<Mutex<State>>) -> io::Result<()> {
    let mut known = lock(state);
    if known.is_cut {
        return client.shutdown(Shutdown::Both);
    }
    let server = TcpStream::connect(server)?;
    for stream in [&client, &server] {
        known.open.push(stream.try_clone()?);
    }
    drop(known);
    let (from_client, to_client) = (client.try_clone()?, client);
    let (from_server, to_server) = (server.try_clone()?, server);
    let state = Arc::clone(state);
    thread::spawn(move || {
        copy(from_client, to_server, |bytes| {
            lock(&state).lets_pass(bytes)
        });
    });
    thread::spawn(move || copy(from_server, to_client, |_| true));
    Ok(())
}

fn copy(mut from: TcpStream, mut to: TcpStream, may_pass: impl Fn(&[u8]) -> bool) {
    use io::{Read as _, Write as _};
    let mut piece = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        let bytes = piece.get(..read).unwrap_or_default();
        if !may_pass(bytes) || to.write_all(bytes).is_err() {
            break;
        }
    }
    let _ = to.shutdown(Shutdown::Both);
    let _ = from.shutdown(Shutdown::Read);
}

fn lock(state: &Mutex<State>) -> std::sync::MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
