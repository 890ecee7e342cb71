//! The OpenAPI file says what the service is: no more, and no less.

use std::collections::{BTreeMap, BTreeSet};

use live_updater_server::Service;
use serde_json::{Value, json};

use crate::operations::{file, operations, resolve};
use crate::support::World;

/// No endpoint has this method: the answer names those that it has.
const NO_METHOD: &str = "PROBE";

#[test]
fn the_file_has_every_path_and_method_of_the_service_and_no_other() {
    let world = World::new();
    let mut served = BTreeMap::new();
    for path in Service::paths() {
        let allowed = methods_of(&world, path);
        let one_form = in_one_form(path);
        let twin = served.insert(one_form, allowed.clone());
        assert!(twin.is_none_or(|twin| twin == allowed), "{path}");
    }
    let mut told = BTreeMap::<_, BTreeSet<_>>::new();
    for operation in operations() {
        let methods = told.entry(in_one_form(&operation.path)).or_default();
        methods.insert(operation.method);
    }
    // Whatever answers GET answers HEAD, and needn't say so.
    for (path, allowed) in &served {
        let methods = told.entry(path.clone()).or_default();
        if methods.contains("GET") && allowed.contains("HEAD") {
            methods.insert("HEAD".to_owned());
        }
    }
    assert_eq!(served, told);
}

fn methods_of(world: &World, path: &str) -> BTreeSet<String> {
    let segments = path
        .split('/')
        .map(|segment| match segment.starts_with('{') {
            true => "x",
            false => segment,
        });
    let path = segments.collect::<Vec<_>>().join("/");
    let refused = world.send(NO_METHOD, &path, &[], Vec::new());
    refused.is_refusal(405, "method_not_allowed");
    // RFC 9110, section 15.5.6: the answer names the methods that there are.
    let allowed = refused.header("allow").split(',');
    allowed.map(|method| method.trim().to_owned()).collect()
}

/// What differs by a slash at its end is told of once; `*` is this router's, and not OpenAPI's.
fn in_one_form(path: &str) -> String {
    let path = path.replace("{*", "{");
    let is_page = path == "/" || path.starts_with("/admin");
    match path.strip_suffix('/') {
        Some(short) if !is_page => short.to_owned(),
        _ => path,
    }
}

#[test]
fn the_file_is_served_without_a_key_and_kept_by_its_tag() {
    let world = World::new();
    let answer = world.get("/openapi.json").ok();
    assert_eq!(answer.json(), file());
    assert_eq!(answer.header("content-type"), "application/json");
    assert_eq!(answer.header("cache-control"), "public, no-cache");
    let etag = answer.header("etag");
    let headers = [("if-none-match", etag)];
    let again = world.send("GET", "/openapi.json", &headers, Vec::new());
    assert_eq!((again.status, again.bytes.len()), (304, 0));
}

#[test]
fn the_file_is_of_this_version() {
    assert_eq!(file()["info"]["version"], env!("CARGO_PKG_VERSION"));
}

#[test]
fn every_reference_of_the_file_leads_somewhere_and_everything_is_referred_to() {
    let file = file();
    let mut used = BTreeSet::new();
    walk(&file, &mut |value| {
        if let Some(place) = value["$ref"].as_str() {
            resolve(&file, value);
            used.insert(place.to_owned());
        }
    });
    for kind in ["schemas", "responses", "parameters", "headers"] {
        for name in file["components"][kind].as_object().unwrap().keys() {
            let place = format!("#/components/{kind}/{name}");
            assert!(used.contains(&place), "nothing refers to {place}");
        }
    }
}

#[test]
fn every_operation_has_a_name_of_its_own_and_tells_of_its_failures() {
    let mut names = BTreeSet::new();
    for operation in operations() {
        assert!(names.insert(operation.id.clone()), "{}", operation.id);
        let method = operation.method.to_ascii_lowercase();
        let answers = &file()["paths"][&operation.path][&method]["responses"];
        for status in ["401", "429", "500"] {
            let is_told = !answers[status].is_null();
            assert!(
                is_told || !operation.needs_key,
                "{}: {status}",
                operation.id
            );
        }
    }
}

#[test]
fn without_a_key_every_operation_that_needs_one_refuses() {
    let world = World::new();
    for operation in operations().iter().filter(|operation| operation.needs_key) {
        let refused = operation.send(&world, "", &operation.example());
        refused.is_refusal(401, "unauthorized");
        assert_eq!(refused.header("www-authenticate"), "Bearer");
    }
}

#[test]
fn an_address_that_nobody_serves_is_told_apart_from_what_is_missing() {
    let world = World::new();
    let refused = world.ask("GET", "/api/v1/nothing", &json!(null));
    refused.is_refusal(404, "not_found");
    assert_eq!(refused.json()["error"], "Endpoint not found");
}

fn walk(value: &Value, look: &mut impl FnMut(&Value)) {
    look(value);
    match value {
        Value::Array(all) => all.iter().for_each(|one| walk(one, look)),
        Value::Object(all) => all.values().for_each(|one| walk(one, look)),
        _ => {}
    }
}
