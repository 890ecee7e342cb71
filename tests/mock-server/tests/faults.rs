//! Each fault does on the wire what it says.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod support;

use std::{
    io::Read,
    time::{Duration, Instant},
};

use mock_update_server::{Endpoint, Fault, LoggedRequest, MockServer};
use support::{
    Answer, BUNDLE, CHECK, Ended, PATIENCE, folder, get, read_up_to, receive_head, send,
};
use tokio::net::TcpStream;

const LENGTH: usize = 300_000;

struct Setup {
    server: MockServer,
    bytes: Vec<u8>,
    _folder: tempfile::TempDir,
}

async fn setup() -> Setup {
    let (folder, bytes) = folder(LENGTH);
    let builder = MockServer::builder(folder.path()).allow_request_faults(true);
    Setup {
        server: builder.start().await.unwrap(),
        bytes,
        _folder: folder,
    }
}

impl Setup {
    async fn get(&self, fault: &str, fields: &[(&str, &str)]) -> Answer {
        let mut fields = fields.to_vec();
        fields.push(("x-mock-fault", fault));
        get(&self.server, BUNDLE, &fields).await
    }
}

#[tokio::test]
async fn a_cut_lets_exactly_so_many_bytes_through_and_closes() {
    let setup = setup().await;
    for after in [0, 1, 65_536, 100_001, LENGTH - 1] {
        let answer = setup.get(&format!("cut={after}"), &[]).await;
        assert_eq!(answer.field("content-length"), Some("300000"));
        assert_eq!(answer.body, setup.bytes[..after]);
        assert_eq!(answer.ended, Some(Ended::Closed), "{after}");
    }
}

#[tokio::test]
async fn a_cut_counts_from_the_start_of_the_part() {
    let setup = setup().await;
    let answer = setup.get("cut=500", &[("range", "bytes=1000-")]).await;
    assert_eq!(answer.status, 206);
    assert_eq!(answer.body, setup.bytes[1000..1500]);
}

#[tokio::test]
async fn a_cut_after_the_end_changes_nothing() {
    let setup = setup().await;
    let answer = setup.get("cut=300001", &[]).await;
    assert_eq!(answer.body, setup.bytes);
    assert_eq!(answer.ended, None);
}

#[tokio::test]
async fn a_reset_lets_exactly_so_many_bytes_through_and_resets() {
    let setup = setup().await;
    for after in [0, 1000, 200_000] {
        let answer = setup.get(&format!("reset={after}"), &[]).await;
        assert_eq!(answer.body, setup.bytes[..after]);
        assert_eq!(answer.ended, Some(Ended::Reset), "{after}");
    }
}

#[tokio::test]
async fn the_log_counts_what_went_out_before_a_cut_or_a_reset() {
    let setup = setup().await;
    for (fault, sent) in [("cut=1234", 1234), ("reset=4321", 4321), ("cut=0", 0)] {
        setup.server.clear_log();
        setup.get(fault, &[]).await;
        let server = &setup.server;
        let request = server.wait_for_request(LoggedRequest::is_finished, PATIENCE);
        let request = request.await.unwrap();
        assert_eq!(request.bytes_sent, sent);
        assert_eq!(request.fault, Some(fault.parse().unwrap()));
    }
}

#[tokio::test]
async fn a_stall_is_silent_after_so_many_bytes_and_goes_on_if_it_has_an_end() {
    let setup = setup().await;
    let begun = Instant::now();
    let answer = setup.get("stall=200,after=1000", &[]).await;
    assert!(begun.elapsed() >= Duration::from_millis(200));
    assert_eq!(answer.body, setup.bytes);

    let mut stream = TcpStream::connect(setup.server.addr()).await.unwrap();
    let fields = [("x-mock-fault", "stall,after=1000")];
    send(&mut stream, "GET", BUNDLE, &fields, "").await;
    receive_head(&mut stream).await;
    let mut body = Vec::new();
    read_up_to(&mut stream, &mut body, 1000).await;
    let more = read_up_to(&mut stream, &mut body, 1001);
    let silence = tokio::time::timeout(Duration::from_millis(300), more).await;
    assert!(silence.is_err(), "a stall that went on");
    assert_eq!(body, setup.bytes[..1000]);
}

#[tokio::test]
async fn a_delay_comes_before_the_head() {
    let setup = setup().await;
    let begun = Instant::now();
    let answer = setup.get("delay=150", &[]).await;
    assert!(begun.elapsed() >= Duration::from_millis(150));
    assert_eq!(answer.body, setup.bytes);
}

