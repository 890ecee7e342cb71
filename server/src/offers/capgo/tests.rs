use std::collections::HashMap;

use super::*;
use crate::catalogue::apps::AppRecord;
use crate::catalogue::bundles::{Location, NewBundle};
use crate::catalogue::channels::ChannelRecord;
use crate::catalogue::releases::{ALL, ReleaseRecord, ReleaseState};
use crate::offers::Offer;

static PLUGIN: Version = Version::new(8, 51, 23);

fn asking() -> Asking<'static> {
    Asking {
        device: "device",
        platform: "android",
        running: None,
        native: "1.2.0",
        plugin: &PLUGIN,
        is_emulator: false,
        is_prod: true,
        key_id: None,
        named_channel: None,
    }
}

/// An app whose public channel gives `version`; none is builtin.
fn app_giving(version: Option<&str>) -> AppOffers {
    AppOffers {
        app: AppRecord {
            id: "com.example.app".to_owned(),
            organisation: String::new(),
            name: String::new(),
            device_token: None,
            keep_bundles: 20,
            expose_metadata: false,
            created_at: 0,
        },
        channels: vec![channel(1, "production", version)],
        chosen: HashMap::new(),
    }
}

fn channel(id: i64, name: &str, version: Option<&str>) -> ChannelOffers {
    ChannelOffers {
        channel: ChannelRecord {
            id,
            app: "com.example.app".to_owned(),
            name: name.to_owned(),
            is_public: id == 1,
            self_set: false,
            platforms: Vec::new(),
            refuses: Vec::new(),
            sequence: 1,
            pause_failures_bps: None,
            pause_min_reports: 20,
            created_at: 0,
            updated_at: 0,
        },
        full: Some(offer(id, version)),
        rollout: None,
        steps: Vec::new(),
    }
}

fn offer(id: i64, version: Option<&str>) -> Offer {
    Offer {
        release: ReleaseRecord {
            id,
            channel: id,
            sequence: 1,
            bundle: version.map(|_| id),
            state: ReleaseState::Full,
            share_bps: ALL,
            mandatory: false,
            statement: None,
            issued_at: 0,
            paused_because: None,
            created_by: String::new(),
            created_at: 0,
        },
        bundle: version.map(|version| BundleRecord {
            id,
            bundle: NewBundle {
                app: "com.example.app".to_owned(),
                version: version.to_owned(),
                checksum: String::new(),
                size: 1,
                location: Location::File("file.zip".to_owned()),
                files_sha256: None,
                unpacked_size: None,
                signature: None,
                session_key: None,
                key_id: None,
                min_app_version: None,
                max_app_version: None,
                release_notes: None,
                mandatory: false,
                link: None,
                comment: None,
                created_by: String::new(),
            },
            created_at: 0,
            updated_at: 0,
        }),
        statement: None,
    }
}

fn bundle(app: &mut AppOffers) -> &mut NewBundle {
    let full = app.channels[0].full.as_mut().unwrap();
    &mut full.bundle.as_mut().unwrap().bundle
}

/// The code and the kind of an answer; the version where there is one.
fn told(app: &AppOffers, asking: &Asking<'_>) -> (String, Option<Kind>) {
    match answer(app, asking) {
        Answer::Bundle(record) => (record.bundle.version.clone(), None),
        Answer::Builtin => ("builtin".to_owned(), None),
        Answer::Nothing { because, .. } => (
            because.code(asking.platform).to_owned(),
            Some(because.kind()),
        ),
    }
}

#[track_caller]
fn assert_told(app: &AppOffers, asking: &Asking<'_>, code: &str, kind: Option<Kind>) {
    assert_eq!(told(app, asking), (code.to_owned(), kind));
}

#[test]
fn a_device_gets_what_its_channel_gives_until_it_runs_it() {
    let app = app_giving(Some("1.2.1"));
    assert_told(&app, &asking(), "1.2.1", None);
    let up_to_date = Some(Kind::UpToDate);
    let running = Some("1.2.1");
    let on_it = Asking {
        running,
        ..asking()
    };
    assert_told(&app, &on_it, "no_new_version_available", up_to_date);
    // The app itself brought the same files.
    let native = "1.2.1 (7)";
    let built_in = Asking { native, ..asking() };
    assert_told(&app, &built_in, "no_new_version_available", up_to_date);
    let older = Asking {
        running: Some("1.3.0"),
        ..asking()
    };
    assert_told(&app, &older, "1.2.1", None);
}

