//! native-update's document on the server that its users have to build.

use std::fs;

use serde_json::json;

use crate::support::{Bundle, Phone, Service, run};

const CHECK: &str = r#"curl "$API/api/v1/updates/check?appId=com.example.app&currentVersion=1.0.0&platform=ios&channel=production""#;

/// A service whose channel gives 1.2.3, signed, with notes and a native range.
fn service() -> Option<Service> {
    let service = Service::start()?;
    Bundle::pack(&service.path("dist"), &service.path("app.zip"));
    run(service.command("openssl").args(
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out private.pem".split(' '),
    ));
    run(service
        .command("openssl")
        .args("pkey -in private.pem -pubout -out public.pem".split(' ')));
    run(service
        .command("openssl")
        .args("dgst -sha256 -sign private.pem -out app.sig app.zip".split(' ')));
    let put = r#"curl -X PUT -T app.zip -H "authorization: $KEY" \
        --url-query "signature=$(openssl base64 -A -in app.sig)" \
        --url-query "minAppVersion=2.0.0" \
        --url-query "releaseNotes=Bug fixes and improvements" \
        "$API/api/v1/apps/com.example.app/bundles/1.2.3""#;
    let (status, answer) = service.curl(put);
    assert_eq!(status, 201, "{answer}");
    let release = r#"curl -X POST -H "authorization: $KEY" -d '{"version": "1.2.3"}' \
        "$API/api/v1/apps/com.example.app/channels/production/releases""#;
    assert_eq!(service.curl(release).0, 200);
    Some(service)
}

#[test]
fn a_check_is_answered_with_the_nine_fields_of_the_document() {
    let Some(service) = service() else {
        return;
    };
    let (status, answer) = service.curl(CHECK);
    assert_eq!(status, 200);
    let zip = fs::read(service.path("app.zip")).unwrap();
    let expected = json!({
        "updateAvailable": true,
        "version": "1.2.3",
        "minAppVersion": "2.0.0",
        "releaseNotes": "Bug fixes and improvements",
        "downloadUrl": answer["downloadUrl"],
        "signature": answer["signature"],
        "checksum": run(service.command("sha256sum").arg("app.zip"))[..64],
        "size": zip.len(),
        "mandatory": false,
    });
    assert_eq!(answer, expected);
    assert!(
        answer["downloadUrl"]
            .as_str()
            .unwrap()
            .starts_with("https://")
    );

    // The signature is the developer's, for whoever has the public key.
    let signature = answer["signature"].as_str().unwrap();
    fs::write(service.path("told"), signature).unwrap();
    let verify = "openssl base64 -d -A -in told -out told.sig && \
        openssl dgst -sha256 -verify public.pem -signature told.sig app.zip";
    let verified = run(service.command("/bin/sh").args(["-c", verify]));
    assert_eq!(verified.trim(), "Verified OK");

    let (_, none) = service.curl(&CHECK.replace("currentVersion=1.0.0", "currentVersion=1.2.3"));
    assert_eq!(none["updateAvailable"], false);
}

#[test]
fn a_download_that_was_cut_goes_on_where_it_ended() {
    let Some(service) = service() else {
        return;
    };
    let zip = fs::read(service.path("app.zip")).unwrap();
    let bundle = r#""$API/api/v1/bundles/1.2.3""#;
    let (status, _) = service.curl_text(&format!("curl -r 0-99 -o part.zip {bundle}"));
    assert_eq!(status, 206);
    assert_eq!(fs::read(service.path("part.zip")).unwrap(), zip[..100]);
    let (status, _) = service.curl_text(&format!("curl -C - -o part.zip {bundle}"));
    assert_eq!(status, 206);
    assert_eq!(fs::read(service.path("part.zip")).unwrap(), zip);

    let (_, head) = service.curl_text(&format!("curl -I {bundle}"));
    let head = head.to_ascii_lowercase();
    for line in [
        "content-type: application/zip",
        "accept-ranges: bytes",
        "x-content-type-options: nosniff",
        "strict-transport-security: max-age=",
        "content-security-policy: default-src 'none'",
        "etag: \"",
    ] {
        assert!(head.contains(line), "{line}: {head}");
    }
}

