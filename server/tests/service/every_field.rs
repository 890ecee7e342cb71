//! Every field of every operation, as the OpenAPI file has them: with hostile text, and with what
//! is another organisation's.

use std::collections::BTreeMap;
use std::sync::Mutex;

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::operations::{Example, Field, Operation, operations};
use crate::support::{Answer, World, bundle};

const APP: &str = "com.example.app";
const OLD: &str = "com.example.app-2";
/// What is another organisation's has this in its texts.
const MARK: &str = "nobody-elses";
/// What may say that something else is there already.
const OTHERS: [&str; 3] = ["createApp", "capgoCreateApp", "changeRollout"];
const THREADS: usize = 4;

const HOSTILE: [&str; 16] = [
    "'; DROP TABLE bundles; --",
    "\" OR \"\"=\"",
    "1); DELETE FROM apps; --",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "../../../service.db",
    "..%2f..%2fservice.db",
    "..",
    "\u{0}",
    "a\r\nset-cookie: a=b",
    "\u{202e}\u{feff}\u{10ffff}",
    "%s%n{{7*7}}${jndi:ldap://127.0.0.1/a}",
    "-1",
    "99999999999999999999999999",
    "",
    " ",
];

#[test]
fn every_operation_answers_the_request_that_the_file_shows() {
    for_each_operation(|operation| {
        let scene = Scene::new();
        let answer = operation.send(&scene.world, scene.world.key(), &scene.request(operation));
        assert!(
            (200..400).contains(&answer.status),
            "{}: {} {}",
            operation.id,
            answer.status,
            answer.text()
        );
    });
}

#[test]
fn hostile_text_in_every_field_is_refused_or_kept_as_text() {
    let asked = Mutex::new(0);
    for_each_operation(|operation| {
        let scene = Scene::new();
        let tables = scene.tables();
        for field in &operation.fields {
            let longest = "x".repeat(70_000);
            let texts = HOSTILE.iter().copied().chain([longest.as_str()]);
            for text in texts {
                // No header and no address is as long as that.
                if text.len() > 1_000 && !matches!(field, Field::Body(_)) {
                    continue;
                }
                let mut request = scene.request_in(operation, field);
                if !request.set(field, &text.into()) {
                    continue;
                }
                let answer = operation.send(&scene.world, scene.world.key(), &request);
                assert_harmless(operation, field, text, &answer);
                *asked.lock().unwrap() += 1;
            }
        }
        assert_eq!(scene.tables(), tables, "{}", operation.id);
        scene.assert_works();
    });
    let asked = asked.into_inner().unwrap();
    assert!(asked > 4_000, "only {asked} requests");
}

fn assert_harmless(operation: &Operation, field: &Field, text: &str, answer: &Answer) {
    let shown: String = text.chars().take(40).collect();
    let what = format!(
        "{} {field:?} {shown:?}: {} {}",
        operation.id,
        answer.status,
        answer.text()
    );
    assert!(answer.status < 500, "{what}");
    let kind = answer.header("content-type");
    let is_markup = kind.starts_with("text/html") || kind.contains("svg");
    assert!(operation.is_page || !is_markup, "{what}");
    assert!(
        !is_markup || !answer.text().contains(text) || !text.contains('<'),
        "{what}"
    );
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}");
    assert_eq!(answer.header("set-cookie"), "", "{what}");
    assert!(!answer.text().contains("SQLite"), "{what}");
    if answer.status >= 400 && !answer.bytes.is_empty() {
        let refusal = answer.json();
        assert!(refusal["error"].is_string(), "{what}");
    }
}

#[test]
fn what_is_another_organisations_is_neither_told_nor_changed() {
    let asked = Mutex::new(0);
    for_each_operation(|operation| {
        if !operation.needs_key {
            return;
        }
        let scene = Scene::new();
        let rival = Rival::settle(&scene.world);
        for (field, foreign) in rival.fields_of(operation) {
            let mut request = scene.request_in(operation, &field);
            request.set(&field, &foreign);
            let before = scene.rows();
            let answer = operation.send(&scene.world, scene.world.key(), &request);
            let what = format!("{} {field:?}: {}", operation.id, answer.text());
            let is_refused = [403, 404].contains(&answer.status);
            // What exists can't be made once more, whosever it is; nor is it what rolls out here.
            let is_other = answer.status == 409 && OTHERS.contains(&&*operation.id);
            assert!(is_refused || is_other, "{}: {what}", answer.status);
            assert!(is_other || !answer.text().contains(MARK), "{what}");
            assert_eq!(scene.rows(), before, "{what}");
            *asked.lock().unwrap() += 1;
        }
        // And without any of it, nothing of theirs is told.
        let request = scene.request(operation);
        let answer = operation.send(&scene.world, scene.world.key(), &request);
        assert!(!answer.text().contains(MARK), "{}", operation.id);
    });
    let asked = asked.into_inner().unwrap();
    assert!(asked >= 40, "only {asked} requests");
}

