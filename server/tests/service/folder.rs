//! A folder belongs to one service at a time.

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