#[tokio::test]
async fn a_drip_keeps_its_rate() {
    let setup = setup().await;
    let mut stream = TcpStream::connect(setup.server.addr()).await.unwrap();
    let fields = [("x-mock-fault", "drip=2000")];
    let begun = Instant::now();
    send(&mut stream, "GET", BUNDLE, &fields, "").await;
    receive_head(&mut stream).await;
    let mut body = Vec::new();
    read_up_to(&mut stream, &mut body, 1000).await;
    // 1,000 bytes take half a second, less the slice that goes out at once.
    assert!(begun.elapsed() >= Duration::from_millis(450));
    assert!(begun.elapsed() < PATIENCE);
}

#[tokio::test]
async fn corruption_hits_one_byte_of_the_object_whatever_part_is_sent() {
    let setup = setup().await;
    let mut expected = setup.bytes.clone();
    expected[100_000] = !expected[100_000];

    let whole = setup.get("corrupt=100000", &[]).await;
    let part = setup
        .get("corrupt=100000", &[("range", "bytes=99990-")])
        .await;
    let after = setup
        .get("corrupt=100000", &[("range", "bytes=100001-")])
        .await;

    assert_eq!(whole.body, expected);
    assert_eq!(part.body, expected[99_990..]);
    assert_eq!(after.body, setup.bytes[100_001..]);
    assert_eq!(whole.field("content-length"), Some("300000"));
}

#[tokio::test]
async fn a_range_is_answered_wrongly_in_each_of_the_ways() {
    let setup = setup().await;
    let bytes = &setup.bytes;
    for (fault, status, content_range, body) in [
        ("ignore-range", 200, None, &bytes[..]),
        (
            "wrong-start",
            206,
            Some("bytes 500-299999/300000"),
            &bytes[500..],
        ),
        (
            "wrong-start=7",
            206,
            Some("bytes 7-299999/300000"),
            &bytes[7..],
        ),
        (
            "wrong-total",
            206,
            Some("bytes 1000-299999/300001"),
            &bytes[1000..],
        ),
        (
            "wrong-total=5",
            206,
            Some("bytes 1000-299999/5"),
            &bytes[1000..],
        ),
        (
            "short=100",
            206,
            Some("bytes 1000-1099/300000"),
            &bytes[1000..1100],
        ),
        ("416", 416, Some("bytes */300000"), &[]),
    ] {
        let answer = setup.get(fault, &[("range", "bytes=1000-")]).await;
        assert_eq!(answer.status, status, "{fault}");
        assert_eq!(answer.field("content-range"), content_range, "{fault}");
        assert_eq!(answer.body, body, "{fault}");
        let length = body.len().to_string();
        assert_eq!(answer.field("content-length"), Some(length.as_str()));
    }
}

#[tokio::test]
async fn a_new_etag_makes_another_object_of_the_same_bytes() {
    let setup = setup().await;
    let first = get(&setup.server, BUNDLE, &[]).await;
    let old = first.field("etag").unwrap();
    let fields = [("range", "bytes=1000-"), ("if-range", old)];

    let changed = setup.get("new-etag", &fields).await;
    let new = changed.field("etag").unwrap();
    let resumed = get(
        &setup.server,
        BUNDLE,
        &[("range", "bytes=1000-"), ("if-range", new)],
    )
    .await;

    assert_ne!(old, new);
    assert_eq!((changed.status, &changed.body), (200, &setup.bytes));
    assert_eq!(resumed.status, 206);
}

#[tokio::test]
async fn an_endless_body_goes_on_beyond_any_size_without_a_length() {
    let setup = setup().await;
    let mut stream = TcpStream::connect(setup.server.addr()).await.unwrap();
    send(
        &mut stream,
        "GET",
        BUNDLE,
        &[("x-mock-fault", "endless")],
        "",
    )
    .await;
    let head = receive_head(&mut stream).await;
    assert_eq!(head.field("transfer-encoding"), Some("chunked"));
    assert_eq!(head.field("content-length"), None);
    let mut body = Vec::new();
    assert_eq!(read_up_to(&mut stream, &mut body, 10 * LENGTH).await, None);
}

#[tokio::test]
async fn a_content_length_can_be_too_large_and_too_small() {
    let setup = setup().await;
    let large = setup.get("content-length=400000", &[]).await;
    assert_eq!(large.field("content-length"), Some("400000"));
    assert_eq!(large.body, setup.bytes);
    assert_eq!(large.ended, Some(Ended::Closed));

    let mut stream = TcpStream::connect(setup.server.addr()).await.unwrap();
    let fields = [("x-mock-fault", "content-length=100")];
    send(&mut stream, "GET", BUNDLE, &fields, "").await;
    let small = receive_head(&mut stream).await;
    assert_eq!(small.field("content-length"), Some("100"));
    let mut body = Vec::new();
    let ended = read_up_to(&mut stream, &mut body, LENGTH + 1).await;
    // What is more than the head says is sent all the same.
    assert_eq!(body, setup.bytes);
    assert_eq!(ended, Some(Ended::Closed));
}

