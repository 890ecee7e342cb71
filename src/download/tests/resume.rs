use super::*;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

#[tokio::test]
async fn a_download_arrives_whole() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::new([whole(&content, None, None)]);
    let part = stage.fetch(&release).await.unwrap();
    assert_eq!(part.len, 5_000);
    assert_eq!(part.key, PartKey::of(&release));
    assert_eq!(
        std::fs::read(stage.root.path().join(part.path)).unwrap(),
        content
    );
    let heard = stage.heard.lock().unwrap();
    assert_eq!(heard.first(), Some(&(0, Some(5_000))));
    assert_eq!(heard.last(), Some(&(5_000, Some(5_000))));
}

#[tokio::test]
async fn twenty_cuts_at_random_places_fetch_no_byte_twice() {
    let content = content(100_000);
    let release = release_of(&content);
    let (served, served_by_server) = (Arc::new(Mutex::new(0)), content.clone());
    let (mut random, mut cuts, counter) = (numbers(3), 20, Arc::clone(&served));
    let stage = Stage::answering(move |request| {
        let from = offset(request);
        let left = served_by_server.len() - from;
        let cut = (cuts > 0).then(|| 1 + random() as usize % (left / 10));
        cuts -= i32::from(cuts > 0);
        *counter.lock().unwrap() += cut.unwrap_or(left);
        if from == 0 {
            return whole(&served_by_server, Some("\"a\""), cut);
        }
        assert_eq!(header(request, "if-range"), Some("\"a\""));
        rest(&served_by_server, from, cut)
    });
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
    assert_eq!(stage.transport.requests().len(), 21);
    assert_eq!(*served.lock().unwrap(), content.len());
}

#[tokio::test]
async fn another_process_asks_on_from_what_is_on_the_disk() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    let stage = stage.again([rest(&content, 2_000, None)]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
    assert_eq!(stage.ranges(), [some("bytes=2000-")]);
    assert_eq!(stage.transport.sent("if-range"), [some("\"a\"")]);
}

#[tokio::test]
async fn a_weak_etag_is_not_sent_back() {
    let content = content(5_000);
    let stage = Stage::new([
        whole(&content, Some("W/\"a\""), Some(2_000)),
        rest(&content, 2_000, None),
    ]);
    stage.fetch(&release_of(&content)).await.unwrap();
    assert_eq!(stage.ranges(), [None, some("bytes=2000-")]);
    assert_eq!(stage.transport.sent("if-range"), [None, None]);
}

#[tokio::test]
async fn a_validator_that_comes_later_is_used_from_then_on() {
    let content = content(5_000);
    let late = Answer::new(206)
        .header("content-range", "bytes 2000-4999/5000")
        .header("etag", "\"b\"")
        .chunks(&content[2_000..3_000], 997)
        .step(Step::Cut);
    let stage = Stage::new([
        whole(&content, None, Some(2_000)),
        late.into(),
        rest(&content, 3_000, None),
    ]);
    stage.fetch(&release_of(&content)).await.unwrap();
    assert_eq!(
        stage.transport.sent("if-range"),
        [None, None, some("\"b\"")]
    );
}

#[tokio::test]
async fn a_complete_part_causes_no_request() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::new([whole(&content, None, None)]);
    stage.fetch(&release).await.unwrap();
    let stage = stage.again([]);
    assert_eq!(stage.fetch(&release).await.unwrap().len, 5_000);
}

#[tokio::test]
async fn a_part_that_is_too_long_is_fetched_anew() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::new([whole(&content, None, None)]);
    let path = stage.root.path().join(PartKey::of(&release).part_path());
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, vec![0; 5_001]).unwrap();
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.ranges(), [None]);
    assert_eq!(stage.part(&release), content);
}

#[tokio::test]
async fn a_200_to_a_resume_starts_over() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    let stage = stage.again([whole(&content, Some("\"b\""), None)]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
}

#[tokio::test]
async fn units_are_read_without_case() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    let answer = ranged("BYTES 2000-4999/5000", &content[2_000..], None);
    let stage = stage.again([answer]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
}

#[tokio::test]
async fn a_wrong_206_is_dropped_unread_and_the_whole_is_asked_for_once() {
    let content = content(5_000);
    let release = release_of(&content);
    for wrong in [
        "bytes 0-4999/5000",
        "bytes 2001-4999/5000",
        "bytes 2000-5000/5001",
        "bytes 2000-4999/*",
        "items 2000-4999/5000",
    ] {
        let stage = Stage::begun(&release, &content, 2_000).await;
        let stage = stage.again([
            ranged(wrong, &[0; 3_000], None),
            whole(&content, None, None),
        ]);
        stage.fetch(&release).await.unwrap();
        assert_eq!(stage.part(&release), content, "{wrong}");
        assert_eq!(stage.ranges(), [some("bytes=2000-"), None], "{wrong}");
    }
}

#[tokio::test]
async fn another_etag_on_a_206_means_another_object() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    let other: Scene = Answer::new(206)
        .header("content-range", "bytes 2000-4999/5000")
        .header("etag", "\"b\"")
        .body([0; 3_000])
        .into();
    let stage = stage.again([other, whole(&content, Some("\"b\""), None)]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
}

