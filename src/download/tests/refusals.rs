use super::*;

#[tokio::test]
async fn a_page_is_refused_and_the_part_stays() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    let page = Answer::new(200).header("content-type", "text/html; charset=utf-8");
    let stage = stage.again([page.body("<html>log in</html>").into()]);
    let error = stage.fetch_error(&release).await;
    assert_eq!(error.code(), "protocol");
    assert!(error.retryable());
    assert_eq!(stage.part(&release), &content[..2_000]);
}

#[tokio::test]
async fn a_200_of_another_length_is_refused_and_the_part_stays() {
    let content = content(5_000);
    let release = release_of(&content);
    let stage = Stage::begun(&release, &content, 2_000).await;
    let other = || Answer::new(200).body(vec![0; 4_999]).into();
    let stage = stage.again((0..5).map(|_| other()));
    let error = stage.fetch_error(&release).await;
    assert!(
        matches!(
            error,
            Error::SizeMismatch {
                expected: 5_000,
                found: 4_999
            }
        ),
        "{error:?}"
    );
    assert!(error.retryable());
    assert_eq!(stage.part(&release), &content[..2_000]);
}

#[tokio::test]
async fn a_body_that_ends_too_early_without_a_word_is_of_another_size() {
    let content = content(5_000);
    let short = || Answer::new(200).chunks([0; 4_000], 997).into();
    let stage = Stage::answering(move |_| short());
    let error = stage.fetch_error(&release_of(&content)).await;
    assert_eq!(error.code(), "size_mismatch");
}

#[tokio::test]
async fn one_byte_over_the_size_ends_it_and_deletes_the_part() {
    let content = content(5_000);
    let release = release_of(&content);
    let mut longer = content.clone();
    longer.push(0);
    let one_more = Answer::new(200).chunks(&longer, 5_000);
    let endless = Answer::new(200).step(Step::Endless(vec![7; 999].into()));
    for answer in [one_more, endless] {
        let stage = Stage::new([answer.into()]);
        let error = stage.fetch_error(&release).await;
        assert!(
            matches!(error, Error::SizeExceeded { limit: 5_000, .. }),
            "{error:?}"
        );
        assert!(stage.part(&release).is_empty());
    }
}

#[tokio::test]
async fn an_unknown_size_has_a_limit() {
    let content = content(5_000);
    let mut release = release_of(&content);
    release.size = None;
    let announced = Answer::new(200).header("content-length", LIMIT + 1);
    let endless = Answer::new(200).step(Step::Endless(vec![7; 65_536].into()));
    for answer in [announced, endless] {
        let stage = Stage::new([answer.into()]);
        let error = stage.fetch_error(&release).await;
        assert!(
            matches!(error, Error::SizeExceeded { limit: LIMIT, .. }),
            "{error:?}"
        );
        assert!(stage.part(&release).is_empty());
    }
}

#[tokio::test]
async fn sizes_that_cannot_be_are_refused_without_a_request() {
    let mut release = release_of(b"hello");
    let stage = Stage::new([]);
    release.size = Some(0);
    assert_eq!(stage.fetch_error(&release).await.code(), "protocol");
    release.size = Some(LIMIT + 1);
    assert_eq!(stage.fetch_error(&release).await.code(), "size_exceeded");
    release.size = None;
    release.urls.clear();
    assert_eq!(stage.fetch_error(&release).await.code(), "invalid_request");
}

#[tokio::test]
async fn an_empty_answer_is_no_bundle() {
    let mut release = release_of(b"hello");
    release.size = None;
    for answer in [Answer::new(200).body(""), Answer::new(200)] {
        let stage = Stage::new([answer.into()]);
        assert_eq!(stage.fetch_error(&release).await.code(), "protocol");
    }
}

#[tokio::test]
async fn a_packed_body_is_refused() {
    let content = content(5_000);
    let packed = Answer::new(200).header("content-encoding", "gzip");
    let stage = Stage::new([packed.body(&content).into()]);
    let error = stage.fetch_error(&release_of(&content)).await;
    assert_eq!(error.code(), "protocol");
    assert_eq!(
        stage.transport.sent("accept-encoding"),
        [Some("identity".to_owned())]
    );
}

#[tokio::test]
async fn a_redirect_is_followed_without_the_token() {
    let content = content(5_000);
    let mut release = release_of(&content);
    release.urls = vec![url("https://updates.example/api/v1/bundles/1.2.3")];
    let moved = Answer::new(302).header("location", URL);
    let stage = Stage::new([moved.into(), whole(&content, None, None)]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(
        stage.transport.sent("authorization"),
        [Some("Bearer s3cret".to_owned()), None]
    );
}

#[tokio::test]
async fn a_redirect_out_of_https_is_refused() {
    let content = content(5_000);
    let moved = Answer::new(302).header("location", "http://cdn.example/bundle.zip");
    let stage = Stage::new([moved.into()]);
    let error = stage.fetch_error(&release_of(&content)).await;
    assert_eq!(error.code(), "protocol");
}