#[test]
fn a_key_for_one_app_reaches_no_field_of_another_app() {
    let asked = Mutex::new(0);
    for_each_operation(|operation| {
        let is_about_app = operation.fields.iter().any(is_app);
        if !operation.needs_key || !is_about_app || operation.id.ends_with("reateApp") {
            return;
        }
        let scene = Scene::new();
        let key = scene.key_for(OLD);
        let before = scene.rows();
        let answer = operation.send(&scene.world, &key, &scene.request(operation));
        let what = format!("{}: {} {}", operation.id, answer.status, answer.text());
        assert!([403, 404].contains(&answer.status), "{what}");
        assert_eq!(scene.rows(), before, "{what}");
        *asked.lock().unwrap() += 1;
    });
    let asked = asked.into_inner().unwrap();
    assert!(asked > 25, "only {asked} requests");
}

/// Several at once: most of the time goes into waiting for the disk.
fn for_each_operation(look: impl Fn(&Operation) + Sync) {
    let left = Mutex::new(operations());
    let next = || left.lock().unwrap().pop();
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                while let Some(operation) = next() {
                    look(&operation);
                }
            });
        }
    });
}

fn is_app(field: &Field) -> bool {
    match field {
        Field::Path(name) | Field::Query(name) => ["app", "app_id", "appId"].contains(&&**name),
        Field::Body(place) => ["/app_id", "/appId"].contains(&&**place),
        Field::Header(_) => false,
    }
}

/// A service with all that the file's examples are about.
struct Scene {
    world: World,
    file: String,
    checksum: String,
    key: String,
}

impl Scene {
    fn new() -> Self {
        let world = World::with(|settings| {
            settings.requests_per_minute = 1_000_000;
            settings.device_requests_per_minute = 1_000_000;
        });
        let mut checksum = String::new();
        for version in ["1.0.0", "1.1.0", "1.2.0", "9.9.9"] {
            let made = world.upload(APP, version, &bundle(version)).ok().json();
            checksum = made["checksum"].as_str().unwrap().to_owned();
        }
        world.upload(OLD, "1.0.0", &bundle("old")).ok();
        world
            .release(APP, "production", &json!({ "version": "1.0.0" }))
            .ok();
        let rollout = json!({ "version": "1.2.0", "rollout": 10 });
        world.release(APP, "production", &rollout).ok();
        for channel in ["beta", "old"] {
            let path = format!("/api/v1/apps/{APP}/channels/{channel}");
            world.ask("PUT", &path, &json!({ "selfSet": true })).ok();
        }
        let key = json!({ "name": "to be ended" });
        let key = world.ask("POST", "/api/v1/keys", &key).ok().json();
        Self {
            file: format!("{checksum}.zip"),
            key: key["id"].as_str().unwrap().to_owned(),
            world,
            checksum,
        }
    }

    /// The file's example, about what is here.
    fn request(&self, operation: &Operation) -> Example {
        let mut request = operation.example();
        match operation.id.as_str() {
            "uploadBundle" => {
                request
                    .path
                    .insert("version".to_owned(), "2.0.0".to_owned());
                request.bytes = Some(("application/zip".to_owned(), bundle("two")));
            }
            "uploadFile" => {
                let form =
                    b"--x\r\ncontent-disposition: form-data; name=\"file\"\r\n\r\nPK\r\n--x--\r\n";
                request.bytes = Some(("multipart/form-data; boundary=x".to_owned(), form.to_vec()));
            }
            "downloadFile" | "describeFile" => {
                request.path.insert("file".to_owned(), self.file.clone());
            }
            "revokeKey" => {
                request.path.insert("id".to_owned(), self.key.clone());
            }
            "capgoCreateBundle" => {
                request.body["external_url"] =
                    self.world.url(&format!("/files/{}", self.file)).into();
                request.body["checksum"] = self.checksum.as_str().into();
            }
            _ => {}
        }
        request
    }

