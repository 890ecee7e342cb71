//! Every system call fails, once or from then on.

use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::thread;

use proof::{Extent, tell};
use simulated_device::{Setting, plain};
use storage_simulator::{Drive, Failure, Fault, Scope};

use crate::check::check;
use crate::expected::Acknowledged;
use crate::record::{Recorded, prepared};
use crate::scenario::{Action, Scenario, scenarios};

/// What calls may fail with where the disk does.
const CODES: [&str; 9] = [
    "storage",
    "insufficient_storage",
    "busy",
    "invalid_request",
    "stale_launch",
    "unknown_bundle",
    "protected_bundle",
    "blocked",
    "network",
];

#[test]
fn the_app_starts_and_loses_nothing_whichever_system_call_fails() {
    let stride = Extent::from_environment().choose(61, 3);
    let scenarios = scenarios();
    let next = AtomicUsize::new(0);
    let (runs, faults) = (AtomicU64::new(0), AtomicU64::new(0));
    let found = Mutex::new(Vec::new());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let recorded = Recorded::scenario(scenario, scenario.setting());
                    for fault in faults_of(&recorded, stride) {
                        runs.fetch_add(1, Ordering::Relaxed);
                        match endure(scenario, &recorded, fault, scenario.setting()) {
                            Ok(count) => drop(faults.fetch_add(count, Ordering::Relaxed)),
                            Err(problem) => {
                                let problem = format!("{}: {fault:?}: {problem}", scenario.name);
                                println!("{problem}");
                                found.lock().unwrap().push(problem);
                            }
                        }
                    }
                }
            });
        }
    });
    let found = found.into_inner().unwrap();
    let figures = [
        ("runs with failing calls", runs.into_inner()),
        ("faults injected", faults.into_inner()),
    ];
    tell("power cuts", &figures);
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// Each call, every `stride`th of them with each way to fail.
fn faults_of(recorded: &Recorded, stride: usize) -> impl Iterator<Item = Fault> {
    let ways = [
        (Failure::Io, Scope::All),
        (Failure::Access, Scope::All),
        (Failure::NoSpace, Scope::All),
        (Failure::Io, Scope::Reads),
        (Failure::Io, Scope::Writes),
    ];
    let ways = ways.map(|(failure, scope)| [(failure, scope, false), (failure, scope, true)]);
    let ways = ways.concat();
    let calls = recorded.calls * ways.len() as u64;
    // The ways take turns, so that a stride that all of them share leaves none out.
    (0..calls).step_by(stride).map(move |number| {
        let (failure, scope, lasts) = ways[(number % ways.len() as u64) as usize];
        Fault {
            at: number / ways.len() as u64,
            lasts,
            failure,
            scope,
        }
    })
}

/// Runs a scenario in which calls fail, and then checks the device without that. Gives the number
/// of calls that failed.
///
/// # Errors
///
/// What doesn't hold.
pub(crate) fn endure(
    scenario: &Scenario,
    recorded: &Recorded,
    fault: Fault,
    setting: Setting,
) -> Result<u64, String> {
    let (mut device, mut downloaded, row) = prepared(scenario, setting);
    let begun = Acknowledged::now(&device, None, &row);
    device.is_orderly = false;
    device.disk.fail(Fault {
        at: device.disk.calls() + fault.at,
        ..fault
    });
    let mut ready = Vec::new();
    let mut is_damaged = false;
    for action in &scenario.actions {
        match action.perform(&mut device, &mut downloaded) {
            Err(error) if !CODES.contains(&error.code()) => {
                return Err(format!("{action:?} fails with {}: {error}", error.code()));
            }
            Ok(()) if *action == Action::Ready => {
                ready.extend(
                    device
                        .launched()
                        .map(|launch| launch.bundle.version.clone()),
                );
            }
            _ => {}
        }
        is_damaged |= *action == Action::Damage;
        if let Some(launch) = device.launched()
            && !is_damaged
            && let Some(flaw) = device.flaw_of(launch)
        {
            return Err(format!("after {action:?}: {flaw}"));
        }
    }
    let faults = device.disk.heal();
    device.kill();
    let mut expected = recorded.expected_in_the_end(begun, ready, device.server.copy());
    expected.setting.wrap = plain;
    check(&device.disk, &expected, Drive::Honest)?;
    Ok(faults)
}
