//! The endpoints as the OpenAPI file has them, with a request of each that is answered well.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};
use url::form_urlencoded;

use crate::support::{Answer, World};

const METHODS: [&str; 6] = ["get", "head", "put", "post", "patch", "delete"];

/// The file.
pub(crate) fn file() -> Value {
    serde_json::from_str(include_str!("../../openapi.json")).unwrap()
}

/// An operation of the file.
#[derive(Debug, Clone)]
pub(crate) struct Operation {
    pub(crate) id: String,
    /// In capitals.
    pub(crate) method: String,
    pub(crate) path: String,
    /// Whether nothing is told without a key.
    pub(crate) needs_key: bool,
    pub(crate) is_page: bool,
    pub(crate) fields: Vec<Field>,
    example: Example,
}

/// Something that a request says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Field {
    Path(String),
    Query(String),
    Header(String),
    /// A pointer into the body.
    Body(String),
}

/// A request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Example {
    pub(crate) path: BTreeMap<String, String>,
    pub(crate) query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    pub(crate) body: Value,
    /// What is no JSON.
    pub(crate) bytes: Option<(String, Vec<u8>)>,
}

/// All operations of the file.
pub(crate) fn operations() -> Vec<Operation> {
    let file = file();
    let mut found = Vec::new();
    for (path, item) in file["paths"].as_object().unwrap() {
        for method in METHODS {
            if let Some(operation) = item.get(method) {
                found.push(Operation::read(&file, path, item, method, operation));
            }
        }
    }
    found
}

/// What a reference leads to.
pub(crate) fn resolve<'a>(file: &'a Value, value: &'a Value) -> &'a Value {
    match value["$ref"].as_str() {
        Some(place) => {
            let found = file.pointer(place.trim_start_matches('#'));
            resolve(file, found.unwrap_or_else(|| panic!("{place}")))
        }
        None => value,
    }
}

impl Operation {
    fn read(file: &Value, path: &str, item: &Value, method: &str, operation: &Value) -> Self {
        let mut read = Self {
            id: operation["operationId"].as_str().unwrap().to_owned(),
            method: method.to_ascii_uppercase(),
            path: path.to_owned(),
            needs_key: operation["security"].is_null(),
            is_page: operation["tags"][0] == "Page",
            fields: Vec::new(),
            example: Example::default(),
        };
        for parameters in [&item["parameters"], &operation["parameters"]] {
            for parameter in parameters.as_array().into_iter().flatten() {
                read.take_parameter(resolve(file, parameter));
            }
        }
        let body = &operation["requestBody"];
        let json = &body["content"]["application/json"];
        if let Some(examples) = json["examples"].as_object() {
            // The first one that says the most.
            let values = examples.values().map(|example| &example["value"]);
            let longest = values.max_by_key(|value| value.to_string().len()).unwrap();
            read.example.body = longest.clone();
            let schema = resolve(file, &json["schema"]);
            read.take_fields(file, schema, "");
        }
        read
    }

    fn take_parameter(&mut self, parameter: &Value) {
        let name = parameter["name"].as_str().unwrap().to_owned();
        let example = match &parameter["example"] {
            Value::String(text) => Some(text.clone()),
            Value::Null => None,
            other => Some(other.to_string()),
        };
        let (field, examples) = match parameter["in"].as_str() {
            Some("path") => (Field::Path(name.clone()), &mut self.example.path),
            Some("query") => (Field::Query(name.clone()), &mut self.example.query),
            // What is asked for in part isn't answered whole.
            _ => {
                self.fields.push(Field::Header(name));
                return;
            }
        };
        self.fields.push(field);
        if let Some(example) = example {
            examples.insert(name, example);
        }
    }

    fn take_fields(&mut self, file: &Value, schema: &Value, place: &str) {
        for (name, schema) in schema["properties"].as_object().into_iter().flatten() {
            let place = format!("{place}/{name}");
            let schema = resolve(file, schema);
            match schema["properties"].is_null() {
                true => self.fields.push(Field::Body(place)),
                false => self.take_fields(file, schema, &place),
            }
        }
        for part in ["oneOf", "allOf"] {
            let parts = schema[part].as_array().into_iter().flatten();
            for part in parts.filter(|part| !part["$ref"].is_null()) {
                self.take_fields(file, resolve(file, part), place);
            }
        }
    }

    /// The request that the file shows.
    pub(crate) fn example(&self) -> Example {
        self.example.clone()
    }

    pub(crate) fn send(&self, world: &World, key: &str, request: &Example) -> Answer {
        let mut path = self.path.clone();
        for (name, value) in &request.path {
            path = path.replace(&format!("{{{name}}}"), &segment(value));
        }
        if !request.query.is_empty() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            path = format!("{path}?{}", query.extend_pairs(&request.query).finish());
        }
        let (kind, body) = match &request.bytes {
            Some((kind, bytes)) => (kind.as_str(), bytes.clone()),
            None if request.body.is_null() => ("", Vec::new()),
            None => ("application/json", request.body.to_string().into_bytes()),
        };
        let mut headers = vec![("authorization", key), ("content-type", kind)];
        let own = request.headers.iter();
        headers.extend(own.map(|(name, value)| (name.as_str(), value.as_str())));
        world.send(&self.method, &path, &headers, body)
    }
}

impl Example {
    /// Says something else in a field; whether the field can say it at all.
    pub(crate) fn set(&mut self, field: &Field, value: &Value) -> bool {
        let text = || match value {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        match field {
            Field::Path(name) => self.path.insert(name.clone(), text()),
            Field::Query(name) => self.query.insert(name.clone(), text()),
            Field::Header(name) => {
                let is_visible = |char: char| char.is_ascii_graphic() || char == ' ';
                if !text().chars().all(is_visible) {
                    return false;
                }
                self.headers.insert(name.clone(), text())
            }
            Field::Body(place) => {
                put(&mut self.body, place, value);
                None
            }
        };
        true
    }
}

fn put(body: &mut Value, place: &str, value: &Value) {
    if place.is_empty() {
        *body = value.clone();
        return;
    }
    let mut names = place.trim_start_matches('/').split('/').peekable();
    let mut here = match body {
        Value::Array(all) => all.first_mut().unwrap(),
        other => other,
    };
    while let Some(name) = names.next() {
        if !here.is_object() {
            *here = Value::Object(Map::new());
        }
        let next = &mut here[name];
        if names.peek().is_none() {
            // Where a list is wanted, it is one of it.
            *next = match next.is_array() {
                true => json!([value]),
                false => value.clone(),
            };
            return;
        }
        here = next;
    }
}

/// Every byte that could mean something is written out.
fn segment(text: &str) -> String {
    let written = text.bytes().map(|byte| match byte.is_ascii_alphanumeric() {
        true => char::from(byte).to_string(),
        false if b"._-".contains(&byte) => char::from(byte).to_string(),
        false => format!("%{byte:02X}"),
    });
    written.collect()
}
