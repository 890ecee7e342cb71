//! What records look like to JavaScript: the device shell's own answers.

use crate::{
    BlockReason, BundleInfo, BundleStatus, Channel, FailureReason, Flushed, Latest, LatestStatus,
    Launch, Problem, Release, SyncOutcome, SyncStatus, UpdateEvent,
};
use live_updater::Event;
use serde_json::{Value, json};

#[test]
fn a_launch() {
    let launch = Launch {
        bundle: bundle(),
        path: Some("/data/bundles/1/www".to_owned()),
        launch_token: "t".to_owned(),
        page_mark: "m".to_owned(),
        trial: true,
        rolled_back: None,
        problem: Some(Problem {
            code: "storage".to_owned(),
            message: "no room".to_owned(),
        }),
    };
    assert_eq!(
        read(&launch.json()),
        json!({
            "bundle": bundle_json(),
            "path": "/data/bundles/1/www",
            "launchToken": "t",
            "trial": true,
            "rolledBack": null,
            "problem": {"code": "storage", "message": "no room"},
        })
    );
}

#[test]
fn what_is_found() {
    let latest = Latest {
        status: LatestStatus::Blocked,
        reason: Some(BlockReason::RateLimited),
        message: None,
        version: Some("2.0.0".to_owned()),
        release: Some(Release {
            version: "2.0.0".to_owned(),
            size: Some(10),
            mandatory: false,
            release_notes: None,
            min_app_version: Some("1".to_owned()),
            max_app_version: None,
            sequence: None,
        }),
    };
    assert_eq!(
        read(&latest.json()),
        json!({
            "status": "blocked",
            "reason": "rate_limited",
            "version": "2.0.0",
            "release": {
                "version": "2.0.0",
                "size": 10,
                "mandatory": false,
                "releaseNotes": null,
                "minAppVersion": "1",
                "maxAppVersion": null,
                "sequence": null,
            },
        })
    );
}

#[test]
fn a_channel() {
    let channel = Channel {
        id: "7".to_owned(),
        name: "beta".to_owned(),
        public: false,
        allow_self_set: true,
    };
    assert_eq!(
        read(&channel.json()),
        json!({"id": "7", "name": "beta", "public": false, "allowSelfSet": true})
    );
}

#[test]
fn how_a_sync_and_a_flush_ended() {
    let outcome = SyncOutcome {
        status: SyncStatus::Downloaded,
        bundle: Some(bundle()),
        reason: None,
        message: None,
    };
    assert_eq!(
        read(&outcome.json()),
        json!({"status": "downloaded", "bundle": bundle_json()})
    );
    let rolled_back = SyncOutcome {
        status: SyncStatus::RolledBack,
        bundle: None,
        reason: None,
        message: None,
    };
    assert_eq!(read(&rolled_back.json()), json!({"status": "rolledBack"}));
    let flushed = Flushed {
        delivered: 1,
        pending: 2,
    };
    assert_eq!(read(&flushed.json()), json!({"delivered": 1, "pending": 2}));
}

#[test]
fn events() {
    let progress = UpdateEvent::Download {
        percent: 50,
        bytes: 5,
        total_bytes: Some(10),
        bundle: bundle(),
    };
    assert_eq!(progress.name(), "download");
    assert!(!progress.outlives_page());
    assert_eq!(
        read(&progress.json()),
        json!({"percent": 50, "bytes": 5, "totalBytes": 10, "bundle": bundle_json()})
    );
    let failed = UpdateEvent::UpdateFailed {
        bundle: bundle(),
        reason: FailureReason::TrialLaunches,
    };
    assert_eq!(failed.name(), "updateFailed");
    assert!(failed.outlives_page());
    assert_eq!(
        read(&failed.json()),
        json!({"bundle": bundle_json(), "reason": "trial_launches"})
    );
}

#[test]
fn each_event_has_the_name_and_the_data_that_it_has_in_the_core() {
    let folder = tempfile::tempdir().unwrap();
    // A bundle and a problem as the core makes them.
    let launch = live_updater::Updater::builder_from_json(folder.path(), "{}")
        .open()
        .launch(true);
    let bundle = launch.bundle.clone();
    let error = launch.problem.clone().unwrap();
    let events = [
        Event::Download {
            bundle: bundle.clone(),
            percent: 50,
            bytes: 5,
            total_bytes: Some(10),
        },
        Event::DownloadComplete {
            bundle: bundle.clone(),
        },
        Event::DownloadFailed {
            bundle: bundle.clone(),
            error,
        },
        Event::UpdateAvailable {
            bundle: bundle.clone(),
        },
        Event::NoNeedUpdate {
            bundle: bundle.clone(),
        },
        Event::UpdateFailed {
            bundle: bundle.clone(),
            reason: live_updater::FailureReason::CrashLoop,
        },
        Event::Set {
            bundle: bundle.clone(),
        },
        Event::SetNext {
            bundle: bundle.clone(),
        },
        Event::AppReady {
            bundle: bundle.clone(),
        },
        Event::AppReloaded { bundle },
    ];
    for event in events {
        let (name, data) = (event.name(), event.data());
        let crossed = UpdateEvent::from_core(event).unwrap();
        assert_eq!(
            (crossed.name(), read(&crossed.json())),
            (name.to_owned(), data)
        );
    }
    assert_eq!(UpdateEvent::from_core(Event::Reload(launch)), None);
}

#[test]
fn a_page_script_is_a_call_with_the_token_and_the_mark() {
    let script = launch_of("00ff").page_script();
    assert!(script.ends_with("})(\"00ff\", \"aa11\");\n"), "{script}");
}

#[test]
fn a_page_script_for_every_origin_is_told_the_apps_own() {
    let script = launch_of("00ff").page_script_for("app://a\"b");
    assert!(
        script.ends_with("})(\"00ff\", \"aa11\", \"app://a\\\"b\");\n"),
        "{script}"
    );
}

fn launch_of(token: &str) -> Launch {
    Launch {
        bundle: bundle(),
        path: None,
        launch_token: token.to_owned(),
        page_mark: "aa11".to_owned(),
        trial: false,
        rolled_back: None,
        problem: None,
    }
}

fn bundle() -> BundleInfo {
    BundleInfo {
        id: "0a".to_owned(),
        version: "2.0.0".to_owned(),
        status: BundleStatus::Pending,
        checksum: "ff".to_owned(),
        downloaded: "2026-01-01T00:00:00.000Z".to_owned(),
    }
}

fn bundle_json() -> Value {
    json!({
        "id": "0a",
        "version": "2.0.0",
        "status": "pending",
        "checksum": "ff",
        "downloaded": "2026-01-01T00:00:00.000Z",
    })
}

fn read(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}
