//! An S3 in memory: the server of Python's moto.

use std::io::{self, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::time::Duration;

use tempfile::TempDir;

use crate::server::Server;

const PATIENCE: Duration = Duration::from_secs(10);

/// An S3 on this machine, with one bucket. It ends when this is dropped.
#[derive(Debug)]
pub struct S3Server {
    store: S3,
    _server: Server,
    _folder: TempDir,
}

/// An S3 that somebody runs.
#[derive(Debug, Clone, Copy)]
pub struct S3(SocketAddr);

impl S3Server {
    /// Starts `moto_server`.
    ///
    /// # Errors
    ///
    /// It can't be started.
    pub fn start(program: &Path) -> io::Result<Self> {
        let folder = tempfile::tempdir()?;
        // Another program could take it in between; nothing here does.
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        let arguments = ["-H", "127.0.0.1", "-p", &address.port().to_string()].map(str::to_owned);
        let log = folder.path().join("log");
        let mut server = Server::start(program, arguments, "TERM", None, &log)?;
        let bucket = format!("/{}", S3::BUCKET);
        server.wait_until(|| ask(address, "PUT", &bucket).is_ok())?;
        Ok(Self {
            store: S3(address),
            _server: server,
            _folder: folder,
        })
    }

    /// What is asked.
    pub fn store(&self) -> S3 {
        self.store
    }
}

impl S3 {
    /// The bucket that is there.
    pub const BUCKET: &'static str = "bundles";

    /// The one that listens at an address.
    pub fn at(address: SocketAddr) -> Self {
        Self(address)
    }

    /// Where it listens.
    pub fn address(self) -> SocketAddr {
        self.0
    }

    /// The uploads in parts that were neither completed nor aborted, as XML.
    ///
    /// # Errors
    ///
    /// It can't be asked.
    pub fn unfinished_uploads(self) -> io::Result<String> {
        ask(self.0, "GET", &format!("/{}?uploads", Self::BUCKET))
    }

    /// The objects below a prefix, as XML.
    ///
    /// # Errors
    ///
    /// It can't be asked.
    pub fn list(self, prefix: &str) -> io::Result<String> {
        let path = format!("/{}?list-type=2&prefix={prefix}", Self::BUCKET);
        ask(self.0, "GET", &path)
    }

    /// Makes an object of a few bytes.
    ///
    /// # Errors
    ///
    /// It can't be asked.
    pub fn put(self, key: &str) -> io::Result<()> {
        ask(self.0, "PUT", &format!("/{}/{key}", Self::BUCKET)).map(|_| ())
    }

    /// What whoever asks it has to have in the environment, where it is reached at `endpoint`.
    pub fn variables(endpoint: &str) -> Vec<(String, String)> {
        let variables = [
            ("AWS_ENDPOINT_URL", endpoint),
            ("AWS_ACCESS_KEY_ID", "tests"),
            ("AWS_SECRET_ACCESS_KEY", "a-secret-of-the-tests"),
            ("AWS_REGION", "us-east-1"),
        ];
        let variables = variables.iter();
        variables
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }
}

fn ask(address: SocketAddr, method: &str, path: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    // It looks at who asks to know which service is meant, and at nothing else.
    write!(
        stream,
        "{method} {path} HTTP/1.0\r\nHost: {address}\r\nContent-Length: 0\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=tests/20260101/us-east-1/s3/aws4_request, \
         SignedHeaders=host, Signature=0\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.split(' ').nth(1) {
        Some("200") => Ok(answer),
        _ => Err(io::Error::other(answer)),
    }
}
