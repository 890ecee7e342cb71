//! The script that gives the page its launch token.

use serde_json::json;

use crate::bundle::Launch;

/// A function of the launch token and of what names the bundle that runs.
const SCRIPT: &str = include_str!("page_script.js");

pub(crate) fn script(launch: &Launch) -> String {
    // The builtin bundle has the same id in each version of the app.
    let activation = format!("{}@{}", launch.bundle.id, launch.bundle.version);
    let (token, activation) = (json!(launch.launch_token), json!(activation));
    format!("{}({token}, {activation});\n", SCRIPT.trim_end())
}