#[tokio::test]
async fn a_gzip_body_is_really_encoded() {
    let setup = setup().await;
    let answer = setup.get("gzip", &[("accept-encoding", "identity")]).await;
    assert_eq!(answer.field("content-encoding"), Some("gzip"));
    let mut decoded = Vec::new();
    flate2::read::GzDecoder::new(&*dechunked(&answer.body))
        .read_to_end(&mut decoded)
        .unwrap();
    assert_eq!(decoded, setup.bytes);
}

fn dechunked(mut body: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    loop {
        let line = body.windows(2).position(|two| two == b"\r\n").unwrap();
        let size = std::str::from_utf8(&body[..line]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return whole;
        }
        whole.extend_from_slice(&body[line + 2..line + 2 + size]);
        body = &body[line + 2 + size + 2..];
    }
}

#[tokio::test]
async fn redirects_lead_where_they_say() {
    let setup = setup().await;
    for (fault, location) in [
        ("redirect=https://a.test/b?c", "https://a.test/b?c"),
        (
            "redirect-https=a.test:1",
            "https://a.test:1/api/v1/bundles/1.2.3",
        ),
        ("redirect-http=a.test", "http://a.test/api/v1/bundles/1.2.3"),
    ] {
        let answer = setup.get(fault, &[]).await;
        assert_eq!(answer.status, 302);
        assert_eq!(answer.field("location"), Some(location));
    }
}

#[tokio::test]
async fn a_redirect_loop_has_no_end() {
    let setup = setup().await;
    let mut answer = setup.get("redirect-loop", &[]).await;
    let mut seen = std::collections::HashSet::new();
    for _ in 0..30 {
        let location = answer.field("location").unwrap().to_owned();
        assert!(seen.insert(location.clone()));
        answer = get(&setup.server, &location, &[]).await;
    }
}

#[tokio::test]
async fn a_status_comes_with_its_retry_after() {
    let setup = setup().await;
    for (fault, status, retry_after) in [
        ("404", 404, None),
        ("status=500", 500, None),
        ("status=503,retry-after=2", 503, Some("2")),
        ("429,retry-after=1", 429, Some("1")),
        (
            "503,retry-after=Wed, 21 Oct 2026 07:28:00 GMT",
            503,
            Some("Wed, 21 Oct 2026 07:28:00 GMT"),
        ),
    ] {
        let answer = setup.get(fault, &[]).await;
        assert_eq!(answer.status, status);
        assert_eq!(answer.field("retry-after"), retry_after);
    }
}

#[tokio::test]
async fn answers_that_are_no_release_come_with_200() {
    let setup = setup().await;
    let check = async |fault| get(&setup.server, CHECK, &[("x-mock-fault", fault)]).await;

    let portal = check("captive-portal").await;
    assert_eq!(portal.status, 200);
    assert!(
        portal
            .field("content-type")
            .unwrap()
            .starts_with("text/html")
    );
    assert!(portal.body.starts_with(b"<!DOCTYPE html>"));
    let malformed = check("malformed-json").await;
    assert_eq!(malformed.status, 200);
    assert!(serde_json::from_slice::<serde_json::Value>(&malformed.body).is_err());
    let oversized = check("oversized-json").await;
    assert_eq!(oversized.body.len(), 4 << 20);
    assert!(oversized.json()["releaseNotes"].is_string());
}

#[tokio::test]
async fn faults_are_met_in_their_order_by_the_endpoint_they_are_set_for() {
    let setup = setup().await;
    let server = &setup.server;
    let status = |code| Fault::Status {
        status: code,
        retry_after: None,
    };
    server.fault_sequence(Endpoint::Bundle, [status(500), Fault::None, status(503)]);
    server.fault(Endpoint::Bundle, status(404)).times(2);
    server.fault(Endpoint::Check, status(429)).always();

    let mut met = Vec::new();
    for _ in 0..6 {
        met.push(get(server, BUNDLE, &[]).await.status);
    }
    assert_eq!(met, [500, 200, 503, 404, 404, 200]);
    assert_eq!(get(server, CHECK, &[]).await.status, 429);
    server.clear_faults(Endpoint::Check);
    assert_eq!(get(server, CHECK, &[]).await.status, 200);
}

#[tokio::test]
async fn a_request_asks_for_a_fault_by_header_or_query_only_if_it_may() {
    let setup = setup().await;
    let by_query = get(&setup.server, &format!("{BUNDLE}?fault=cut%3D10"), &[]).await;
    assert_eq!(by_query.body.len(), 10);
    let nonsense = setup.get("nonsense", &[]).await;
    assert_eq!(nonsense.status, 400);

    let (folder, bytes) = folder(100);
    let strict = MockServer::start(folder.path()).await.unwrap();
    let fields = [("x-mock-fault", "cut=10")];
    let answer = get(&strict, &format!("{BUNDLE}?fault=404"), &fields).await;
    assert_eq!(answer.body, bytes);
}
