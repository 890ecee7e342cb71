//! A play in which something happens to a system call, and what has to hold afterwards.

use crate::aftermath::{self, Past};
use crate::play::{Faults, Performance, Play};
use crate::stage::Stage;
use crate::tracer::{Deed, Plan, Report, Trace};

/// What a tracer saw, and what was violated.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) report: Report,
    pub(crate) violation: Option<String>,
}

impl Attempt {
    pub(crate) fn of(stage: &Stage, play: &Play, plan: &Plan) -> Self {
        let mut run = stage.run(play.before);
        play.configure(&mut run);
        let (device, trace) = Trace::start(run.device(), run.root(), plan).unwrap();
        let fails = matches!(plan.deed, Deed::Fail(_));
        let faults = if fails {
            Faults::Expected
        } else {
            Faults::Unexpected
        };
        let Performance { told, violation } = play.perform(&run, device, faults);
        let report = trace.report().unwrap();
        let was_killed = plan.deed == Deed::Kill && report.has_struck();
        let past = Past {
            play,
            told: &told,
            heard: Vec::new(),
            // A request whose answer is lost is made again.
            most_repeats: if fails { usize::MAX - 1 } else { 1 },
        };
        let violation = violation
            .or_else(|| {
                let has_died = !was_killed && !report.has_exited;
                has_died.then(|| "it died by itself".to_owned())
            })
            .or_else(|| aftermath::check(&run, &past).err())
            .map(|problem| match report.last() {
                Some(call) => format!("{}, {plan:?}, at {call}: {problem}", play.name),
                None => format!("{}: {problem}", play.name),
            });
        Self { report, violation }
    }
}
