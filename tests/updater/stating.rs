//! Trust mode `statement`: what is signed as a whole is followed, and nothing else is.

use std::fs;

use live_updater::{BlockReason, DownloadRequest, LatestStatus, SyncStatus, Updater};
use mock_update_server::Release;
use serde_json::{Map, Value, json};

use crate::world::World;
use crate::world::signing::{Web, envelope, payload, rollback, trust};

/// Updates, restarts, and lets what came become ready.
async fn update(world: &World, updater: Updater) -> Updater {
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
    drop(updater);
    let (updater, launch) = world.launch();
    assert!(launch.trial);
    updater
        .notify_app_ready(&launch.launch_token)
        .await
        .unwrap();
    updater
}

async fn status(updater: &Updater) -> SyncStatus {
    updater.sync().await.unwrap().status
}

async fn code(updater: &Updater) -> &'static str {
    updater.sync().await.unwrap_err().code()
}

async fn blocked(updater: &Updater) -> BlockReason {
    let outcome = updater.sync().await.unwrap();
    assert_eq!(outcome.status, SyncStatus::Blocked);
    outcome.reason.unwrap()
}

/// What runs at `version`, from a statement of this sequence.
async fn running(world: &World, sequence: u64, version: &str) -> Updater {
    let web = Web::page(version);
    world.state(&payload(sequence, version, &web), &web);
    let (updater, _) = world.launch();
    update(world, updater).await
}

fn version(updater: &Updater) -> String {
    updater.current().unwrap().version
}

#[tokio::test]
async fn a_statement_is_followed_and_shown() {
    let world = World::with_statements().await;
    let web = Web::page("2.0.0");
    world.state(&payload(7, "2.0.0", &web), &web);
    let (updater, _) = world.launch();
    let latest = updater.get_latest(None).await.unwrap();
    assert_eq!(latest.status, LatestStatus::UpdateAvailable);
    let release = latest.release.unwrap();
    assert_eq!(release.sequence, Some(7));
    assert_eq!(release.size, Some(web.zip.len() as u64));
    let updater = update(&world, updater).await;
    assert_eq!(version(&updater), "2.0.0");
    assert_eq!(status(&updater).await, SyncStatus::UpToDate);
    let floor = &updater.state().unwrap()["trusted"]["floors"][0];
    assert_eq!(floor["sequence"], 7);
    assert_eq!(floor["channel"], "production");
}

#[tokio::test]
async fn the_statement_wins_over_what_the_answer_says_beside_it() {
    let world = World::with_statements().await;
    let web = Web::page("2.0.0");
    world.publish_zip("2.0.0", &web.zip);
    let statement = envelope(&payload(1, "2.0.0", &web), 1);
    world.server.offer(json!({
        "updateAvailable": true,
        "version": "not a version", "checksum": "ff".repeat(32), "size": 0,
        "minAppVersion": "99", "signature": "AAAA", "mandatory": true, "releaseNotes": "new",
        "release": statement,
    }));
    let (updater, _) = world.launch();
    let release = updater.get_latest(None).await.unwrap().release.unwrap();
    assert_eq!(release.version.to_string(), "2.0.0");
    assert_eq!(release.min_app_version, None);
    assert!(release.mandatory);
    assert_eq!(release.release_notes.as_deref(), Some("new"));
    // Without a downloadUrl it is fetched from where bundles of the statement's version are.
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
}

#[tokio::test]
async fn an_answer_without_a_statement_is_refused_before_anything_is_fetched() {
    let world = World::with_statements().await;
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    assert_eq!(code(&updater).await, "signature_missing");
    let refused = updater.get_latest(None).await.unwrap_err();
    assert_eq!(refused.code(), "signature_missing");
    let message = refused.to_string();
    assert!(message.contains("no `release` statement"), "{message}");
    let mut release = world.server.release("2.0.0").unwrap();
    release.signature = Some("AAAA".to_owned());
    release.other = Map::from_iter([("release".to_owned(), Value::Null)]);
    world.server.offer(release);
    assert_eq!(code(&updater).await, "signature_missing");
    assert_eq!(world.server.bundle_requests().len(), 0);
}

