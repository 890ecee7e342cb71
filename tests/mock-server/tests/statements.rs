//! Release statements lie beside the bundles, and reach the clients that they are for.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[expect(dead_code, reason = "other tests use the rest of it")]
mod support;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use mock_update_server::{Endpoint, Fault, MockServer};
use serde_json::{Value, json};
use support::get;
use tempfile::TempDir;

/// A server whose folder gets zips and statements.
struct Site {
    folder: TempDir,
    server: MockServer,
}

impl Site {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let builder = MockServer::builder(folder.path()).allow_request_faults(true);
        let server = builder.start().await.unwrap();
        Self { folder, server }
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Writes `NAME.statement.json` for production on iOS, with changes; its envelope.
    fn state(&self, name: &str, sequence: u64, changes: &Value) -> Value {
        let mut payload = json!({
            "appId": "a.b.c",
            "channel": "production",
            "platforms": ["ios", "android"],
            "version": name.rsplit('-').next().unwrap(),
            "sequence": sequence,
            "issuedAt": "2026-01-01T00:00:00Z",
            "expiresAt": "2999-01-01T00:00:00Z",
            "action": "install",
        });
        for (key, value) in changes.as_object().unwrap() {
            payload[key] = value.clone();
        }
        let envelope = json!({
            "payload": STANDARD.encode(payload.to_string()),
            "payloadType": "application/vnd.live-updater.release+json",
            "signatures": [{"keyid": "00", "sig": STANDARD.encode([sequence as u8; 64])}],
        });
        self.write(&format!("{name}.statement.json"), &envelope.to_string());
        envelope
    }

    async fn check(&self, channel: &str, platform: &str, current: &str) -> Value {
        let target = format!(
            "/api/v1/updates/check?appId=a.b.c&currentVersion={current}&platform={platform}&channel={channel}"
        );
        get(&self.server, &target, &[]).await.json()
    }

    /// What production's clients on iOS are answered.
    async fn production(&self) -> Value {
        self.check("production", "ios", "1.0.0").await
    }

    async fn with_fault(&self, fault: &str) -> Value {
        let fault: Fault = fault.parse().unwrap();
        self.server.fault(Endpoint::Check, fault).once();
        self.production().await
    }
}

#[tokio::test]
async fn a_statement_goes_out_beside_the_fields_of_its_bundle() {
    let site = Site::new().await;
    site.write("app-1.2.0.zip", "zip");
    let envelope = site.state("app-1.2.0", 7, &json!({}));

    let answer = site.production().await;

    assert_eq!(answer["version"], "1.2.0");
    assert_eq!(answer["size"], 3);
    assert_eq!(answer["release"], envelope);
    let release = site.server.release("1.2.0").unwrap();
    assert_eq!(release.other["release"], envelope);
}

#[tokio::test]
async fn a_statement_is_for_its_app_channel_and_platforms_alone() {
    let site = Site::new().await;
    site.write("1.2.0.zip", "zip");
    for (change, value) in [
        ("appId", json!("d.e.f")),
        ("channel", json!("beta")),
        ("platforms", json!(["android"])),
    ] {
        site.state("1.2.0", 7, &json!({change: value}));
        assert_eq!(site.production().await["release"], Value::Null, "{change}");
    }
}

#[tokio::test]
async fn the_highest_sequence_is_offered_to_everybody() {
    let site = Site::new().await;
    site.write("1.1.0.zip", "zip");
    site.write("1.2.0.zip", "zip");
    site.write("1.3.0.zip", "no statement");
    site.state("1.1.0", 10, &json!({}));
    site.state("1.2.0", 9, &json!({}));

    for current in ["1.0.0", "1.1.0", "1.2.0", "2.0.0"] {
        let answer = site.check("production", "ios", current).await;
        assert_eq!(answer["version"], "1.1.0", "{current}");
    }
    // Where nothing is signed as a whole, versions count.
    let beta = site.check("beta", "ios", "1.1.0").await;
    assert_eq!(beta["version"], "1.3.0");
    assert_eq!(beta["release"], Value::Null);
}

