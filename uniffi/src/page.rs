//! The script that gives the page its launch token.

use serde_json::json;

use crate::bundle::Launch;

/// A function of the launch token and of the mark that this activation leaves in the web view.
const SCRIPT: &str = include_str!("page_script.js");

pub(crate) fn script(launch: &Launch) -> String {
    let (token, mark) = (json!(launch.launch_token), json!(launch.page_mark));
    format!("{}({token}, {mark});\n", SCRIPT.trim_end())
}