#[tokio::test]
async fn a_statement_that_does_not_hold_is_refused_before_anything_is_fetched() {
    let world = World::with_statements().await;
    let web = Web::page("2.0.0");
    let good = payload(1, "2.0.0", &web);
    let with = |key: &str, value: Value| {
        let mut payload = good.clone();
        payload[key] = value;
        envelope(&payload, 1)
    };
    let mut forged = envelope(&good, 1);
    forged["payload"] = envelope(&payload(2, "2.0.0", &web), 1)["payload"].clone();
    let (updater, _) = world.launch();
    for (envelope, expected) in [
        (forged, "signature_invalid"),
        (envelope(&good, 2), "untrusted_key"),
        (with("appId", json!("com.example.other")), "app_mismatch"),
        (with("channel", json!("beta")), "app_mismatch"),
        (with("platforms", json!(["android"])), "app_mismatch"),
        (with("expiresAt", json!("2026-01-02T00:00:00Z")), "expired"),
        (with("sequence", json!("1")), "protocol"),
        (json!("e30="), "protocol"),
    ] {
        world.answer(&envelope, &web);
        assert_eq!(code(&updater).await, expected);
        let refused = updater.get_latest(None).await.unwrap_err();
        assert_eq!(refused.code(), expected);
    }
    assert_eq!(world.server.bundle_requests().len(), 0);
    // None of it is remembered against the good one.
    world.state(&good, &web);
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
}

#[tokio::test]
async fn a_statement_that_was_replaced_is_blocked_as_a_downgrade() {
    let world = World::with_statements().await;
    let updater = running(&world, 10, "2.0.0").await;
    let web = Web::page("3.0.0");
    for sequence in [9, 10, 1_000_011] {
        world.state(&payload(sequence, "3.0.0", &web), &web);
        assert_eq!(blocked(&updater).await, BlockReason::Downgrade);
        let latest = updater.get_latest(None).await.unwrap();
        assert_eq!(latest.status, LatestStatus::Blocked);
        assert_eq!(latest.reason, Some(BlockReason::Downgrade));
    }
    world.state(&payload(11, "3.0.0", &web), &web);
    let updater = update(&world, updater).await;
    assert_eq!(version(&updater), "3.0.0");
}

#[tokio::test]
async fn a_check_raises_the_floor_and_what_it_saw_can_be_installed() {
    let world = World::with_statements().await;
    let updater = running(&world, 10, "2.0.0").await;
    let (old, new) = (Web::page("1.5.0"), Web::page("3.0.0"));
    world.state(&payload(12, "1.5.0", &old), &old);
    updater.get_latest(None).await.unwrap();
    world.state(&payload(11, "3.0.0", &new), &new);
    assert_eq!(blocked(&updater).await, BlockReason::Downgrade);
    // What the check has offered, although its version is older.
    world.publish_zip("9.9.9", &old.zip);
    let bundle = updater.download(DownloadRequest::Offered).await.unwrap();
    assert_eq!(bundle.version, "1.5.0");
}

#[tokio::test]
async fn a_higher_sequence_overrides_the_order_of_versions() {
    let world = World::with_statements().await;
    let updater = running(&world, 10, "2.0.0").await;
    let web = Web::page("0.5.0");
    world.state(&payload(11, "0.5.0", &web), &web);
    let updater = update(&world, updater).await;
    assert_eq!(version(&updater), "0.5.0");
    assert_eq!(status(&updater).await, SyncStatus::UpToDate);
}

#[tokio::test]
async fn the_first_statement_does_not_override_the_order_of_versions() {
    let world = World::with_statements().await;
    let web = Web::page("0.5.0");
    world.state(&payload(11, "0.5.0", &web), &web);
    let (updater, _) = world.launch();
    for _ in 0..2 {
        assert_eq!(blocked(&updater).await, BlockReason::Downgrade);
    }
    assert_eq!(
        updater
            .download(DownloadRequest::Offered)
            .await
            .unwrap_err()
            .code(),
        "downgrade"
    );
}

