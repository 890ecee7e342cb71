//! What the doctor finds: nothing at the service, each fault of the mock server, and what plain
//! static files lack.

mod nginx;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::site::{APP, Site};
use crate::support::Workshop;

use nginx::Nginx;

#[test]
fn nothing_is_wrong_with_the_service() {
    let site = Site::with_keys();
    let both = "--sign keys/live-updater.private.pem --statement keys/live-updater.private.pem";
    site.publish("1.1.0", both);
    let report = doctor(
        &site.workshop,
        &format!(
            "{} --app-id {APP} --key keys/live-updater.public.pem",
            site.url
        ),
        0,
    );
    assert_eq!(report["problems"], 0, "{report:#}");
    assert_eq!(report["warnings"], 0, "{report:#}");
    for code in [
        "range",
        "if_range",
        "unsatisfiable",
        "signature",
        "archive",
        "etag",
        "clock",
    ] {
        assert!(level(&report, code) == Some("ok"), "{code}: {report:#}");
    }
    let shown = site.workshop.run(&format!(
        "doctor {} --app-id {APP} --key keys/live-updater.public.pem",
        site.url
    ));
    assert!(shown.stdout.contains("Nothing is wrong."), "{shown:?}");
}

#[test]
fn another_key_is_a_problem() {
    let site = Site::with_keys();
    site.publish("1.1.0", "--sign keys/live-updater.private.pem");
    site.workshop.json("keygen --out others");
    let ask = format!("{} --app-id {APP}", site.url);
    let other = format!("{ask} --key others/live-updater.public.pem");
    let report = doctor(&site.workshop, &other, 1);
    assert_eq!(level(&report, "signature_invalid"), Some("problem"));
    // Without a key, it is said that nobody looked.
    let report = doctor(&site.workshop, &ask, 0);
    assert_eq!(
        level(&report, "not_verified"),
        Some("warning"),
        "{report:#}"
    );
}

#[test]
fn an_apps_configuration_names_server_keys_and_channel() {
    let site = Site::with_keys();
    site.publish("1.1.0", "");
    let config = json!({
        "appId": APP,
        "appName": "Example",
        "plugins": { "LiveUpdater": { "updateUrl": site.url, "trust": site.trust("bundle") } },
    });
    site.workshop
        .write("capacitor.config.json", config.to_string().as_bytes());
    let report = doctor(&site.workshop, "--config capacitor.config.json", 1);
    assert_eq!(
        level(&report, "signature_missing"),
        Some("problem"),
        "{report:#}"
    );

    site.workshop
        .write("bad.json", br#"{"appId": "a", "nonsense": 1}"#);
    let run = site.workshop.run("--json doctor --config bad.json");
    run.assert_error(1, "config");
}

#[test]
fn each_fault_of_a_server_is_found() {
    let faults = [
        ("check:status=500", "status"),
        ("check:malformed-json", "json"),
        ("check:captive-portal", "json"),
        ("check:oversized-json", "too_long"),
        ("check:gzip", "content_encoding"),
        ("bundle:status=404", "no_bundle"),
        ("bundle:captive-portal", "content_type"),
        ("bundle:gzip", "content_encoding"),
        ("bundle:corrupt=5000", "checksum_mismatch"),
        ("bundle:cut=1000", "bytes"),
        ("bundle:wrong-start", "content_range"),
        ("bundle:wrong-total", "content_range"),
        ("bundle:redirect-http=example.com", "no_bundle"),
        ("check:redirect-loop", "no_answer"),
    ];
    let workshop = Workshop::with_build();
    workshop.json("pack dist --out bundles/1.1.0.zip");
    for (fault, code) in faults {
        let mock = Mock::start(&workshop, &["--fault", fault]);
        let report = doctor(&workshop, &format!("{} --app-id {APP}", mock.url), 1);
        assert_eq!(level(&report, code), Some("problem"), "{fault}: {report:#}");
    }
    let mock = Mock::start(&workshop, &["--fault", "bundle:ignore-range"]);
    let report = doctor(&workshop, &format!("{} --app-id {APP}", mock.url), 0);
    assert_eq!(level(&report, "range"), Some("warning"), "{report:#}");
}

#[test]
fn a_statement_that_has_expired_or_was_broken_is_found() {
    let workshop = Workshop::with_build();
    workshop.json("keygen --out keys");
    workshop.json("pack dist --out bundles/1.1.0.zip");
    workshop.json(&format!(
        "sign statement bundles/1.1.0.zip --version 1.1.0 --app-id {APP} --key keys/live-updater.private.pem"
    ));
    let ask = |mock: &Mock| {
        format!(
            "{} --app-id {APP} --key keys/live-updater.public.pem",
            mock.url
        )
    };
    let mock = Mock::start(&workshop, &[]);
    let report = doctor(&workshop, &ask(&mock), 0);
    assert_eq!(level(&report, "expires"), Some("ok"), "{report:#}");
    let mock = Mock::start(&workshop, &["--fault", "check:broken-statement"]);
    let report = doctor(&workshop, &ask(&mock), 1);
    assert_eq!(
        level(&report, "signature_invalid"),
        Some("problem"),
        "{report:#}"
    );
}

#[test]
fn https_is_looked_at_as_devices_do() {
    let workshop = Workshop::with_build();
    workshop.json("pack dist --out bundles/1.1.0.zip");
    let mock = Mock::start(&workshop, &["--tls", "ca.pem"]);
    let ask = format!("{} --app-id {APP}", mock.url);
    let report = doctor(&workshop, &format!("{ask} --ca ca.pem"), 0);
    let level_of = level(&report, "certificate").or(level(&report, "certificate_expires"));
    assert!(matches!(level_of, Some("ok" | "warning")), "{report:#}");
    // Nobody vouches for it.
    let report = doctor(&workshop, &ask, 1);
    assert_eq!(level(&report, "certificate"), Some("problem"), "{report:#}");

    let report = doctor(
        &workshop,
        &format!("http://updates.invalid --app-id {APP}"),
        1,
    );
    assert_eq!(level(&report, "no_https"), Some("problem"), "{report:#}");
}

#[test]
fn a_server_that_is_not_there_can_not_be_asked() {
    let workshop = Workshop::new();
    // Nobody listens on this port.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for scheme in ["http", "https"] {
        let ask = format!("{scheme}://127.0.0.1:{port} --app-id {APP}");
        let report = doctor(&workshop, &ask, 2);
        assert_eq!(level(&report, "unreachable"), Some("problem"), "{report:#}");
        assert_eq!(level(&report, "certificate"), None, "{report:#}");
    }
    let run = workshop.run("--json doctor updates.example.com --app-id a.b");
    run.assert_error(2, "usage");
    assert!(
        run.stdout.contains("say https://updates.example.com"),
        "{run:?}"
    );
}

