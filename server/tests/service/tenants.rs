//! Organisations and keys: nobody sees or changes what is another's.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use serde_json::{Value, json};

use crate::support::{World, bundle};

const APP: &str = "com.example.app";

/// A service with one app, and a key that is made for it.
fn with_key(permission: &str, app: Option<&str>) -> (World, String) {
    let world = World::new();
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    world
        .upload("com.example.other", "1.0.0", &bundle("other"))
        .ok();
    let body = json!({ "name": "made", "permission": permission, "appId": app });
    let made = world.ask("POST", "/api/v1/keys", &body).ok().json();
    let key = made["key"].as_str().unwrap().to_owned();
    (world, key)
}

/// Everything that can be asked about an app, with what it takes.
fn requests(app: &str) -> Vec<(&'static str, &'static str, String, Value)> {
    let channel = format!("/api/v1/apps/{app}/channels/production");
    let list = format!("/bundle/?app_id={app}");
    let on_app = |what: &str| format!("/api/v1/apps/{app}{what}");
    let version = json!({ "version": "1.0.0" });
    let delete = json!({ "app_id": app, "version": "9.9.9" });
    let annotate = json!({ "app_id": app, "version_id": 1, "comment": "c" });
    let set = json!({ "app_id": app, "version_id": 1, "channel_id": 1 });
    vec![
        ("read", "GET", list, Value::Null),
        ("read", "GET", on_app(""), Value::Null),
        ("read", "GET", on_app("/bundles"), Value::Null),
        ("read", "GET", on_app("/channels"), Value::Null),
        ("read", "GET", on_app("/analytics"), Value::Null),
        ("read", "GET", on_app("/audit"), Value::Null),
        ("read", "GET", format!("{channel}/releases"), Value::Null),
        ("write", "POST", format!("{channel}/releases"), version),
        (
            "write",
            "PATCH",
            format!("{channel}/rollout"),
            json!({ "action": "pause" }),
        ),
        (
            "write",
            "POST",
            format!("{channel}/rollback"),
            json!({ "to": "builtin" }),
        ),
        ("write", "PUT", on_app("/channels/beta"), json!({})),
        ("write", "DELETE", on_app("/channels/beta"), Value::Null),
        ("write", "DELETE", "/bundle/".to_owned(), delete),
        ("write", "POST", "/bundle/metadata".to_owned(), annotate),
        ("write", "PUT", "/bundle/".to_owned(), set),
        ("all", "PATCH", on_app(""), json!({ "name": "n" })),
    ]
}

#[test]
fn a_key_for_one_app_knows_no_other() {
    let (world, key) = with_key("all", Some(APP));
    for (_, method, path, body) in requests("com.example.other") {
        let answer = world.ask_as(&key, method, &path, &body);
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        assert_eq!(answer.json()["error"], "App not found", "{method} {path}");
    }
    let path = "/api/v1/apps/com.example.other/bundles/2.0.0";
    let stolen = world.send("PUT", path, &[("authorization", &key)], bundle("mine"));
    assert_eq!(stolen.status, 404);
    let listed = world
        .ask_as(&key, "GET", "/api/v1/apps", &Value::Null)
        .ok()
        .json();
    assert_eq!(listed["apps"].as_array().unwrap().len(), 1);
    for (method, path) in [("GET", "/api/v1/keys"), ("POST", "/api/v1/keys")] {
        world
            .ask_as(&key, method, path, &json!({ "name": "n" }))
            .is_refusal(403, "forbidden");
    }
}

/// A service with an app, and the first key of another organisation.
fn with_organisation() -> (World, String) {
    let world = World::new();
    world.upload(APP, "1.0.0", &bundle("one")).ok();
    let body = json!({ "id": "acme", "name": "Acme Ltd" });
    let made = world.ask("POST", "/api/v1/organisations", &body);
    assert_eq!(made.status, 201, "{}", made.text());
    let key = made.json()["key"].as_str().unwrap().to_owned();
    (world, key)
}

#[test]
fn an_organisation_sees_and_changes_nothing_of_another() {
    let (world, key) = with_organisation();
    let before = figures(&world);
    for (_, method, path, body) in requests(APP) {
        let answer = world.ask_as(&key, method, &path, &body);
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
    }
    let path = format!("/api/v1/apps/{APP}/bundles/2.0.0");
    let stolen = world.send("PUT", &path, &[("authorization", &key)], bundle("mine"));
    assert_eq!(stolen.status, 404, "{}", stolen.text());
    let taken = world.ask_as(&key, "POST", "/api/v1/apps", &json!({ "appId": APP }));
    taken.is_refusal(409, "app_already_exists");
    for (path, listed) in [("/api/v1/apps", "apps"), ("/api/v1/keys", "keys")] {
        let answer = world.ask_as(&key, "GET", path, &Value::Null).ok().json();
        let own = if listed == "keys" { 1 } else { 0 };
        assert_eq!(answer[listed].as_array().unwrap().len(), own, "{path}");
    }
    assert_eq!(figures(&world), before);
}