#[tokio::test]
async fn a_higher_sequence_with_other_bytes_for_the_version_that_runs_is_an_update() {
    let world = World::with_statements().await;
    let updater = running(&world, 10, "2.0.0").await;
    let before = updater.current().unwrap().id;
    let web = Web::page("2.0.0, repaired");
    world.state(&payload(11, "2.0.0", &web), &web);
    let updater = update(&world, updater).await;
    assert_eq!(version(&updater), "2.0.0");
    assert_ne!(updater.current().unwrap().id, before);
    // The same bytes under a higher sequence are none.
    world.state(&payload(12, "2.0.0", &web), &web);
    assert_eq!(status(&updater).await, SyncStatus::UpToDate);
    assert_eq!(world.server.bundle_requests().len(), 2);
}

#[tokio::test]
async fn what_is_next_is_withdrawn_by_a_statement_that_names_what_runs() {
    let world = World::with_statements().await;
    let updater = running(&world, 10, "2.0.0").await;
    let (bad, good) = (Web::page("3.0.0"), Web::page("2.0.0"));
    world.state(&payload(11, "3.0.0", &bad), &bad);
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
    world.state(&payload(12, "2.0.0", &good), &good);
    assert_eq!(status(&updater).await, SyncStatus::UpToDate);
    assert_eq!(updater.next().unwrap(), None);
    drop(updater);
    assert_eq!(world.launch().1.bundle.version, "2.0.0");
}

#[tokio::test]
async fn a_failed_version_comes_back_when_a_higher_sequence_names_it_again() {
    let world = World::with_statements().await;
    let updater = running(&world, 10, "2.0.0").await;
    let web = Web::page("3.0.0");
    world.state(&payload(11, "3.0.0", &web), &web);
    let updater = update(&world, updater).await;
    updater.set_bundle_error(None).await.unwrap();
    assert_eq!(blocked(&updater).await, BlockReason::Failed);
    world.state(&payload(12, "3.0.0", &web), &web);
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
}

#[tokio::test]
async fn files_too_many_missing_or_changed_are_refused_and_not_fetched_again() {
    let page: (&str, &[u8]) = ("index.html", b"<html>");
    let script: (&str, &[u8]) = ("a.js", b"1");
    for (files, claimed) in [
        (vec![page, script], vec![page]),
        (vec![page], vec![page, script]),
        (vec![page, ("a.js", b"2")], vec![page, script]),
        (vec![page, ("b.js", b"1")], vec![page, script]),
    ] {
        let world = World::with_statements().await;
        let web = Web::claiming(&files, &claimed);
        world.state(&payload(1, "2.0.0", &web), &web);
        let (updater, _) = world.launch();
        assert_eq!(code(&updater).await, "checksum_mismatch");
        for folder in ["downloads", "staging", "bundles"] {
            assert_eq!(world.names(folder), [""; 0], "{folder}");
        }
        assert_eq!(blocked(&updater).await, BlockReason::Refused);
        assert_eq!(world.server.bundle_requests().len(), 1);
        // A statement that names the files as they are gives the bytes another chance.
        let right = Web::new(&files);
        world.state(&payload(2, "2.0.0", &right), &right);
        assert_eq!(status(&updater).await, SyncStatus::Downloaded);
    }
}

#[tokio::test]
async fn a_folder_that_holds_everything_is_left_out_of_the_list_of_files() {
    let world = World::with_statements().await;
    let inner: &[(&str, &[u8])] = &[("index.html", b"<html>"), ("a/b.js", b"1")];
    let outer: &[(&str, &[u8])] = &[("dist/index.html", b"<html>"), ("dist/a/b.js", b"1")];
    let web = Web::claiming(outer, inner);
    world.state(&payload(1, "2.0.0", &web), &web);
    let (updater, _) = world.launch();
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
}

