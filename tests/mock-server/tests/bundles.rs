//! A bundle is served as RFC 9110 wants it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;

use mock_update_server::MockServer;
use support::{BUNDLE, folder, get, receive, request, send};

#[tokio::test]
async fn a_bundle_comes_whole_with_what_a_resume_needs() {
    let (folder, bytes) = folder(200_000);
    let server = MockServer::start(folder.path()).await.unwrap();

    let answer = get(&server, BUNDLE, &[]).await;

    assert_eq!(answer.status, 200);
    assert_eq!(answer.body, bytes);
    assert_eq!(answer.field("content-length"), Some("200000"));
    assert_eq!(answer.field("content-type"), Some("application/zip"));
    assert_eq!(answer.field("accept-ranges"), Some("bytes"));
    assert_eq!(answer.field("transfer-encoding"), None);
    assert!(answer.field("cache-control").is_some());
    assert!(answer.field("last-modified").is_some());
    let etag = answer.field("etag").unwrap();
    assert!(etag.starts_with('"') && etag.ends_with('"'));
}

#[tokio::test]
async fn the_versions_are_those_that_the_folder_has_now() {
    let (folder, _) = folder(10);
    let server = MockServer::start(folder.path()).await.unwrap();
    assert_eq!(server.versions().unwrap(), ["1.2.3"]);

    std::fs::write(folder.path().join("app-1.10.0.zip"), b"newer").unwrap();
    std::fs::write(folder.path().join("app-0.9.0.zip"), b"older").unwrap();
    std::fs::write(folder.path().join("dist.zip"), b"no version").unwrap();
    assert_eq!(server.versions().unwrap(), ["0.9.0", "1.2.3", "1.10.0"]);
}

#[tokio::test]
async fn a_bundle_goes_by_its_version_and_by_its_file() {
    let (folder, bytes) = folder(10);
    std::fs::write(folder.path().join("my-app-2.0.0-beta.1.zip"), b"beta").unwrap();
    let server = MockServer::start(folder.path()).await.unwrap();

    for (name, expected) in [
        ("1.2.3", &bytes[..]),
        ("1.2.3.zip", &bytes[..]),
        ("2.0.0-beta.1", b"beta"),
        ("2.0.0-beta.1.zip", b"beta"),
        ("my-app-2.0.0-beta.1.zip", b"beta"),
    ] {
        let answer = get(&server, &format!("/api/v1/bundles/{name}"), &[]).await;
        assert_eq!(answer.body, expected, "{name}");
    }
    let missing = get(&server, "/api/v1/bundles/9.9.9", &[]).await;
    assert_eq!(missing.status, 404);
    assert!(missing.json()["error"].is_string());
    let outside = get(&server, "/api/v1/bundles/..%2f1.2.3.zip", &[]).await;
    assert_eq!(outside.status, 404);
}

#[tokio::test]
async fn a_range_is_a_part_of_the_same_bytes() {
    let (folder, bytes) = folder(1000);
    let server = MockServer::start(folder.path()).await.unwrap();

    for (range, part, content_range) in [
        ("bytes=100-", &bytes[100..], "bytes 100-999/1000"),
        ("bytes=100-199", &bytes[100..200], "bytes 100-199/1000"),
        ("bytes=-1", &bytes[999..], "bytes 999-999/1000"),
    ] {
        let answer = get(&server, BUNDLE, &[("range", range)]).await;
        assert_eq!(answer.status, 206, "{range}");
        assert_eq!(answer.body, part, "{range}");
        assert_eq!(answer.field("content-range"), Some(content_range));
        let length = part.len().to_string();
        assert_eq!(answer.field("content-length"), Some(length.as_str()));
    }
}

#[tokio::test]
async fn a_range_past_the_end_is_416_and_names_the_length() {
    let (folder, _) = folder(1000);
    let server = MockServer::start(folder.path()).await.unwrap();

    let answer = get(&server, BUNDLE, &[("range", "bytes=1000-")]).await;

    assert_eq!(answer.status, 416);
    assert_eq!(answer.field("content-range"), Some("bytes */1000"));
    assert_eq!(answer.body, b"");
}

#[tokio::test]
async fn if_range_gives_the_part_of_the_same_object_and_the_whole_of_another() {
    let (folder, _) = folder(1000);
    let server = MockServer::start(folder.path()).await.unwrap();
    let etag = get(&server, BUNDLE, &[]).await;
    let etag = etag.field("etag").unwrap().to_owned();
    let fields = [("range", "bytes=400-"), ("if-range", etag.as_str())];

    let same = get(&server, BUNDLE, &fields).await;
    std::fs::write(folder.path().join("1.2.3.zip"), [7; 1000]).unwrap();
    let changed = get(&server, BUNDLE, &fields).await;

    assert_eq!((same.status, same.body.len()), (206, 600));
    assert_eq!((changed.status, &changed.body), (200, &vec![7; 1000]));
    assert_ne!(changed.field("etag").unwrap(), etag);
}

#[tokio::test]
async fn a_known_copy_is_answered_with_304() {
    let (folder, _) = folder(1000);
    let server = MockServer::start(folder.path()).await.unwrap();
    let first = get(&server, BUNDLE, &[]).await;
    let etag = first.field("etag").unwrap();
    let modified = first.field("last-modified").unwrap();

    for field in [("if-none-match", etag), ("if-modified-since", modified)] {
        let answer = get(&server, BUNDLE, &[field]).await;
        assert_eq!(answer.status, 304, "{field:?}");
        assert_eq!(answer.field("etag"), Some(etag));
        assert_eq!(answer.field("content-length"), None);
    }
}

#[tokio::test]
async fn head_has_the_fields_of_get_and_no_body() {
    let (folder, bytes) = folder(1000);
    let server = MockServer::start(folder.path()).await.unwrap();
    let mut stream = tokio::net::TcpStream::connect(server.addr()).await.unwrap();

    // A range in a HEAD is ignored.
    send(&mut stream, "HEAD", BUNDLE, &[("range", "bytes=5-")], "").await;
    let head = receive(&mut stream, "HEAD").await;
    // On the same connection: a body would be in the way.
    send(&mut stream, "GET", BUNDLE, &[], "").await;
    let get = receive(&mut stream, "GET").await;

    assert_eq!(head.status, 200);
    assert_eq!(head.field("content-length"), Some("1000"));
    assert_eq!(head.field("etag"), get.field("etag"));
    assert_eq!(get.body, bytes);
}

#[tokio::test]
async fn other_methods_are_refused() {
    let (folder, _) = folder(10);
    let server = MockServer::start(folder.path()).await.unwrap();

    let answer = request(&server, "DELETE", BUNDLE, &[], "").await;

    assert_eq!(answer.status, 405);
    assert_eq!(answer.field("allow"), Some("GET,HEAD"));
}