/// All that the first organisation can see of its app, but for what looking changes.
fn figures(world: &World) -> Vec<Value> {
    let asked = requests(APP).into_iter();
    let asked = asked.filter(|(_, method, _, _)| *method == "GET");
    let asked = asked.map(|(_, method, path, body)| world.ask(method, &path, &body).ok().json());
    asked.collect()
}

#[test]
fn a_key_of_another_organisation_can_not_be_ended() {
    let (world, key) = with_organisation();
    let own = world.ask("GET", "/api/v1/keys", &Value::Null).ok().json();
    let id = own["keys"][0]["id"].as_str().unwrap();
    let path = format!("/api/v1/keys/{id}");
    let answer = world.ask_as(&key, "DELETE", &path, &Value::Null);
    assert_eq!(answer.status, 404);
    world.ask("GET", "/api/v1/keys", &Value::Null).ok();
}

#[test]
fn an_organisation_has_its_own_apps_and_keys() {
    let (world, key) = with_organisation();
    let app = json!({ "appId": "com.acme.app" });
    assert_eq!(world.ask_as(&key, "POST", "/api/v1/apps", &app).status, 201);
    let body = json!({ "name": "ci", "permission": "write", "appId": "com.acme.app" });
    let made = world
        .ask_as(&key, "POST", "/api/v1/keys", &body)
        .ok()
        .json();
    let ci = made["key"].as_str().unwrap();
    let path = "/api/v1/apps/com.acme.app/bundles/1.0.0";
    world
        .send("PUT", path, &[("authorization", ci)], bundle("acme"))
        .ok();
    let listed = world
        .ask("GET", "/api/v1/organisations", &Value::Null)
        .ok()
        .json();
    let acme = &listed["organisations"][1];
    assert_eq!(acme["id"], "acme");
    assert_eq!(acme["apps"], 1);
    assert!(acme["bytes"].as_u64().unwrap() > 0);
}

#[test]
fn the_last_key_that_may_do_everything_stays() {
    let (world, _) = with_key("all", Some(APP));
    let keys = world.ask("GET", "/api/v1/keys", &Value::Null).ok().json();
    let first = keys["keys"].as_array().unwrap().iter();
    let first = first.clone().find(|key| key["name"] == "first").unwrap();
    let path = format!("/api/v1/keys/{}", first["id"].as_str().unwrap());
    let refused = world.ask("DELETE", &path, &Value::Null);
    refused.is_refusal(409, "last_key");
    let other = json!({ "name": "other", "permission": "all" });
    world.ask("POST", "/api/v1/keys", &other).ok();
    world.ask("DELETE", &path, &Value::Null).ok();
}

#[test]
fn an_organisation_that_lost_its_key_gets_another() {
    let (world, _) = with_organisation();
    let path = "/api/v1/organisations/acme/keys";
    let made = world.ask("POST", path, &Value::Null);
    assert_eq!(made.status, 201, "{}", made.text());
    let made = made.json();
    let key = made["key"].as_str().unwrap();
    let keys = world
        .ask_as(key, "GET", "/api/v1/keys", &Value::Null)
        .ok()
        .json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 2);
    world
        .ask_as(key, "POST", path, &Value::Null)
        .is_refusal(403, "forbidden");
    let nobody = world.ask("POST", "/api/v1/organisations/no/keys", &Value::Null);
    nobody.is_refusal(404, "not_found");
}

#[test]
fn only_who_runs_the_service_makes_organisations() {
    let (world, key) = with_organisation();
    let body = json!({ "id": "more" });
    for (method, body) in [("GET", &Value::Null), ("POST", &body)] {
        let path = "/api/v1/organisations";
        world
            .ask_as(&key, method, path, body)
            .is_refusal(403, "forbidden");
        let limited = json!({ "name": "ci", "permission": "write" });
        let made = world.ask("POST", "/api/v1/keys", &limited).ok().json();
        let limited = made["key"].as_str().unwrap();
        world
            .ask_as(limited, method, path, body)
            .is_refusal(403, "forbidden");
    }
    for (id, code) in [
        ("acme", "organisation_already_exists"),
        ("default", "organisation_already_exists"),
    ] {
        world
            .ask("POST", "/api/v1/organisations", &json!({ "id": id }))
            .is_refusal(409, code);
    }
    for id in ["", "a/b", "../x", "a b", "ü"] {
        let answer = world.ask("POST", "/api/v1/organisations", &json!({ "id": id }));
        assert_eq!(answer.status, 400, "{id}: {}", answer.text());
    }
}

