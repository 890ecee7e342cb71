//! All power cuts of all scenarios.

use std::fmt;
use std::str::FromStr;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{env, thread};

use proof::{Extent, tell};
use simulated_device::Setting;
use storage_simulator::{Drive, Moment, PowerCut};

use crate::check::check;
use crate::record::Recorded;
use crate::scenario::{Scenario, scenarios};

/// Names the only cut that is to be made.
const ONLY: &str = "LIVE_UPDATER_POWER_CUT";

#[test]
fn the_app_starts_whenever_the_power_goes() {
    if env::var_os(ONLY).is_some() {
        return;
    }
    let extent = Extent::from_environment();
    let honest = |done: usize| extent.choose(portion(done, 2), (0..10).collect());
    let found = [
        cut_all("power cuts", Model::Syncfs, honest),
        cut_all("power cuts", Model::FileByFile, |done| {
            extent.choose(portion(done, 8), (0..5).collect())
        }),
        cut_all("power cuts", Model::Lying, |done| {
            extent.choose(portion(done, 6), (1..9).collect())
        }),
    ]
    .concat();
    assert!(found.is_empty(), "{}", list(&found));
}

#[test]
fn the_app_starts_when_the_power_goes_again_while_it_recovers() {
    if env::var_os(ONLY).is_some() {
        return;
    }
    let extent = Extent::from_environment();
    let every = extent.choose(101, 5);
    let cuts = AtomicUsize::new(0);
    let found = each_scenario(Model::Syncfs, |recorded| {
        let moments = recorded.recording.moments();
        let mut found = Vec::new();
        for moment in moments.filter(|moment| moment.done % every == 0) {
            let Some(expected) = recorded.expected(moment.done) else {
                continue;
            };
            let first = PowerCut {
                drive: Drive::Honest,
                seed: moment.done as u64,
            };
            let name = format!("{}:{}:{first}", recorded.name, moment.done);
            let again = Recorded::recovery(&name, moment.power_cut(&first), &expected);
            let offset = moment.done % 7;
            for second in again.recording.moments().skip(offset).step_by(7) {
                cuts.fetch_add(1, Ordering::Relaxed);
                let seed = second.done as u64;
                found.extend(cut(&again, &second, Drive::Honest, seed));
            }
        }
        found
    });
    let cuts = cuts.into_inner() as u64;
    let figures = [
        ("power cuts during recovery", cuts),
        ("states checked", cuts),
    ];
    tell("power cuts", &figures);
    assert!(found.is_empty(), "{}", list(&found));
}

/// Makes the one cut that the environment names, and shows what came before it.
#[test]
fn the_cut_that_was_asked_for() {
    let Ok(only) = env::var(ONLY) else { return };
    let name: CutName = only
        .parse()
        .unwrap_or_else(|problem| panic!("{only}: {problem}"));
    let scenario = scenarios()
        .into_iter()
        .find(|scenario| scenario.name == name.scenario)
        .unwrap_or_else(|| panic!("{only}: there is no such scenario"));
    let mut recorded = name.model.record(&scenario);
    let mut cuts = name.cuts.into_iter().peekable();
    while let Some((done, manner)) = cuts.next() {
        let recording = &recorded.recording;
        for (number, step) in (1..).zip(&recording.steps()[..done]) {
            println!("{number:4} {step}");
        }
        let moment = recording.moments().nth(done).expect("so many steps");
        let disk = moment.power_cut(&manner);
        println!("what {manner} leaves:");
        for (path, bytes) in disk.files("") {
            println!("     {} ({} bytes)", path.display(), bytes.len());
        }
        let expected = recorded.expected(done).expect("nobody else was at work");
        if cuts.peek().is_some() {
            recorded = Recorded::recovery(&only, disk, &expected);
            continue;
        }
        println!("{expected:#?}");
        let checked = check(&disk, &expected, manner.drive);
        assert_eq!(checked, Ok(()), "{only}");
    }
}

/// How durability comes about, and whether it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Model {
    /// `syncfs`, as on Linux and Android.
    Syncfs,
    /// File by file, as on Apple's systems.
    FileByFile,
    /// The drive lies.
    Lying,
}

impl Model {
    fn drive(self) -> Drive {
        match self {
            Self::Syncfs | Self::FileByFile => Drive::Honest,
            Self::Lying => Drive::Lying,
        }
    }