    /// The same, said where the field is: what a body says, nobody looks for in the query.
    fn request_in(&self, operation: &Operation, field: &Field) -> Example {
        let mut request = self.request(operation);
        if operation.method == "DELETE" && matches!(field, Field::Query(_)) {
            let told = request.body.take();
            for (name, value) in told.as_object().into_iter().flatten() {
                request.set(&Field::Query(name.clone()), value);
            }
        }
        request
    }

    fn key_for(&self, app: &str) -> String {
        let body = json!({ "name": "one", "permission": "all", "appId": app });
        let made = self.world.ask("POST", "/api/v1/keys", &body).ok().json();
        made["key"].as_str().unwrap().to_owned()
    }

    fn tables(&self) -> Vec<String> {
        tables(&database(&self.world))
    }

    /// All that is kept.
    fn rows(&self) -> BTreeMap<String, Vec<String>> {
        let database = database(&self.world);
        let tables = tables(&database).into_iter();
        tables
            .map(|table| (table.clone(), rows(&database, &table)))
            .collect()
    }

    fn assert_works(&self) {
        let list = format!("/bundle/?app_id={OLD}");
        let listed = self.world.ask("GET", &list, &Value::Null).ok().json();
        assert_eq!(listed["data"].as_array().unwrap().len(), 1);
        self.world.get("/ready").ok();
    }
}

fn database(world: &World) -> Connection {
    Connection::open(world.data().join("service.db")).unwrap()
}

fn tables(database: &Connection) -> Vec<String> {
    let query = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
    let mut statement = database.prepare(query).unwrap();
    let names = statement.query_map([], |row| row.get(0)).unwrap();
    names.map(Result::unwrap).collect()
}

fn rows(database: &Connection, table: &str) -> Vec<String> {
    let mut statement = database.prepare(&format!("SELECT * FROM {table}")).unwrap();
    let columns = statement.column_count();
    let rows = statement.query_map([], |row| {
        let values =
            (0..columns).map(|column| row.get_ref(column).map(|value| format!("{value:?}")));
        Ok(values.collect::<Result<Vec<_>, _>>()?.join(" "))
    });
    rows.unwrap().map(Result::unwrap).collect()
}

/// Another organisation on the same service.
struct Rival {
    app: String,
    bundle: i64,
    channel: i64,
    release: i64,
    key: String,
}

impl Rival {
    fn settle(world: &World) -> Self {
        let rival = json!({ "id": "rival" });
        let made = world
            .ask("POST", "/api/v1/organisations", &rival)
            .ok()
            .json();
        let secret = made["key"].as_str().unwrap().to_owned();
        let keys = world
            .ask_as(&secret, "GET", "/api/v1/keys", &Value::Null)
            .ok()
            .json();
        let key = keys["keys"][0]["id"].as_str().unwrap().to_owned();
        let app = format!("com.{MARK}.app");
        let path = format!("/api/v1/apps/{app}/bundles/1.0.0?comment={MARK}");
        let headers = [("authorization", secret.as_str())];
        let made = world.send("PUT", &path, &headers, bundle(MARK)).ok().json();
        let path = format!("/api/v1/apps/{app}/channels/production");
        let give = json!({ "version": "1.0.0", "rollout": 10 });
        let release = world
            .ask_as(&secret, "POST", &format!("{path}/releases"), &give)
            .ok();
        let channel = world.ask_as(&secret, "PUT", &path, &json!({})).ok().json();
        Self {
            app,
            bundle: made["id"].as_i64().unwrap(),
            channel: channel["id"].as_i64().unwrap(),
            release: release.json()["id"].as_i64().unwrap(),
            key,
        }
    }

    /// Where an operation can name something of theirs.
    fn fields_of(&self, operation: &Operation) -> Vec<(Field, Value)> {
        let named = operation.fields.iter().filter_map(|field| {
            let (Field::Path(name) | Field::Query(name) | Field::Body(name)) = field else {
                return None;
            };
            let foreign = match name.trim_start_matches('/') {
                _ if is_app(field) => self.app.as_str().into(),
                "version_id" if operation.id != "capgoPutDevice" => self.bundle.into(),
                "channel_id" => self.channel.into(),
                "id" if operation.id == "revokeKey" => self.key.as_str().into(),
                _ => return None,
            };
            Some((field.clone(), foreign))
        });
        let mut named: Vec<_> = named.collect();
        // Instead of what the example says.
        if operation.id == "release" {
            named.push((
                Field::Body(String::new()),
                json!({ "versionId": self.bundle }),
            ));
        }
        if operation.id == "changeRollout" {
            let body = json!({ "action": "promote", "releaseId": self.release });
            named.push((Field::Body(String::new()), body));
        }
        named
    }
}
