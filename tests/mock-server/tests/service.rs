//! The log, the reports, the token, the pace, and the end.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::{
    io,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use mock_update_server::{Endpoint, Fault, LoggedRequest, MockServer};
use support::{
    BUNDLE, CHECK, Ended, PATIENCE, folder, get, read_up_to, receive, receive_head, request, send,
};
use tokio::net::TcpStream;

const REPORT: &str = r#"{"appId": "a.b.c", "version": "1.2.3", "platform": "ios",
    "success": false, "deviceId": "d", "id": "i", "reason": "timeout", "extra": 1}"#;

#[tokio::test]
async fn the_log_tells_what_was_asked_and_what_was_sent() {
    let (folder, _) = folder(1000);
    let server = MockServer::start(folder.path()).await.unwrap();

    get(
        &server,
        &format!("{CHECK}&deviceId=a%20b"),
        &[("x-own", "1")],
    )
    .await;
    get(&server, BUNDLE, &[("range", "bytes=400-")]).await;
    let last = server
        .wait_for_request(
            |request| request.range_start.is_some() && request.is_finished(),
            PATIENCE,
        )
        .await
        .unwrap();

    assert_eq!(last.method, "GET");
    assert_eq!(last.path, BUNDLE);
    assert_eq!(
        (last.status, last.range_start, last.bytes_sent),
        (206, Some(400), 600)
    );
    let first = server.requests().remove(0);
    assert_eq!(first.path, "/api/v1/updates/check");
    assert_eq!(first.query_value("deviceId"), Some("a b"));
    assert_eq!(first.header("x-own"), Some("1"));
    assert_eq!(server.bundle_requests().len(), 1);
    server.clear_log();
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn answers_on_one_connection_are_counted_apart() {
    let (folder, bytes) = folder(1000);
    let server = MockServer::start(folder.path()).await.unwrap();
    server.fault_sequence(Endpoint::Bundle, [Fault::None, Fault::Cut { after: 10 }]);
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();

    // Both are asked for before the first is answered.
    send(&mut stream, "GET", BUNDLE, &[], "").await;
    send(&mut stream, "GET", BUNDLE, &[], "").await;
    let first = receive(&mut stream, "GET").await;
    let second = receive(&mut stream, "GET").await;

    assert_eq!((first.body, first.ended), (bytes.clone(), None));
    assert_eq!(
        (&second.body, second.ended),
        (&bytes[..10].to_vec(), Some(Ended::Closed))
    );
    let sent: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.bytes_sent)
        .collect();
    assert_eq!(sent, [1000, 10]);
}

#[tokio::test]
async fn waiting_ends_while_the_answer_is_still_going_out() {
    let (folder, _) = folder(1000);
    let server = MockServer::start(folder.path()).await.unwrap();
    let fault = "stall,after=300".parse().unwrap();
    server.fault(Endpoint::Bundle, fault).once();
    let mut stream = TcpStream::connect(server.addr()).await.unwrap();

    send(&mut stream, "GET", BUNDLE, &[], "").await;
    let stalled = server
        .wait_for_request(|request| request.bytes_sent == 300, PATIENCE)
        .await
        .unwrap();
    assert!(!stalled.is_finished());
    drop(stream);
    let ended = server
        .wait_for_request(LoggedRequest::is_finished, PATIENCE)
        .await
        .unwrap();
    assert_eq!(ended.bytes_sent, 300);
}

#[tokio::test]
async fn waiting_in_vain_says_what_did_come() {
    let (folder, _) = folder(10);
    let server = MockServer::start(folder.path()).await.unwrap();
    get(&server, "/health", &[]).await;

    let failed = server
        .wait_for_request(|request| request.path == BUNDLE, Duration::from_millis(20))
        .await
        .unwrap_err();

    assert!(failed.to_string().contains("GET /health → 200"), "{failed}");
}