#[test]
fn a_device_goes_back_to_builtin_without_a_reason_beside_it() {
    let app = app_giving(None);
    let on_bundle = Asking {
        running: Some("1.2.1"),
        ..asking()
    };
    assert_told(&app, &on_bundle, "builtin", None);
    assert_told(&app, &asking(), "already_on_builtin", Some(Kind::UpToDate));
    let plugin = &Version::new(6, 1, 9);
    let old = Asking {
        plugin,
        ..on_bundle
    };
    let code = "revert_to_builtin_plugin_version_too_old";
    assert_told(&app, &old, code, Some(Kind::Failed));
}

#[test]
fn what_no_device_can_use_is_a_failure() {
    let failed = Some(Kind::Failed);
    let app = app_giving(Some("1.2.1"));
    let plugin = &Version::new(4, 60, 0);
    let cases = [
        (Asking { plugin, ..asking() }, "unsupported_plugin_version"),
        (
            Asking {
                native: "unknown",
                ..asking()
            },
            "unknown_version_build",
        ),
        (
            Asking {
                native: "beta",
                ..asking()
            },
            "semver_error",
        ),
        (
            Asking {
                named_channel: Some("none"),
                ..asking()
            },
            "no_channel",
        ),
    ];
    for (asking, code) in cases {
        assert_told(&app, &asking, code, failed);
    }
    let mut empty = app_giving(None);
    empty.channels[0].full = None;
    assert_told(&empty, &asking(), "no_bundle", failed);
    empty.channels.clear();
    assert_told(&empty, &asking(), "no_channel", failed);
}

#[test]
fn a_device_that_a_first_rollout_has_not_reached_is_up_to_date() {
    let mut app = app_giving(Some("1.2.1"));
    let mut offer = app.channels[0].full.take().unwrap();
    offer.release.state = ReleaseState::Rollout;
    offer.release.share_bps = 0;
    app.channels[0].rollout = Some(offer);
    assert_told(
        &app,
        &asking(),
        "no_new_version_available",
        Some(Kind::UpToDate),
    );
    app.channels[0].rollout.as_mut().unwrap().release.share_bps = ALL;
    assert_told(&app, &asking(), "1.2.1", None);
}

#[test]
fn a_channel_holds_back_versions_that_are_too_far_from_the_app() {
    let blocked = Some(Kind::Blocked);
    for (refusal, version, code) in [
        (Refusal::Major, "2.0.0", "disable_auto_update_to_major"),
        (Refusal::Minor, "1.3.0", "disable_auto_update_to_minor"),
        (Refusal::Minor, "2.0.0", "disable_auto_update_to_minor"),
        (Refusal::Patch, "1.3.0", "disable_auto_update_to_patch"),
        (Refusal::Patch, "1.1.9", "disable_auto_update_to_patch"),
        (
            Refusal::UnderNative,
            "1.1.9",
            "disable_auto_update_under_native",
        ),
    ] {
        let mut app = app_giving(Some(version));
        assert_told(&app, &asking(), version, None);
        app.channels[0].channel.refuses = vec![refusal];
        assert_told(&app, &asking(), code, blocked);
    }
    for (refusal, version) in [
        (Refusal::Major, "1.9.0"),
        (Refusal::Major, "0.9.0"),
        (Refusal::Minor, "1.2.9"),
        (Refusal::Patch, "1.2.1"),
        (Refusal::UnderNative, "1.2.1"),
    ] {
        let mut app = app_giving(Some(version));
        app.channels[0].channel.refuses = vec![refusal];
        assert_told(&app, &asking(), version, None);
    }
}

