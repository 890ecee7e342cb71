use super::*;
use crate::clock::manual::ManualClock;
use crate::transport::response::SMALL_LIMIT;
use crate::transport::scripted::{Answer, Scene, ScriptedTransport, Step};

const HOME: &str = "https://updates.example/check";

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn rules() -> NetworkRules {
    NetworkRules {
        update_url: Some(url("https://updates.example/")),
        token: Some("s3cret".to_owned()),
        headers: vec![("X-Tenant".to_owned(), "acme".to_owned())],
        insecure_hosts: Vec::new(),
        request_timeout: Duration::from_secs(20),
        read_timeout: Duration::from_secs(15),
    }
}

struct Stage {
    clock: ManualClock,
    transport: ScriptedTransport,
    client: HttpClient,
}

fn stage(scenes: impl IntoIterator<Item = Scene>) -> Stage {
    stage_with(rules(), scenes)
}

fn stage_with(rules: NetworkRules, scenes: impl IntoIterator<Item = Scene>) -> Stage {
    let clock = ManualClock::skipping();
    let transport = ScriptedTransport::new(&clock, scenes);
    let client = HttpClient::new(Arc::new(transport.clone()), Arc::new(clock.clone()), rules)
        .with_random(Random::from_fn(|| 1.0));
    Stage {
        clock,
        transport,
        client,
    }
}

fn found(body: &str) -> Scene {
    Answer::new(200).body(body).into()
}

fn to(status: u16, location: &str) -> Scene {
    Answer::new(status).header("location", location).into()
}

#[tokio::test]
async fn every_request_asks_for_plain_bytes_and_says_who_asks() {
    let stage = stage([found("{}")]);
    stage.client.get_small(&url(HOME), &[]).await.unwrap();
    assert_eq!(
        stage.transport.sent("accept-encoding"),
        [Some("identity".to_owned())]
    );
    let agent = stage.transport.sent("user-agent")[0].clone().unwrap();
    assert!(agent.starts_with("live-updater/"), "{agent}");
}

#[tokio::test]
async fn credentials_stay_at_home() {
    let stage = stage([found("{}"), found("{}")]);
    stage.client.get_small(&url(HOME), &[]).await.unwrap();
    let elsewhere = url("https://cdn.example/a");
    stage.client.get_small(&elsewhere, &[]).await.unwrap();
    assert_eq!(
        stage.transport.sent("authorization"),
        [Some("Bearer s3cret".to_owned()), None]
    );
    assert_eq!(
        stage.transport.sent("x-tenant"),
        [Some("acme".to_owned()), None]
    );
}

#[tokio::test]
async fn credentials_are_dropped_by_a_redirect_elsewhere_and_do_not_come_back() {
    let stage = stage([
        to(302, "/moved"),
        to(302, "https://cdn.example/a"),
        to(302, "https://updates.example/again"),
        found("{}"),
    ]);
    stage
        .client
        .get_small(&url(HOME), &[("range", "bytes=5-")])
        .await
        .unwrap();
    let token = || Some("Bearer s3cret".to_owned());
    assert_eq!(
        stage.transport.sent("authorization"),
        [token(), token(), None, None]
    );
    let range = || Some("bytes=5-".to_owned());
    assert_eq!(
        stage.transport.sent("range"),
        [range(), range(), range(), range()]
    );
}

#[tokio::test]
async fn an_answer_knows_where_it_came_from() {
    let stage = stage([to(301, "/v2/check?x=1#part"), found("{}")]);
    let answer = stage.client.get_small(&url(HOME), &[]).await.unwrap();
    assert_eq!(answer.url.as_str(), "https://updates.example/v2/check?x=1");
    assert_eq!(answer.body, b"{}");
}

#[tokio::test]
async fn redirects_do_not_leave_https() {
    for location in ["http://updates.example/", "http://localhost/", "ftp://a/"] {
        let stage = stage([to(302, location)]);
        let error = stage.client.get_small(&url(HOME), &[]).await.unwrap_err();
        assert_eq!(error.code(), "protocol", "{location}");
    }
}

#[tokio::test]
async fn redirects_do_not_leave_https_for_a_place_that_needs_none_either() {
    let mut rules = rules();
    rules.update_url = Some(url("http://localhost:3000/"));
    let plain = stage_with(rules.clone(), [to(302, "http://127.0.0.1/a"), found("{}")]);
    let start = url("http://localhost:3000/check");
    plain.client.get_small(&start, &[]).await.unwrap();
    let secure = stage_with(rules, [to(302, "http://127.0.0.1/a")]);
    let start = url("https://cdn.example/check");
    let error = secure.client.get_small(&start, &[]).await.unwrap_err();
    assert_eq!(error.code(), "protocol");
}