#[tokio::test]
async fn what_macos_adds_is_refused() {
    let page: (&str, &[u8]) = ("index.html", b"<html>");
    for junk in ["__MACOSX/._index.html", "a/.DS_Store"] {
        let world = World::with_statements().await;
        let web = Web::claiming(&[page, (junk, b"x")], &[page]);
        world.state(&payload(1, "2.0.0", &web), &web);
        let (updater, _) = world.launch();
        let error = updater.sync().await.unwrap_err();
        assert_eq!(error.code(), "invalid_archive");
        assert!(error.to_string().contains(junk), "{error}");
    }
}

#[tokio::test]
async fn a_bundle_that_unpacks_to_more_than_was_stated_is_refused() {
    let world = World::with_statements().await;
    let mut web = Web::page("2.0.0");
    web.bundle["unpackedSize"] = json!(5);
    world.state(&payload(1, "2.0.0", &web), &web);
    let (updater, _) = world.launch();
    assert_eq!(code(&updater).await, "archive_limit");
    web.bundle["unpackedSize"] = json!(6);
    world.state(&payload(2, "2.0.0", &web), &web);
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
}

#[tokio::test]
async fn other_bytes_than_the_statement_names_are_refused() {
    let world = World::with_statements().await;
    let web = Web::page("2.0.0");
    world.state(&payload(1, "2.0.0", &web), &web);
    let mut other = web.zip.clone();
    other[40] ^= 1;
    world.publish_zip("9.9.9", &other);
    let (updater, _) = world.launch();
    assert_eq!(code(&updater).await, "checksum_mismatch");
    world.publish_zip("9.9.9", &web.zip);
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
}

#[tokio::test]
async fn the_native_range_is_the_statements() {
    let world = World::with_statements().await;
    let web = Web::page("2.0.0");
    let mut newer = payload(1, "2.0.0", &web);
    newer["minAppVersion"] = json!("1.1");
    world.state(&newer, &web);
    let (updater, _) = world.launch();
    assert_eq!(status(&updater).await, SyncStatus::NativeUpdateRequired);
    let mut older = payload(2, "2.0.0", &web);
    older["maxAppVersion"] = json!("0.9");
    world.state(&older, &web);
    assert_eq!(blocked(&updater).await, BlockReason::NativeVersion);
    let error = updater.download(DownloadRequest::Offered).await;
    assert_eq!(error.unwrap_err().code(), "native_version");
}

#[tokio::test]
async fn a_rollback_to_builtin_is_done_at_once_and_told() {
    let world = World::with_statements().await;
    let updater = running(&world, 10, "2.0.0").await;
    world.state_rollback(11);
    let latest = updater.get_latest(None).await.unwrap();
    assert_eq!(latest.status, LatestStatus::RolledBack);
    assert_eq!(version(&updater), "2.0.0", "a check changes nothing");
    world.forget_events();
    assert_eq!(status(&updater).await, SyncStatus::RolledBack);
    assert_eq!(world.event_names(), ["set", "appReloaded", "reload"]);
    assert_eq!(updater.current().unwrap().id.as_str(), "builtin");
    assert_eq!(updater.failed_update().unwrap(), None);
    drop(updater);
    let (updater, launch) = world.launch();
    assert_eq!(launch.bundle.id.as_str(), "builtin");
    assert_eq!(status(&updater).await, SyncStatus::UpToDate);
    // Nothing is blocked by it: the version comes back, without a byte fetched.
    let fetched = world.server.bundle_requests().len();
    let web = Web::page("2.0.0");
    world.state(&payload(12, "2.0.0", &web), &web);
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
    assert_eq!(world.server.bundle_requests().len(), fetched);
}

