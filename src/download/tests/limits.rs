use super::*;
use crate::transport::TransportError;

fn broken() -> Scene {
    Scene::Fail(TransportError::Connect("refused".to_owned()))
}

#[tokio::test]
async fn five_tries_in_a_row_without_a_new_byte_are_enough() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::answering(|_| broken());
    let error = stage.fetch_error(&release).await;
    assert_eq!(error.code(), "network");
    assert!(error.retryable());
    assert_eq!(stage.transport.requests().len(), 5);
    let pauses = [500, 1_000, 2_000, 4_000].iter().sum();
    assert_eq!(stage.clock.monotonic(), Duration::from_millis(pauses));
}

#[tokio::test]
async fn a_new_byte_gives_five_tries_again() {
    let content = content(5_000);
    let release = release_of(&content);
    let mut scenes = vec![whole(&content, None, Some(1_000))];
    scenes.extend((0..4).map(|_| broken()));
    scenes.push(rest(&content, 1_000, Some(1)));
    scenes.extend((0..4).map(|_| broken()));
    scenes.push(rest(&content, 1_001, None));
    let stage = Stage::new(scenes);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
}

#[tokio::test]
async fn a_server_that_starts_over_each_time_is_given_up() {
    let content = content(5_000);
    let served = content.clone();
    let stage = Stage::answering(move |_| whole(&served, None, Some(3_000)));
    let error = stage.fetch_error(&release_of(&content)).await;
    assert_eq!(error.code(), "network");
    assert_eq!(stage.transport.requests().len(), 6);
}

#[tokio::test]
async fn a_server_that_knows_one_piece_only_is_given_up() {
    let content = content(5_000);
    let served = content.clone();
    let mut asked = 0;
    let stage = Stage::answering(move |_| {
        asked += 1;
        assert!(asked < 50, "asks without end");
        ranged("bytes 0-2999/5000", &served[..3_000], None)
    });
    let error = stage.fetch_error(&release_of(&content)).await;
    assert_eq!(error.code(), "network");
}

#[tokio::test]
async fn going_back_and_forth_is_not_getting_on() {
    let content = content(5_000);
    let served = content.clone();
    let mut lengths = [3_000, 2_000, 2_500, 1_000, 3_000, 2_999].into_iter();
    let stage = Stage::answering(move |_| whole(&served, None, lengths.next()));
    let error = stage.fetch_error(&release_of(&content)).await;
    assert_eq!(error.code(), "network");
    assert_eq!(stage.transport.requests().len(), 6);
}

#[tokio::test]
async fn a_stall_times_out_and_is_resumed() {
    let content = content(5_000);
    let release = release_of(&content);
    let stalled = Answer::new(200).header("content-length", 5_000);
    let stalled = stalled.chunks(&content[..2_000], 997).step(Step::Stall);
    let stage = Stage::new([stalled.into(), rest(&content, 2_000, None)]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
    let (read_timeout, pause) = (15_000, 500);
    assert_eq!(
        stage.clock.monotonic(),
        Duration::from_millis(read_timeout + pause)
    );
}

#[tokio::test]
async fn a_drip_under_the_floor_is_a_try_without_a_new_byte() {
    let content = content(500_000);
    let served = content.clone();
    let stage = Stage::answering(move |request| {
        let mut answer = Answer::new(200);
        let from = offset(request);
        if from > 0 {
            let range = format!("bytes {from}-499999/500000");
            answer = Answer::new(206).header("content-range", range);
        }
        for byte in served[from..].chunks(500).take(100) {
            answer = answer
                .step(Step::Wait(Duration::from_secs(1)))
                .chunks(byte, 500);
        }
        answer.into()
    });
    let release = release_of(&content);
    let error = stage.fetch_error(&release).await;
    assert_eq!(error.code(), "timeout");
    assert_eq!(stage.transport.requests().len(), 5);
    let pauses = 500 + 1_000 + 2_000 + 4_000;
    assert_eq!(
        stage.clock.monotonic(),
        Duration::from_millis(5 * 30_000 + pauses)
    );
    assert_eq!(stage.part(&release), &content[..75_000], "what came stays");
}

#[tokio::test]
async fn a_drip_over_the_floor_is_patiently_read() {
    let content = content(100_000);
    let mut answer = Answer::new(200);
    for piece in content.chunks(1_000) {
        answer = answer
            .step(Step::Wait(Duration::from_secs(1)))
            .chunks(piece, 1_000);
    }
    let stage = Stage::new([answer.into()]);
    stage.fetch(&release_of(&content)).await.unwrap();
}

#[tokio::test]
async fn a_byte_a_connection_does_not_get_around_the_floor() {
    let content = content(5_000);
    let served = content.clone();
    let stage = Stage::answering(move |request| {
        let from = offset(request);
        let answer = Answer::new(206).header("content-range", format!("bytes {from}-4999/5000"));
        let answer = answer.chunks(&served[from..=from], 1).step(Step::Stall);
        answer.into()
    });
    let error = stage.fetch_error(&release_of(&content)).await;
    assert_eq!(error.code(), "timeout");
}

#[tokio::test]
async fn a_byte_a_connection_that_breaks_at_once_does_not_get_around_the_floor() {
    for head_takes in [0, 19] {
        let content = content(5_000);
        let served = content.clone();
        let clock = ManualClock::skipping();
        let server_clock = clock.clone();
        let transport = ScriptedTransport::from_fn(&clock, move |request| {
            server_clock.advance(Duration::from_secs(head_takes));
            rest(&served, offset(request), Some(1))
        });
        let stage = Stage::with(clock, transport);
        let error = stage.fetch_error(&release_of(&content)).await;
        assert_eq!(error.code(), "network");
        assert!(stage.clock.monotonic() < Duration::from_secs(180));
    }
}

#[tokio::test]
async fn a_byte_an_answer_does_not_get_around_the_floor() {
    let content = content(5_000);
    let served = content.clone();
    let clock = ManualClock::skipping();
    let server_clock = clock.clone();
    let transport = ScriptedTransport::from_fn(&clock, move |request| {
        server_clock.advance(Duration::from_secs(1));
        let from = offset(request);
        ranged(
            &format!("bytes {from}-{from}/5000"),
            &served[from..=from],
            None,
        )
    });
    let stage = Stage::with(clock, transport);
    let error = stage.fetch_error(&release_of(&content)).await;
    assert_eq!(error.code(), "timeout");
}

#[tokio::test]
async fn a_short_retry_after_is_obeyed_within_the_call() {
    let content = content(5_000);
    let stage = Stage::new([
        Answer::new(503).header("retry-after", "9").into(),
        Answer::new(429).header("retry-after", "8").into(),
        whole(&content, None, None),
    ]);
    stage.fetch(&release_of(&content)).await.unwrap();
    assert_eq!(stage.clock.monotonic(), Duration::from_secs(17));
}

#[tokio::test]
async fn a_long_retry_after_ends_the_call() {
    let content = content(5_000);
    let stage = Stage::new([Answer::new(503).header("retry-after", "11").into()]);
    let error = stage.fetch_error(&release_of(&content)).await;
    assert_eq!(error.code(), "http_status");
    assert_eq!(error.retry_after(), Some(Duration::from_secs(11)));
}

#[tokio::test]
async fn a_server_error_that_stays_is_the_error() {
    let content = content(5_000);
    let stage = Stage::answering(|_| Answer::new(500).into());
    let error = stage.fetch_error(&release_of(&content)).await;
    assert!(
        matches!(error, Error::HttpStatus { status: 500, .. }),
        "{error:?}"
    );
    assert_eq!(stage.transport.requests().len(), 5);
}
