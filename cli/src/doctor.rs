//! `live-updater doctor`: asks an update server as a device would, and tells what is wrong with it.

mod asker;
mod check;
mod content;
mod download;
mod findings;
mod https;
mod offer;
mod range;
mod target;

use clap::Args;

use crate::output::{Failure, Output};
use asker::Asker;
use findings::Findings;
use target::{Target, TargetArguments};

/// Examine an update server, whichever it is: HTTPS, its answers, the bundle, signatures, caching.
#[derive(Debug, Args)]
#[command(after_help = "\
Example:
  live-updater doctor https://updates.example.com --app-id com.example.app --key keys/live-updater.public.pem
  live-updater doctor --config capacitor.config.json --channel beta
  live-updater doctor http://127.0.0.1:8080 --app-id com.example.app --json

It asks as a device does that has nothing yet, and reports nothing to the server. Exit code 0: no
problem was found, maybe warnings. 1: there are problems. 2: nothing could be asked.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: TargetArguments,
}

pub(crate) fn run(arguments: &Arguments, output: &Output) -> Result<(), Failure> {
    let target = Target::of(&arguments.target)?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new("internal", error.to_string()))?;
    let mut findings = Findings::new(target.base.as_str());
    runtime.block_on(examine(&target, &mut findings, output))?;
    output.result(&findings)?;
    match (findings.was_asked(), findings.has_problem()) {
        // The result has said it.
        (false, _) => Err(Failure::usage("")),
        (true, true) => Err(Failure::told()),
        (true, false) => Ok(()),
    }
}

/// All that is asked, each step where the one before left something to ask.
async fn examine(target: &Target, findings: &mut Findings, output: &Output) -> Result<(), Failure> {
    let is_there = https::examine(target, findings);
    let asker = Asker::new(target);
    if !health(target, &asker, findings).await && !is_there {
        findings.nothing_was_asked();
        return Ok(());
    }
    let Some(offer) = check::examine(target, &asker, findings).await else {
        return Ok(());
    };
    content::examine_statement(target, &offer, findings);
    let Some(bundle) = download::examine(target, &asker, &offer, findings, output).await? else {
        return Ok(());
    };
    range::examine(&asker, &bundle, findings).await;
    content::examine_bundle(target, &offer, &bundle, findings);
    Ok(())
}

/// Devices never ask for it; those who watch the server do. Whether there was an answer.
async fn health(target: &Target, asker: &Asker<'_>, findings: &mut Findings) -> bool {
    let mut area = findings.area("health");
    let Some(url) = target.url("health") else {
        return false;
    };
    let answer = asker.get(&url, &[], 64 * 1024).await;
    let is_answered = answer.is_ok();
    match answer {
        Ok(answer) if answer.status == 200 => area.ok("health", "GET /health answers 200"),
        Ok(answer) => area.ok(
            "no_health",
            format!(
                "GET /health answers {}: devices don't need it",
                answer.status
            ),
        ),
        Err(error) => area.problem(
            "unreachable",
            format!("the server can't be reached: {error}"),
            "look at its address, its port, the firewall, and whether it runs",
        ),
    }
    is_answered
}
