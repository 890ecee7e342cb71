//! A client that shows what is on the wire, and a folder of bundles.

use std::{io, time::Duration};

use mock_update_server::MockServer;
use tempfile::TempDir;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) const BUNDLE: &str = "/api/v1/bundles/1.2.3";
pub(crate) const CHECK: &str =
    "/api/v1/updates/check?appId=a.b.c&currentVersion=1.0.0&platform=ios&channel=production";

/// Long enough for any machine; a test that waits for it fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// An answer as it came over the wire.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    fields: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// How the connection ended, where it did before the body was whole, or after it.
    pub(crate) ended: Option<Ended>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Closed,
    Reset,
}

impl Answer {
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(field, _)| field == name)?;
        Some(&field.1)
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A folder with `1.2.3.zip` of `length` bytes, and the bytes.
pub(crate) fn folder(length: usize) -> (TempDir, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    // A period that fits no power of two, so that a shifted part shows.
    let bytes: Vec<u8> = (0..length).map(|index| (index % 251) as u8).collect();
    std::fs::write(folder.path().join("1.2.3.zip"), &bytes).unwrap();
    (folder, bytes)
}

pub(crate) async fn get(server: &MockServer, target: &str, fields: &[(&str, &str)]) -> Answer {
    request(server, "GET", target, fields, "").await
}

pub(crate) async fn request(
    server: &MockServer,
    method: &str,
    target: &str,
    fields: &[(&str, &str)],
    body: &str,
) -> Answer {
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();
    send(&mut stream, method, target, fields, body).await;
    tokio::time::timeout(PATIENCE, receive(&mut stream, method))
        .await
        .expect("the answer never ended")
}

pub(crate) async fn send(
    stream: &mut (impl AsyncWrite + Unpin),
    method: &str,
    target: &str,
    fields: &[(&str, &str)],
    body: &str,
) {
    let mut head = format!("{method} {target} HTTP/1.1\r\nhost: updates.test:80\r\n");
    for (name, value) in fields {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    if !body.is_empty() {
        head.push_str(&format!("content-length: {}\r\n", body.len()));
    }
    head.push_str("\r\n");
    head.push_str(body);
    stream.write_all(head.as_bytes()).await.unwrap();
}

/// Reads an answer up to the end that its head names, or that of the connection.
pub(crate) async fn receive(stream: &mut (impl AsyncRead + Unpin), method: &str) -> Answer {
    let mut answer = receive_head(stream).await;
    let length: Option<usize> = answer
        .field("content-length")
        .map(|length| length.parse().unwrap());
    let wanted = match length {
        _ if method == "HEAD" || answer.status == 304 => 0,
        Some(length) => length,
        None => usize::MAX,
    };
    answer.ended = read_up_to(stream, &mut answer.body, wanted).await;
    answer
}

/// Reads until `body` has `wanted` bytes, or the connection ends.
pub(crate) async fn read_up_to(
    stream: &mut (impl AsyncRead + Unpin),
    body: &mut Vec<u8>,
    wanted: usize,
) -> Option<Ended> {
    let mut piece = vec![0; 16 * 1024];
    while body.len() < wanted {
        let most = piece.len().min(wanted - body.len());
        match stream.read(&mut piece[..most]).await {
            Ok(0) => return Some(Ended::Closed),
            Ok(count) => body.extend_from_slice(&piece[..count]),
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {
                return Some(Ended::Reset);
            }
            Err(error) => panic!("{error}"),
        }
        // Chunked: the test only needs the last chunk's end.
        if wanted == usize::MAX && body.ends_with(b"\r\n0\r\n\r\n") {
            return None;
        }
    }
    None
}

pub(crate) async fn receive_head(stream: &mut (impl AsyncRead + Unpin)) -> Answer {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.expect("an answer without a head"));
    }
    let head = String::from_utf8(head).unwrap();
    let mut lines = head.trim_end().split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap();
    Answer {
        status: status.parse().unwrap(),
        fields: lines
            .map(|line| line.split_once(": ").unwrap())
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        body: Vec::new(),
        ended: None,
    }
}
