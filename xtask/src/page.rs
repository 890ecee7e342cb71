//! Pages of `docs/` that programs write: a section each, between two marks.

use std::error::Error;
use std::fs;
use std::path::Path;

/// Puts `body` into the section `name` of a page, in place of what stood there. The others stay,
/// in the order of `names`; `head` is written anew.
///
/// # Errors
///
/// The page can't be written.
pub(crate) fn replace(
    page: &Path,
    head: &str,
    names: &[&str],
    name: &str,
    body: &str,
) -> Result<(), Box<dyn Error>> {
    let before = fs::read_to_string(page).unwrap_or_default();
    let mut text = head.to_owned();
    for section in names {
        let body = if *section == name {
            Some(body)
        } else {
            find(&before, section)
        };
        if let Some(body) = body {
            text.push_str(&format!(
                "\n<!-- {section} -->{body}<!-- end of {section} -->\n"
            ));
        }
    }
    if let Some(folder) = page.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(page, text)?)
}

fn find<'a>(page: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = page.split_once(&format!("<!-- {name} -->"))?;
    let (body, _) = rest.split_once(&format!("<!-- end of {name} -->"))?;
    Some(body)
}

/// A number as people read it: 1,234,567.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_found_between_its_marks() {
        let page = "x\n<!-- sync -->\n## Sync\n<!-- end of sync -->\n<!-- launch -->\n";
        assert_eq!(find(page, "sync"), Some("\n## Sync\n"));
        assert_eq!(find(page, "launch"), None, "it has no end");
        assert_eq!(find(page, "memory"), None);
    }

    #[test]
    fn a_section_is_replaced_where_the_order_has_it_and_the_others_stay() {
        let folder = tempfile::tempdir().unwrap();
        let page = folder.path().join("docs/page.md");
        let names = ["one", "two"];
        for (name, body) in [("two", "\nb\n"), ("one", "\na\n"), ("two", "\nc\n")] {
            replace(&page, "# Page\n", &names, name, body).unwrap();
        }
        assert_eq!(
            fs::read_to_string(page).unwrap(),
            "# Page\n\n<!-- one -->\na\n<!-- end of one -->\n\n<!-- two -->\nc\n<!-- end of two -->\n"
        );
    }

    #[test]
    fn thousands_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1_000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(grouped(number), text);
        }
    }
}
