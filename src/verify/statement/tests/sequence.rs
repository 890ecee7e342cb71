//! The floor: what was seen can't be undercut, and numbers can't be used up.

use super::*;
use crate::store::trusted::Floor;

#[test]
fn a_higher_sequence_is_taken_and_becomes_the_floor() {
    let mut device = Device::at_ten();
    let acceptance = device.see(&statement(11, "2.1.0")).unwrap();
    assert!(acceptance.is_news && acceptance.is_higher);
    assert_eq!(device.floor(), Some(11));
}

#[test]
fn a_lower_sequence_is_refused_for_ever() {
    let mut device = Device::at_ten();
    for sequence in [9, 1, 0] {
        assert_eq!(device.see(&statement(sequence, "3.0.0")), Err("downgrade"));
    }
    assert_eq!(device.floor(), Some(10));
}

#[test]
fn the_same_statement_stays_acceptable_and_is_no_news() {
    let mut device = Device::at_ten();
    let before = device.trusted.clone();
    let acceptance = device.see(&statement(10, "2.0.0")).unwrap();
    assert!(!acceptance.is_news);
    assert_eq!(device.trusted, before);
}

#[test]
fn an_equal_sequence_with_another_payload_is_refused() {
    let mut device = Device::at_ten();
    assert_eq!(device.see(&statement(10, "2.0.1")), Err("downgrade"));
    let later = with(
        statement(10, "2.0.0"),
        "expiresAt",
        text("2028-01-01T00:00:00Z"),
    );
    assert_eq!(device.see(&later), Err("downgrade"));
}

#[test]
fn the_same_payload_may_get_other_signatures() {
    let mut device = Device::pinning(&[1, 2], 1);
    device.see_signed(&statement(10, "2.0.0"), &[1]).unwrap();
    device.see_signed(&statement(10, "2.0.0"), &[2]).unwrap();
    device.see_signed(&statement(10, "2.0.0"), &[2, 1]).unwrap();
}

#[test]
fn a_jump_of_over_a_million_is_refused() {
    let mut device = Device::at_ten();
    assert_eq!(device.see(&statement(1_000_011, "3.0.0")), Err("downgrade"));
    assert_eq!(
        device.see(&statement(MAX_SEQUENCE, "3.0.0")),
        Err("downgrade")
    );
    assert!(device.see(&statement(1_000_010, "3.0.0")).is_ok());
    assert!(device.see(&statement(2_000_010, "3.0.1")).is_ok());
}

#[test]
fn the_first_statement_may_have_any_sequence_and_comes_after_nothing() {
    for sequence in [0, 5, 1_000_001, MAX_SEQUENCE] {
        let mut device = Device::new();
        let acceptance = device.see(&statement(sequence, "2.0.0")).unwrap();
        assert!(!acceptance.is_news && !acceptance.is_higher);
        assert_eq!(device.floor(), Some(sequence));
    }
}

#[test]
fn what_came_after_another_still_does_when_it_is_seen_again() {
    let mut device = Device::at_ten();
    assert!(!device.see(&statement(10, "2.0.0")).unwrap().is_higher);
    device.see(&statement(11, "1.0.0")).unwrap();
    let again = device.see(&statement(11, "1.0.0")).unwrap();
    assert!(again.is_higher && !again.is_news);
}

#[test]
fn min_sequence_is_the_floor_of_a_device_that_has_seen_nothing() {
    let mut device = Device::new();
    device.min_sequence = 100;
    assert_eq!(device.see(&statement(99, "2.0.0")), Err("downgrade"));
    let acceptance = device.see(&statement(100, "2.0.0")).unwrap();
    assert!(!acceptance.is_higher);
    // No jump is too far from it.
    let mut device = Device::new();
    device.min_sequence = 100;
    assert!(device.see(&statement(5_000_000, "2.0.0")).is_ok());
}

#[test]
fn min_sequence_holds_where_it_is_above_the_floor() {
    let mut device = Device::at_ten();
    device.min_sequence = 3_000_000;
    assert_eq!(device.see(&statement(10, "2.0.0")), Err("downgrade"));
    assert_eq!(device.see(&statement(2_999_999, "2.1.0")), Err("downgrade"));
    assert!(
        device
            .see(&statement(3_000_000, "2.1.0"))
            .unwrap()
            .is_higher
    );
    device.min_sequence = 5;
    assert_eq!(device.see(&statement(7, "2.1.0")), Err("downgrade"));
}

#[test]
fn each_channel_has_a_floor_of_its_own() {
    let mut device = Device::at_ten();
    device.channel = "beta";
    let beta = |sequence| with(statement(sequence, "3.0.0"), "channel", text("beta"));
    assert!(!device.see(&beta(5)).unwrap().is_higher);
    assert!(device.see(&beta(6)).unwrap().is_higher);
    device.channel = "production";
    assert_eq!(device.floor(), Some(10));
    assert_eq!(device.see(&statement(9, "3.0.0")), Err("downgrade"));
}

#[test]
fn a_statement_that_is_refused_does_not_raise_the_floor() {
    let mut device = Device::at_ten();
    let expired = with(
        statement(12, "3.0.0"),
        "expiresAt",
        text("2027-01-15T07:30:00Z"),
    );
    assert_eq!(device.see(&expired), Err("expired"));
    assert_eq!(
        device.see_signed(&statement(12, "3.0.0"), &[9]),
        Err("untrusted_key")
    );
    assert_eq!(device.floor(), Some(10));
    assert!(device.see(&statement(11, "2.1.0")).is_ok());
}

#[test]
fn of_very_many_channels_the_one_that_rose_longest_ago_is_forgotten() {
    let mut device = Device::at_ten();
    for number in 0..200 {
        let channel: &'static str = format!("preview-{number}").leak();
        device.channel = channel;
        device
            .see(&with(statement(1, "2.0.0"), "channel", text(channel)))
            .unwrap();
    }
    assert_eq!(device.trusted.floors.len(), 200);
    device.channel = "production";
    assert_eq!(device.floor(), None);
    device.channel = "preview-0";
    assert_eq!(device.floor(), Some(1));
}

#[test]
fn a_floor_is_kept_as_it_was() {
    let device = Device::at_ten();
    let json = serde_json::to_value(&device.trusted).unwrap();
    assert_eq!(json["floors"][0]["sequence"], 10);
    let read: Trusted = serde_json::from_value(json).unwrap();
    assert_eq!(read, device.trusted);
    let floor: &Floor = &read.floors[0];
    assert_eq!(
        (floor.app_id.as_str(), floor.channel.as_str()),
        ("com.example.app", "production")
    );
}
