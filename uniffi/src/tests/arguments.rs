//! What a page gives along with a call is taken as it is meant, or refused by its name.

use serde_json::{Value, json};

use super::opening::code;
use crate::{CallArguments, DownloadFrom, UpdaterError};

#[test]
fn texts_and_flags_are_read_by_their_names() {
    let arguments = arguments(&json!({"id": "b1", "on": true, "off": false, "empty": ""}));
    assert_eq!(arguments.text("id").unwrap(), "b1");
    assert_eq!(arguments.text("empty").unwrap(), "");
    assert_eq!(
        arguments.optional_text("id").unwrap().as_deref(),
        Some("b1")
    );
    assert!(arguments.flag("on").unwrap());
    assert!(!arguments.flag("off").unwrap());
}

#[test]
fn what_is_null_is_left_out() {
    for given in [json!({}), json!({"id": null, "on": null, "url": null})] {
        let arguments = arguments(&given);
        assert_eq!(arguments.optional_text("id").unwrap(), None);
        assert!(!arguments.flag("on").unwrap());
        assert_eq!(arguments.download_from().unwrap(), None);
        assert_eq!(refusal(arguments.text("id")), "id is missing");
    }
}

#[test]
fn what_is_of_another_type_is_refused_by_its_name() {
    let others = json!({
        "number": 5, "boolean": true, "array": [1], "object": {"a": 1}, "string": "secret",
    });
    let arguments = arguments(&others);
    for (name, kind) in [
        ("number", "a number"),
        ("boolean", "a boolean"),
        ("array", "an array"),
        ("object", "an object"),
    ] {
        let expected = format!("{name} must be a string, and is {kind}");
        assert_eq!(refusal(arguments.text(name)), expected);
        assert_eq!(refusal(arguments.optional_text(name)), expected);
    }
    assert_eq!(
        refusal(arguments.flag("string")),
        "string must be a boolean, and is a string"
    );
    assert_eq!(
        refusal(arguments.flag("number")),
        "number must be a boolean, and is a number"
    );
}

#[test]
fn a_download_names_a_bundle_with_all_that_it_needs() {
    let mut given = release();
    given["signature"] = json!("c2ln");
    given["size"] = json!(5);
    assert_eq!(
        arguments(&given).download_from().unwrap(),
        Some(DownloadFrom {
            url: "https://a.example/1.zip".to_owned(),
            version: "1.1.0".to_owned(),
            checksum: "ff".to_owned(),
            signature: Some("c2ln".to_owned()),
            size: Some(5),
            release: None,
        })
    );
}

#[test]
fn a_download_by_a_statement_needs_the_address_alone() {
    let envelope = json!({"payloadType": "t", "payload": "cA==", "signatures": []});
    for release in [envelope.clone(), json!(envelope.to_string())] {
        let given = json!({"url": "https://a.example/1.zip", "release": release});
        let from = arguments(&given).download_from().unwrap().unwrap();
        assert_eq!(from.url, "https://a.example/1.zip");
        let told: Value = serde_json::from_str(&from.release.unwrap()).unwrap();
        assert_eq!(told, envelope);
    }
    let alone = json!({ "release": envelope });
    assert_eq!(refusal(arguments(&alone).download_from()), "url is missing");
}

#[test]
fn a_download_with_a_part_of_the_wrong_type_isnt_the_release_on_offer() {
    for (part, value) in [
        ("url", json!(5)),
        ("version", json!(1.1)),
        ("checksum", json!(["ff"])),
        ("signature", json!({})),
        ("size", json!("x")),
        ("release", json!([1])),
    ] {
        let mut given = release();
        given[part] = value;
        let refused = refusal(arguments(&given).download_from());
        assert!(
            refused.starts_with(&format!("{part} must be ")),
            "{refused}"
        );
        let alone = json!({part: given[part]});
        refusal(arguments(&alone).download_from());
    }
}

#[test]
fn a_download_without_a_part_that_it_needs_isnt_the_release_on_offer() {
    for part in ["url", "version", "checksum"] {
        let mut given = release();
        given[part] = Value::Null;
        let refused = refusal(arguments(&given).download_from());
        assert_eq!(refused, format!("{part} is missing"));
    }
    assert_eq!(
        refusal(arguments(&json!({"size": 5})).download_from()),
        "url is missing"
    );
}

#[test]
fn a_size_is_a_whole_number_however_it_is_written() {
    for (text, size) in [
        ("5", Some(5)),
        ("5.0", Some(5)),
        ("1e3", Some(1000)),
        ("9223372036854775807", Some(i64::MAX)),
        ("5.5", None),
        ("-5", None),
        ("-0.5", None),
        ("18446744073709551615", None),
        ("1e300", None),
        ("true", None),
    ] {
        let json = format!(
            r#"{{"url": "https://a.example", "version": "1.0.0", "checksum": "ff", "size": {text}}}"#
        );
        let read = CallArguments { json }.download_from();
        match size {
            Some(_) => assert_eq!(read.unwrap().unwrap().size, size, "{text}"),
            None => assert!(refusal(read).starts_with("size must be a "), "{text}"),
        }
    }
}

#[test]
fn what_is_no_json_object_is_refused() {
    for json in ["", "[]", "5", "null", "{"] {
        let json = json.to_owned();
        let refused = refusal(CallArguments { json }.download_from());
        assert_eq!(refused, "the arguments are no JSON object");
    }
}

fn release() -> Value {
    json!({"url": "https://a.example/1.zip", "version": "1.1.0", "checksum": "ff"})
}

fn arguments(given: &Value) -> CallArguments {
    CallArguments {
        json: given.to_string(),
    }
}

/// What it is refused with; the code is the same each time.
fn refusal<T: std::fmt::Debug>(outcome: Result<T, UpdaterError>) -> String {
    let error = outcome.unwrap_err();
    assert_eq!(code(&error), "invalid_request");
    error.to_string()
}
