//! Which channel a device is on is the server's to decide.

use serde_json::json;

use crate::phone::Phone;

#[tokio::test]
async fn a_channel_is_kept_once_the_server_has_agreed() {
    let phone = Phone::new();
    phone.server.answer(
        "POST /channel_self",
        200,
        &[],
        json!({"status": "ok", "allowSet": true}),
    );
    let (updater, _) = phone.launch();
    updater.set_channel(Some("beta".to_owned())).await.unwrap();
    assert_eq!(updater.channel().unwrap(), "beta");
    let heard = phone.server.heard("POST /channel_self");
    assert_eq!(heard[0].body["channel"], "beta");
    assert_eq!(heard[0].body["app_id"], "com.example.app");
    phone
        .server
        .say(json!({"error": "no_new_version_available", "kind": "up_to_date"}));
    updater.sync().await.unwrap();
    assert_eq!(
        phone.server.heard("POST /updates")[0].body["defaultChannel"],
        "beta"
    );
    updater.set_channel(None).await.unwrap();
    assert_eq!(updater.channel().unwrap(), "");
    assert_eq!(
        phone.server.heard("POST /channel_self").len(),
        1,
        "unset here alone"
    );
}

#[tokio::test]
async fn a_channel_that_the_server_refuses_changes_nothing() {
    let phone = Phone::new();
    let (updater, _) = phone.launch();
    for (status, code) in [
        (400, "channel_not_found"),
        (200, "public_channel_self_set_not_allowed"),
    ] {
        let body = json!({"error": code, "message": "no"});
        phone.server.answer("POST /channel_self", status, &[], body);
        let error = updater
            .set_channel(Some("beta".to_owned()))
            .await
            .unwrap_err();
        assert_eq!(error.code(), "invalid_request");
        assert!(error.to_string().contains(code), "{error}");
        assert_eq!(updater.channel().unwrap(), "");
    }
}

#[tokio::test]
async fn a_channel_that_goes_without_saying_is_no_choice() {
    let phone = Phone::new();
    phone
        .server
        .answer("POST /channel_self", 200, &[], json!({"status": "ok"}));
    let (updater, _) = phone.launch();
    updater.set_channel(Some("beta".to_owned())).await.unwrap();
    phone.server.answer(
        "POST /channel_self",
        200,
        &[],
        json!({"status": "ok", "unset": true}),
    );
    updater
        .set_channel(Some("production".to_owned()))
        .await
        .unwrap();
    assert_eq!(updater.channel().unwrap(), "");
}

#[tokio::test]
async fn the_server_tells_the_channel_and_the_others() {
    let phone = Phone::new();
    let (updater, _) = phone.launch();
    phone.server.answer(
        "PUT /channel_self",
        200,
        &[],
        json!({"channel": "production", "status": "default"}),
    );
    assert_eq!(updater.assigned_channel().await.unwrap(), "production");
    let list = json!([{"id": 7, "name": "beta", "public": false, "allow_self_set": true}]);
    phone.server.answer("GET /channel_self", 200, &[], list);
    let channels = updater.channels().await.unwrap();
    let expected = json!([{"id": "7", "name": "beta", "public": false, "allowSelfSet": true}]);
    assert_eq!(json!(channels), expected);
    let heard = phone.server.heard("GET /channel_self");
    assert!(
        heard[0].query.contains("app_id=com.example.app"),
        "{heard:?}"
    );
    assert!(heard[0].query.contains("is_prod=true"), "{heard:?}");
}

#[tokio::test]
async fn without_an_address_there_is_no_channel_to_choose() {
    let mut phone = Phone::new();
    phone.config["channelUrl"] = json!(null);
    let (updater, _) = phone.launch();
    let refused = updater.set_channel(Some("beta".to_owned())).await;
    assert_eq!(refused.unwrap_err().code(), "config");
    updater.set_channel(None).await.unwrap();
}