#[tokio::test]
async fn a_bundle_can_have_a_statement_for_each_channel() {
    let site = Site::new().await;
    site.write("1.2.0.zip", "zip");
    let production = site.state("1.2.0", 1, &json!({}));
    let beta = site.state(
        "1.2.0.beta",
        5,
        &json!({"channel": "beta", "version": "1.2.0"}),
    );

    assert_eq!(site.production().await["release"], production);
    let answer = site.check("beta", "android", "1.0.0").await;
    assert_eq!(answer["release"], beta);
}

#[tokio::test]
async fn a_pinned_channel_gets_its_version_with_its_statement() {
    let site = Site::new().await;
    site.write("1.1.0.zip", "zip");
    site.write("1.2.0.zip", "zip");
    let old = site.state("1.1.0", 1, &json!({}));
    site.state("1.2.0", 2, &json!({}));
    site.write("channels.json", r#"{"production": "1.1.0"}"#);
    assert_eq!(site.production().await["release"], old);
}

#[tokio::test]
async fn a_way_back_to_builtin_needs_no_bundle() {
    let site = Site::new().await;
    site.write("1.2.0.zip", "zip");
    site.state("1.2.0", 1, &json!({}));
    let envelope = site.state("back", 2, &json!({"action": "rollbackToBuiltin"}));
    assert_eq!(
        site.production().await,
        json!({"updateAvailable": true, "release": envelope})
    );
}

#[tokio::test]
async fn a_statement_is_read_as_clients_read_it() {
    for (name, sequence) in [("1.2.0", json!(5.0)), ("1.3.0", json!(5e2))] {
        let site = Site::new().await;
        site.write(&format!("{name}.zip"), "zip");
        let changes = json!({"sequence": sequence, "minAppVersion": null});
        let envelope = site.state(name, 1, &changes);
        assert_eq!(site.production().await["release"], envelope, "{sequence}");
    }
    let site = Site::new().await;
    let changes = json!({"action": "rollbackToBuiltin", "version": 7});
    let mut envelope = site.state("back", 2, &changes);
    assert_eq!(site.production().await["release"], envelope);
    let text = envelope["payload"].as_str().unwrap().replace('=', "\n");
    envelope["payload"] = json!(text);
    site.write("back.statement.json", &envelope.to_string());
    assert_eq!(site.production().await["release"], envelope);
    // For nobody, which is no reason to refuse the others.
    site.state("nobody", 3, &json!({"platforms": null}));
    assert_eq!(site.production().await["release"], envelope);
}

#[tokio::test]
async fn a_number_that_no_client_takes_for_a_sequence_is_refused() {
    for sequence in [
        json!(5.5),
        json!(-1),
        json!("5"),
        json!(9_007_199_254_740_992_u64),
        json!(1e300),
        Value::Null,
    ] {
        let site = Site::new().await;
        site.state("back", 1, &json!({"sequence": sequence}));
        assert!(site.server.statements().is_err(), "{sequence}");
    }
}

#[tokio::test]
async fn what_has_expired_is_passed_over_while_there_is_something_else() {
    let site = Site::new().await;
    site.write("1.1.0.zip", "zip");
    site.write("1.2.0.zip", "zip");
    let over = json!({"expiresAt": "2026-01-02T00:00:00Z"});
    site.state("1.2.0", 2, &over);
    assert_eq!(site.production().await["version"], "1.2.0");
    site.state("1.1.0", 1, &json!({}));
    assert_eq!(site.production().await["version"], "1.1.0");
    assert_eq!(
        site.server.statements().unwrap(),
        [
            "1.1.0 (sequence 1, a.b.c, production, until 2999-01-01T00:00:00Z)",
            "1.2.0 (sequence 2, a.b.c, production, until 2026-01-02T00:00:00Z)",
        ]
    );
}

#[tokio::test]
async fn statements_are_stripped_replayed_swapped_broken_and_expired_on_request() {
    let site = Site::new().await;
    for version in ["1.1.0", "1.2.0", "1.3.0"] {
        site.write(&format!("{version}.zip"), version);
    }
    let old = site.state("1.1.0", 1, &json!({}));
    let other = site.state("1.2.0", 2, &json!({}));
    let own = site.state("1.3.0", 3, &json!({}));
    let expired = site.state(
        "1.3.0.over",
        4,
        &json!({"version": "1.3.0", "expiresAt": "2026-01-02T00:00:00Z"}),
    );

    let answer = site.with_fault("no-statement").await;
    assert_eq!(answer["version"], "1.3.0");
    assert!(!answer.as_object().unwrap().contains_key("release"));

    let answer = site.with_fault("old-statement").await;
    assert_eq!(answer["version"], "1.1.0");
    assert_eq!(answer["release"], old);

    for (fault, envelope) in [
        ("other-statement", &other),
        ("expired-statement", &expired),
        ("statement=1.3.0.statement.json", &own),
    ] {
        let answer = site.with_fault(fault).await;
        assert_eq!(answer["version"], "1.3.0", "{fault}");
        assert_eq!(answer["release"], *envelope, "{fault}");
    }

    let answer = site.with_fault("broken-statement").await;
    let broken = &answer["release"];
    assert_eq!(broken["payload"], own["payload"]);
    let sig = |envelope: &Value| {
        let text = envelope["signatures"][0]["sig"].as_str().unwrap();
        STANDARD.decode(text).unwrap()
    };
    let differing = sig(broken)
        .iter()
        .zip(sig(&own))
        .filter(|(one, other)| **one != *other)
        .count();
    assert_eq!(differing, 1);
    assert_eq!(site.production().await["release"], own);
}

#[tokio::test]
async fn a_fault_without_the_statement_that_it_takes_says_what_is_missing() {
    let site = Site::new().await;
    site.write("1.2.0.zip", "zip");
    site.state("1.2.0", 1, &json!({}));
    for (fault, missing) in [
        ("old-statement", "two statements"),
        ("other-statement", "of another version"),
        ("statement=nothing.json", "nothing.json"),
    ] {
        let answer = site.with_fault(fault).await;
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(missing), "{fault}: {error}");
    }
    // The newest that there is, though it isn't over.
    let answer = site.with_fault("expired-statement").await;
    assert!(answer["error"].as_str().unwrap().contains("expired"));
}