#[tokio::test]
async fn a_rollback_to_builtin_on_builtin_is_up_to_date_and_forgets_what_is_next() {
    let world = World::with_statements().await;
    let web = Web::page("2.0.0");
    world.state(&payload(10, "2.0.0", &web), &web);
    let (updater, _) = world.launch();
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
    world.state_rollback(11);
    let latest = updater.get_latest(None).await.unwrap();
    assert_eq!(latest.status, LatestStatus::UpToDate);
    assert!(updater.next().unwrap().is_some(), "a check changes nothing");
    assert_eq!(status(&updater).await, SyncStatus::UpToDate);
    assert_eq!(updater.next().unwrap(), None);
    let error = updater.download(DownloadRequest::Offered).await;
    assert_eq!(error.unwrap_err().code(), "invalid_request");
}

#[tokio::test]
async fn a_rollback_to_builtin_for_other_native_versions_is_not_for_this_one() {
    let world = World::with_statements().await;
    let updater = running(&world, 10, "2.0.0").await;
    let mut payload = rollback(11);
    payload["maxAppVersion"] = json!("0.9");
    world.state(&payload, &Web::page("x"));
    assert_eq!(status(&updater).await, SyncStatus::UpToDate);
    assert_eq!(version(&updater), "2.0.0");
}

#[tokio::test]
async fn a_download_by_address_needs_a_statement() {
    let world = World::with_statements().await;
    let web = Web::page("2.0.0");
    world.publish_zip("2.0.0", &web.zip);
    let url = format!("{}/api/v1/bundles/2.0.0", world.server.url());
    let checksum = web.bundle["sha256"].as_str().unwrap();
    let (updater, _) = world.launch();
    let bare = DownloadRequest::at(&url, "2.0.0", checksum)
        .unwrap()
        .signature(Some("AAAA".to_owned()));
    assert_eq!(
        updater.download(bare).await.unwrap_err().code(),
        "signature_missing"
    );
    let stated = |payload: &Value, seed| {
        DownloadRequest::stated(&url, envelope(payload, seed).to_string()).unwrap()
    };
    let good = payload(5, "2.0.0", &web);
    let foreign = updater.download(stated(&good, 2)).await;
    assert_eq!(foreign.unwrap_err().code(), "untrusted_key");
    let back = updater.download(stated(&rollback(4), 1)).await;
    assert_eq!(back.unwrap_err().code(), "invalid_request");
    assert_eq!(world.server.bundle_requests().len(), 0);
    let bundle = updater.download(stated(&good, 1)).await.unwrap();
    assert_eq!(bundle.version, "2.0.0");
    let old = updater
        .download(stated(&payload(4, "3.0.0", &web), 1))
        .await;
    assert_eq!(old.unwrap_err().code(), "downgrade");
}

#[tokio::test]
async fn other_modes_read_no_statements() {
    let world = World::new().await;
    let web = Web::page("2.0.0");
    let url = format!("{}/api/v1/bundles/2.0.0", world.server.url());
    let (updater, _) = world.launch();
    let envelope = envelope(&payload(1, "2.0.0", &web), 1).to_string();
    let request = DownloadRequest::stated(&url, envelope).unwrap();
    let refused = updater.download(request).await.unwrap_err();
    assert_eq!(refused.code(), "invalid_request");
    world.publish("2.0.0");
    let mut release = world.server.release("2.0.0").unwrap();
    release.other = Map::from_iter([("release".to_owned(), json!("nonsense"))]);
    world.server.offer(release);
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
}

