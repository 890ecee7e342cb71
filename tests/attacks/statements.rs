//! What is signed, taken for something else: replayed, left out, read in two ways.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use ed25519_dalek::Signer as _;
use live_updater::DownloadRequest;
use mock_update_server::{Endpoint, Fault};
use serde_json::{Value, json};

use crate::device::{Device, Mode, sign, tell};
use crate::rogue::Rogue;
use crate::world::signing::{
    PAYLOAD_TYPE, Web, enclosed, encoded, envelope, key, key_id, payload, pem, signature,
};

/// A signature that covers the bytes and not their number lets an old bundle, with its holes, come
/// back as the newest.
///
/// `statement` protects: the version is signed along. `bundle` doesn't, as SECURITY.md says.
#[tokio::test]
async fn an_old_signed_bundle_does_not_come_back_under_a_new_version() {
    let old = Web::page("1.5.0");
    let device = Device::running(Mode::Bundle).await;
    device.offer_zip("3.0.0", &old.zip, Some(sign(&old.zip, 1)));
    assert_eq!(device.answer().await, "downloaded");

    let mut device = Device::running(Mode::Statement).await;
    let signed_then = device.sealed(&payload(5, "1.5.0", &old));
    let mut release = device.release("3.0.0");
    release.checksum = Some(old.bundle["sha256"].as_str().unwrap().to_owned());
    release.size = Some(old.zip.len() as u64);
    release.signature = Some(sign(&old.zip, 1));
    device.world.publish_zip("9.9.9", &old.zip);
    for (envelope, answer) in [
        // What the old bundle was signed with, beside a new version.
        (signed_then.clone(), "blocked: downgrade"),
        // The newest statement, over the old bytes.
        (release.other["release"].clone(), "checksum_mismatch"),
    ] {
        let mut release = release.clone();
        release.other["release"] = envelope;
        device.world.server.offer(release);
        device.withstands(answer).await;
    }
    // By the page's own hand neither.
    let url = format!("{}/api/v1/bundles/9.9.9", device.world.server.url());
    let request = DownloadRequest::stated(&url, signed_then.to_string()).unwrap();
    let refused = device.updater().download(request).await.unwrap_err();
    assert_eq!(refused.code(), "downgrade");
    device.stands().await;
    tell(device.recovers().await);
}

/// A device that would do without a signature where there is none could be talked out of asking
/// for one.
///
/// `bundle` and `statement` protect: the app's configuration says what has to be there.
#[tokio::test]
async fn a_signature_that_is_left_out_is_missed_before_anything_is_fetched() {
    let mut ways = 0;
    for mode in [Mode::Bundle, Mode::Statement] {
        let mut device = Device::running(mode).await;
        let web = Web::page("3.0.0");
        let fetched = device.world.server.bundle_requests().len();
        let mut unsigned = enclosed(&payload(11, "3.0.0", &web).to_string(), &[]);
        let mut stripped = vec![None, Some(Value::Null)];
        if mode == Mode::Statement {
            stripped.push(Some(unsigned.clone()));
            unsigned["signatures"] = Value::Null;
            stripped.push(Some(unsigned));
        }
        for statement in stripped {
            // With all that another mode asks for, or would ignore.
            let mut release = device.release("3.0.0");
            release.signature = (mode == Mode::Statement).then(|| sign(&web.zip, 1));
            release.other.clear();
            release
                .other
                .insert("trust".to_owned(), json!({"mode": "unsigned"}));
            if let Some(statement) = statement {
                release.other.insert("release".to_owned(), statement);
            }
            device.world.server.offer(release);
            device.withstands("signature_missing").await;
        }
        if mode == Mode::Bundle {
            // A statement isn't what was asked for.
            let mut release = device.release("3.0.0");
            release.signature = None;
            let statement = envelope(&payload(11, "3.0.0", &web), 1);
            release.other.insert("release".to_owned(), statement);
            device.world.server.offer(release);
            device.withstands("signature_missing").await;
        }
        assert_eq!(device.world.server.bundle_requests().len(), fetched);
        device.offer("3.0.0");
        device.takes("3.0.0").await;
        ways += device.recovers().await;
    }
    tell(ways);
}

