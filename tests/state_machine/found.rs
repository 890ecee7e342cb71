//! Lives in which something didn't hold once.

use crate::action::{Action, Kind, Life, Needs, Publication, Rules, Sequence};
use crate::run::{PATIENCE, relive};
use crate::world::Mistakes;

const PLAIN: Rules = Rules {
    stated: false,
    reset_when_update: true,
};

const NEWER: Action = Action::Publish(Publication {
    older: 0,
    kind: Kind::Fine,
    needs: Needs::Any,
    sequence: Sequence::Higher,
});

/// The record's bytes were synced, and its name wasn't.
#[test]
fn what_ends_a_row_of_bad_launches_is_durable() {
    for seed in 0..40 {
        let launch = Action::Launch { active: true };
        holds(
            PLAIN,
            &[
                NEWER,
                launch,
                Action::Sync,
                launch,
                Action::Ready,
                launch,
                launch,
                Action::Ready,
                Action::PowerCut(seed),
            ],
        );
    }
}

fn holds(rules: Rules, actions: &[Action]) {
    let actions = actions.to_vec();
    let life = Life { rules, actions };
    relive(&life, &Mistakes::default(), PATIENCE).unwrap_or_else(|problem| panic!("{problem}"));
}
