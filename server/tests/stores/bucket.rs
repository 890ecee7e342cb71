//! Bundles in a bucket.

use serde_json::json;

use crate::place::Place;
use crate::support::World;

const APP: &str = "com.example.app";
/// More than two parts.
const LARGE: usize = 20 << 20;

/// A bundle that isn't made smaller.
pub(crate) fn large_bundle() -> Vec<u8> {
    use std::io::Write as _;
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    zip.start_file("index.html", options).unwrap();
    write!(zip, "<!doctype html>").unwrap();
    zip.start_file("asset.bin", options).unwrap();
    let bytes: Vec<u8> = (0..LARGE).map(|index| (index / 1_000) as u8).collect();
    zip.write_all(&bytes).unwrap();
    zip.finish().unwrap().into_inner()
}

fn part(world: &World, range: &str) -> (u16, Vec<u8>, String) {
    let path = format!("/api/v1/bundles/1.0.0?appId={APP}");
    let answer = world.send("GET", &path, &[("range", range)], Vec::new());
    let told = answer.header("content-range").to_owned();
    (answer.status, answer.bytes, told)
}

#[test]
fn a_large_bundle_is_sent_in_parts_and_comes_back_whole_and_in_ranges() {
    let Some(place) = Place::new() else { return };
    let world = place.service();
    let zip = large_bundle();
    let uploaded = world.upload(APP, "1.0.0", &zip).ok().json();
    assert_eq!(uploaded["size"], zip.len());
    let path = format!("/api/v1/bundles/1.0.0?appId={APP}");
    assert!(world.get(&path).ok().bytes == zip);
    let (status, bytes, told) = part(&world, "bytes=8388600-16777300");
    assert_eq!(status, 206);
    assert!(bytes == zip[8_388_600..=16_777_300]);
    assert_eq!(told, format!("bytes 8388600-16777300/{}", zip.len()));
    let (status, bytes, _) = part(&world, "bytes=-10");
    assert_eq!((status, &*bytes), (206, &zip[zip.len() - 10..]));
    assert_eq!(part(&world, "bytes=999999999-").0, 416);
    let unfinished = place.s3.unfinished_uploads().unwrap();
    assert!(!unfinished.contains(&place.name), "{unfinished}");
}

#[test]
fn an_upload_that_the_store_refuses_half_way_leaves_nothing() {
    let Some(place) = Place::new() else { return };
    let world = place.service();
    place.network.refuse("partNumber=2&");
    world
        .upload(APP, "1.0.0", &large_bundle())
        .is_refusal(503, "storage");
    let unfinished = place.s3.unfinished_uploads().unwrap();
    assert!(!unfinished.contains(&place.name), "{unfinished}");
    assert_eq!(place.objects().matches("<Key>").count(), 0);
    // Nothing was taken, and what was cut can be sent again.
    place.network.mend();
    world.upload(APP, "1.0.0", &large_bundle()).ok();
}

#[test]
fn what_others_keep_in_the_bucket_stays() {
    let Some(place) = Place::new() else { return };
    let theirs = [
        format!("{}/readme.txt", place.name),
        format!("{}/deeper/{}.zip", place.name, "0".repeat(64)),
        format!("{}-other/{}.zip", place.name, "0".repeat(64)),
    ];
    let nobodys = format!("{}/{}.zip", place.name, "1".repeat(64));
    for key in theirs.iter().chain([&nobodys]) {
        place.s3.put(key).unwrap();
    }
    let world = place.service();
    world.upload(APP, "1.0.0", &large_bundle()).ok();
    let body = json!({ "app_id": APP, "version": "1.0.0" });
    world.ask("DELETE", "/bundle/", &body).ok();
    let objects = place.objects();
    for key in &theirs {
        assert!(objects.contains(key), "{key}: {objects}");
    }
    assert_eq!(objects.matches("<Key>").count(), 3, "{objects}");
}
