//! The same over real sockets, with the transport that comes along.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::clock::SystemClock;
use crate::transport::http1::HttpTransport;

/// Serves ranges of `content`, and hangs up in the middle of all answers but every fourth.
async fn serve(listener: TcpListener, content: Vec<u8>, served: Arc<Mutex<Vec<usize>>>) {
    for turn in 1.. {
        let Ok((mut stream, _)) = listener.accept().await else {
            return;
        };
        let head = read_head(&mut stream).await;
        let range = head
            .lines()
            .find_map(|line| line.strip_prefix("range: bytes="));
        let from: usize = range.map_or(0, |range| range.trim_end_matches('-').parse().unwrap());
        let rest = &content[from..];
        let status = match from {
            0 => "200 OK".to_owned(),
            _ => {
                let (last, total) = (content.len() - 1, content.len());
                format!("206 Partial Content\r\nContent-Range: bytes {from}-{last}/{total}")
            }
        };
        let length = rest.len();
        let answer =
            format!("HTTP/1.1 {status}\r\nETag: \"a\"\r\nContent-Length: {length}\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        let sent = if turn % 4 == 0 { length } else { length / 4 };
        stream.write_all(&rest[..sent]).await.unwrap();
        served.lock().unwrap().push(sent);
        stream.shutdown().await.unwrap();
    }
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

#[tokio::test]
async fn a_connection_that_breaks_is_resumed_and_no_byte_comes_twice() {
    let content = content(2_000_000);
    let mut release = release_of(&content);
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    release.urls = vec![url(&base).join("bundle.zip").unwrap()];
    let served = Arc::default();
    let server = tokio::spawn(serve(listener, content.clone(), Arc::clone(&served)));

    let root = tempfile::tempdir().unwrap();
    let rules = NetworkRules {
        update_url: Some(url(&base)),
        token: None,
        headers: Vec::new(),
        insecure_hosts: Vec::new(),
        request_timeout: Duration::from_secs(20),
        read_timeout: Duration::from_secs(20),
    };
    let transport = Arc::new(HttpTransport::builder().build());
    let client = HttpClient::new(transport, Arc::new(SystemClock::new()), rules)
        .with_random(Random::from_fn(|| 0.0));
    let storage = Arc::new(DiskStorage::new(root.path()));
    let downloader = Downloader::new(client, storage, 10_000_000);
    let part = downloader
        .fetch(&release, &CancelToken::new(), &|_, _| {})
        .await
        .unwrap();
    server.abort();

    assert_eq!(std::fs::read(root.path().join(part.path)).unwrap(), content);
    let served: Vec<usize> = served.lock().unwrap().clone();
    assert_eq!(served.len(), 4);
    assert_eq!(served.iter().sum::<usize>(), content.len());
}
