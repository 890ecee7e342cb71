use std::{
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::Sleep,
};
use tokio_rustls::server::TlsStream;

use super::delivery::{Ending, Step, Wire};

/// The connection below HTTP.
pub(crate) enum Socket {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

/// A connection on which answers go out as their [`Delivery`](super::Delivery) says.
pub(crate) struct WireSocket {
    socket: Socket,
    wire: Wire,
    /// A head on its way out: its bytes, how many are written, and what it stands for.
    head: Option<(Vec<u8>, usize, usize)>,
    waiting: Waiting,
    reset_since: Option<Instant>,
}

enum Waiting {
    No,
    Until(Pin<Box<Sleep>>),
    ForEver,
}

/// How long a reset waits for the bytes before it to be taken by the client.
const RESET_PATIENCE: Duration = Duration::from_secs(5);

impl WireSocket {
    pub(crate) fn new(socket: Socket, wire: Wire) -> Self {
        Self {
            socket,
            wire,
            head: None,
            waiting: Waiting::No,
            reset_since: None,
        }
    }

    fn poll_wait(&mut self, context: &mut Context<'_>) -> Poll<()> {
        match &mut self.waiting {
            Waiting::No => return Poll::Ready(()),
            // The client going away is noticed by reading.
            Waiting::ForEver => return Poll::Pending,
            Waiting::Until(sleep) => ready!(sleep.as_mut().poll(context)),
        }
        self.waiting = Waiting::No;
        Poll::Ready(())
    }

    fn wait(&mut self, duration: Option<Duration>) {
        self.waiting = match duration {
            Some(duration) => Waiting::Until(Box::pin(tokio::time::sleep(duration))),
            None => Waiting::ForEver,
        };
    }

    /// Writes the head that is on its way. Gives the number of hyper's bytes that are done with.
    fn poll_head(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Option<usize>>> {
        let Some((bytes, written, stands_for)) = &mut self.head else {
            return Poll::Ready(Ok(None));
        };
        while let Some(rest) = bytes.get(*written..).filter(|rest| !rest.is_empty()) {
            *written += ready!(Pin::new(&mut self.socket).poll_write(context, rest))?;
        }
        let stands_for = *stands_for;
        self.head = None;
        self.wire.head_written();
        Poll::Ready(Ok(Some(stands_for)))
    }

    /// Ends the connection. What was written before it reaches the client.
    fn poll_end(&mut self, ending: Ending, context: &mut Context<'_>) -> Poll<io::Error> {
        if let Err(error) = ready!(Pin::new(&mut self.socket).poll_flush(context)) {
            return Poll::Ready(error);
        }
        match ending {
            Ending::Close => {
                let closed = ready!(Pin::new(&mut self.socket).poll_shutdown(context));
                Poll::Ready(
                    closed
                        .err()
                        .unwrap_or(io::ErrorKind::ConnectionAborted.into()),
                )
            }
            Ending::Reset => self.poll_reset(context),
        }
    }

    /// A reset throws away what the kernel still holds for the client, so it waits for that.
    fn poll_reset(&mut self, context: &mut Context<'_>) -> Poll<io::Error> {
        let since = *self.reset_since.get_or_insert_with(Instant::now);
        loop {
            ready!(self.poll_wait(context));
            let waited = since.elapsed();
            let tcp = self.socket.tcp();
            if all_taken(tcp, waited) || waited >= RESET_PATIENCE {
                let reset = tcp.set_zero_linger();
                return Poll::Ready(reset.err().unwrap_or(io::ErrorKind::ConnectionReset.into()));
            }
            self.wait(Some(Duration::from_millis(1)));
        }
    }
}

impl AsyncRead for WireSocket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match &mut self.socket {
            Socket::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Socket::Tls(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for WireSocket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = &mut *self;
        loop {
            if let Some(done) = ready!(this.poll_head(context))? {
                return Poll::Ready(Ok(done));
            }
            ready!(this.poll_wait(context));
            match this.wire.next_step(bytes, Instant::now()) {
                Step::Wait(duration) => {
                    this.wait(duration);
                    // TLS may hold bytes back that belong before the silence.
                    if let Poll::Ready(flushed) = Pin::new(&mut this.socket).poll_flush(context) {
                        flushed?;
                    }
                }
                Step::Head { length, bytes } => this.head = Some((bytes, 0, length)),
                Step::End(ending) => return this.poll_end(ending, context).map(Err),
                Step::Write(count) => {
                    let (allowed, _) = bytes.split_at(count.min(bytes.len()));
                    let count = ready!(Pin::new(&mut this.socket).poll_write(context, allowed))?;
                    this.wire.body_written(count as u64);
                    return Poll::Ready(Ok(count));
                }
            }
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        match this.wire.due_ending() {
            Some(ending) => this.poll_end(ending, context).map(Err),
            None => Pin::new(&mut this.socket).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}

impl Drop for WireSocket {
    fn drop(&mut self) {
        self.wire.finish();
    }
}

impl Socket {
    fn tcp(&self) -> &TcpStream {
        match self {
            Self::Plain(stream) => stream,
            Self::Tls(stream) => stream.get_ref().0,
        }
    }

    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

/// Whether the client's side has acknowledged every byte that was written.
#[cfg(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
))]
#[expect(unsafe_code, reason = "rustix has no safe wrapper of this ioctl")]
fn all_taken(tcp: &TcpStream, _waited: Duration) -> bool {
    use rustix::ioctl::{Getter, Opcode, ioctl};

    const SIOCOUTQ: Opcode = 0x5411;
    // SAFETY: tcp(7): SIOCOUTQ writes one int through its argument, which is what `Getter` passes.
    let unacknowledged = unsafe { ioctl(tcp, Getter::<SIOCOUTQ, i32>::new()) };
    unacknowledged.is_ok_and(|bytes| bytes == 0)
}

/// Elsewhere the kernel isn't asked: the loopback interface has long done it by then.
#[cfg(not(all(
    target_os = "linux",
    any(target_arch = "x86_64", target_arch = "aarch64")
)))]
fn all_taken(_tcp: &TcpStream, waited: Duration) -> bool {
    waited >= Duration::from_millis(50)
}
