//! What release statements have taught, as it is kept in the state.

use serde::{Deserialize, Serialize};

use crate::digest::Sha256Digest;
use crate::keys::{KeyProblem, Keys};
use crate::verify::statement::{MAX_SEQUENCE, Unambiguous};

/// What was learnt from release statements that were verified.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", try_from = "Unambiguous")]
pub(crate) struct Trusted {
    /// Ids of the pinned keys that all of this was learnt under.
    pub(crate) keys: Vec<String>,
    /// One for each app and channel; the one that rose last comes last.
    pub(crate) floors: Vec<Floor>,
    /// Ids of pinned keys that count no longer.
    pub(crate) revoked: Vec<String>,
}

/// The newest statement that was seen for an app and a channel.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Floor {
    pub(crate) app_id: String,
    pub(crate) channel: String,
    pub(crate) sequence: u64,
    /// SHA-256 of its payload.
    pub(crate) payload: Sha256Digest,
    /// When it was made, in milliseconds since the Unix epoch: it is no earlier than that.
    pub(crate) issued_at: u64,
    /// Whether it came after another one, under the native build that is installed.
    pub(crate) is_higher: bool,
}

impl Trusted {
    /// The most apps and channels whose floors are kept; the one that rose longest ago gives way.
    const MOST_FLOORS: usize = 200;

    pub(crate) fn floor(&self, app_id: &str, channel: &str) -> Option<&Floor> {
        self.floors
            .iter()
            .find(|floor| floor.is_of(app_id, channel))
    }

    pub(crate) fn raise(&mut self, floor: Floor) {
        self.floors
            .retain(|old| !old.is_of(&floor.app_id, &floor.channel));
        self.floors.push(floor);
        if self.floors.len() > Self::MOST_FLOORS {
            self.floors.remove(0);
        }
    }
}

impl Floor {
    fn is_of(&self, app_id: &str, channel: &str) -> bool {
        self.app_id == app_id && self.channel == channel
    }
}

// Read by hand, with what reads statements and configurations anyway: what serde derives for these
// two would take 8 KB of the library.
impl TryFrom<Unambiguous> for Trusted {
    type Error = KeyProblem;

    fn try_from(read: Unambiguous) -> Result<Self, KeyProblem> {
        let mut keys = read.into_keys("trusted.")?;
        let floors = keys.array("floors")?;
        let mut trusted = Self {
            keys: keys.texts("keys")?,
            floors: Vec::new(),
            revoked: keys.texts("revoked")?,
        };
        for floor in floors {
            let keys = Unambiguous(floor).into_keys("trusted.floors[].")?;
            trusted.floors.push(Floor::read(keys)?);
        }
        Ok(trusted)
    }
}

impl Floor {
    fn read(mut keys: Keys) -> Result<Self, KeyProblem> {
        Ok(Self {
            app_id: keys.required_text("appId")?,
            channel: keys.required_text("channel")?,
            sequence: keys.required_number("sequence", 0..=MAX_SEQUENCE)?,
            payload: keys.parsed("payload")?,
            issued_at: keys.required_number("issuedAt", 0..=u64::MAX)?,
            is_higher: keys.flag("isHigher")?.unwrap_or(false),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn trusted() -> Trusted {
        Trusted {
            keys: vec!["a".to_owned(), "b".to_owned()],
            floors: vec![Floor {
                app_id: "com.example.app".to_owned(),
                channel: "production".to_owned(),
                sequence: MAX_SEQUENCE,
                payload: Sha256Digest::new([7; 32]),
                issued_at: 1_800_000_000_001,
                is_higher: true,
            }],
            revoked: vec!["b".to_owned()],
        }
    }

    #[test]
    fn what_was_kept_is_read_as_it_was() {
        for trusted in [Trusted::default(), trusted()] {
            let text = serde_json::to_string(&trusted).unwrap();
            assert_eq!(serde_json::from_str::<Trusted>(&text).unwrap(), trusted);
        }
    }

    #[test]
    fn it_is_kept_by_names_that_people_can_read() {
        assert_eq!(
            json!(trusted())["floors"][0],
            json!({
                "appId": "com.example.app", "channel": "production",
                "sequence": 9_007_199_254_740_991_u64, "payload": "07".repeat(32),
                "issuedAt": 1_800_000_000_001_u64, "isHigher": true,
            })
        );
    }

    #[test]
    fn a_floor_that_lacks_something_is_not_read_as_a_lower_one() {
        for key in ["appId", "channel", "sequence", "payload", "issuedAt"] {
            let mut kept = json!(trusted());
            kept["floors"][0].as_object_mut().unwrap().remove(key);
            let read = serde_json::from_value::<Trusted>(kept);
            assert!(read.unwrap_err().to_string().contains(key));
        }
    }
}