#[tokio::test]
async fn the_old_part_goes_at_the_first_byte_of_the_new_one() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    let stage = stage.again([
        ranged("bytes 0-4999/5000", &content, None),
        whole(&content, None, Some(0)),
        Answer::new(403).into(),
    ]);
    stage.fetch_error(&release).await;
    assert_eq!(stage.part(&release), &content[..2_000]);
    let stage = stage.again([whole(&content, None, Some(1)), Answer::new(403).into()]);
    stage.fetch_error(&release).await;
    assert_eq!(stage.part(&release), &content[..1]);
}

#[tokio::test]
async fn what_arrived_is_in_the_file_before_the_next_is_awaited() {
    let content = content(5_000);
    let release = release_of(&content);
    let (seen, in_body) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(None)));
    let (path, length) = (Arc::clone(&in_body), Arc::clone(&seen));
    let look = Step::Call(Box::new(move || {
        let path: Option<PathBuf> = path.lock().unwrap().take();
        *length.lock().unwrap() = std::fs::metadata(path.unwrap()).unwrap().len();
    }));
    let answer = Answer::new(200).header("content-length", 5_000);
    let answer = answer.chunks(&content[..10], 10).step(look);
    let stage = Stage::new([answer.chunks(&content[10..], 997).into()]);
    let part = stage.root.path().join(PartKey::of(&release).part_path());
    *in_body.lock().unwrap() = Some(part);
    stage.fetch(&release).await.unwrap();
    assert_eq!(*seen.lock().unwrap(), 10);
}

#[tokio::test]
async fn a_short_206_is_appended_and_asked_on_from() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    let stage = stage.again([
        ranged("bytes 2000-2499/5000", &content[2_000..2_500], None),
        ranged("bytes 2500-2500/5000", &content[2_500..2_501], None),
        rest(&content, 2_501, None),
    ]);
    let before = stage.clock.monotonic();
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
    assert_eq!(stage.clock.monotonic(), before, "nothing failed");
}

#[tokio::test]
async fn bytes_behind_the_announced_range_are_not_taken() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    let mut lying = content[2_000..2_500].to_vec();
    lying.extend([0; 100]);
    let answer = Answer::new(206).header("content-range", "bytes 2000-2499/5000");
    let stage = stage.again([
        answer.chunks(&lying, 300).into(),
        rest(&content, 2_500, None),
    ]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
}

#[tokio::test]
async fn a_416_for_a_part_of_a_known_size_asks_for_the_whole() {
    let content = content(5_000);
    let release = release_of(&content);
    let unsatisfied = |range: &str| Answer::new(416).header("content-range", range).into();
    let stage = Stage::begun(&release, &content, 2_000).await;
    let stage = stage.again([unsatisfied("bytes */2000"), whole(&content, None, None)]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    let stage = stage.again([unsatisfied("bytes */7"), unsatisfied("bytes */7")]);
    let error = stage.fetch_error(&release).await;
    assert_eq!(error.code(), "http_status");
    assert_eq!(stage.part(&release), &content[..2_000]);
}

#[tokio::test]
async fn a_416_at_the_end_completes_a_part_of_an_unknown_size() {
    let content = content(5_000);
    let mut release = release_of(&content);
    release.size = None;
    let unannounced = Answer::new(200).chunks(&content, 997).step(Step::Cut);
    let unsatisfied = Answer::new(416).header("content-range", "bytes */5000");
    let stage = Stage::new([unannounced.into(), unsatisfied.into()]);
    assert_eq!(stage.fetch(&release).await.unwrap().len, 5_000);
    assert_eq!(stage.ranges(), [None, some("bytes=5000-")]);
    let stage = stage.again([]);
    assert_eq!(stage.fetch(&release).await.unwrap().len, 5_000);
}

#[tokio::test]
async fn an_unknown_size_is_learned() {
    let content = content(5_000);
    let mut release = release_of(&content);
    release.size = None;
    let stage = Stage::begun(&release, &content, 2_000).await;
    let stage = stage.again([rest(&content, 2_000, None)]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
    let heard = stage.heard.lock().unwrap().clone();
    assert!(heard.contains(&(2_000, Some(5_000))), "{heard:?}");
    let stage = stage.again([]);
    stage.fetch(&release).await.unwrap();
}

#[tokio::test]
async fn a_body_without_a_length_ends_where_it_ends_if_no_size_is_known() {
    let content = content(5_000);
    let mut release = release_of(&content);
    release.size = None;
    let stage = Stage::new([Answer::new(200).chunks(&content, 997).into()]);
    assert_eq!(stage.fetch(&release).await.unwrap().len, 5_000);
    assert_eq!(stage.part(&release), content);
    let stage = stage.again([]);
    assert_eq!(stage.fetch(&release).await.unwrap().len, 5_000);
}

#[tokio::test]
async fn the_way_a_complete_body_ends_does_not_matter() {
    let content = content(5_000);
    let release = release_of(&content);
    for (end, seconds) in [(Step::Cut, 0), (Step::Stall, 15)] {
        let answer = Answer::new(200).chunks(&content, 997).step(end);
        let stage = Stage::new([answer.into()]);
        stage.fetch(&release).await.unwrap();
        assert_eq!(
            stage.clock.monotonic(),
            Duration::from_secs(seconds),
            "no pause before another try"
        );
    }
}