#[test]
fn plain_http_that_is_asked_by_https_needs_no_other_certificate() {
    let site = Site::new();
    let ask = format!("{} --app-id {APP}", site.url.replace("http:", "https:"));
    let report = doctor(&site.workshop, &ask, 1);
    assert_eq!(level(&report, "no_https"), Some("problem"), "{report:#}");
    assert_eq!(level(&report, "certificate"), None, "{report:#}");
}

#[test]
fn the_way_back_to_builtin_is_no_problem() {
    let site = Site::with_keys();
    let key = "--statement keys/live-updater.private.pem";
    let ask = format!(
        "{} --app-id {APP} --key keys/live-updater.public.pem",
        site.url
    );
    site.json(&format!("apps create {APP}"));
    let shown = site.workshop.run(&format!("doctor {ask}"));
    assert!(
        shown.stdout.contains("No device gets anything"),
        "{shown:?}"
    );
    site.publish("1.1.0", key);
    site.json(&format!("rollback --to builtin {key}"));
    let report = doctor(&site.workshop, &ask, 0);
    assert_eq!(report["problems"], 0, "{report:#}");
    assert_eq!(level(&report, "builtin"), Some("ok"), "{report:#}");
    assert_eq!(level(&report, "expires"), Some("ok"), "{report:#}");
}

#[test]
fn static_files_of_nginx_do_and_lack_what_they_lack() {
    let workshop = Workshop::with_build();
    let packed = workshop.json("pack dist --out files/bundles/1.1.0.zip");
    let answer = json!({
        "updateAvailable": true,
        "version": "1.1.0",
        "downloadUrl": "/bundles/1.1.0.zip",
        "checksum": packed["sha256"],
        "size": packed["size"],
    });
    workshop.write("files/api/v1/updates/check", answer.to_string().as_bytes());
    let Some(nginx) = Nginx::start(&workshop) else {
        return;
    };
    let report = doctor(&workshop, &format!("{} --app-id {APP}", nginx.url()), 0);
    for code in ["range", "if_range", "unsatisfiable", "checksum", "archive"] {
        assert_eq!(level(&report, code), Some("ok"), "{code}: {report:#}");
    }
    // nginx says nothing about keeping unless it is told to.
    let count = |level| {
        let findings = report["findings"].as_array().unwrap().iter();
        findings
            .filter(|finding| finding["code"] == "cache_control" && finding["level"] == level)
            .count()
    };
    assert_eq!(count("warning"), 2, "{report:#}");
}

/// What the doctor finds, which has to end with this exit code.
#[track_caller]
fn doctor(workshop: &Workshop, arguments: &str, exit: i32) -> Value {
    let run = workshop.run(&format!("--json doctor {arguments}"));
    assert_eq!(run.code, exit, "{arguments}: {run:?}");
    run.value()
}

/// The worst level that something with this code was found at.
fn level<'a>(report: &'a Value, code: &str) -> Option<&'a str> {
    let findings = report["findings"].as_array().unwrap().iter();
    let levels = findings
        .filter(|finding| finding["code"] == code)
        .filter_map(|finding| finding["level"].as_str());
    levels.max_by_key(|level| {
        ["ok", "warning", "problem"]
            .iter()
            .position(|one| one == level)
    })
}

/// `live-updater mock`, which ends with this.
struct Mock {
    url: String,
    process: Child,
}

impl Mock {
    fn start(workshop: &Workshop, arguments: &[&str]) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_live-updater"))
            .args(["mock", "bundles", "--json"])
            .args(arguments)
            .current_dir(workshop.path(""))
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut stdout = BufReader::new(process.stdout.take().unwrap());
        stdout.read_line(&mut line).unwrap();
        let started: Value = serde_json::from_str(&line).unwrap();
        Self {
            url: started["url"]
                .as_str()
                .unwrap()
                .trim_end_matches('/')
                .to_owned(),
            process,
        }
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
