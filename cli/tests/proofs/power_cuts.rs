//! The power goes at each write that reaches the disk, with or without what wasn't flushed.

use std::fs;

use proof::Extent;
use tempfile::TempDir;

use crate::aftermath::{self, Past};
use crate::disk::{self, Image, Loss, Mounted, Record, Recorder};
use crate::play::{Faults, PLAYS, Play, Told};
use crate::stage::{Before, Stage, Verdict};
use crate::tracer::{self, Plan, Trace};
use crate::workers::share;

/// The cuts of each play, file system and kind of loss that a portion has, about.
const PORTION: usize = 5;

/// Without the second, a file that is renamed over another one may be empty after a power cut.
const MOUNT_OPTIONS: [&str; 2] = ["", ",noauto_da_alloc"];

#[test]
fn a_power_cut_at_any_write_harms_nothing() {
    if !tracer::is_allowed() {
        return;
    }
    disk::with_own_mounts(|| {
        let stage = Stage::new();
        let mut films = Vec::new();
        for options in MOUNT_OPTIONS {
            for play in &PLAYS {
                films.push(Film::take(&stage, play, options, &Plan::watch()).unwrap());
            }
        }
        let _booted = AfterBoot::begin();
        let cuts: Vec<_> = films.iter().flat_map(|film| film.cut(&stage)).collect();
        let violations: Vec<_> = cuts.iter().filter_map(Option::as_ref).collect();
        assert!(violations.is_empty(), "{violations:#?}");
        let orders: usize = films.iter().map(|film| film.record.len()).sum();
        proof::tell(
            "power cuts",
            &[
                ("power cuts", cuts.len() as u64),
                ("writes and flushes that reached the disks", orders as u64),
            ],
        );
    });
}

#[test]
fn what_only_pretends_to_be_synced_is_found() {
    if !tracer::is_allowed() {
        return;
    }
    disk::with_own_mounts(|| {
        let stage = Stage::new();
        for calls in [
            &["fsync", "fdatasync", "syncfs"][..],
            &["fsync"],
            &["syncfs"],
        ] {
            let play = Play::named("update");
            let film = Film::take(&stage, play, "", &Plan::pretend(calls)).unwrap();
            let _booted = AfterBoot::begin();
            // What was never synced is written in the end, so that is where most is to be found.
            let mut cuts = (1..film.record.len()).rev();
            let found = cuts.find_map(|orders| film.check(&stage, orders, Loss::Nothing).err());
            println!("{calls:?}: {}", found.unwrap());
        }
    });
}

/// The device has booted again, as far as its processes can see.
struct AfterBoot {
    _name: Mounted,
    _folder: TempDir,
}

impl AfterBoot {
    fn begin() -> Self {
        let folder = disk::folder();
        let file = folder.path().join("boot_id");
        fs::write(&file, "00000000-0000-4000-8000-000000000000\n").unwrap();
        let name = Mounted::file(&file, "/proc/sys/kernel/random/boot_id".into()).unwrap();
        Self {
            _name: name,
            _folder: folder,
        }
    }
}

/// A play, and all that its disk was told meanwhile.
struct Film {
    play: &'static Play,
    options: &'static str,
    record: Record,
    told: Vec<Told>,
    heard: Vec<Verdict>,
}

impl Film {
    fn take(
        stage: &Stage,
        play: &'static Play,
        options: &'static str,
        plan: &Plan,
    ) -> Result<Self, String> {
        let folder = disk::folder();
        let prepared = stage.prepared(play.before);
        let from = (play.before != Before::Fresh).then_some(&*prepared);
        let image = Image::with_copy_of(from)?;
        let recorder = Recorder::start(image, folder.path().join("disk"))?;
        let mounted = Mounted::image(recorder.path(), options, folder.path().join("mounted"))?;
        let mut run = stage.run_in(&mounted.path().join("device"), None);
        play.configure(&mut run);
        let (device, _trace) = Trace::start(run.device(), run.root(), plan).unwrap();
        let performance = play.perform(&run, device, Faults::Unexpected);
        assert_eq!(performance.violation, None);
        mounted.unmount()?;
        Ok(Self {
            play,
            options,
            record: recorder.finish(),
            told: performance.told,
            heard: stage.heard().from(&run.device_id),
        })
    }

    /// Lets the power go, again and again: what was violated each time.
    fn cut(&self, stage: &Stage) -> Vec<Option<String>> {
        let (len, title) = (
            self.record.len(),
            format!("{}{}", self.play.name, self.options),
        );
        let step = Extent::from_environment().choose(len.div_ceil(PORTION), 1);
        println!("{title}: {len} writes and flushes");
        let cuts = (1..=len).step_by(step).flat_map(|orders| {
            let seed = orders as u64;
            [(orders, Loss::Nothing), (orders, Loss::Unflushed(seed))]
        });
        share(cuts, |(orders, loss)| {
            let held = self.check(stage, orders, loss);
            held.err()
                .map(|problem| format!("{title}, cut after {orders} of {len}, {loss:?}: {problem}"))
        })
    }

    fn check(&self, stage: &Stage, orders: usize, loss: Loss) -> Result<(), String> {
        let folder = disk::folder();
        let path = folder.path().join("image");
        let image = self.record.cut(orders, loss);
        image.save(&path).map_err(|error| error.to_string())?;
        let mounted = Mounted::image(&path, self.options, folder.path().join("mounted"))?;
        let mut run = stage.run_in(&mounted.path().join("device"), None);
        self.play.configure(&mut run);
        let told: Vec<_> = self
            .told
            .iter()
            .filter(|told| self.record.orders_until(told.at) <= orders)
            .copied()
            .collect();
        let heard = self
            .heard
            .iter()
            .filter(|verdict| self.record.orders_until(verdict.at) <= orders);
        let past = Past {
            play: self.play,
            told: &told,
            heard: heard.cloned().collect(),
            most_repeats: 1,
        };
        aftermath::check(&run, &past)
    }
}
