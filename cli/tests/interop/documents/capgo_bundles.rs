//! Capgo's document on bundles: the calls of its reference, and the errors that it names.

use std::fs;

use serde_json::{Value, json};

use crate::support::{Bundle, Service};

const LIST: &str = r#"curl -H "authorization: $KEY" "$API/bundle/?app_id=app_123""#;
const NEXT_PAGE: &str = r#"curl -H "authorization: $KEY" "$API/bundle/?app_id=app_123&page=1""#;

/// What an entry of a list has at least.
const FIELDS: [&str; 15] = [
    "app_id",
    "bucket_id",
    "checksum",
    "created_at",
    "deleted",
    "external_url",
    "id",
    "minUpdateVersion",
    "name",
    "native_packages",
    "owner_org",
    "r2_path",
    "session_key",
    "storage_provider",
    "updated_at",
];

/// A service whose `app_123` has these versions.
fn service(versions: &[&str]) -> Option<Service> {
    let service = Service::start()?;
    Bundle::pack(&service.path("dist"), &service.path("app.zip"));
    for version in versions {
        let (status, answer) = service.curl(&format!(
            r#"curl -X PUT -T app.zip -H "authorization: $KEY" \
               "$API/api/v1/apps/app_123/bundles/{version}?minAppVersion=1.0.0""#
        ));
        assert_eq!(status, 201, "{answer}");
    }
    Some(service)
}

/// A call with a body, as the document writes it.
fn call(service: &Service, method: &str, path: &str, body: &Value) -> (u16, Value) {
    call_as(service, service.key(), method, path, body)
}

fn call_as(service: &Service, key: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
    service.curl(&format!(
        r#"curl -X {method} -H "authorization: {key}" -H "Content-Type: application/json" \
           -d '{body}' "$API{path}""#
    ))
}

fn names(service: &Service, list: &str) -> Vec<String> {
    let (status, listed) = service.curl(list);
    assert_eq!(status, 200, "{listed}");
    let data = listed["data"].as_array().unwrap().iter();
    data.map(|one| one["name"].as_str().unwrap().to_owned())
        .collect()
}

#[test]
fn bundles_are_listed_fifty_on_a_page() {
    let versions: Vec<_> = (0..51).map(|patch| format!("1.0.{patch}")).collect();
    let versions: Vec<_> = versions.iter().map(String::as_str).collect();
    let Some(service) = service(&versions) else {
        return;
    };
    assert_eq!(names(&service, LIST).len(), 50);
    assert_eq!(names(&service, NEXT_PAGE), ["1.0.0"]);
    let (_, listed) = service.curl(LIST);
    let first = &listed["data"][0];
    for field in FIELDS {
        assert!(first.get(field).is_some(), "{field}");
    }
    assert!(first["id"].is_number() && first["user_id"].is_string());
    assert_eq!(first["app_id"], "app_123");
    assert_eq!(first["minUpdateVersion"], "1.0.0");
    assert_eq!(first["deleted"], false);
    assert!(first["created_at"].as_str().unwrap().ends_with('Z'));
}

#[test]
fn one_bundle_is_deleted_and_then_all() {
    let Some(service) = service(&["1.0.0", "1.0.1", "1.0.2"]) else {
        return;
    };
    let ok = (200, json!({ "status": "ok" }));
    let one = json!({ "app_id": "app_123", "version": "1.0.0" });
    assert_eq!(call(&service, "DELETE", "/bundle/", &one), ok);
    assert_eq!(names(&service, LIST), ["1.0.2", "1.0.1"]);
    let all = json!({ "app_id": "app_123" });
    assert_eq!(call(&service, "DELETE", "/bundle/", &all), ok);
    assert!(names(&service, LIST).is_empty());
}

#[test]
fn what_the_document_calls_query_parameters_is_taken_from_the_query_too() {
    let Some(service) = service(&["1.0.0", "1.0.1"]) else {
        return;
    };
    let delete = r#"curl -X DELETE -H "authorization: $KEY" \
        "$API/bundle/?app_id=app_123&version=1.0.0""#;
    assert_eq!(service.curl(delete), (200, json!({ "status": "ok" })));
    assert_eq!(names(&service, LIST), ["1.0.1"]);
}

