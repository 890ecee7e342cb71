//! A connection that stays open: as little as it takes, since who asks shares the machine with who
//! answers.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::Result;

/// An HTTP/1.1 connection.
pub(crate) struct Connection {
    stream: TcpStream,
    address: SocketAddr,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            address,
            buffer: Vec::new(),
        })
    }

    /// Asks, reads the answer to its end, and tells its status.
    pub(crate) async fn get(&mut self, path: &str) -> Result<u16> {
        let head = self.ask(path).await?;
        let wanted = head.length + head.body;
        while self.buffer.len() < wanted {
            self.read().await?;
        }
        self.buffer.drain(..wanted);
        Ok(head.status)
    }

    /// Asks, and reads the head of the answer.
    pub(crate) async fn ask(&mut self, path: &str) -> Result<Head> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: {}\r\n\r\n", self.address);
        self.stream.write_all(request.as_bytes()).await?;
        loop {
            if let Some(head) = Head::parse(&self.buffer)? {
                return Ok(head);
            }
            self.read().await?;
        }
    }

    /// Reads some of a body, up to `most` bytes, and forgets it.
    pub(crate) async fn skip(&mut self, most: usize) -> Result<usize> {
        if self.buffer.is_empty() {
            self.buffer.resize(most, 0);
            let read = self.stream.read(&mut self.buffer).await?;
            self.buffer.clear();
            return match read {
                0 => Err("the connection ended".into()),
                read => Ok(read),
            };
        }
        let skipped = most.min(self.buffer.len());
        self.buffer.drain(..skipped);
        Ok(skipped)
    }

    /// Forgets what was read of the head.
    pub(crate) fn forget(&mut self, bytes: usize) {
        self.buffer.drain(..bytes.min(self.buffer.len()));
    }

    async fn read(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.buffer).await? {
            0 => Err("the connection ended".into()),
            _ => Ok(()),
        }
    }
}

/// What the head of an answer says.
pub(crate) struct Head {
    /// Bytes of the head.
    pub(crate) length: usize,
    /// Bytes of the body.
    pub(crate) body: usize,
    pub(crate) status: u16,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(bytes.get(..end).unwrap_or_default())?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.split(' ').nth(1));
        let body = lines.find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then_some(value)
        });
        Ok(Some(Self {
            length: end + 4,
            body: body.unwrap_or("0").parse()?,
            status: status.ok_or("no status")?.parse()?,
        }))
    }
}