#[test]
fn a_confirmation_is_kept_and_counted() {
    let Some(service) = service() else {
        return;
    };
    let confirm = |success: bool| {
        let body = json!({
            "appId": "com.example.app",
            "version": "1.2.3",
            "platform": "ios",
            "success": success,
            "deviceId": "unique-device-id",
        });
        let (status, _) = service.curl(&format!(
            r#"curl -X POST -H "Content-Type: application/json" -d '{body}' \
               "$API/api/v1/updates/confirm""#
        ));
        assert_eq!(status, 200);
    };
    confirm(true);
    confirm(false);
    let (_, figures) = service
        .curl(r#"curl -H "authorization: $KEY" "$API/api/v1/apps/com.example.app/analytics""#);
    let version = &figures["versions"][0];
    assert_eq!(version["version"], "1.2.3");
    assert_eq!(
        (&version["successes"], &version["failures"]),
        (&json!(1), &json!(1))
    );
}

#[test]
fn the_service_tells_of_its_health() {
    let Some(service) = service() else {
        return;
    };
    for path in ["/health", "/ready"] {
        let answer = service.curl(&format!(r#"curl "$API{path}""#));
        assert_eq!(answer, (200, json!({ "status": "ok" })));
    }
    let (_, metrics) = service.curl_text(r#"curl "$API/metrics""#);
    assert!(metrics.contains("live_updater_requests_total"));
}

#[test]
fn devices_send_a_token_where_the_app_wants_one_and_no_more_requests_than_they_may() {
    let Some(service) = Service::start_with(&["--device-requests-per-minute", "3"]) else {
        return;
    };
    let make = r#"curl -X POST -H "authorization: $KEY" -d '{"appId": "com.example.app"}' \
        "$API/api/v1/apps""#;
    assert_eq!(service.curl(make).0, 201);
    let protect = r#"curl -X PATCH -H "authorization: $KEY" -d '{"deviceToken": "secret"}' \
        "$API/api/v1/apps/com.example.app""#;
    assert_eq!(service.curl(protect).0, 200);
    let check = CHECK.replace("&channel", "&deviceId=d&channel");
    let (status, answer) = service.curl(&check);
    assert_eq!((status, &answer["code"]), (401, &json!("unauthorized")));
    let with_token = check.replace("curl ", "curl -H 'Authorization: Bearer secret' ");
    let statuses: Vec<_> = (0..4).map(|_| service.curl(&with_token).0).collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
}

#[test]
fn a_device_updates_itself_from_the_service_and_its_report_arrives() {
    let Some(service) = Service::start() else {
        return;
    };
    Bundle::pack(&service.path("dist"), &service.path("app.zip"));
    let put = r#"curl -X PUT -T app.zip -H "authorization: $KEY" \
        "$API/api/v1/apps/com.example.app/bundles/1.2.3""#;
    assert_eq!(service.curl(put).0, 201);
    let release = r#"curl -X POST -H "authorization: $KEY" -d '{"version": "1.2.3"}' \
        "$API/api/v1/apps/com.example.app/channels/production/releases""#;
    assert_eq!(service.curl(release).0, 200);
    let phone = Phone::new(service.url()).with("rootCertificates", service.root_certificates());
    let installed = phone.sync_and_try(phone.start());
    Phone::assert_same_files(&installed, &service.path("dist"));
    phone.start().call("flush", json!({})).unwrap();
    let (_, figures) = service
        .curl(r#"curl -H "authorization: $KEY" "$API/api/v1/apps/com.example.app/analytics""#);
    let versions = figures["versions"].as_array().unwrap();
    let own = versions.iter().find(|one| one["version"] == "1.2.3");
    assert_eq!(own.unwrap()["successes"], 1, "{figures}");
}
