//! `docs/benchmarks.md`: one section a topic, each of which is replaced when it's measured again.

use std::fs;
use std::path::Path;

use super::chart::Chart;
use super::{Result, Topic, machine};

const HEAD: &str = "\
# Benchmarks

Measured by `cargo xtask bench`, which writes this page; `cargo xtask bench sync`, `launch`,
`memory` or `size` measures one of them anew, `--runs N` says how often. It needs curl, sha256sum,
openssl, unzip, sync, strip and gzip, and a machine that does nothing else. Ratios are taken pair by
pair, between runs that followed each other, and the median of these is given.
";

/// What one topic came to.
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) text: String,
    pub(super) chart: Chart,
}

/// Puts a section into the page, in place of what it said before.
pub(super) fn write(project: &Path, section: &Section) -> Result<()> {
    let docs = project.join("docs");
    fs::create_dir_all(&docs)?;
    let chart = format!("benchmarks-{}.svg", section.name);
    fs::write(docs.join(&chart), section.chart.to_svg())?;
    let page = docs.join("benchmarks.md");
    let before = fs::read_to_string(&page).unwrap_or_default();
    let mut text = HEAD.to_owned();
    for topic in Topic::ALL {
        let name = topic.name();
        let body = if name == section.name {
            let machine = machine::describe(project);
            Some(format!(
                "\n## {}\n\n{}\n\n![{}]({chart})\n\nMeasured: {machine}.\n",
                section.title,
                section.text.trim_end(),
                section.chart.title,
            ))
        } else {
            find(&before, name)
        };
        if let Some(body) = body {
            text.push_str(&format!("\n<!-- {name} -->{body}<!-- end of {name} -->\n"));
        }
    }
    Ok(fs::write(page, text)?)
}

fn find(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("<!-- {name} -->"))?;
    let (body, _) = rest.split_once(&format!("<!-- end of {name} -->"))?;
    Some(body.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_found_between_its_marks() {
        let page = "x\n<!-- sync -->\n## Sync\n<!-- end of sync -->\n<!-- launch -->\n";
        assert_eq!(find(page, "sync").as_deref(), Some("\n## Sync\n"));
        assert_eq!(find(page, "launch"), None, "it has no end");
        assert_eq!(find(page, "memory"), None);
    }
}
