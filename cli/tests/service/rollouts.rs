//! Rollouts and the way back.

use serde_json::json;

use crate::site::Site;

#[test]
fn a_rollout_reaches_more_devices_and_then_all() {
    let site = Site::new();
    site.publish("1.0.1", "");
    site.publish("1.1.0", "--rollout 0");
    assert_eq!(site.offered(), "1.0.1");
    let status = site.json("rollout set 50");
    assert_eq!(status["channel"]["releases"][0]["percent"], 50.0);
    site.json("rollout set 100");
    assert_eq!(site.offered(), "1.1.0");

    let paused = site.json("rollout pause");
    assert_eq!(paused["channel"]["releases"][0]["state"], "paused");
    // Whoever publishes again hasn't looked at why.
    let again = site.json("publish dist --version 1.1.0");
    assert_eq!(again["warnings"][0]["code"], "paused", "{again}");
    assert_eq!(again["step"], "nothing");
    site.json("rollout resume");
    let promoted = site.json("rollout promote");
    assert_eq!(promoted["channel"]["releases"][0]["state"], "full");
    assert_eq!(promoted["history"].as_array().unwrap().len(), 2);

    let message = site.fails("rollout pause", 1, "not_found");
    assert!(message.contains("rolls nothing out"), "{message}");
    site.fails("rollout set 101", 2, "usage");
    let status = site.run("rollout status");
    assert!(
        status.stdout.contains("production gives 1.1.0"),
        "{status:?}"
    );
}

#[test]
fn a_rollback_gives_what_all_had_or_what_is_named() {
    let site = Site::new();
    site.publish("1.0.1", "");
    site.publish("1.1.0", "");
    let back = site.json("rollback");
    assert_eq!(back["release"]["version"], "1.0.1");
    assert_eq!(back["before"], "1.1.0");
    assert_eq!(site.offered(), "1.0.1");
    site.json("rollback --to 1.1.0");
    assert_eq!(site.offered(), "1.1.0");
    site.fails("rollback --to 9.9.9", 1, "not_found");
    site.fails("rollback --to nonsense", 2, "usage");

    let run = site.run("rollback --to builtin");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stdout.contains("gives builtin, and no more 1.1.0"),
        "{run:?}"
    );
    assert_eq!(site.offered(), json!(null));
}

#[test]
fn another_share_of_a_paused_rollout_is_kept_for_when_it_goes_on() {
    let site = Site::new();
    site.publish("1.0.1", "");
    site.publish("1.1.0", "--rollout 10");
    site.json("rollout pause");
    let again = site.json("publish dist --version 1.1.0 --rollout 40");
    assert_eq!(again["gives"]["releases"][0]["percent"], 40.0, "{again}");
    assert_eq!(again["gives"]["releases"][0]["state"], "paused", "{again}");
    let warning = again["warnings"][0]["message"].as_str().unwrap();
    assert!(warning.contains("with 40 %"), "{again}");
}

#[test]
fn what_all_devices_have_is_neither_shared_out_nor_promoted_again() {
    let site = Site::new();
    site.publish("1.1.0", "--rollout 10");
    site.json("rollout promote");
    let again = site.json("rollout promote");
    assert_eq!(again["warnings"][0]["code"], "given_to_all", "{again}");
    let share = site.json("publish dist --version 1.1.0 --rollout 10");
    assert_eq!(share["warnings"][0]["code"], "given_to_all", "{share}");
    assert_eq!(share["step"], "nothing");
}

#[test]
fn a_share_has_two_digits_behind_the_dot_at_most() {
    let site = Site::new();
    site.publish("1.0.1", "");
    site.publish("1.1.0", "--rollout 10");
    let run = site.run("rollout set 12.345");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("two digits"), "{run:?}");
    for share in ["12.35", "0.07", "99.99", "33.3%"] {
        site.json(&format!("rollout set {share}"));
    }
}