/// DSSE v1, protocol: a signature covers the type and the exact bytes of the payload. Who gets
/// other bytes verified than parsed says what nobody has signed.
#[tokio::test]
async fn the_bytes_that_were_verified_are_the_bytes_that_are_parsed() {
    let mut device = Device::running(Mode::Statement).await;
    let web = Web::page("3.0.0");
    let good = payload(11, "3.0.0", &web);
    let text = good.to_string();
    let spaced = serde_json::to_string_pretty(&good).unwrap();
    let higher = text.replace("\"sequence\":11", "\"sequence\":12");
    let over = |message: &[u8]| {
        let sig = STANDARD.encode(key(1).sign(message).to_bytes());
        vec![json!({"keyid": key_id(&pem(1)), "sig": sig})]
    };
    let length = text.len();
    let whole = format!("DSSEv1 41 {PAYLOAD_TYPE} {length} {text}");
    for message in [
        text.clone(),
        STANDARD.encode(&text),
        format!("{PAYLOAD_TYPE}{text}"),
        whole.replace(PAYLOAD_TYPE, &PAYLOAD_TYPE.replace("release", "rollout")),
        whole.replace(&format!(" {length} "), &format!(" {} ", length + 1)),
        whole.replace("DSSEv1 ", "DSSEv1  "),
        whole.replace("DSSEv1", "DSSEv2"),
        format!("{whole}\n"),
        whole[..whole.len() - 1].to_owned(),
    ] {
        device
            .world
            .answer(&enclosed(&text, &over(message.as_bytes())), &web);
        device.withstands("signature_invalid").await;
    }
    // The same statement in other bytes, and another in the same place.
    for changed in [
        &spaced,
        &higher,
        &format!("{text} "),
        &format!("\u{feff}{text}"),
    ] {
        let enclosed = enclosed(changed, &[signature(&text, 1)]);
        device.world.answer(&enclosed, &web);
        device.withstands("signature_invalid").await;
    }
    // A payload beside the payload, and a type that says that there is nothing to verify.
    let mut beside = enclosed(&higher, &[signature(&text, 1)]);
    beside["payload_"] = json!(STANDARD.encode(&text));
    beside["signed"] = json!(text);
    let mut untyped = enclosed(&text, &[signature(&text, 1)]);
    untyped["payloadType"] = json!("application/json");
    for envelope in [beside, untyped] {
        device.world.answer(&envelope, &web);
        device.withstands("signature_invalid").await;
    }
    // What was signed needn't be beautiful: these bytes, and no others, are read.
    let enclosed = enclosed(&spaced, &[signature(&spaced, 1)]);
    device.world.answer(&enclosed, &web);
    device.takes("3.0.0").await;
    device.sequence = 12;
    tell(device.recovers().await);
}

/// Base64 can be written in many ways. None may decode to other bytes than were signed, or to
/// nothing.
#[tokio::test]
async fn no_spelling_of_base64_gets_other_bytes_past_the_signature() {
    let mut device = Device::running(Mode::Statement).await;
    let web = Web::page("3.0.0");
    let mut good = payload(11, "3.0.0", &web);
    // Its base64 has digits that the two alphabets write differently, and padding.
    good["note"] = json!("??>>~~ÿÿÿ");
    let mut text = good.to_string();
    while !(STANDARD.encode(&text).ends_with('=') && STANDARD.encode(&text).contains(['+', '/'])) {
        text.push(' ');
    }
    let standard = STANDARD.encode(&text);
    let url_safe = URL_SAFE.encode(&text);
    assert_ne!(standard, url_safe);
    let unpadded = standard.trim_end_matches('=');
    // The last digit has bits that count for nothing.
    let mut slack = unpadded.to_owned();
    let last = slack.pop().unwrap();
    slack.push(char::from(last as u8 + 1));
    let (before, after) = url_safe.split_at(standard.find(['+', '/']).unwrap() + 1);
    let two_alphabets = format!("{before}{}", &standard[before.len()..]);
    for (payload, code) in [
        (slack, "signature_invalid"),
        (format!("{standard}===="), "signature_invalid"),
        (format!("{standard}{standard}"), "signature_invalid"),
        (format!("{standard}\u{0}"), "signature_invalid"),
        (format!("{standard}%20"), "signature_invalid"),
        (
            unpadded[..unpadded.len() - 1].to_owned(),
            "signature_invalid",
        ),
        (format!("{before}+{after}"), "signature_invalid"),
        (format!("{two_alphabets}-+"), "signature_invalid"),
        (String::new(), "protocol"),
        (" ".to_owned(), "protocol"),
    ] {
        let mut envelope = enclosed(&text, &[signature(&text, 1)]);
        envelope["payload"] = json!(payload);
        device.world.answer(&envelope, &web);
        device.withstands(code).await;
    }
    // These are the same bytes, and that is all that counts.
    let in_lines = standard.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let in_lines = in_lines.collect::<Vec<_>>().join("\r\n");
    for same in [url_safe, URL_SAFE_NO_PAD.encode(&text), in_lines, standard] {
        let mut envelope = enclosed(&text, &[signature(&text, 1)]);
        envelope["payload"] = json!(same);
        device.world.answer(&envelope, &web);
        device.updater().get_latest(None).await.unwrap();
    }
    device.takes("3.0.0").await;
    device.sequence = 11;
    tell(device.recovers().await);
}

