//! The process dies just before each system call, one after the other.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

use proof::Extent;

use crate::attempt::Attempt;
use crate::play::{PLAYS, Play};
use crate::stage::Stage;
use crate::tracer::{self, Deed, Plan};
use crate::workers::share;

/// The kills of each play that a portion has, about.
const PORTION: usize = 50;

#[test]
fn a_kill_at_any_system_call_harms_nothing() {
    if !tracer::is_allowed() {
        return;
    }
    let stage = Stage::new();
    let mut kills = Vec::new();
    let mut all = BTreeSet::new();
    for play in &PLAYS {
        let watched = Attempt::of(&stage, play, &Plan::watch());
        assert_eq!(watched.violation, None);
        let calls = watched.report.calls;
        let killed = siege(&stage, play, calls.len());
        println!(
            "{}: {} calls, {} kills",
            play.name,
            calls.len(),
            killed.len()
        );
        all.extend(calls);
        kills.extend(killed);
    }
    let met: BTreeSet<_> = kills.iter().filter_map(|kill| kill.report.last()).collect();
    for call in &met {
        println!("killed at {call}");
    }
    let violations: Vec<_> = kills
        .iter()
        .filter_map(|kill| kill.violation.as_ref())
        .collect();
    assert!(violations.is_empty(), "{violations:#?}");
    all.extend(met.iter().copied().cloned());
    proof::tell(
        "kills",
        &[
            ("kills", kills.len() as u64),
            (
                "different system calls, by what they are about",
                all.len() as u64,
            ),
            (
                "different system calls that were killed at",
                met.len() as u64,
            ),
        ],
    );
}

/// Kills at each call of so many, or at some; and behind them, until a process outlives its play:
/// threads take turns in more ways than one.
fn siege(stage: &Stage, play: &Play, calls: usize) -> Vec<Attempt> {
    let step = Extent::from_environment().choose(calls.div_ceil(PORTION), 1);
    let has_outlived = AtomicBool::new(false);
    let numbers = (1..)
        .step_by(step)
        .take_while(|number| *number <= calls || !has_outlived.load(Ordering::Relaxed));
    let mut kills = share(numbers, |number| {
        let attempt = Attempt::of(stage, play, &Plan::once(Deed::Kill, number));
        if number > calls && !attempt.report.has_struck() {
            has_outlived.store(true, Ordering::Relaxed);
        }
        attempt
    });
    kills.retain(|kill| kill.report.has_struck() || kill.violation.is_some());
    kills
}

#[test]
fn what_only_pretends_to_be_renamed_is_found() {
    if !tracer::is_allowed() {
        return;
    }
    let stage = Stage::new();
    let plan = Plan::pretend(&["rename", "renameat", "renameat2"]);
    let attempt = Attempt::of(&stage, Play::named("update"), &plan);
    assert!(attempt.report.has_struck());
    println!("{}", attempt.violation.unwrap());
}
