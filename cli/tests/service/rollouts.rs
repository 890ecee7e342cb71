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
