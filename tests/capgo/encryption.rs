//! Encrypted bundles: what the key has wrapped is installed, and nothing else.

use live_updater::{DownloadRequest, SyncStatus};
use serde_json::json;

use crate::phone::{Phone, zip};
use crate::sealing::{Developer, Sealed};

/// A device that trusts a developer, to which the developer's bundle is offered.
fn offered(zip: &[u8]) -> (Phone, Developer, Sealed) {
    let developer = Developer::new(1);
    let phone = Phone::with_trust(developer.trust());
    let sealed = developer.seal(zip, 7);
    phone.server.put("/sealed.zip", &sealed.bytes);
    phone
        .server
        .say(sealed.offer("2.0.0", &phone.server.url("/sealed.zip?key=1&device_id=2")));
    (phone, developer, sealed)
}

#[tokio::test]
async fn an_encrypted_bundle_is_installed_and_leaves_nothing_behind() {
    // Blocks of the cipher that are full at the end, and those that aren't.
    for noise in [0, 5, 300_000, 1_000_003] {
        let bytes = zip("two", noise);
        let (phone, ..) = offered(&bytes);
        let (updater, _) = phone.launch();
        let synced = updater.sync().await.unwrap();
        assert_eq!(synced.status, SyncStatus::Downloaded);
        assert_eq!(phone.names("downloads"), [""; 0]);
        let (_, launch) = phone.try_next(updater).await;
        let www = launch.path.unwrap();
        assert_eq!(std::fs::read(www.join("index.html")).unwrap(), b"two");
        assert_eq!(std::fs::read(www.join("noise.bin")).unwrap().len(), noise);
        let told = &phone.server.heard("POST /updates")[0].body["key_id"];
        assert_eq!(told.as_str().unwrap().len(), 20);
    }
}

#[tokio::test]
async fn a_download_that_was_cut_goes_on_where_it_stopped() {
    let bytes = zip("two", 300_000);
    let (phone, _, sealed) = offered(&bytes);
    phone.server.cut_once(100_000);
    let (updater, _) = phone.launch();
    updater.sync().await.unwrap();
    let asked = phone.server.heard("GET /sealed.zip");
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[1].headers["range"], "bytes=100000-");
    assert!(sealed.bytes.len() > 300_000);
}

#[tokio::test]
async fn what_another_key_or_nobody_has_wrapped_is_not_even_fetched() {
    let bytes = zip("two", 100);
    let (phone, developer, sealed) = offered(&bytes);
    let (updater, _) = phone.launch();
    let url = phone.server.url("/sealed.zip");
    let stranger = Developer::new(2).seal(&bytes, 7);
    let another = developer.seal(&zip("another", 100), 9);
    for (checksum, session_key, code) in [
        (&*sealed.checksum, "", "signature_missing"),
        ("", &*sealed.session_key, "signature_missing"),
        (
            &stranger.checksum,
            &stranger.session_key,
            "signature_invalid",
        ),
        (&sealed.checksum, &stranger.session_key, "signature_invalid"),
        (&stranger.checksum, &sealed.session_key, "signature_invalid"),
        (&"ab".repeat(32), &sealed.session_key, "signature_invalid"),
        (
            &another.session_key,
            &sealed.session_key,
            "signature_invalid",
        ),
    ] {
        phone.server.say(json!({
            "version": "2.0.0", "url": url, "checksum": checksum, "session_key": session_key,
        }));
        assert_eq!(updater.sync().await.unwrap_err().code(), code);
    }
    assert_eq!(phone.server.heard("GET /sealed.zip").len(), 0);
}

#[tokio::test]
async fn other_bytes_than_those_of_the_checksum_are_deleted_unread() {
    let bytes = zip("two", 1000);
    let (phone, developer, sealed) = offered(&bytes);
    let (updater, _) = phone.launch();
    let mut flipped = sealed.bytes.clone();
    flipped[40] ^= 1;
    let cut = sealed.bytes[..sealed.bytes.len() - 3].to_vec();
    let another = developer.seal(&zip("another", 1000), 7).bytes;
    for wrong in [flipped, cut, another, bytes.clone(), vec![0; 16]] {
        phone.server.put("/sealed.zip", &wrong);
        let error = updater.sync().await.unwrap_err();
        assert_eq!(error.code(), "checksum_mismatch");
        assert_eq!(phone.names("downloads"), [""; 0]);
        assert_eq!(phone.names("staging"), [""; 0]);
    }
    phone.server.put("/sealed.zip", &sealed.bytes);
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
}