/// RFC 8259, section 4: of two equal names in an object, readers believe different ones. Who has
/// one reader check the first and another follow the second says what was never checked.
#[tokio::test]
async fn a_name_that_is_there_twice_is_refused_wherever_it_stands() {
    let mut device = Device::running(Mode::Statement).await;
    let web = Web::page("3.0.0");
    let good = payload(11, "3.0.0", &web).to_string();
    let twice = |name: &str, value: &str| good.replacen('{', &format!("{{\"{name}\":{value},"), 1);
    for payload in [
        twice("sequence", "99"),
        twice("version", "\"99.0.0\""),
        twice("appId", "\"com.example.app\""),
        twice("\\u0061ppId", "\"com.example.app\""),
        twice("expiresAt", "null"),
        good.replacen("\"bundle\":{", "\"bundle\":{\"size\":1,", 1),
    ] {
        assert_ne!(payload, good);
        let envelope = enclosed(&payload, &[signature(&payload, 1)]);
        device.world.answer(&envelope, &web);
        device.withstands("protocol").await;
    }

    // Around what is signed, where a proxy may look at the one and the device at the other.
    let envelope = enclosed(&good, &[signature(&good, 1)]).to_string();
    let zip_url = format!("{}/api/v1/bundles/9.9.9", device.world.server.url());
    let answer = format!(
        "{{\"updateAvailable\":true,\"downloadUrl\":\"{zip_url}\",\"release\":{envelope}}}"
    );
    device.world.publish_zip("9.9.9", &web.zip);
    for (name, value) in [
        ("updateAvailable", "false"),
        ("downloadUrl", "\"/elsewhere\""),
        ("release", "null"),
        ("rele\\u0061se", "{}"),
        ("payload", "\"e30=\""),
        ("keyid", "\"\""),
    ] {
        let place = match name {
            "payload" => "{\"payload\"",
            "keyid" => "{\"keyid\"",
            _ => "{\"updateAvailable\"",
        };
        let doubled = answer.replacen(place, &format!("{{\"{name}\":{value},{}", &place[1..]), 1);
        assert_ne!(doubled, answer, "{name}");
        let rogue = says(&device, &doubled);
        device.withstands("protocol").await;
        assert_eq!(rogue.asked(), 1);
    }
    let rogue = says(&device, &answer);
    device.takes("3.0.0").await;
    assert_eq!(rogue.asked(), 1);
    device.sequence = 11;
    tell(device.recovers().await);
}

/// Lets checks have this very text as their answer.
fn says(device: &Device, answer: &str) -> Rogue {
    let rogue = Rogue::sending(answer);
    device.world.server.clear_faults(Endpoint::Check);
    let redirect = Fault::Redirect { url: rogue.url() };
    device
        .world
        .server
        .fault(Endpoint::Check, redirect)
        .always();
    rogue
}

/// What is signed isn't only trusted, it's also well-formed: a signature over nonsense, by mistake
/// or by a tool that signs whatever it is given, moves nothing.
#[tokio::test]
async fn what_the_key_has_signed_for_another_purpose_is_no_statement() {
    let mut device = Device::running(Mode::Statement).await;
    let web = Web::page("3.0.0");
    let zip = STANDARD.encode(&web.zip);
    for payload in ["", "null", "[]", "{}", "3.0.0", zip.as_str()] {
        let envelope = enclosed(payload, &[signature(payload, 1)]);
        device.world.answer(&envelope, &web);
        device.withstands("protocol").await;
    }
    // The signature of trust mode `bundle`, by the same key over the same zip.
    let good = payload(11, "3.0.0", &web).to_string();
    let bundle_signature = json!({"keyid": key_id(&pem(1)), "sig": sign(&web.zip, 1)});
    let envelope = enclosed(&good, &[bundle_signature]);
    device.world.answer(&envelope, &web);
    device.withstands("signature_invalid").await;

    // And the other way round: a statement's signature over a zip that is one.
    let mut bundled = Device::running(Mode::Bundle).await;
    let message = encoded(&good);
    bundled.offer_zip("3.0.0", &message, Some(sign(&message, 1)));
    bundled.withstands("invalid_archive").await;

    device.state(&payload(11, "3.0.0", &web), &web);
    device.takes("3.0.0").await;
    device.sequence = 11;
    tell(device.recovers().await + bundled.recovers().await);
}
