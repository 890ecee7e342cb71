//! Whoever answers the device's requests: the update server in the wrong hands, or somebody on the
//! way to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use live_updater::DownloadRequest;
use serde_json::{Value, json};

use crate::clock::DistortedClock;
use crate::device::{Device, Mode, sign, tell};
use crate::world::signing::{Web, envelope, key_id, payload, pem};

/// TUF, 1.5.2, arbitrary installation: nobody gets files of their own choice installed by answering
/// requests with them.
///
/// `bundle` protects by the signature over the bytes, `statement` by the one over their checksum.
/// In `unsigned` the server is believed.
#[tokio::test]
async fn what_nobody_with_a_key_has_signed_is_not_installed() {
    let evil = Web::page("3.0.0");
    let mut believing = Device::running(Mode::Unsigned).await;
    believing.offer_zip("3.0.0", &evil.zip, None);
    believing.takes("3.0.0").await;

    let mut device = Device::running(Mode::Bundle).await;
    let mut cut = sign(&evil.zip, 1);
    cut.truncate(84);
    for (signature, code) in [
        (None, "signature_missing"),
        (Some(" ".to_owned()), "signature_missing"),
        (Some(sign(&evil.zip, 2)), "signature_invalid"),
        (Some(sign(&Web::page("2.0.0").zip, 1)), "signature_invalid"),
        (Some(STANDARD.encode([0; 64])), "signature_invalid"),
        (Some(cut), "signature_invalid"),
    ] {
        device.offer_zip("3.0.0", &evil.zip, signature);
        device.withstands(code).await;
    }
    device.offer_zip("3.0.0", &evil.zip, Some(sign(&evil.zip, 1)));
    device.takes("3.0.0").await;
    let ways = device.recovers().await;

    let mut device = Device::running(Mode::Statement).await;
    let wanted = payload(11, "3.0.0", &evil);
    let foreign = envelope(&wanted, 2);
    let mut lying = foreign.clone();
    lying["signatures"][0]["keyid"] = json!(key_id(&pem(1)));
    let mut silent = foreign.clone();
    silent["signatures"][0]["keyid"] = Value::Null;
    for (envelope, code) in [
        (foreign, "untrusted_key"),
        (lying, "signature_invalid"),
        (silent, "signature_invalid"),
    ] {
        device.world.answer(&envelope, &evil);
        device.withstands(code).await;
    }
    // The publisher's statement, and other bytes than it names.
    let honest = Web::new(&[("index.html", b"3.0.0"), ("a/b.js", b"2")]);
    device.state(&payload(12, "3.0.0", &honest), &evil);
    device.withstands("checksum_mismatch").await;
    device.state(&payload(12, "3.0.0", &honest), &honest);
    device.takes("3.0.0").await;
    device.sequence = 12;
    tell(ways + device.recovers().await);
}

/// TUF, 1.5.2, rollback: a device isn't led back to software that it knows to be outdated.
///
/// `unsigned` and `bundle` go by the order of versions, which a server may still lie about (see the
/// replay of an old bundle); `statement` by the signed sequence.
#[tokio::test]
async fn an_old_release_is_not_offered_again() {
    let mut ways = 0;
    for mode in Mode::ALL {
        let mut device = Device::running(mode).await;
        device.offer("3.0.0");
        device.takes("3.0.0").await;
        let (known, never_had) = (Web::page("2.0.0"), Web::page("2.5.0"));
        for (version, web) in [("2.0.0", &known), ("2.5.0", &never_had)] {
            match mode {
                Mode::Unsigned => device.offer_zip(version, &web.zip, None),
                Mode::Bundle => device.offer_zip(version, &web.zip, Some(sign(&web.zip, 1))),
                Mode::Statement => device.state(&payload(10, version, web), web),
            }
            device.withstands("blocked: downgrade").await;
            let asked = device.updater().download(DownloadRequest::Offered).await;
            assert_eq!(asked.unwrap_err().code(), "downgrade");
        }
        if mode == Mode::Statement {
            // A version that was never published, under a number that was used up.
            let web = Web::page("4.0.0");
            for sequence in [0, 19, 20] {
                device.state(&payload(sequence, "4.0.0", &web), &web);
                device.withstands("blocked: downgrade").await;
            }
            // The publisher's own way back.
            device.offer("2.0.0");
            device.takes("2.0.0").await;
        } else {
            device.world.configure("allowDowngrade", json!(true));
            device.offer("2.0.0");
            device.relaunch().await;
            device.takes("2.0.0").await;
        }
        ways += device.recovers().await;
    }
    tell(ways);
}

