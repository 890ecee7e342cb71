//! Hostile input gets a 4xx, and nothing else.

use std::io::{Cursor, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

use crate::support::{World, bundle};

const APP: &str = "com.example.app";

/// What people put into fields who want to see something break.
const NASTY: [&str; 14] = [
    "'; DROP TABLE bundles; --",
    "\" OR 1=1 --",
    "<script>alert(1)</script>",
    "../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd",
    "%00",
    "\u{0}",
    "\u{202e}txt.exe",
    "😀",
    "-1",
    "99999999999999999999999999",
    "1e400",
    "",
    " ",
];

fn world() -> World {
    let world = World::with(|settings| {
        settings.requests_per_minute = 100_000;
        settings.device_requests_per_minute = 100_000;
        settings.max_bundle_bytes = 1_000_000;
        settings.header_timeout = Duration::from_millis(300);
        settings.body_timeout = Duration::from_millis(300);
    });
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    world
}

fn assert_still_works(world: &World) {
    let listed = world
        .ask("GET", &format!("/bundle/?app_id={APP}"), &Value::Null)
        .ok()
        .json();
    assert_eq!(listed["data"].as_array().unwrap().len(), 1);
}

#[test]
fn nasty_text_in_any_field_is_refused_or_kept_as_text() {
    let world = world();
    for nasty in NASTY {
        let bodies = [
            (
                "POST",
                "/bundle/",
                json!({"app_id": nasty, "version": nasty, "external_url": nasty, "checksum": nasty}),
            ),
            (
                "POST",
                "/bundle/",
                json!({"app_id": APP, "version": nasty, "external_url": "https://x.example/a.zip", "checksum": "00"}),
            ),
            (
                "POST",
                "/bundle/",
                json!({"app_id": APP, "version": "9.0.0", "external_url": nasty, "checksum": "00"}),
            ),
            (
                "DELETE",
                "/bundle/",
                json!({"app_id": APP, "version": nasty}),
            ),
            ("DELETE", "/bundle/", json!({"app_id": nasty})),
            (
                "PUT",
                "/bundle/",
                json!({"app_id": APP, "version_id": nasty, "channel_id": nasty}),
            ),
            (
                "POST",
                "/bundle/metadata",
                json!({"app_id": nasty, "version_id": 1, "link": nasty}),
            ),
            (
                "POST",
                "/api/v1/updates/confirm",
                json!({"appId": nasty, "version": nasty, "platform": nasty, "success": true}),
            ),
            (
                "POST",
                "/api/v1/updates/confirm",
                json!({"appId": APP, "version": "1.0.0", "platform": "android", "success": nasty}),
            ),
            (
                "POST",
                "/api/v1/keys",
                json!({"name": "n", "permission": nasty}),
            ),
            (
                "PATCH",
                "/api/v1/apps/com.example.app/channels/production/rollout",
                json!({"percent": nasty}),
            ),
        ];
        for (method, path, body) in bodies {
            let answer = world.ask(method, path, &body);
            assert!(
                (400..500).contains(&answer.status),
                "{method} {path} {body}: {}",
                answer.text()
            );
        }
        // Notes are text, whatever stands in them.
        let body = json!({"app_id": APP, "version_id": 1, "comment": nasty});
        let answer = world.ask("POST", "/bundle/metadata", &body);
        assert!(answer.status < 500, "{body}: {}", answer.text());
        assert_still_works(&world);
    }
}

#[test]
fn nasty_paths_lead_nowhere() {
    let world = world();
    for path in [
        "/files/..%2f..%2fservice.db",
        "/files/../service.db",
        "/files/%2e%2e/service.db",
        "/files/....zip",
        "/files/%00.zip",
        "/files/x",
        "/api/v1/bundles/..%2f..%2fservice.db?appId=com.example.app",
        "/api/v1/bundles/%00?appId=com.example.app",
        "/api/v1/bundles/1.0.0?appId=%00",
        "/api/v1/bundles/1.0.0?appId=other",
        "/api/v1/updates/check",
        "/api/v1/updates/check?appId=%00&currentVersion=1&platform=a&channel=b",
        "/api/v1/updates/check?appId=%ff%fe&currentVersion=1&platform=a&channel=b",
        "/nowhere",
        "//",
    ] {
        let answer = world.get(path);
        assert!(
            (400..500).contains(&answer.status),
            "{path}: {} {}",
            answer.status,
            answer.text()
        );
    }
    assert_still_works(&world);
}

#[test]
fn bodies_that_are_too_large_are_refused_without_being_kept() {
    let world = world();
    let huge = vec![b'x'; 2_000_000];
    let path = format!("/api/v1/apps/{APP}/bundles/2.0.0");
    let headers = [("authorization", world.key())];
    world
        .send("PUT", &path, &headers, huge.clone())
        .is_refusal(413, "too_large");
    for (method, path) in [("POST", "/bundle/"), ("POST", "/api/v1/updates/confirm")] {
        let answer = world.send(method, path, &headers, huge.clone());
        assert_eq!(answer.status, 413, "{method} {path}: {}", answer.text());
    }
    assert_eq!(world.incomplete_uploads(), 0);
    assert_still_works(&world);
}

#[test]
fn what_is_no_bundle_is_refused() {
    let world = world();
    for (zip, code) in [
        (Vec::new(), "invalid_archive"),
        (b"not a zip".to_vec(), "invalid_archive"),
        (bundle("one")[..40].to_vec(), "invalid_archive"),
    ] {
        world.upload(APP, "2.0.0", &zip).is_refusal(400, code);
    }
    world
        .upload(APP, "two", &bundle("two"))
        .is_refusal(400, "invalid_version_format");
    world.upload("a/b", "2.0.0", &bundle("two"));
    assert_still_works(&world);
}

#[test]
fn who_sends_slowly_is_cut_off() {
    let world = world();
    let key = world.key().to_owned();
    let upload = format!(
        "PUT /api/v1/apps/{APP}/bundles/2.0.0 HTTP/1.1\r\nhost: x\r\nauthorization: {key}\r\n"
    );
    for sent in [
        "GET /health HTTP/1.1\r\nhost: x\r\n".to_owned(),
        format!("{upload}content-length: 1000\r\n\r\nPK"),
        "POST /api/v1/updates/confirm HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n{"
            .to_owned(),
    ] {
        let began = Instant::now();
        let mut connection = TcpStream::connect(world.address()).unwrap();
        connection
            .set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        connection.write_all(sent.as_bytes()).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(began.elapsed() < Duration::from_secs(15), "{sent}");
        // A request whose head never ends may get no answer at all.
        let status = answer.split(' ').nth(1).unwrap_or("408");
        assert!(status.starts_with('4'), "{answer}");
    }
    assert_eq!(world.incomplete_uploads(), 0);
    assert_still_works(&world);
}

#[test]
fn who_sends_a_body_byte_by_byte_is_cut_off() {
    let world = world();
    let key = world.key().to_owned();
    let path = format!("/api/v1/apps/{APP}/bundles/2.0.0");
    let head = format!(
        "PUT {path} HTTP/1.1\r\nhost: x\r\nauthorization: {key}\r\ncontent-length: 1000\r\n\r\n"
    );
    let mut connection = TcpStream::connect(world.address()).unwrap();
    connection.write_all(head.as_bytes()).unwrap();
    // Each byte comes sooner than a body may stand still.
    let pause = Some(Duration::from_millis(50));
    connection.set_read_timeout(pause).unwrap();
    let answered = (0..200).find_map(|_| {
        let _ = connection.write_all(b"P");
        let mut answer = [0; 64];
        let read = connection.read(&mut answer).ok()?;
        Some(String::from_utf8_lossy(&answer[..read]).into_owned())
    });
    let answered = answered.unwrap();
    assert!(answered.starts_with("HTTP/1.1 4"), "{answered}");
    assert_still_works(&world);
}

#[test]
fn a_form_whose_head_never_ends_is_refused() {
    let world = world();
    let head = format!(
        "POST /upload HTTP/1.1\r\nhost: x\r\nauthorization: {}\r\n\
         content-type: multipart/form-data; boundary=b\r\ntransfer-encoding: chunked\r\n\r\n\
         18\r\n--b\r\nContent-Disposition\r\n",
        world.key()
    );
    let mut connection = TcpStream::connect(world.address()).unwrap();
    connection.write_all(head.as_bytes()).unwrap();
    let piece = [b"100000\r\n".as_slice(), &vec![b'x'; 1 << 20], b"\r\n"].concat();
    // A little more than may be kept.
    for _ in 0..17 {
        connection.write_all(&piece).unwrap();
    }
    let mut answer = [0; 12];
    connection.read_exact(&mut answer).unwrap();
    assert_eq!(String::from_utf8_lossy(&answer), "HTTP/1.1 413");
    assert_still_works(&world);
}

#[test]
fn what_is_no_host_is_never_linked_to() {
    let world = world();
    let release = json!({ "version": "1.0.0" });
    world.release(APP, "production", &release).ok();
    let path = format!(
        "/api/v1/updates/check?appId={APP}&currentVersion=0.9.0&platform=android&channel=production"
    );
    for host in ["evil.example/x?", "a b", "\"><script>", "a@evil.example"] {
        let answer = world.send("GET", &path, &[("host", host)], Vec::new());
        answer.is_refusal(400, "invalid_host");
    }
    for host in ["updates.example", "updates.example:8443", "[::1]:80"] {
        let answer = world.send("GET", &path, &[("host", host)], Vec::new());
        let json = answer.ok().json();
        let url = json["downloadUrl"].as_str().unwrap();
        assert!(url.starts_with(&format!("http://{host}/files/")), "{url}");
    }
}

#[test]
fn one_address_cannot_take_all_connections() {
    let world = World::with(|settings| settings.max_connections = 4);
    let ask = || {
        let mut connection = TcpStream::connect(world.address()).unwrap();
        let _ = connection.write_all(b"GET /health HTTP/1.1\r\nhost: x\r\n\r\n");
        let mut answer = [0; 12];
        // What is refused is closed, with an error or without.
        let read = connection.read(&mut answer).unwrap_or(0);
        (connection, answer[..read].to_vec())
    };
    let served = [ask(), ask()];
    for (_, answer) in &served {
        assert_eq!(answer, b"HTTP/1.1 200");
    }
    assert_eq!(ask().1, b"");
    drop(served);
    let end = Instant::now() + Duration::from_secs(10);
    while ask().1 != b"HTTP/1.1 200" {
        assert!(Instant::now() < end, "no place becomes free");
    }
}

#[test]
fn who_never_asks_is_cut_off() {
    let world = world();
    // What HTTP/2 begins with (RFC 9113, section 3.4), and an empty SETTINGS frame.
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    for sent in [&b""[..], b"P", b"GET /health", &preface[..24], preface] {
        let mut connection = TcpStream::connect(world.address()).unwrap();
        connection
            .set_read_timeout(Some(Duration::from_secs(5)))
            .unwrap();
        connection.write_all(sent).unwrap();
        let mut told = Vec::new();
        // A read that waits for too long is an error, and an end is none.
        let ended = connection.read_to_end(&mut told);
        ended.unwrap_or_else(|error| panic!("{sent:?}: {error}"));
    }
    assert_still_works(&world);
}

#[test]
fn who_takes_nothing_of_an_answer_is_cut_off() {
    let world = World::with(|settings| {
        settings.write_timeout = Duration::from_millis(300);
    });
    // More than the buffers of both sides hold.
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    zip.start_file("index.html", stored).unwrap();
    zip.write_all(&vec![b'x'; 32 << 20]).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    world.upload(APP, "1.0.0", &zip).ok();
    let mut connection = TcpStream::connect(world.address()).unwrap();
    let path = format!("/api/v1/bundles/1.0.0?appId={APP}");
    let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
    connection.write_all(request.as_bytes()).unwrap();
    for downloads in [1, 0] {
        let line = format!("live_updater_downloads {downloads}\n");
        let end = Instant::now() + Duration::from_secs(10);
        while !world.get("/metrics").text().contains(&line) {
            assert!(Instant::now() < end, "never {line}");
        }
    }
}

#[test]
fn invented_methods_leave_nothing_behind_in_the_metrics() {
    let world = world();
    for number in 0..50 {
        let path = ["/health", "/nowhere", "/api/v1/apps"][number % 3];
        world.send(&format!("INVENTED{number}"), path, &[], Vec::new());
    }
    let metrics = world.get("/metrics").text();
    assert!(!metrics.contains("INVENTED"), "{metrics}");
    assert!(metrics.contains("method=\"other\""), "{metrics}");
}

#[test]
fn an_array_is_taken_for_no_object() {
    let world = world();
    let channel = format!("/api/v1/apps/{APP}/channels/production");
    for (method, path) in [
        ("PUT", channel.as_str()),
        ("POST", "/api/v1/apps"),
        ("POST", "/api/v1/keys"),
    ] {
        let answer = world.ask(method, path, &json!(["com.example.mine", null]));
        answer.is_refusal(400, "invalid_json_parse_body");
    }
    let nested = world.ask("PUT", &channel, &json!({ "autoPause": [null, null] }));
    nested.is_refusal(400, "invalid_json_parse_body");
    let twice = br#"{"autoPause":{"failures":1,"failures":2}}"#.to_vec();
    let twice = world.send("PUT", &channel, &[("authorization", world.key())], twice);
    twice.is_refusal(400, "invalid_json_parse_body");
}

#[test]
fn who_hangs_up_after_a_release_leaves_no_device_with_the_one_before() {
    let world = world();
    for number in 1..=60 {
        let version = format!("1.0.{number}");
        world.upload(APP, &version, &bundle(&version)).ok();
        let body = json!({ "version": version }).to_string();
        let mut stream = TcpStream::connect(world.address()).unwrap();
        write!(
            stream,
            "POST /api/v1/apps/{APP}/channels/production/releases HTTP/1.1\r\nhost: x\r\n\
             authorization: {}\r\ncontent-length: {}\r\n\r\n{body}",
            world.key(),
            body.len()
        )
        .unwrap();
        // Another moment each time, from before it is read to after it is kept.
        std::thread::sleep(Duration::from_micros(number * 50));
        drop(stream);
        // Whatever was begun is kept by the time that something later is, and only a change of the
        // same app would make up for it.
        let other = world.upload("com.example.other", &version, &bundle("later"));
        other.ok();
        let path = format!("/api/v1/apps/{APP}/channels");
        let end = Instant::now() + Duration::from_secs(5);
        loop {
            let channels = world.ask("GET", &path, &Value::Null).ok().json();
            let released = &channels["channels"][0]["releases"][0]["version"];
            let offered = &world.check(APP, "0.1.0", "one")["version"];
            if released == offered {
                break;
            }
            assert!(
                Instant::now() < end,
                "{released} is given, {offered} is offered"
            );
        }
    }
}