    fn record(self, scenario: &Scenario) -> Recorded {
        let setting = Setting {
            has_syncfs: self != Self::FileByFile,
            ..scenario.setting()
        };
        let mut recorded = Recorded::scenario(scenario, setting);
        if self == Self::FileByFile {
            recorded.name.push_str(" file by file");
        }
        recorded
    }
}

/// Cuts every scenario at every step, once for each of the seeds for that step.
fn cut_all(proof: &str, model: Model, seeds: impl Fn(usize) -> Vec<u64> + Sync) -> Vec<Violation> {
    let (points, states) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let found = each_scenario(model, |recorded| {
        let mut found = Vec::new();
        for moment in recorded.recording.moments() {
            let seeds = seeds(moment.done);
            points.fetch_add(usize::from(!seeds.is_empty()), Ordering::Relaxed);
            states.fetch_add(seeds.len(), Ordering::Relaxed);
            for seed in seeds {
                found.extend(cut(recorded, &moment, model.drive(), seed));
            }
        }
        found
    });
    let states = states.into_inner() as u64;
    // Where the drive lies, the points are those of the first model once more.
    let points = match model {
        Model::Lying => 0,
        _ => points.into_inner() as u64,
    };
    let figures = [
        ("crash points", points),
        ("models", 1),
        ("states checked", states),
    ];
    tell(proof, &figures);
    found
}

/// Cuts the power at a moment, and checks what is left; nothing is wrong where nothing is given.
pub(crate) fn cut(
    recorded: &Recorded,
    moment: &Moment<'_>,
    drive: Drive,
    seed: u64,
) -> Option<Violation> {
    let expected = recorded.expected(moment.done)?;
    let manner = PowerCut { drive, seed };
    let problem = check(&moment.power_cut(&manner), &expected, drive).err()?;
    let violation = Violation {
        name: format!("{}:{}:{manner}", recorded.name, moment.done),
        problem,
    };
    println!("{violation}");
    Some(violation)
}

/// Records every scenario, and has each worked on, on all cores.
fn each_scenario(
    model: Model,
    work: impl Fn(&Recorded) -> Vec<Violation> + Sync,
) -> Vec<Violation> {
    let mut scenarios = scenarios();
    // The longest is the last of them, and must not be the last that begins.
    scenarios.reverse();
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let violations = work(&model.record(scenario));
                    found.lock().unwrap().extend(violations);
                }
            });
        }
    });
    found.into_inner().unwrap()
}

/// One seed at every `every`th step, and none at the others: a number in which all that wasn't
/// synced is lost as often as chance decides.
fn portion(done: usize, every: usize) -> Vec<u64> {
    let number = done / every;
    let seed = if number.is_multiple_of(2) {
        0
    } else {
        done as u64 + 1
    };
    if done.is_multiple_of(every) {
        vec![seed]
    } else {
        Vec::new()
    }
}

/// What doesn't hold after a power cut.
#[derive(Debug, Clone)]
pub(crate) struct Violation {
    /// The cut's name, as [`ONLY`] takes it.
    name: String,
    problem: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.problem)
    }
}

fn list(found: &[Violation]) -> String {
    let lines: Vec<_> = found.iter().map(ToString::to_string).collect();
    format!("{} violations:\n{}", lines.len(), lines.join("\n"))
}

/// `scenario:steps:drive:seed`, and where the power goes again, `:steps:drive:seed` once more.
struct CutName {
    scenario: String,
    model: Model,
    cuts: Vec<(usize, PowerCut)>,
}

impl FromStr for CutName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut fields = text.split(':');
        let scenario = fields.next().unwrap_or_default();
        let (scenario, model) = match scenario.strip_suffix(" file by file") {
            Some(scenario) => (scenario, Model::FileByFile),
            None => (scenario, Model::Syncfs),
        };
        let mut cuts = Vec::new();
        while let Some(done) = fields.next() {
            let done = done.parse().map_err(|error| format!("steps: {error}"))?;
            let drive = match fields.next() {
                Some("honest") => Drive::Honest,
                Some("lying") => Drive::Lying,
                other => return Err(format!("{other:?} is no drive")),
            };
            let seed = fields.next().ok_or("the seed is missing")?;
            let seed = seed.parse().map_err(|error| format!("seed: {error}"))?;
            cuts.push((done, PowerCut { drive, seed }));
        }
        Ok(Self {
            scenario: scenario.to_owned(),
            model,
            cuts,
        })
    }
}