#[test]
fn a_bundle_is_created_from_an_https_url() {
    let Some(service) = service(&[]) else {
        return;
    };
    let (_, kept) = service
        .curl(r#"curl -X POST "$API/upload" -H "Authorization: Bearer $KEY" -F "file=@app.zip""#);
    let body = json!({
        "app_id": "com.example.app",
        "version": "1.2.3",
        "external_url": kept["url"],
        "checksum": kept["checksum"],
    });
    let created = call(&service, "POST", "/bundle/", &body);
    assert_eq!(created, (200, json!({ "status": "ok" })));
    for field in ["app_id", "version", "external_url", "checksum"] {
        let mut less = body.clone();
        less.as_object_mut().unwrap().remove(field);
        let (status, answer) = call(&service, "POST", "/bundle/", &less);
        assert_eq!((status, &answer["status"]), (400, &json!("KO")), "{answer}");
        assert_eq!(answer["error"], format!("Missing {field}"));
    }
    // Whoever has no HTTPS isn't fetched from.
    let mut plain = body.clone();
    plain["external_url"] = "http://storage.example/app.zip".into();
    plain["version"] = "1.2.4".into();
    let (status, answer) = call(&service, "POST", "/bundle/", &plain);
    assert_eq!((status, &answer["code"]), (400, &json!("invalid_protocol")));
}

#[test]
fn link_and_comment_of_a_bundle_are_changed() {
    let Some(service) = service(&["1.0.0"]) else {
        return;
    };
    let (_, listed) = service.curl(LIST);
    let body = json!({
        "app_id": "app_123",
        "version_id": listed["data"][0]["id"],
        "link": "https://example.com/releases/1.0.0",
        "comment": "Fixed a bug in the login",
    });
    let changed = call(&service, "POST", "/bundle/metadata", &body);
    assert_eq!(changed, (200, json!({ "status": "success" })));
    let (_, listed) = service.curl(LIST);
    assert_eq!(listed["data"][0]["link"], body["link"]);
    assert_eq!(listed["data"][0]["comment"], body["comment"]);
}

#[test]
fn a_bundle_is_set_to_a_channel() {
    let Some(service) = service(&["1.0.0"]) else {
        return;
    };
    let (_, listed) = service.curl(LIST);
    let (_, channels) =
        service.curl(r#"curl -H "authorization: $KEY" "$API/channel/?app_id=app_123""#);
    let body = json!({
        "app_id": "app_123",
        "version_id": listed["data"][0]["id"],
        "channel_id": channels[0]["id"],
    });
    let message = "Bundle 1.0.0 set to channel production";
    let set = call(&service, "PUT", "/bundle/", &body);
    assert_eq!(
        set,
        (200, json!({ "status": "success", "message": message }))
    );
    let (_, checked) = service.curl(
        r#"curl "$API/api/v1/updates/check?appId=app_123&currentVersion=0.9.0&platform=ios&channel=production""#,
    );
    assert_eq!(checked["version"], "1.0.0");
}

#[test]
fn errors_have_the_documents_words() {
    let Some(service) = service(&["1.0.0"]) else {
        return;
    };
    let refused = |(status, answer): (u16, Value)| {
        assert!(status >= 400, "{status}");
        assert_eq!(answer["status"], "KO");
        answer["error"].clone()
    };
    let missing = json!({ "app_id": "app_123", "version": "9.9.9" });
    let answer = call(&service, "DELETE", "/bundle/", &missing);
    assert_eq!(refused(answer), "Bundle not found");

    let body = json!({ "app_id": "app_123", "version": "one", "checksum": "00",
        "external_url": "https://storage.example/app.zip" });
    let answer = call(&service, "POST", "/bundle/", &body);
    assert_eq!(refused(answer), "Invalid version format");

    let make = json!({ "name": "reader", "permission": "read" });
    let (_, reader) = call(&service, "POST", "/api/v1/keys", &make);
    let (reader, all) = (
        reader["key"].as_str().unwrap(),
        json!({ "app_id": "app_123" }),
    );
    let answer = call_as(&service, reader, "DELETE", "/bundle/", &all);
    assert_eq!(
        refused(answer),
        "Insufficient permissions to manage bundles"
    );

    block_removal(&service);
    let answer = call(&service, "DELETE", "/bundle/", &all);
    assert_eq!(refused(answer), "Failed to delete bundle from storage");
}

/// Puts a folder where the one bundle's file is: it can't be removed as a file.
fn block_removal(service: &Service) {
    let shelf = fs::read_dir(service.path("data/bundles")).unwrap().next();
    let file = fs::read_dir(shelf.unwrap().unwrap().path()).unwrap().next();
    let file = file.unwrap().unwrap().path();
    fs::remove_file(&file).unwrap();
    fs::create_dir(file).unwrap();
}
