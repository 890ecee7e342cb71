//! What `keygen`, `sign` and `verify` do, alone and with openssl.
#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value;
use support::{Workshop, is_hex};

const KINDS: [(&str, &str); 3] = [
    ("ed25519", "ed25519"),
    ("p256", "ecdsa-p256-sha256"),
    ("rsa --bits 2048", "rsa-pkcs1-sha256"),
];

#[test]
fn what_is_signed_verifies_and_nothing_else_does() {
    for (kind, algorithm) in KINDS {
        let workshop = Workshop::with_build();
        workshop.json("pack dist --out a.zip");
        let pair = workshop.json(&format!("keygen --algorithm {kind}"));
        assert_eq!(pair["algorithm"], algorithm);
        let signed = workshop.json("sign a.zip --key live-updater.private.pem");
        assert_eq!(signed["algorithm"], algorithm);
        assert_eq!(signed["keyId"], pair["keyId"]);
        assert_eq!(signed["signatureFile"], "a.zip.sig");
        let text = String::from_utf8(workshop.read("a.zip.sig")).unwrap();
        assert_eq!(text.trim_end(), signed["signature"]);

        let verify = "verify a.zip --key live-updater.public.pem";
        let verified = workshop.json(verify);
        assert_eq!(verified["signatureHolds"], true);
        assert_eq!(verified["checksumHolds"], Value::Null);
        assert_eq!(verified["keyId"], pair["keyId"]);

        workshop.run(&format!("keygen --algorithm {kind} --out other"));
        workshop
            .run("verify a.zip --json --key other/live-updater.public.pem")
            .assert_error(1, "signature_invalid");
        let both = format!("{verify} --key other/live-updater.public.pem");
        assert_eq!(workshop.json(&both)["keyId"], pair["keyId"]);

        let mut bytes = workshop.read("a.zip");
        bytes[1000] ^= 1;
        workshop.write("a.zip", &bytes);
        workshop
            .run(&format!("{verify} --json"))
            .assert_error(1, "signature_invalid");
    }
}

#[test]
fn openssl_verifies_what_is_signed() {
    for (kind, algorithm, options) in [
        ("ed25519", "ed25519", None),
        ("p256", "ecdsa-p256-sha256", Some("")),
        ("rsa --bits 2048", "rsa-pkcs1-sha256", Some("")),
        (
            "rsa --bits 2048",
            "rsa-pss-sha256",
            Some("-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32"),
        ),
    ] {
        let workshop = Workshop::with_build();
        workshop.json("pack dist --out a.zip");
        workshop.json(&format!("keygen --algorithm {kind}"));
        workshop.json(&format!(
            "sign a.zip --key live-updater.private.pem --algorithm {algorithm}"
        ));
        let decode = "base64 -d -A -in a.zip.sig -out sig.bin";
        let arguments: Vec<_> = decode.split(' ').collect();
        let Some(run) = workshop.other("openssl", &arguments) else {
            return;
        };
        assert_eq!(run.code, 0, "{run:?}");
        let verify = match options {
            None => "pkeyutl -verify -rawin -pubin -inkey live-updater.public.pem -in a.zip -sigfile sig.bin".to_owned(),
            Some(options) => format!("dgst -sha256 -verify live-updater.public.pem -signature sig.bin {options} a.zip"),
        };
        let arguments: Vec<_> = verify.split_whitespace().collect();
        let run = workshop.other("openssl", &arguments).unwrap();
        assert_eq!(run.code, 0, "{algorithm}: {run:?}");
        workshop.json("verify a.zip --key live-updater.public.pem");
    }
}

#[test]
fn keys_that_openssl_made_sign() {
    for generate in [
        "genpkey -algorithm ED25519 -out key.pem",
        "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
        "ecparam -name prime256v1 -genkey -out key.pem",
        "genrsa -out key.pem 2048",
        "genrsa -traditional -out key.pem 2048",
    ] {
        let workshop = Workshop::with_build();
        workshop.json("pack dist --out a.zip");
        let arguments: Vec<_> = generate.split(' ').collect();
        let Some(run) = workshop.other("openssl", &arguments) else {
            return;
        };
        assert_eq!(run.code, 0, "{run:?}");
        let public = ["pkey", "-in", "key.pem", "-pubout", "-out", "public.pem"];
        workshop.other("openssl", &public).unwrap();
        workshop.json("sign a.zip --key key.pem");
        workshop.json("verify a.zip --key public.pem");
    }
}

#[test]
fn openssl_reads_the_keys() {
    for (kind, _) in KINDS {
        let workshop = Workshop::new();
        let pair = workshop.json(&format!("keygen --algorithm {kind}"));
        let public = "pkey -in live-updater.private.pem -pubout";
        let arguments: Vec<_> = public.split(' ').collect();
        let Some(run) = workshop.other("openssl", &arguments) else {
            return;
        };
        assert_eq!(run.stdout, pair["publicKey"].as_str().unwrap(), "{run:?}");
    }
}

#[test]
fn packing_can_sign_in_the_same_go() {
    let workshop = Workshop::with_build();
    let pair = workshop.json("keygen --out keys");
    let report = workshop.json("pack dist --out a.zip --sign keys/live-updater.private.pem");
    assert_eq!(report["signature"]["keyId"], pair["keyId"]);
    assert_eq!(report["signature"]["file"], "a.zip.sig");
    workshop.json("verify a.zip --key keys/live-updater.public.pem");
}