#[tokio::test]
async fn reports_are_taken_and_kept() {
    let (folder, _) = folder(10);
    let server = MockServer::start(folder.path()).await.unwrap();
    let path = "/api/v1/updates/confirm";
    let json = [("content-type", "application/json")];

    let taken = request(&server, "POST", path, &json, REPORT).await;
    let broken = request(&server, "POST", path, &json, r#"{"version": "1.2.3"}"#).await;
    server
        .fault(Endpoint::Confirm, "503".parse().unwrap())
        .once();
    let failed = request(&server, "POST", path, &json, REPORT).await;

    assert_eq!(
        (taken.status, broken.status, failed.status),
        (200, 400, 503)
    );
    let reports = server.confirmations();
    assert_eq!(reports.len(), 1);
    assert_eq!(reports[0].version, "1.2.3");
    assert!(!reports[0].success);
    assert_eq!(reports[0].reason.as_deref(), Some("timeout"));
    assert_eq!(reports[0].other["extra"], 1);
    assert_eq!(server.requests()[2].body, REPORT.as_bytes());
}

#[tokio::test]
async fn without_the_token_only_health_is_answered() {
    let (folder, _) = folder(10);
    let builder = MockServer::builder(folder.path()).bearer_token("secret");
    let server = builder.start().await.unwrap();

    let none = get(&server, CHECK, &[]).await;
    let wrong = get(&server, BUNDLE, &[("authorization", "Bearer wrong")]).await;
    let right = get(&server, BUNDLE, &[("authorization", "bearer secret")]).await;
    let health = get(&server, "/health", &[]).await;

    assert_eq!(none.status, 401);
    assert_eq!(
        none.field("www-authenticate"),
        Some("Bearer realm=\"updates\"")
    );
    assert_eq!(wrong.status, 401);
    assert!(
        wrong
            .field("www-authenticate")
            .unwrap()
            .contains("invalid_token")
    );
    assert_eq!(right.status, 200);
    assert!(right.field("cache-control").unwrap().starts_with("private"));
    assert_eq!(health.json()["status"], "ok");
}

#[tokio::test]
async fn public_bundles_need_no_token() {
    let (folder, _) = folder(10);
    let server = MockServer::builder(folder.path())
        .bearer_token("secret")
        .public_bundles(true)
        .start()
        .await
        .unwrap();

    assert_eq!(get(&server, BUNDLE, &[]).await.status, 200);
    assert_eq!(get(&server, CHECK, &[]).await.status, 401);
}

#[tokio::test]
async fn a_rate_limit_and_a_latency_hold_for_every_answer() {
    let (folder, bytes) = folder(20_000);
    let server = MockServer::builder(folder.path())
        .rate_limit(40_000)
        .latency(Duration::from_millis(100))
        .start()
        .await
        .unwrap();

    let begun = Instant::now();
    let slow = get(&server, BUNDLE, &[]).await;
    // 0.1 s + 20,000 / 40,000 s, less the first slice, which goes out at once.
    assert!(begun.elapsed() >= Duration::from_millis(550));
    assert_eq!(slow.body, bytes);
    server.set_rate_limit(None);
    server.set_latency(Duration::ZERO);
    let fast = get(&server, &format!("{BUNDLE}?fast"), &[]).await;
    assert_eq!(fast.body, bytes);
    // A client may have everything before the server knows that it is out.
    let took = async |is_fast| {
        let is_over =
            |request: &LoggedRequest| request.query.is_empty() != is_fast && request.took.is_some();
        let request = server.wait_for_request(is_over, PATIENCE).await;
        request.unwrap().took.unwrap()
    };
    assert!(took(true).await < took(false).await);
}

#[tokio::test]
async fn the_callback_hears_of_each_request_when_it_is_over() {
    let (folder, _) = folder(1000);
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    let server = MockServer::builder(folder.path())
        .on_request(move |request| {
            let heard = (request.status, request.bytes_sent, request.is_finished());
            hears.lock().unwrap().push(heard);
        })
        .start()
        .await
        .unwrap();
    server
        .fault(Endpoint::Bundle, Fault::Cut { after: 10 })
        .once();

    get(&server, BUNDLE, &[]).await;
    get(&server, BUNDLE, &[]).await;
    server.shutdown().await;

    assert_eq!(*heard.lock().unwrap(), [(200, 10, true), (200, 1000, true)]);
}

#[tokio::test]
async fn nothing_listens_any_more_after_the_end() {
    let (folder, _) = folder(5_000_000);
    let server = MockServer::start(folder.path()).await.unwrap();
    let address = server.addr();
    let mut open = TcpStream::connect(address).await.unwrap();
    server
        .fault(Endpoint::Bundle, "stall".parse().unwrap())
        .once();
    send(&mut open, "GET", BUNDLE, &[], "").await;
    receive_head(&mut open).await;

    server.shutdown().await;

    assert!(read_up_to(&mut open, &mut Vec::new(), 1).await.is_some());
    let refused = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
    // And the same address can be had again.
    let again = MockServer::builder(folder.path()).address(address);
    assert_eq!(again.start().await.unwrap().addr(), address);
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_noticed_at_the_start() {
    let (folder, _) = folder(10);
    let missing = MockServer::start(folder.path().join("missing")).await;
    assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
}

#[test]
fn a_test_that_blocks_is_served_too() {
    use std::io::{Read, Write};

    let (folder, _) = folder(10);
    let server = MockServer::builder(folder.path()).start_blocking().unwrap();
    let mut stream = std::net::TcpStream::connect(server.addr()).unwrap();
    stream
        .write_all(b"GET /health HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n")
        .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.ends_with(r#"{"status":"ok"}"#));
}
