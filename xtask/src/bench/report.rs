//! `docs/benchmarks.md`: one section a topic, each of which is replaced when it's measured again.

use std::fs;
use std::path::Path;

use super::chart::Chart;
use super::{Result, Topic};
use crate::{machine, page};

const HEAD: &str = "\
# Benchmarks

Measured by `cargo xtask bench`, which writes this page; `cargo xtask bench sync`, `launch`,
`memory`, `size` or `server` measures one of them anew, `--runs N` says how often. It needs curl, sha256sum,
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
    let machine = machine::describe(project);
    let body = format!(
        "\n## {}\n\n{}\n\n![{}]({chart})\n\nMeasured: {machine}.\n",
        section.title,
        section.text.trim_end(),
        section.chart.title,
    );
    let names = Topic::ALL.map(Topic::name);
    page::replace(
        &docs.join("benchmarks.md"),
        HEAD,
        &names,
        section.name,
        &body,
    )
}
