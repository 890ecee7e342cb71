//! A device does what a small model of it says, whatever happens in whatever order.
//!
//! Lives are drawn at random: what callers, pages, the system, a server and bad luck may do, one
//! after the other. Each step is done on a simulated device and applied to the model, which was
//! written from the documents and not from the code; what can be seen of both has to be the same.
//! What must never happen is looked for besides, without the model.
//!
//! A life in which something doesn't hold is made as short as possible, and told as a list of
//! actions. To keep it, add it to `found.rs`. The lives are the same in each run;
//! `LIVE_UPDATER_SEED` with another number than 0 draws others.
#![expect(clippy::unwrap_used, reason = "a test that can't go on says where")]

mod action;
mod done;
mod found;
mod mistakes;
mod model;
mod names;
mod run;
mod view;
mod watch;
mod world;

use proof::{Extent, tell};

use crate::run::Lives;

#[test]
fn a_device_does_what_the_model_says() {
    let extent = Extent::from_environment();
    let lives = Lives {
        streams: extent.choose(8, 40),
        lives_each: extent.choose(12, 75),
        ..Lives::default()
    };
    let lived = lives.live();
    let figures = [
        ("sequences", lived.lives),
        ("steps", lived.tally.steps),
        ("launches", lived.tally.launches),
        ("downloads", lived.tally.downloads),
        ("bundles that proved themselves", lived.tally.successes),
        ("bundles taken back", lived.tally.verdicts),
        ("power cuts", lived.tally.power_cuts),
    ];
    tell("state machine", &figures);
    // A launch may be late where the machine is busy, and not as a rule.
    let (hashing, late) = (lived.tally.hashing, lived.tally.late);
    assert!(
        late <= hashing / 2,
        "{late} of {hashing} launches were late"
    );
    if let Some(found) = lived.found {
        panic!("{found}");
    }
}
