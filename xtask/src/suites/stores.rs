//! The update service on PostgreSQL and S3: its own tests once more, and those of the two.

use std::process::Command;

use backing_stores::{POSTGRES_VARIABLE, PostgresServer, S3, S3_VARIABLE, S3Server};

use super::{Outcome, Result, Run, Suite, Tally, run_tests};
use crate::cargo;
use crate::install::{PythonPackages, Tool};

pub(super) const SUITE: Suite = Suite {
    name: "stores",
    tools: &[
        Tool::new("python3", "python3"),
        Tool::new("pip3", "python3-pip"),
        Tool::new("psql", "postgresql"),
    ],
    packages: &[],
    runs_without_tools: false,
    by_default: false,
    run,
};

fn run(run: &Run<'_>, tally: &mut Tally) -> Result<()> {
    let packages = PythonPackages::S3;
    if run.has_tools {
        packages.install(run.workspace)?;
    }
    if !packages.are_installed(run.workspace) {
        let reason = format!("the Python packages of {} missing", packages.pinned);
        tally.note("stores", Outcome::Skipped(reason));
        return Ok(());
    }
    let postgres = PostgresServer::start()?;
    let s3 = S3Server::start(&packages.program(run.workspace, "moto_server"))?;
    let mut of_service = tests("live-updater-server", run);
    of_service
        .args(["--test", "service", "--test", "stores"])
        .env(POSTGRES_VARIABLE, postgres.cluster().folder())
        .env(S3_VARIABLE, s3.store().address().to_string());
    let ended = run_tests(&mut of_service, tally);
    // The command takes both from its environment: what it is killed over is the same.
    let database = postgres.cluster().database("killed")?;
    let endpoint = format!("http://{}", s3.store().address());
    let mut of_command = tests("live-updater-cli", run);
    of_command
        .args(["--test", "service_killed"])
        .env("LIVE_UPDATER_DATABASE", database)
        .env(
            "LIVE_UPDATER_BUNDLES",
            format!("s3://{}/killed", S3::BUCKET),
        )
        .envs(S3::variables(&endpoint));
    let killed = run_tests(&mut of_command, tally);
    ended.and(killed)
}

/// `cargo test` of a package that is built with both.
fn tests(package: &str, run: &Run<'_>) -> Command {
    let mut command = cargo::command();
    command
        .args(["test", "--package", package, "--features", "postgres,s3"])
        .arg("--no-fail-fast")
        .args(run.cargo);
    command
}