/// TUF, 1.5.2, fast-forward: nobody moves a release's number so far ahead that no honest one can
/// follow it any more.
///
/// `statement` protects from what a publisher has signed by mistake, or a thief on purpose.
/// `bundle` doesn't sign versions: any good bytes can be called the last version there will be.
#[tokio::test]
async fn a_number_far_ahead_does_not_end_all_updates() {
    let device = Device::running(Mode::Bundle).await;
    let old = Web::page("2.0.0 again");
    device.offer_zip("999999.0.0", &old.zip, Some(sign(&old.zip, 1)));
    assert_eq!(device.answer().await, "downloaded");

    let mut device = Device::running(Mode::Statement).await;
    let web = Web::page("3.0.0");
    let last_of_all = (1_u64 << 53) - 1;
    for (sequence, answer) in [
        (json!(10 + 1_000_001), "blocked: downgrade"),
        (json!(last_of_all), "blocked: downgrade"),
        (json!(last_of_all + 1), "protocol"),
        (json!(u64::MAX), "protocol"),
        (json!(1e300), "protocol"),
    ] {
        let mut payload = payload(0, "3.0.0", &web);
        payload["sequence"] = sequence;
        device.state(&payload, &web);
        device.withstands(answer).await;
    }
    // The next number is as good as ever, and so is the longest step that may be taken.
    device.offer("2.5.0");
    device.takes("2.5.0").await;
    device.sequence += 1_000_000;
    device.state(&payload(device.sequence, "3.0.0", &web), &web);
    device.takes("3.0.0").await;
    tell(device.recovers().await);
}

/// TUF, 1.5.2, indefinite freeze: who answers with the same outdated metadata for ever is noticed.
///
/// Only `statement` notices, when the statement expires; a clock that was set back doesn't revive
/// it. Nothing makes a server tell of an update that it keeps secret before.
#[tokio::test]
async fn a_server_that_stands_still_is_noticed() {
    let clock = DistortedClock::new();
    clock.set_day(1);
    let mut device = Device::running_at(Mode::Statement, &clock).await;
    let web = Web::page("2.0.0");
    let until = |sequence, issued: &str, expires: &str, channel: &str| {
        let mut payload = payload(sequence, "2.0.0", &web);
        payload["issuedAt"] = json!(format!("2026-{issued}T00:00:00Z"));
        payload["expiresAt"] = json!(format!("2026-{expires}T00:00:00Z"));
        payload["channel"] = json!(channel);
        payload
    };
    device.state(&until(11, "01-01", "02-01", "production"), &web);
    assert_eq!(device.answer().await, "upToDate");
    clock.set_day(30);
    assert_eq!(device.answer().await, "upToDate");
    for day in [31, 32, 365] {
        clock.set_day(day);
        device.withstands("expired").await;
    }
    // A newer one tells the time. On a channel where nothing was seen, no sequence would stop the
    // old one, and the clock is back where it held.
    device.state(&until(12, "02-02", "12-01", "production"), &web);
    clock.set_day(40);
    assert_eq!(device.answer().await, "upToDate");
    clock.set_day(1);
    let set = device.updater().set_channel(Some("beta".to_owned()));
    set.await.unwrap();
    device.state(&until(5, "01-01", "02-01", "beta"), &web);
    device.withstands("expired").await;
    device.state(&until(5, "01-01", "02-03", "beta"), &web);
    assert_eq!(device.answer().await, "upToDate");
    device.updater().set_channel(None).await.unwrap();
    device.sequence = 12;
    tell(device.recovers().await);
}

/// TUF, 1.5.2, wrong software: a file that is trusted, but isn't the one that was wanted, isn't
/// installed.
///
/// `statement` binds app, channel and platform. In `bundle` whatever the same key has signed is
/// taken: so a key that signs for one app only is all that protects there.
#[tokio::test]
async fn what_was_signed_for_another_app_channel_or_platform_is_not_installed() {
    let web = Web::page("3.0.0");
    let mut device = Device::running(Mode::Bundle).await;
    device.offer_zip("3.0.0", &web.zip, Some(sign(&web.zip, 1)));
    device.takes("3.0.0").await;

    let mut device = Device::running(Mode::Statement).await;
    for (key, value) in [
        ("appId", json!("com.example.app2")),
        ("appId", json!("com.example.App")),
        ("appId", json!("com.example.app\u{0}")),
        ("channel", json!("staging")),
        ("channel", json!("production ")),
        ("platforms", json!(["ios"])),
        ("platforms", json!(["*", "WEB", ""])),
        ("platforms", json!([])),
    ] {
        let mut payload = payload(11, "3.0.0", &web);
        payload[key] = value;
        device.state(&payload, &web);
        device.withstands("app_mismatch").await;
    }
    // Not even beside an answer that names the right ones.
    let mut release = device.release("3.0.0");
    let mut other = payload(11, "3.0.0", &web);
    other["appId"] = json!("com.example.app2");
    release.other["release"] = device.sealed(&other);
    release
        .other
        .insert("appId".to_owned(), json!("com.example.app"));
    device.world.server.offer(release);
    device.withstands("app_mismatch").await;

    device.state(&payload(11, "3.0.0", &web), &web);
    device.takes("3.0.0").await;
    tell(device.recovers().await);
}
