use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A way to a server that is slow, and that can be cut.
///
/// It is for servers that can't be slow by themselves, so that something can happen on the way.
#[derive(Debug)]
pub(crate) struct SlowPipe {
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: SocketAddr,
    bytes_per_second: usize,
    open: Mutex<Vec<TcpStream>>,
    is_closed: AtomicBool,
}

impl SlowPipe {
    /// A way to `server` whose connections each bring so many bytes a second.
    pub(crate) fn to(server: SocketAddr, bytes_per_second: usize) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let pipe = Self {
            address: listener.local_addr().unwrap(),
            shared: Arc::new(Shared {
                server,
                bytes_per_second,
                open: Mutex::default(),
                is_closed: AtomicBool::new(false),
            }),
        };
        let shared = Arc::clone(&pipe.shared);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if shared.is_closed.load(Ordering::SeqCst) {
                    return;
                }
                let shared = Arc::clone(&shared);
                thread::spawn(move || shared.carry(&client));
            }
        });
        pipe
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Cuts all connections that are open.
    pub(crate) fn cut(&self) {
        for stream in self.shared.open.lock().unwrap().drain(..) {
            // The other side may have closed it already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for SlowPipe {
    fn drop(&mut self) {
        self.shared.is_closed.store(true, Ordering::SeqCst);
        self.cut();
        // Wakes the listener, so that it sees that it's over.
        let _ = TcpStream::connect(self.address);
    }
}

impl Shared {
    /// Carries a connection's bytes until one side ends it. A failure is the end of it too.
    fn carry(&self, client: &TcpStream) {
        let Ok(server) = TcpStream::connect(self.server) else {
            return;
        };
        self.open.lock().unwrap().extend(client.try_clone());
        let _ = thread::scope(|scope| {
            scope.spawn(|| {
                let _ = io::copy(&mut &*client, &mut &server);
                let _ = server.shutdown(Shutdown::Both);
            });
            let carried = self.carry_slowly(&server, client);
            let _ = client.shutdown(Shutdown::Both);
            let _ = server.shutdown(Shutdown::Both);
            carried
        });
    }

    fn carry_slowly(&self, mut from: &TcpStream, mut to: &TcpStream) -> io::Result<()> {
        const TICK: Duration = Duration::from_millis(10);
        let mut buffer = vec![0; (self.bytes_per_second / 100).max(1)];
        loop {
            let len = from.read(&mut buffer)?;
            if len == 0 {
                return Ok(());
            }
            to.write_all(&buffer[..len])?;
            thread::sleep(TICK);
        }
    }
}
