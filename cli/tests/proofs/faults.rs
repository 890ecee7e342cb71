//! Each system call fails, once or from then on, one after the other.

use std::collections::BTreeSet;

use proof::Extent;

use crate::attempt::Attempt;
use crate::play::{PLAYS, Play};
use crate::stage::Stage;
use crate::tracer::{self, Deed, Fault, Plan};
use crate::workers::share;

/// The faults of each play and each kind that a portion has, about.
const PORTION: usize = 5;
/// A device waits for a network that stays away, so only one of so many faults lasts there.
const PATIENT: usize = 5;

#[test]
fn an_error_of_any_system_call_costs_the_update_and_nothing_else() {
    if !tracer::is_allowed() {
        return;
    }
    let stage = Stage::new();
    let faults = share(plans(&stage), |(play, plan)| {
        let attempt = Attempt::of(&stage, play, &plan);
        (plan, attempt)
    });
    let mut met = BTreeSet::new();
    let mut count = 0;
    for (plan, attempt) in &faults {
        if let (Deed::Fail(fault), Some(call)) = (&plan.deed, attempt.report.struck.first()) {
            count += 1;
            met.insert(format!("{fault:?} at {call}"));
        }
    }
    for what in &met {
        println!("{what}");
    }
    let violations: Vec<_> = faults
        .iter()
        .filter_map(|(_, attempt)| attempt.violation.as_ref())
        .collect();
    assert!(violations.is_empty(), "{violations:#?}");
    proof::tell(
        "faults",
        &[
            ("faults", count),
            (
                "different faults, by the system call and what it is about",
                met.len() as u64,
            ),
        ],
    );
}

/// Each fault at each call of each play, or at some: once, and from then on.
fn plans(stage: &Stage) -> Vec<(&'static Play, Plan)> {
    let plans = PLAYS.iter().map(|play| (play, plans_of(stage, play)));
    plans
        .flat_map(|(play, plans)| plans.into_iter().map(move |plan| (play, plan)))
        .collect()
}

fn plans_of(stage: &Stage, play: &Play) -> Vec<Plan> {
    let mut plans = Vec::new();
    for fault in Fault::ALL {
        let calls = calls(stage, play, fault);
        let step = Extent::from_environment().choose(calls.div_ceil(PORTION).max(1), 1);
        let numbers = (1..=calls).step_by(step);
        plans.extend(
            numbers
                .clone()
                .map(|number| Plan::once(Deed::Fail(fault), number)),
        );
        let numbers = numbers.step_by(if fault.is_of_network() { PATIENT } else { 1 });
        plans.extend(numbers.map(|number| Plan::from_on(Deed::Fail(fault), number)));
    }
    plans
}

/// How many calls of a play may fail so.
fn calls(stage: &Stage, play: &Play, fault: Fault) -> usize {
    let never = Plan::once(Deed::Fail(fault), usize::MAX);
    let attempt = Attempt::of(stage, play, &never);
    assert_eq!(attempt.violation, None);
    attempt.report.calls.len()
}
