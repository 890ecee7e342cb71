//! The update's first launch.

use std::path::Path;

use mock_update_server::MockServer;

use super::host::{Host, Running};
use super::{BAD_VERSION, Cast, GOOD_VERSION, Stop};
use crate::demo::evidence::{Installed, Observations, Promotion, Report};
use crate::inspect::survey_folder;

/// The new bundle runs on trial until its page says that it is ready. The app goes on running.
pub(super) fn act(cast: &mut Cast<'_>, seen: &mut Observations) -> Result<(Host, Running), Stop> {
    cast.stage.act(
        "The update starts on trial",
        &["The next launch runs it; once its page calls notifyAppReady, it stays."],
    );
    let mut host = cast.start_app()?;
    let running = host.launch(cast)?;
    if let Some(path) = &running.path {
        seen.installed = Some(Installed {
            packed: cast.good.list.clone(),
            unpacked: survey_folder(Path::new(path))?.list(),
        });
    }
    let status = host.show(cast, &running)?;
    seen.promotion = Some(Promotion {
        launched: running.launched.clone(),
        status,
    });
    host.flush()?;
    tell_reports(cast, &reports(&cast.server, GOOD_VERSION));
    Ok((host, running))
}

/// What the server was told of a version.
pub(super) fn reports(server: &MockServer, version: &str) -> Vec<Report> {
    let confirmations = server.confirmations().into_iter();
    confirmations
        .filter(|confirmation| confirmation.version == version)
        .map(|confirmation| Report {
            version: confirmation.version,
            success: confirmation.success,
            reason: confirmation.reason,
        })
        .collect()
}

pub(super) fn tell_reports(cast: &Cast<'_>, reports: &[Report]) {
    for report in reports {
        let verdict = match (&report.reason, report.success) {
            (_, true) => "works".to_owned(),
            (Some(reason), false) => format!("failed ({reason})"),
            (None, false) => "failed".to_owned(),
        };
        let text = format!("the server hears that {} {verdict}", report.version);
        if report.version == BAD_VERSION {
            cast.stage.trouble("report", text);
        } else {
            cast.stage.say("report", text);
        }
    }
}