#[test]
fn a_key_does_what_it_is_for_and_no_more() {
    let order = ["read", "upload", "write", "all"];
    let rank = |name: &str| order.iter().position(|known| *known == name);
    for permission in order {
        let (world, key) = with_key(permission, None);
        for (needed, method, path, body) in requests(APP) {
            let answer = world.ask_as(&key, method, &path, &body);
            let is_forbidden = answer.status == 403;
            assert_eq!(
                is_forbidden,
                rank(permission) < rank(needed),
                "{permission}: {method} {path}"
            );
            if is_forbidden {
                let error = answer.json()["error"].as_str().unwrap().to_owned();
                assert!(
                    error.starts_with("Insufficient permissions to manage "),
                    "{error}"
                );
            }
        }
    }
}

#[test]
fn without_a_key_nothing_is_told() {
    let world = World::new();
    for key in ["", "lu_wrong", "Bearer", "Bearer lu_wrong"] {
        for (_, method, path, body) in requests(APP) {
            world
                .ask_as(key, method, &path, &body)
                .is_refusal(401, "unauthorized");
            if key.is_empty() {
                continue;
            }
            break;
        }
    }
}

#[test]
fn a_key_that_was_revoked_opens_nothing() {
    let (world, key) = with_key("all", None);
    let listed = world.ask("GET", "/api/v1/keys", &Value::Null).ok().json();
    let made = listed["keys"]
        .as_array()
        .unwrap()
        .iter()
        .find(|key| key["name"] == "made");
    let id = made.unwrap()["id"].as_str().unwrap();
    world
        .ask("DELETE", &format!("/api/v1/keys/{id}"), &Value::Null)
        .ok();
    world
        .ask_as(&key, "GET", "/api/v1/apps", &Value::Null)
        .is_refusal(401, "unauthorized");
}

#[test]
fn who_guesses_keys_is_slowed_down() {
    let world = World::new();
    let refused = (0..60).find_map(|number| {
        let answer = world.ask_as(&format!("lu_{number}"), "GET", "/api/v1/apps", &Value::Null);
        (answer.status == 429).then_some(answer)
    });
    let refused = refused.expect("a limit");
    refused.is_refusal(429, "rate_limited");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() >= 1);
    // Whoever has a key is not kept out by it.
    world.ask("GET", "/api/v1/apps", &Value::Null).ok();
}

#[test]
fn a_key_that_is_revoked_while_a_body_comes_in_does_nothing_more() {
    let (world, key) = with_key("all", None);
    let listed = world.ask("GET", "/api/v1/keys", &Value::Null).ok().json();
    let mut listed = listed["keys"].as_array().unwrap().iter();
    let id = listed.find(|key| key["name"] == "made").unwrap()["id"].clone();
    let body = json!({ "name": "heir", "permission": "all" }).to_string();
    let mut stream = TcpStream::connect(world.address()).unwrap();
    write!(
        stream,
        "POST /api/v1/keys HTTP/1.1\r\nhost: x\r\nconnection: close\r\nauthorization: {key}\r\n\
         content-length: {}\r\n\r\n{}",
        body.len(),
        &body[..1]
    )
    .unwrap();
    // Known to be asked about: another request with the same key came through afterwards.
    world
        .ask_as(&key, "GET", "/api/v1/caller", &Value::Null)
        .ok();
    let path = format!("/api/v1/keys/{}", id.as_str().unwrap());
    world.ask("DELETE", &path, &Value::Null).ok();
    stream.write_all(&body.as_bytes()[1..]).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
}

#[test]
fn an_apps_token_keeps_strangers_from_its_bundles_too() {
    let (world, key) = with_key("read", Some(APP));
    let token = json!({ "deviceToken": "secret-of-the-app" });
    world
        .ask("PATCH", &format!("/api/v1/apps/{APP}"), &token)
        .ok();
    let path = format!("/api/v1/bundles/1.0.0?appId={APP}");
    world
        .ask_as("", "GET", &path, &Value::Null)
        .is_refusal(401, "unauthorized");
    for may in ["Bearer secret-of-the-app", &key, world.key()] {
        world.ask_as(may, "GET", &path, &Value::Null).ok();
    }
}
