//! The script that gives the page its launch token.

use serde_json::json;

use crate::bundle::Launch;

/// A function of the launch token, of what names the bundle that runs, and of the app's origin,
/// where it isn't known to run on no other.
const SCRIPT: &str = include_str!("page_script.js");

pub(crate) fn script(launch: &Launch, origin: Option<&str>) -> String {
    // The builtin bundle has the same id in each version of the app.
    let activation = format!("{}@{}", launch.bundle.id, launch.bundle.version);
    let (token, activation) = (json!(launch.launch_token), json!(activation));
    let origin = origin.map_or_else(String::new, |origin| format!(", {}", json!(origin)));
    format!("{}({token}, {activation}{origin});\n", SCRIPT.trim_end())
}
