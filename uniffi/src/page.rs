//! The script that gives the page its launch token.

use serde_json::json;

use crate::bundle::Launch;

/// A function of the launch token, of the mark that this activation leaves in the web view, and of
/// the app's origin, where the web view would run it on every other one too.
const SCRIPT: &str = include_str!("page_script.js");

pub(crate) fn script(launch: &Launch, origin: Option<&str>) -> String {
    let (token, mark) = (json!(launch.launch_token), json!(launch.page_mark));
    let origin = origin.map_or_else(String::new, |origin| format!(", {}", json!(origin)));
    format!("{}({token}, {mark}{origin});\n", SCRIPT.trim_end())
}
