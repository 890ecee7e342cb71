//! A folder belongs to one service at a time.

use std::fs::DirBuilder;
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::path::Path;

use live_updater_server::{Service, Settings};

#[tokio::test]
async fn a_second_service_in_a_folder_does_not_start() {
    let data = tempfile::tempdir().unwrap();
    let first = Service::open(Settings::new(data.path())).await.unwrap();
    let refused = Service::open(Settings::new(data.path())).await;
    let message = refused.err().expect("one too many").to_string();
    assert!(message.contains("another service has"), "{message}");
    drop(first);
    Service::open(Settings::new(data.path())).await.unwrap();
}

#[tokio::test]
async fn who_has_lost_all_keys_gets_another() {
    let data = tempfile::tempdir().unwrap();
    let service = Service::open(Settings::new(data.path())).await.unwrap();
    let first = service.first_key().await.unwrap().unwrap();
    assert_eq!(service.first_key().await.unwrap(), None);
    assert_ne!(service.new_key().await.unwrap(), first);
}

#[tokio::test]
async fn a_folder_that_is_made_is_closed_to_others() {
    let outer = tempfile::tempdir().unwrap();
    let mode = |folder: &Path| folder.metadata().unwrap().permissions().mode() & 0o777;
    let made = outer.path().join("data");
    Service::open(Settings::new(&made)).await.unwrap();
    assert_eq!(mode(&made), 0o700);
    let shared = outer.path().join("shared");
    DirBuilder::new().mode(0o750).create(&shared).unwrap();
    let before = mode(&shared);
    Service::open(Settings::new(&shared)).await.unwrap();
    assert_eq!(mode(&shared), before);
}
