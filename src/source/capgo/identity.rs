//! What a device tells Capgo's servers about itself with each call.

use serde_json::{Map, Value, json};

use crate::config::Config;
use crate::source::{HostFacts, Inquiry};
use crate::verify::Trust;

/// The version of Capgo's plugin whose behaviour this is: servers decide by it what they answer, and
/// how.
const PLUGIN_VERSION: &str = "8.51.23";

/// What is the same in all calls of one process.
#[derive(Debug, Clone)]
pub(crate) struct Identity {
    /// The configuration's `version`, where it has one.
    version_build: Option<String>,
    facts: HostFacts,
    key_id: Option<String>,
}

impl Identity {
    pub(crate) fn new(config: &Config, facts: &HostFacts) -> Self {
        Self {
            version_build: config.version.as_ref().map(ToString::to_string),
            facts: facts.clone(),
            key_id: match &config.trust {
                Trust::Capgo { key } => Some(key.short_id().to_owned()),
                _ => None,
            },
        }
    }

    /// The fields that all calls have.
    pub(crate) fn to_json(&self, inquiry: &Inquiry) -> Map<String, Value> {
        let is_builtin = inquiry.current_bundle == "builtin";
        let version_name = if is_builtin {
            "builtin"
        } else {
            &inquiry.current_version
        };
        let version_build = self.version_build.as_deref();
        let fields = json!({
            "platform": inquiry.platform,
            "device_id": inquiry.device_id.to_lowercase(),
            "app_id": inquiry.app_id,
            "custom_id": inquiry.custom_id.as_deref().unwrap_or_default(),
            "version_build": version_build.unwrap_or(&inquiry.app_version),
            "version_code": self.facts.version_code,
            "version_os": self.facts.os_version,
            "version_name": version_name,
            "plugin_version": PLUGIN_VERSION,
            "is_emulator": self.facts.is_emulator,
            "is_prod": !self.facts.is_debuggable,
            "install_source": self.facts.install_source,
            "defaultChannel": inquiry.channel,
        });
        let Value::Object(mut fields) = fields else {
            return Map::new();
        };
        if let Some(key_id) = &self.key_id {
            fields.insert("key_id".to_owned(), key_id.as_str().into());
        }
        fields
    }

    /// How Capgo's plugin calls itself. What can't stand in a header is left out.
    pub(crate) fn user_agent(&self, inquiry: &Inquiry) -> String {
        let mut name = format!(
            "CapacitorUpdater/{PLUGIN_VERSION} ({}) {}/{}",
            inquiry.app_id, inquiry.platform, self.facts.os_version
        );
        name.retain(|character| matches!(character, ' '..='~'));
        name
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::capgo::answer::testing::inquiry;

    fn identity(facts: &HostFacts, version: Option<&str>) -> Identity {
        let mut config = Config::dangerous_unsigned("com.example.app");
        config.version = version.map(|version| version.parse().unwrap());
        Identity::new(&config, facts)
    }

    #[test]
    fn a_device_of_which_nothing_is_known_tells_what_it_has_to() {
        let told = identity(&HostFacts::default(), None).to_json(&inquiry());
        let expected = json!({
            "platform": "android",
            "device_id": "0c2e8b1e-6a0f-4d3c-9a52-1d2f3a4b5c6d",
            "app_id": "com.example.app",
            "custom_id": "",
            "version_build": "2.1",
            "version_code": "",
            "version_os": "",
            "version_name": "builtin",
            "plugin_version": PLUGIN_VERSION,
            "is_emulator": false,
            "is_prod": true,
            "install_source": "",
            "defaultChannel": "",
        });
        assert_eq!(Value::from(told), expected);
    }

    #[test]
    fn what_the_host_knows_is_told() {
        let facts = HostFacts {
            version_code: "42".to_owned(),
            os_version: "16".to_owned(),
            install_source: "google_play".to_owned(),
            is_emulator: true,
            is_debuggable: true,
        };
        let identity = identity(&facts, Some("3.0.0"));
        let mut inquiry = inquiry();
        inquiry.current_bundle = "2254060c".to_owned();
        inquiry.custom_id = Some("u-1".to_owned());
        inquiry.channel = "beta".to_owned();
        let told = identity.to_json(&inquiry);
        for (key, value) in [
            ("version_code", json!("42")),
            ("version_os", json!("16")),
            ("install_source", json!("google_play")),
            ("is_emulator", json!(true)),
            ("is_prod", json!(false)),
            ("version_build", json!("3.0.0")),
            ("version_name", json!("1.5.0")),
            ("custom_id", json!("u-1")),
            ("defaultChannel", json!("beta")),
        ] {
            assert_eq!(told[key], value, "{key}");
        }
        assert_eq!(
            identity.user_agent(&inquiry),
            format!("CapacitorUpdater/{PLUGIN_VERSION} (com.example.app) android/16")
        );
    }
}