#[tokio::test]
async fn who_is_confined_to_an_origin_asks_no_other() {
    let home = url(HOME).origin();
    for elsewhere in ["https://cdn.example/a", "https://updates.example:444/"] {
        let stage = stage([to(302, "/moved"), to(302, elsewhere), to(302, HOME)]);
        let confined = stage.client.confined_to(Some(home.clone()));
        let error = confined.get(&url(HOME), &[]).await.unwrap_err();
        assert_eq!(error.code(), "invalid_request", "{elsewhere}");
        assert_eq!(stage.transport.requests().len(), 2, "{elsewhere}");
    }
    let stage = stage([to(302, "https://updates.example:443/a"), found("{}")]);
    let confined = stage.client.confined_to(Some(home));
    confined.get_small(&url(HOME), &[]).await.unwrap();
}

#[tokio::test]
async fn plain_http_is_refused_before_anything_is_sent() {
    let stage = stage([]);
    let plain = url("http://updates.example/check");
    let error = stage.client.get_small(&plain, &[]).await.unwrap_err();
    assert_eq!(error.code(), "protocol");
    assert!(stage.transport.requests().is_empty());
}

#[tokio::test]
async fn ten_redirects_are_followed_and_no_more() {
    let hops = |count: usize| (0..count).map(|hop| to(307, &format!("/{hop}")));
    let enough = stage(hops(10).chain([found("{}")]));
    enough.client.get_small(&url(HOME), &[]).await.unwrap();
    let too_many = stage(hops(11));
    let error = too_many
        .client
        .get_small(&url(HOME), &[])
        .await
        .unwrap_err();
    assert_eq!(error.code(), "protocol");
}

#[tokio::test]
async fn a_redirect_in_a_circle_or_to_nowhere_breaks_the_protocol() {
    let circle = stage([to(302, "/other"), to(302, "/check")]);
    let error = circle.client.get_small(&url(HOME), &[]).await.unwrap_err();
    assert!(error.to_string().contains("circle"), "{error}");
    let nowhere = stage([Answer::new(302).into()]);
    let error = nowhere.client.get_small(&url(HOME), &[]).await.unwrap_err();
    assert_eq!(error.code(), "protocol");
}

#[tokio::test]
async fn a_post_follows_only_redirects_that_keep_it_a_post() {
    let report = serde_json::json!({"success": true});
    let kept = stage([to(308, "/v2"), Answer::new(204).into()]);
    kept.client.post_json(&url(HOME), &report).await.unwrap();
    for request in kept.transport.requests() {
        assert_eq!(request.method, Method::Post);
        assert_eq!(request.body.as_deref(), Some(&b"{\"success\":true}"[..]));
    }
    for status in [301, 302, 303] {
        let changed = stage([to(status, "/v2")]);
        let error = changed
            .client
            .post_json(&url(HOME), &report)
            .await
            .unwrap_err();
        assert_eq!(error.code(), "http_status", "{status}");
    }
}

#[tokio::test]
async fn credentials_in_a_url_are_not_sent() {
    let stage = stage([to(302, "https://a:b@cdn.example/"), found("{}")]);
    let with_password = url("https://me:pass@updates.example/check");
    stage.client.get_small(&with_password, &[]).await.unwrap();
    for request in stage.transport.requests() {
        assert_eq!(request.url.password(), None);
        assert_eq!(request.url.username(), "");
    }
}

#[tokio::test]
async fn another_content_encoding_breaks_the_protocol() {
    for coding in ["gzip", "identity, br"] {
        let answer = Answer::new(200).header("content-encoding", coding);
        let stage = stage([answer.body("{}").into()]);
        let error = stage.client.get_small(&url(HOME), &[]).await.unwrap_err();
        assert_eq!(error.code(), "protocol", "{coding}");
    }
    let answer = Answer::new(200).header("content-encoding", "Identity");
    let plain = stage([answer.body("{}").into()]);
    plain.client.get_small(&url(HOME), &[]).await.unwrap();
}