#[tokio::test]
async fn the_log_says_why_a_fault_became_an_error() {
    let site = Site::new().await;
    site.write("1.2.0.zip", "zip");
    site.state("1.2.0", 1, &json!({}));
    site.with_fault("expired-statement").await;
    let request = site.server.requests().remove(0);
    assert_eq!(request.status, 500);
    let note = request.note.unwrap();
    assert!(
        note.contains("statement for this client that has expired"),
        "{note}"
    );
}

#[tokio::test]
async fn the_log_says_that_the_statements_are_for_other_platforms() {
    let site = Site::new().await;
    site.write("1.2.0.zip", "zip");
    site.state("1.2.0", 1, &json!({}));
    for (channel, platform) in [
        ("production", "ios"),
        ("beta", "web"),
        ("production", "web"),
    ] {
        site.check(channel, platform, "1.0.0").await;
    }
    let notes: Vec<_> = site
        .server
        .requests()
        .into_iter()
        .map(|request| request.note)
        .collect();
    let note = "no statement for platform web; there are some for android, ios";
    assert_eq!(notes, [None, None, Some(note.to_owned())]);
}

#[tokio::test]
async fn a_fault_reaches_no_file_outside_of_the_folder() {
    let site = Site::new().await;
    site.write("1.2.0.zip", "zip");
    site.write("inside.json", "{}");
    let outside = tempfile::NamedTempFile::new_in(site.folder.path().parent().unwrap()).unwrap();
    std::fs::write(outside.path(), "{}").unwrap();
    let name = outside.path().file_name().unwrap().to_str().unwrap();

    let answer = site.with_fault("statement=inside.json").await;
    assert_eq!(answer["release"], json!({}));
    for path in [format!("../{name}"), outside.path().display().to_string()] {
        let answer = site.with_fault(&format!("statement={path}")).await;
        assert_eq!(answer["release"], Value::Null, "{path}");
        assert!(answer["error"].as_str().unwrap().contains(name), "{path}");
    }
}

#[tokio::test]
async fn a_file_that_is_no_statement_is_named() {
    let site = Site::new().await;
    site.write("1.2.0.zip", "zip");
    for text in ["{}", "zip", r#"{"payload": "e30="}"#] {
        site.write("1.2.0.statement.json", text);
        let answer = site.production().await;
        let error = answer["error"].as_str().unwrap();
        assert!(error.starts_with("1.2.0.statement.json: "), "{error}");
    }
}
