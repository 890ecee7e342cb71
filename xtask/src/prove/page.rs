//! `docs/reliability.md`: one section a proof, each of which is replaced when it's run again.

use std::fmt::Write;
use std::path::Path;

use super::proofs::{PROOFS, Proof};
use super::{Outcome, Result};
use crate::machine;
use crate::page;

const HEAD: &str = "\
# Reliability

What the [README promises](../README.md#what-it-promises) is proved by programs. `cargo xtask prove`
runs all of them to their end and writes this page; `cargo xtask prove NAME` runs one anew, and
`cargo xtask test` a portion of each. A figure stands here only if nothing was violated.
";

/// Puts what a proof came to into the page, in place of what it said before.
pub(super) fn write(project: &Path, proof: &Proof, outcome: &Outcome) -> Result<()> {
    let names = PROOFS.map(|proof| proof.name);
    let body = section(proof, outcome, &machine::describe(project));
    page::replace(
        &project.join("docs/reliability.md"),
        HEAD,
        &names,
        proof.name,
        &body,
    )
}

fn section(proof: &Proof, outcome: &Outcome, machine: &str) -> String {
    let Proof {
        title,
        promise,
        how,
        name,
        ..
    } = proof;
    let mut text = format!("\n## {title}\n\n*{promise}* {how}\n\n| | |\n|---|---:|\n");
    for (name, figure) in &outcome.figures {
        let _ = writeln!(text, "| {name} | {} |", page::grouped(*figure));
    }
    let minutes = outcome.took.as_secs_f64() / 60.0;
    let _ = writeln!(
        text,
        "| **violations** | **0** |\n\n`cargo xtask prove {name}`, {minutes:.1} min: {machine}."
    );
    text
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_section_tells_what_was_done_and_how_often() {
        let proof = &PROOFS[0];
        let outcome = Outcome {
            figures: [("kills".to_owned(), 12_345)].into(),
            took: Duration::from_secs(90),
        };
        let text = section(proof, &outcome, "2026-01-01, 2 cores");
        assert!(text.contains("| kills | 12,345 |"), "{text}");
        assert!(text.contains("1.5 min: 2026-01-01, 2 cores."), "{text}");
        assert!(text.contains(proof.promise), "{text}");
    }
}
