//! Which channel a phone asks for, when a bundle on trial has chosen one.

use super::*;

impl Phone {
    fn choose(&mut self, channel: Option<&str>) {
        let channel = channel.map(str::to_owned);
        self.app().set_channel(channel).unwrap();
    }

    fn channel(&mut self) -> Option<String> {
        self.state().channel
    }

    /// A phone on the channel beta, on which a trial has just chosen another.
    fn with_a_trial_that_chose(channel: &str) -> (Self, Launch) {
        let (mut phone, _) = Self::with_good_bundle();
        phone.choose(Some("beta"));
        phone.install("3.0.0");
        let launch = phone.launch();
        assert!(launch.trial);
        phone.choose(Some(channel));
        assert_eq!(
            phone.channel().as_deref(),
            Some(channel),
            "it holds at once"
        );
        (phone, launch)
    }
}

#[test]
fn a_trial_that_is_rolled_back_takes_its_channel_with_it() {
    let (mut phone, _) = Phone::with_a_trial_that_chose("nowhere");
    phone.choose(Some("elsewhere"));
    let generation = phone.generation();
    phone.wait(READY_TIMEOUT);
    assert_eq!(phone.channel().as_deref(), Some("beta"));
    assert_eq!(phone.generation(), generation + 1, "with the verdict");
}

#[test]
fn a_trial_that_is_rolled_back_at_a_launch_takes_its_channel_with_it() {
    let (mut phone, _) = Phone::with_a_trial_that_chose("nowhere");
    assert!(phone.launch().trial);
    assert_eq!(
        phone.channel().as_deref(),
        Some("nowhere"),
        "no verdict yet"
    );
    assert!(phone.launch().rolled_back.is_some());
    assert_eq!(phone.channel().as_deref(), Some("beta"));
}

#[test]
fn a_trial_that_was_the_first_to_choose_leaves_the_configurations_channel() {
    let mut phone = Phone::new();
    phone.launch();
    phone.install("2.0.0");
    phone.launch();
    phone.choose(Some("nowhere"));
    phone.wait(READY_TIMEOUT);
    assert_eq!(phone.channel(), None);
}

#[test]
fn a_trial_that_is_damaged_or_superseded_takes_its_channel_with_it() {
    let ends: [fn(&mut Phone, &Launch); 4] = [
        |phone, launch| {
            phone.app().damaged(&launch.bundle.id);
        },
        |phone, _| {
            phone.app().reset(false).unwrap();
        },
        |phone, _| {
            phone.install("4.0.0");
            phone.launch();
        },
        |phone, _| {
            phone.rules.native_build = "2".to_owned();
            phone.launch();
        },
    ];
    for (index, end) in ends.into_iter().enumerate() {
        let (mut phone, launch) = Phone::with_a_trial_that_chose("nowhere");
        end(&mut phone, &launch);
        assert_eq!(phone.channel().as_deref(), Some("beta"), "end {index}");
    }
}

#[test]
fn the_channel_of_a_trial_that_became_ready_stays() {
    let (mut phone, launch) = Phone::with_a_trial_that_chose("gamma");
    phone.ready(&launch);
    assert_eq!(phone.channel().as_deref(), Some("gamma"));
    phone.app().set_bundle_error(None).unwrap();
    assert_eq!(phone.channel().as_deref(), Some("gamma"), "it was good");
}

#[test]
fn what_is_chosen_while_the_trial_does_not_run_stays() {
    let (mut phone, _) = Phone::with_a_trial_that_chose("nowhere");
    // Its next start can't be made durable: the good one runs, and the state still says trial.
    phone.start();
    break_commits(&phone);
    assert!(!phone.app().launch(true).0.trial);
    mend_commits(&phone);
    phone.choose(Some("gamma"));
    phone.launch();
    phone.launch();
    assert_eq!(phone.channel().as_deref(), Some("gamma"));
}

#[test]
fn a_state_of_before_has_nothing_to_take_back() {
    let (mut phone, _) = Phone::with_a_trial_that_chose("gamma");
    let mut state = phone.state();
    state.channel_before_trial = None;
    phone.app().store.commit(state).unwrap();
    phone.wait(READY_TIMEOUT);
    assert_eq!(phone.channel().as_deref(), Some("gamma"));
}
