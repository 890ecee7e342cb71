//! What came of a call.

use live_updater::{BlockReason, Bundle, Error, LatestStatus, Launch, SyncOutcome, SyncStatus};

/// What came of an action, with ids as the device has them.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) text: String,
    pub(crate) launch: Option<Launch>,
}

impl Done {
    pub(crate) fn text(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            launch: None,
        }
    }

    pub(crate) fn launched(launch: Launch) -> Self {
        let id = &launch.bundle.id;
        let trial = launch.trial;
        let rolled_back = launch.rolled_back.as_ref().map(|bundle| &bundle.id);
        let rolled_back = rolled_back.map_or("None".to_owned(), |id| format!("Some({id})"));
        let problem = launch.problem.as_ref().map(|problem| &problem.code);
        let text =
            format!("{id}, trial: {trial}, rolled back: {rolled_back}, problem: {problem:?}");
        Self {
            text,
            launch: Some(launch),
        }
    }

    pub(crate) fn downloaded(bundle: &Bundle) -> Self {
        Self::text(&format!("downloaded: {}", bundle.id))
    }
}

impl From<Result<(), Error>> for Done {
    fn from(result: Result<(), Error>) -> Self {
        match result {
            Ok(()) => Self::text("done"),
            Err(error) => Self::text(&format!("error: {}", error.code())),
        }
    }
}

impl From<Result<Bundle, Error>> for Done {
    fn from(result: Result<Bundle, Error>) -> Self {
        match result {
            Ok(bundle) => Self::text(&format!("bundle {}", bundle.id)),
            Err(error) => Err::<(), _>(error).into(),
        }
    }
}

impl From<Result<SyncOutcome, Error>> for Done {
    fn from(result: Result<SyncOutcome, Error>) -> Self {
        match result {
            Ok(SyncOutcome {
                status: SyncStatus::Downloaded,
                bundle: Some(bundle),
                ..
            }) => Self::downloaded(&bundle),
            Ok(outcome) => Self::status(outcome.status.as_str(), outcome.reason),
            Err(error) => Err::<(), _>(error).into(),
        }
    }
}

impl From<Result<(LatestStatus, Option<BlockReason>), Error>> for Done {
    fn from(result: Result<(LatestStatus, Option<BlockReason>), Error>) -> Self {
        match result {
            Ok((status, reason)) => Self::status(status.as_str(), reason),
            Err(error) => Err::<(), _>(error).into(),
        }
    }
}

impl Done {
    fn status(status: &str, reason: Option<BlockReason>) -> Self {
        let reason = reason.map_or(String::new(), |reason| format!(": {}", reason.as_str()));
        Self::text(&format!("{status}{reason}"))
    }
}