#[tokio::test]
async fn what_a_dead_process_has_left_is_continued() {
    let (phone, _, sealed) = offered(&zip("two", 300_000));
    phone.server.cut_and_lose(100_000);
    let (updater, _) = phone.launch();
    assert_eq!(updater.sync().await.unwrap_err().code(), "not_found");
    drop(updater);
    let left = phone.names("downloads");
    assert_eq!(left.len(), 2, "{left:?}");
    // A kill in the middle of the decryption.
    let opened = left[1].replace(".part", ".zip");
    let downloads = phone.root.path().join("downloads");
    std::fs::write(downloads.join(opened), vec![7; 1_000_000]).unwrap();

    phone.server.put("/sealed.zip", &sealed.bytes);
    let (updater, _) = phone.launch();
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
    let last = phone.server.heard("GET /sealed.zip").pop().unwrap();
    assert_eq!(last.headers["range"], "bytes=100000-");
    assert_eq!(phone.names("downloads"), [""; 0]);
}

#[tokio::test]
async fn the_same_zip_in_another_session_is_another_download() {
    let bytes = zip("two", 300_000);
    let (phone, developer, _) = offered(&bytes);
    phone.server.cut_and_lose(100_000);
    let (updater, _) = phone.launch();
    assert_eq!(updater.sync().await.unwrap_err().code(), "not_found");
    let again = developer.seal(&bytes, 8);
    phone.server.put("/sealed.zip", &again.bytes);
    phone
        .server
        .say(again.offer("2.0.0", &phone.server.url("/sealed.zip")));
    assert_eq!(updater.sync().await.unwrap().status, SyncStatus::Downloaded);
    let last = phone.server.heard("GET /sealed.zip").pop().unwrap();
    assert!(!last.headers.contains_key("range"), "{last:?}");
}

#[tokio::test]
async fn a_bundle_that_a_page_names_needs_the_key_too() {
    let (phone, ..) = offered(&zip("two", 10));
    let (updater, _) = phone.launch();
    let url = phone.server.url("/sealed.zip");
    let request = DownloadRequest::at(&url, "2.0.0", &"ab".repeat(32)).unwrap();
    let refused = updater.download(request).await.unwrap_err();
    assert_eq!(refused.code(), "signature_missing");
    let told = refused.to_string();
    assert!(
        told.contains("call `download` without a `url`, or `sync`"),
        "{told}"
    );
    assert_eq!(phone.server.heard("GET /sealed.zip").len(), 0);
    // What it tells to do works.
    let bundle = updater.download(DownloadRequest::Offered).await.unwrap();
    assert_eq!(bundle.version, "2.0.0");
}

#[tokio::test]
async fn what_an_offer_lacks_is_named_with_what_to_do() {
    let (phone, _, sealed) = offered(&zip("two", 10));
    let (updater, _) = phone.launch();
    let url = phone.server.url("/sealed.zip");
    for (checksum, session_key, missing) in [
        ("", &*sealed.session_key, "release 2.0.0 has no checksum"),
        (&*sealed.checksum, "", "release 2.0.0 has no session key"),
    ] {
        phone.server.say(json!({
            "version": "2.0.0", "url": url, "checksum": checksum, "session_key": session_key,
        }));
        let told = updater.sync().await.unwrap_err().to_string();
        assert!(told.starts_with(missing), "{told}");
        assert!(
            told.ends_with("encrypt it for the app's key before it is uploaded"),
            "{told}"
        );
    }
}

#[tokio::test]
async fn an_encrypted_bundle_over_the_limit_is_refused() {
    let (mut phone, ..) = offered(&zip("two", 20_000));
    phone.config["maxBundleBytes"] = json!(10_000);
    let (updater, _) = phone.launch();
    assert_eq!(updater.sync().await.unwrap_err().code(), "size_exceeded");
}

#[tokio::test]
async fn without_the_key_an_encrypted_bundle_is_refused() {
    let (mut phone, ..) = offered(&zip("two", 10));
    phone.config["trust"] = json!({"mode": "unsigned"});
    let (updater, _) = phone.launch();
    assert_eq!(updater.sync().await.unwrap_err().code(), "protocol");
    assert_eq!(phone.server.heard("GET /sealed.zip").len(), 0);
}