#[test]
fn a_private_key_is_for_its_owner_and_is_not_replaced() {
    let workshop = Workshop::new();
    workshop.json("keygen --private a.pem --public b.pem");
    let mode = fs::metadata(workshop.path("a.pem")).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
    let before = workshop.read("a.pem");

    for arguments in [
        "--private a.pem --public c.pem",
        "--private c.pem --public b.pem",
    ] {
        workshop
            .run(&format!("keygen --json {arguments}"))
            .assert_error(1, "exists");
        assert!(!workshop.path("c.pem").exists());
    }
    assert_eq!(workshop.read("a.pem"), before);

    fs::set_permissions(workshop.path("a.pem"), PermissionsExt::from_mode(0o644)).unwrap();
    workshop.json("keygen --private a.pem --public b.pem --force");
    assert_ne!(workshop.read("a.pem"), before);
    let mode = fs::metadata(workshop.path("a.pem")).unwrap().permissions();
    assert_eq!(mode.mode() & 0o777, 0o600);
}

#[test]
fn keygen_prints_the_apps_configuration_and_no_secret() {
    let workshop = Workshop::new();
    let pair = workshop.json("keygen");
    assert!(is_hex(&pair["keyId"], 64));
    assert_eq!(pair["trust"]["mode"], "bundle");
    let key = &pair["trust"]["keys"][0];
    assert_eq!(key["key"], pair["publicKey"]);
    assert_eq!(key["algorithm"], "ed25519");

    let pair = workshop.json("keygen --force --mode statement");
    assert_eq!(pair["trust"]["mode"], "statement");
    assert_eq!(pair["trust"]["keys"][0]["key"], pair["publicKey"]);

    let run = workshop.run("keygen --force");
    let private = String::from_utf8(workshop.read("live-updater.private.pem")).unwrap();
    let secret = private.lines().nth(1).unwrap();
    assert!(!run.stdout.contains(secret) && !run.stderr.contains(secret));
    assert!(run.stdout.contains("\"trust\": {"));
}

#[test]
fn a_checksum_is_judged_alone_or_first() {
    let workshop = Workshop::with_build();
    let report = workshop.json("pack dist --out a.zip");
    let sha256 = report["sha256"].as_str().unwrap();
    let verify = |rest: &str| workshop.run(&format!("verify a.zip --json {rest}"));

    let run = verify(&format!("--checksum {}", sha256.to_uppercase()));
    assert_eq!(run.code, 0);
    assert_eq!(run.value()["checksumHolds"], true);
    assert_eq!(run.value()["signatureHolds"], Value::Null);
    let wrong = format!("--checksum {}", "0".repeat(64));
    verify(&wrong).assert_error(1, "checksum_mismatch");

    workshop.json("keygen");
    let key = "--key live-updater.public.pem";
    verify(&format!("{key} {wrong} --signature AAAA")).assert_error(1, "checksum_mismatch");
    verify(&format!("{key} --signature AAAA")).assert_error(1, "signature_invalid");
    verify(key).assert_error(1, "signature_missing");
}

#[test]
fn requests_that_make_no_sense_exit_with_2() {
    let workshop = Workshop::with_build();
    workshop.json("pack dist --out a.zip");
    workshop.json("keygen");
    for arguments in [
        "",
        "unpack",
        "verify a.zip",
        "verify a.zip --checksum 00",
        "verify nothing.zip --key live-updater.public.pem --signature AAAA",
        "verify a.zip --key live-updater.public.pem --signature @nothing.sig",
        "verify a.zip --key live-updater.private.pem",
        "verify a.zip --key a.zip",
        "sign a.zip",
        "sign a.zip --key live-updater.public.pem",
        "sign a.zip --key nothing.pem",
        "sign nothing.zip --key live-updater.private.pem",
        "sign a.zip --key live-updater.private.pem --algorithm rsa-pss-sha256",
        "sign a.zip --key live-updater.private.pem --algorithm md5",
        "sign statement",
        "sign statement a.zip --version 1.0.0 --app-id a.b",
        "sign statement a.zip --version 1.0.0 --key live-updater.private.pem",
        "sign statement a.zip --app-id a.b --key live-updater.private.pem",
        "sign statement a.zip --version 1.0 --app-id a.b --key live-updater.private.pem",
        "sign statement --version 1.0.0 --app-id a.b --key live-updater.private.pem",
        "sign statement a.zip --version 1.0.0 --app-id a.b --key live-updater.public.pem",
        "sign statement a.zip --version 1.0.0 --app-id a.b --key live-updater.private.pem --expires-in 1y",
        "sign statement a.zip --version 1.0.0 --app-id a.b --key live-updater.private.pem --platform windows",
        "sign add a.zip --key live-updater.private.pem",
        "sign add nothing.json --key live-updater.private.pem",
        "pack dist --version one",
        "keygen --private a.pem",
        "keygen --algorithm rsa --bits 1024",
    ] {
        let run = workshop.run(&format!("--json {arguments}"));
        assert_eq!(run.code, 2, "{arguments}: {run:?}");
        if !arguments.is_empty() {
            let code = &run.value()["error"]["code"];
            assert!(
                ["usage", "storage"].contains(&code.as_str().unwrap()),
                "{run:?}"
            );
        }
        let run = workshop.run(arguments);
        assert_eq!((run.code, &*run.stdout), (2, ""), "{arguments}: {run:?}");
        assert!(!run.stderr.is_empty());
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    let workshop = Workshop::new();
    for command in [
        "",
        "keygen",
        "pack",
        "sign",
        "sign statement",
        "sign add",
        "verify",
        "inspect",
        "mock",
    ] {
        let run = workshop.run(&format!("{command} --help"));
        assert_eq!(run.code, 0);
        assert!(run.stdout.contains("Example"), "{command}");
        assert!(run.stdout.contains("--json"), "{command}");
    }
}