#[tokio::test]
async fn each_channel_has_its_own_statements() {
    let world = World::with_statements().await;
    let updater = running(&world, 10, "2.0.0").await;
    let web = Web::page("3.0.0");
    let mut beta = payload(3, "3.0.0", &web);
    beta["channel"] = json!("beta");
    world.state(&beta, &web);
    assert_eq!(code(&updater).await, "app_mismatch");
    updater.set_channel(Some("beta".to_owned())).await.unwrap();
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
    let floors = updater.state().unwrap()["trusted"]["floors"].clone();
    assert_eq!(floors.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn keys_are_revoked_and_exchanged_without_a_new_app() {
    let mut world = World::new().await;
    world.configure("trust", trust(&[1, 2], 1));
    let updater = running(&world, 1, "2.0.0").await;
    let stolen = envelope(&payload(2, "2.0.0", &Web::page("2.0.0")), 1);
    let revoked_id = stolen["signatures"][0]["keyid"].clone();
    let web = Web::page("3.0.0");
    let mut revoking = payload(2, "3.0.0", &web);
    revoking["revoked"] = json!([revoked_id]);
    world.answer(&envelope(&revoking, 2), &web);
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
    drop(updater);
    let (updater, _) = world.launch();
    world.answer(&envelope(&payload(3, "4.0.0", &web), 1), &web);
    assert_eq!(code(&updater).await, "untrusted_key");
    world.answer(&envelope(&payload(3, "4.0.0", &web), 2), &web);
    assert_eq!(status(&updater).await, SyncStatus::Downloaded);
}

#[tokio::test]
async fn a_lost_state_adopts_only_what_a_statement_names() {
    for (change, is_adopted) in [
        (None, true),
        (Some("files"), false),
        (Some("www/a/b.js"), false),
    ] {
        let world = World::with_statements().await;
        let updater = running(&world, 10, "2.0.0").await;
        let id = updater.current().unwrap().id;
        drop(updater);
        for slot in ["state.a", "state.b"] {
            fs::write(world.path(slot), b"damaged").unwrap();
        }
        match change {
            // Both consistent with each other, and with no statement.
            Some("files") => {
                fs::remove_dir_all(world.path(&format!("bundles/{id}/www/a"))).unwrap();
                fs::write(world.path(&format!("bundles/{id}/www/index.html")), "evil").unwrap();
                let digest = sha256(b"evil");
                let list = format!("{digest} 4 index.html\n");
                fs::write(world.path(&format!("bundles/{id}/files")), list).unwrap();
            }
            Some(file) => fs::write(world.path(&format!("bundles/{id}/{file}")), "2").unwrap(),
            None => {}
        }
        let (updater, launch) = world.launch();
        assert_eq!(launch.bundle.id.as_str(), "builtin");
        let before = world.server.bundle_requests().len();
        // Without a valid statement, nothing is taken up.
        let web = Web::page("2.0.0");
        world.answer(&envelope(&payload(10, "2.0.0", &web), 2), &web);
        assert_eq!(code(&updater).await, "untrusted_key");
        assert!(updater.bundles().unwrap().is_empty());
        world.state(&payload(10, "2.0.0", &web), &web);
        let bundle = updater.sync().await.unwrap().bundle.unwrap();
        assert_eq!(bundle.id == id, is_adopted, "{change:?}");
        let fetched = world.server.bundle_requests().len() - before;
        assert_eq!(fetched, usize::from(!is_adopted), "{change:?}");
    }
}

#[tokio::test]
async fn an_offer_is_verified_anew_when_it_is_downloaded() {
    let world = World::with_statements().await;
    let web = Web::page("2.0.0");
    world.state(&payload(10, "2.0.0", &web), &web);
    let (updater, _) = world.launch();
    updater.get_latest(None).await.unwrap();
    let url = format!("{}/api/v1/bundles/9.9.9", world.server.url());
    let newer = envelope(&payload(11, "2.1.0", &web), 1).to_string();
    let request = DownloadRequest::stated(&url, newer).unwrap();
    updater.download(request).await.unwrap();
    let error = updater
        .download(DownloadRequest::Offered)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "downgrade");
}

#[tokio::test]
async fn a_release_that_is_not_stated_is_not_offered_for_later_either() {
    let world = World::with_statements().await;
    world.publish("2.0.0");
    let (updater, _) = world.launch();
    assert!(updater.get_latest(None).await.is_err());
    world.server.offer(Release {
        version: "2.0.0".to_owned(),
        ..Release::default()
    });
    let error = updater
        .download(DownloadRequest::Offered)
        .await
        .unwrap_err();
    assert_eq!(error.code(), "signature_missing");
}

fn sha256(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    live_updater::Sha256Digest::new(sha2::Sha256::digest(bytes).into()).to_string()
}
