//! Which keys of the configuration go together.

use live_updater::{Config, Error, SourceKind};
use serde_json::{Value, json};

use crate::sealing::Developer;

const ED25519: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----";

fn read(source: &str, trust: &Value, more: (&str, Value)) -> Result<Config, String> {
    let mut config = json!({"appId": "com.example.app", "source": source, "trust": trust});
    config[more.0] = more.1;
    Config::from_json(&config.to_string()).map_err(|error| match error {
        Error::Config { key, .. } => key,
        other => panic!("{other}"),
    })
}

fn nothing() -> (&'static str, Value) {
    ("channel", Value::Null)
}

#[test]
fn a_source_takes_the_trust_that_its_servers_can_meet() {
    let capgo = Developer::new(1).trust();
    let unsigned = json!({"mode": "unsigned"});
    let signed = |mode| json!({"mode": mode, "keys": [{"key": ED25519}]});
    for (source, trust, refused) in [
        ("capgo", &capgo, None),
        ("capgo", &unsigned, None),
        ("capgo", &signed("bundle"), Some("trust.mode")),
        ("capgo", &signed("statement"), Some("trust.mode")),
        ("native-update", &capgo, Some("trust.mode")),
        ("native-update", &unsigned, None),
    ] {
        let read = read(source, trust, nothing());
        assert_eq!(read.err().as_deref(), refused, "{source} {trust}");
    }
}

#[test]
fn the_key_is_one_of_rsa_with_2048_bits() {
    let one = Developer::new(1).trust();
    let mut restricted = one["keys"].clone();
    restricted[0]["algorithm"] = "rsa-pss-sha256".into();
    let two = [&one, &Developer::new(2).trust()].map(|trust| trust["keys"][0].clone());
    for keys in [json!([]), json!(two), json!([{"key": ED25519}]), restricted] {
        let trust = json!({"mode": "capgo", "keys": keys});
        let refused = read("capgo", &trust, nothing());
        assert_eq!(refused.unwrap_err(), "trust.keys", "{trust}");
    }
}

#[test]
fn addresses_stay_as_they_are_and_are_safe() {
    let unsigned = json!({"mode": "unsigned"});
    for key in ["updateUrl", "statsUrl", "channelUrl"] {
        for address in [
            "http://x.y/updates",
            "ftp://x.y/",
            "updates",
            "https://x.y/?a=b",
        ] {
            let read = read("capgo", &unsigned, (key, address.into()));
            assert_eq!(read.unwrap_err(), key, "{address}");
        }
    }
    let address = "https://x.y/updates";
    let config = read("capgo", &unsigned, ("updateUrl", address.into())).unwrap();
    assert_eq!(config.update_url.unwrap().as_str(), address);
}

#[test]
fn without_a_channel_the_server_decides() {
    let unsigned = json!({"mode": "unsigned"});
    let config = read("capgo", &unsigned, nothing()).unwrap();
    assert_eq!((config.source, &*config.channel), (SourceKind::Capgo, ""));
    let config = read("capgo", &unsigned, ("channel", "beta".into())).unwrap();
    assert_eq!(config.channel, "beta");
    let config = read("native-update", &unsigned, nothing()).unwrap();
    assert_eq!(config.channel, "production");
}