#[tokio::test]
async fn a_small_answer_has_at_most_256_kib() {
    let limit = SMALL_LIMIT as usize;
    let fits = stage([Answer::new(200).body(vec![b' '; limit]).into()]);
    let answer = fits.client.get_small(&url(HOME), &[]).await.unwrap();
    assert_eq!(answer.body.len(), limit);
    let announced = Answer::new(200).body(vec![b' '; limit + 1]);
    let unannounced = Answer::new(200).chunks(vec![b' '; limit + 1], 4096);
    let endless = Answer::new(200).step(Step::Endless(vec![b' '; 999].into()));
    for answer in [announced, unannounced, endless] {
        let stage = stage([answer.into()]);
        let error = stage.client.get_small(&url(HOME), &[]).await.unwrap_err();
        assert_eq!(error.code(), "size_exceeded");
    }
}

#[tokio::test]
async fn a_head_that_does_not_come_times_out() {
    let stage = stage([to(302, "/slow"), Scene::Silence]);
    let error = stage.client.get_small(&url(HOME), &[]).await.unwrap_err();
    assert_eq!(error.code(), "timeout");
    assert_eq!(stage.clock.monotonic(), Duration::from_secs(20));
}

#[tokio::test]
async fn a_body_that_stalls_times_out() {
    let answer = Answer::new(200).chunks("{", 1).step(Step::Stall);
    let stage = stage([answer.into()]);
    let error = stage.client.get_small(&url(HOME), &[]).await.unwrap_err();
    assert_eq!(error.code(), "timeout");
    assert_eq!(stage.clock.monotonic(), Duration::from_secs(15));
}

#[tokio::test]
async fn a_small_answer_that_drips_times_out_as_a_whole() {
    let mut answer = Answer::new(200);
    for _ in 0..100 {
        answer = answer
            .step(Step::Wait(Duration::from_secs(14)))
            .chunks(" ", 1);
    }
    let stage = stage([answer.into()]);
    let error = stage.client.get_small(&url(HOME), &[]).await.unwrap_err();
    assert_eq!(error.code(), "timeout");
    assert_eq!(stage.clock.monotonic(), Duration::from_secs(28));
}

#[tokio::test]
async fn not_modified_is_an_answer() {
    let stage = stage([Answer::new(304).header("etag", "\"1\"").into()]);
    let answer = stage
        .client
        .get_small(&url(HOME), &[("if-none-match", "\"1\"")])
        .await
        .unwrap();
    assert_eq!(answer.status, 304);
    assert_eq!(answer.header("etag"), Some("\"1\""));
}

#[tokio::test]
async fn a_retry_after_comes_along_with_the_error() {
    let stage = stage([Answer::new(429).header("retry-after", "120").into()]);
    let error = stage.client.get_small(&url(HOME), &[]).await.unwrap_err();
    assert_eq!(error.code(), "rate_limited");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(120)));
}

#[tokio::test]
async fn what_may_pass_is_tried_again() {
    let stage = stage([
        Scene::Fail(TransportError::Connect("refused".to_owned())),
        Answer::new(500).into(),
        Answer::new(503).header("retry-after", "7").into(),
        found("{}"),
    ]);
    stage
        .client
        .get_small_with_retries(&url(HOME), &[], 4)
        .await
        .unwrap();
    let (first, second, asked) = (500, 1_000, 7_000);
    assert_eq!(
        stage.clock.monotonic(),
        Duration::from_millis(first + second + asked)
    );
}

#[tokio::test]
async fn tries_end_after_the_last_or_with_what_stays() {
    let broken = || Scene::Fail(TransportError::Broken("reset".to_owned()));
    let thrice = stage([broken(), broken(), broken()]);
    let home = url(HOME);
    let retried = thrice.client.get_small_with_retries(&home, &[], 3);
    assert_eq!(retried.await.unwrap_err().code(), "network");
    for (status, retry_after) in [(401, "1"), (404, "1"), (429, "11")] {
        let answer = Answer::new(status).header("retry-after", retry_after);
        let once = stage([answer.into()]);
        let retried = once.client.get_small_with_retries(&home, &[], 3);
        retried.await.unwrap_err();
    }
}

#[tokio::test]
async fn no_error_shows_a_query_or_a_token() {
    let asked = url("https://me:pass@updates.example/check?key=q1");
    let leak = "cannot reach https://updates.example/check?key=q1".to_owned();
    for scene in [
        Scene::Fail(TransportError::Broken(leak)),
        Scene::Silence,
        Answer::new(500).into(),
        Answer::new(404).into(),
        to(302, "http://updates.example/?key=q1"),
    ] {
        let stage = stage([scene]);
        let error = stage.client.get_small(&asked, &[]).await.unwrap_err();
        for shown in [format!("{error}"), format!("{error:?}")] {
            assert!(!shown.contains("q1") && !shown.contains("pass"), "{shown}");
        }
    }
    assert!(!format!("{:?}", stage([]).client).contains("s3cret"));
}
