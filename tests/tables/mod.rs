//! Reads the tables of the documentation, so that tests can hold them against the code.

use std::collections::HashMap;

/// The rows below a heading of a Markdown document, up to the next heading of any level: each
/// row's cells by their column's name, the backticks around a whole cell left out.
///
/// # Panics
///
/// Where there is no such heading, or no table below it.
pub(crate) fn rows(document: &str, heading: &str) -> Vec<HashMap<String, String>> {
    let mut lines = document.lines().skip_while(|line| *line != heading);
    assert!(lines.next().is_some(), "no heading {heading:?}");
    let table: Vec<Vec<String>> = lines
        .take_while(|line| !line.starts_with('#'))
        .filter(|line| line.starts_with('|'))
        .map(cells)
        .collect();
    let [columns, _, rows @ ..] = table.as_slice() else {
        panic!("no table below {heading:?}");
    };
    rows.iter()
        .map(|row| {
            assert_eq!(row.len(), columns.len(), "{row:?}");
            columns.iter().cloned().zip(row.iter().cloned()).collect()
        })
        .collect()
}

fn cells(line: &str) -> Vec<String> {
    line.trim()
        .trim_start_matches('|')
        .trim_end_matches('|')
        .split('|')
        .map(|cell| {
            let cell = cell.trim();
            let code = cell
                .strip_prefix('`')
                .and_then(|cell| cell.strip_suffix('`'))
                .filter(|code| !code.contains('`'));
            code.unwrap_or(cell).to_owned()
        })
        .collect()
}
