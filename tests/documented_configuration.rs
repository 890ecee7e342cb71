//! `docs/configuration.md` says what the parser does.

mod tables;

use std::collections::{BTreeSet, HashMap};

use live_updater::{Config, Error};
use serde_json::{Value, json};

const PAGE: &str = include_str!("../docs/configuration.md");
const PARSER: &str = include_str!("../src/config/parse.rs");

type Row = HashMap<String, String>;

fn keys() -> Vec<Row> {
    tables::rows(PAGE, "## Keys")
}

fn trust_keys() -> Vec<Row> {
    tables::rows(PAGE, "## Trust")
}

fn minimal() -> Value {
    json!({"appId": "com.example.app", "trust": {"mode": "unsigned"}})
}

fn with(key: &str, value: Value) -> Result<Config, Error> {
    let mut config = minimal();
    config[key] = value;
    Config::from_json(&config.to_string())
}

fn refused_key(config: Result<Config, Error>) -> String {
    match config {
        Err(Error::Config { key, .. }) => key,
        other => panic!("{other:?}"),
    }
}

/// All that a configuration holds, to compare two of them.
fn everything(config: &Config) -> String {
    format!("{config:?}")
}

/// The first argument of every method call in the parser that reads a key.
fn keys_that_are_read() -> BTreeSet<String> {
    let code = PARSER.split("#[cfg(test)]").next().unwrap_or_default();
    code.split('.')
        .filter_map(|call| {
            let (method, arguments) = call.split_once('(')?;
            let name = arguments
                .trim_start()
                .strip_prefix('"')?
                .split('"')
                .next()?;
            let is_key = !name.is_empty() && name.bytes().all(|c| c.is_ascii_alphabetic());
            (is_key && method != "problem").then(|| name.to_owned())
        })
        .collect()
}

#[test]
fn every_documented_example_is_accepted() {
    for row in keys() {
        let example: Value = serde_json::from_str(&row["example"]).unwrap();
        with(&row["key"], example).unwrap_or_else(|error| panic!("{}: {error}", row["key"]));
    }
}

#[test]
fn every_documented_default_is_what_a_missing_key_means() {
    let missing = Config::from_json(&minimal().to_string()).unwrap();
    for row in keys() {
        if let Ok(default) = serde_json::from_str::<Value>(&row["default"]) {
            let config = with(&row["key"], default).unwrap();
            assert_eq!(everything(&config), everything(&missing), "{}", row["key"]);
        }
        if row["default"] != "required" {
            let unset = with(&row["key"], Value::Null).unwrap();
            assert_eq!(everything(&unset), everything(&missing), "{}", row["key"]);
        }
    }
}

#[test]
fn a_required_key_is_missed_by_its_name() {
    let required: Vec<_> = keys()
        .into_iter()
        .filter(|row| row["default"] == "required")
        .map(|row| row["key"].clone())
        .collect();
    assert_eq!(required, ["appId", "trust"]);
    for key in required {
        assert_eq!(refused_key(with(&key, Value::Null)), key);
    }
}

#[test]
fn a_number_may_lie_in_the_documented_range_and_nowhere_else() {
    let mut ranges = 0;
    for row in keys() {
        let (key, allowed) = (&row["key"], &row["allowed"]);
        let (least, most) = match (
            allowed.split_once(" to "),
            allowed.strip_prefix("at least "),
        ) {
            (Some((least, most)), _) => (least, Some(most)),
            (None, Some(least)) => (least, None),
            (None, None) => continue,
        };
        let least: u64 = least.parse().unwrap();
        with(key, json!(least)).unwrap();
        assert_eq!(refused_key(with(key, json!(least as i64 - 1))), *key);
        if let Some(most) = most {
            let most: u64 = most.parse().unwrap();
            with(key, json!(most)).unwrap();
            assert_eq!(refused_key(with(key, json!(most + 1))), *key);
        }
        ranges += 1;
    }
    let numbers = keys().iter().filter(|row| row["type"] == "number").count();
    assert_eq!(ranges, numbers);
}

#[test]
fn a_choice_may_be_each_of_the_documented_values_and_no_other() {
    for row in keys() {
        let (key, allowed) = (&row["key"], &row["allowed"]);
        if ["platform", "source", "autoUpdate"].contains(&key.as_str()) {
            for choice in allowed.split(", ") {
                if choice == "`capgo`" && cfg!(not(feature = "capgo")) {
                    assert_eq!(refused_key(with(key, json!("capgo"))), *key);
                    continue;
                }
                with(key, json!(choice.trim_matches('`'))).unwrap();
            }
            assert_eq!(refused_key(with(key, json!("another"))), *key);
        }
    }
}

#[test]
fn no_key_that_is_read_is_missing_from_the_page() {
    let documented: BTreeSet<String> = keys()
        .into_iter()
        .chain(trust_keys())
        .filter_map(|row| row["key"].rsplit('.').next().map(str::to_owned))
        .collect();
    assert_eq!(documented, keys_that_are_read());
    assert_eq!(refused_key(with("another", json!(1))), "another");
}

#[test]
fn the_trust_table_holds() {
    let example = |key: &str| -> Value {
        let rows = trust_keys();
        let row = rows.iter().find(|row| row["key"] == key).unwrap();
        serde_json::from_str(&row["example"]).unwrap()
    };
    let mut trust = json!({
        "mode": example("trust.mode"),
        "keys": example("trust.keys"),
        "threshold": example("trust.threshold"),
    });
    trust["keys"][0] = json!({
        "key": example("trust.keys[].key"),
        "algorithm": example("trust.keys[].algorithm"),
        "id": example("trust.keys[].id"),
    });
    with("trust", trust.clone()).unwrap();
    let rows = trust_keys();
    let algorithms = rows
        .iter()
        .find(|row| row["key"] == "trust.keys[].algorithm");
    let known: Vec<_> = live_updater::SignatureAlgorithm::ALL
        .iter()
        .map(|algorithm| format!("`{algorithm}`"))
        .collect();
    assert_eq!(algorithms.unwrap()["allowed"], known.join(", "));
    trust["keys"][0]["another"] = json!(1);
    let refused = refused_key(with("trust", trust));
    assert_eq!(refused, "trust.keys[0].another");
}

#[test]
fn every_example_file_is_accepted() {
    let files: Vec<_> = PAGE
        .split("<!-- example: ")
        .skip(1)
        .map(|rest| rest.split("```").nth(1).unwrap().trim_start_matches("json"))
        .collect();
    assert_eq!(files.len(), 5);
    for file in files {
        if file.contains("capgo") && cfg!(not(feature = "capgo")) {
            continue;
        }
        Config::from_json(file).unwrap_or_else(|error| panic!("{error}: {file}"));
    }
}