#[test]
fn a_channel_holds_back_from_platforms_and_builds() {
    let blocked = Some(Kind::Blocked);
    for (refusal, refused, code) in [
        (
            Refusal::Emulator,
            Asking {
                is_emulator: true,
                ..asking()
            },
            "disable_emulator",
        ),
        (Refusal::Device, asking(), "disable_device"),
        (
            Refusal::Dev,
            Asking {
                is_prod: false,
                ..asking()
            },
            "disable_dev_build",
        ),
        (Refusal::Prod, asking(), "disable_prod_build"),
    ] {
        let mut app = app_giving(Some("1.2.1"));
        assert_told(&app, &refused, "1.2.1", None);
        app.channels[0].channel.refuses = vec![refusal];
        assert_told(&app, &refused, code, blocked);
        // The way back to builtin is as closed as the way forward.
        let mut back = app_giving(None);
        back.channels[0].channel.refuses = vec![refusal];
        let on_bundle = Asking {
            running: Some("1.2.1"),
            ..refused
        };
        assert_told(&back, &on_bundle, code, blocked);
    }
    let mut app = app_giving(Some("1.2.1"));
    app.channels[0].channel.platforms = vec!["web".to_owned()];
    for platform in ["ios", "android", "electron"] {
        let code = format!("disabled_platform_{platform}");
        assert_told(
            &app,
            &Asking {
                platform,
                ..asking()
            },
            &code,
            blocked,
        );
    }
}

#[test]
fn a_bundle_for_other_versions_of_the_app_is_not_given() {
    let mut app = app_giving(Some("1.2.1"));
    bundle(&mut app).min_app_version = Some("1.2.0.5".to_owned());
    let (code, blocked) = ("disable_auto_update_to_metadata", Some(Kind::Blocked));
    assert_told(&app, &asking(), code, blocked);
    let newer = Asking {
        native: "1.2.0.5",
        ..asking()
    };
    assert_told(&app, &newer, "1.2.1", None);
    bundle(&mut app).max_app_version = Some("1.2".to_owned());
    assert_told(&app, &newer, code, blocked);

    let mut without = app_giving(Some("1.2.1"));
    without.channels[0].channel.refuses = vec![Refusal::NoRange];
    assert_told(
        &without,
        &asking(),
        "misconfigured_channel",
        Some(Kind::Failed),
    );
}

#[test]
fn a_bundle_for_another_key_is_not_given() {
    let mut app = app_giving(Some("1.2.1"));
    bundle(&mut app).key_id = Some("bundle".to_owned());
    assert_told(&app, &asking(), "1.2.1", None);
    let same = Asking {
        key_id: Some("bundle"),
        ..asking()
    };
    assert_told(&app, &same, "1.2.1", None);
    let other = Asking {
        key_id: Some("device"),
        ..asking()
    };
    assert_told(&app, &other, "key_id_mismatch", Some(Kind::Blocked));
}

#[test]
fn a_device_may_be_in_a_private_channel_and_not_name_one() {
    let mut app = app_giving(Some("1.2.1"));
    app.channels.push(channel(2, "beta", Some("2.0.0")));
    let named = Asking {
        named_channel: Some("beta"),
        ..asking()
    };
    let code = "cannot_update_via_private_channel";
    assert_told(&app, &named, code, Some(Kind::Blocked));
    app.channels[1].channel.self_set = true;
    assert_told(&app, &named, "2.0.0", None);
    app.channels[1].channel.self_set = false;
    app.chosen.insert("device".to_owned(), 2);
    assert_told(&app, &named, "2.0.0", None);
    assert_told(&app, &asking(), "2.0.0", None);
    assert_told(
        &app,
        &Asking {
            device: "other",
            ..asking()
        },
        "1.2.1",
        None,
    );
}

#[test]
fn the_public_channel_for_a_platform_is_preferred() {
    let mut app = app_giving(Some("1.2.1"));
    app.channels[0].channel.platforms = vec!["ios".to_owned()];
    let mut android = channel(2, "android", Some("1.2.2"));
    android.channel.is_public = true;
    app.channels.push(android);
    assert_told(&app, &asking(), "1.2.2", None);
    assert_told(
        &app,
        &Asking {
            platform: "ios",
            ..asking()
        },
        "1.2.1",
        None,
    );
}

#[test]
fn the_first_numbers_of_a_text_are_its_version() {
    for (text, version) in [
        ("1.2.3", "1.2.3"),
        ("v1.2.3-rc.1", "1.2.3-rc.1"),
        ("1.2", "1.2.0"),
        ("7", "7.0.0"),
        ("1.2.3.4", "1.2.3"),
        ("app 4.5 (6)", "4.5.0"),
        ("01.02.03", "1.2.3"),
        ("1.", "1.0.0"),
    ] {
        assert_eq!(coerce(text).unwrap().to_string(), version, "{text}");
    }
    for text in ["", "beta", "99999999999999999999999"] {
        assert_eq!(coerce(text), None);
    }
}
