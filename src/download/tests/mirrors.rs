use super::*;

const MIRROR: &str = "https://mirror.example/bundle.zip";

fn mirrored(content: &[u8]) -> Release {
    let mut release = release_of(content);
    release.urls.push(url(MIRROR));
    release
}

fn hosts(stage: &Stage) -> Vec<String> {
    let requests = stage.transport.requests();
    let hosts = requests.iter().filter_map(|request| request.url.host_str());
    hosts.map(str::to_owned).collect()
}

#[tokio::test]
async fn a_place_that_does_not_have_it_is_left_at_once() {
    let content = content(5_000);
    for status in [404, 410, 401, 403, 400] {
        let stage = Stage::new([Answer::new(status).into(), whole(&content, None, None)]);
        stage.fetch(&mirrored(&content)).await.unwrap();
        assert_eq!(hosts(&stage), ["cdn.example", "mirror.example"]);
    }
}

#[tokio::test]
async fn a_bad_place_does_not_use_up_the_tries_of_the_next() {
    let content = content(5_000);
    let mut scenes: Vec<Scene> = (0..9).map(|_| Answer::new(500).into()).collect();
    scenes.push(whole(&content, None, None));
    let stage = Stage::new(scenes);
    stage.fetch(&mirrored(&content)).await.unwrap();
    assert_eq!(hosts(&stage)[4..6], ["cdn.example", "mirror.example"]);
    assert_eq!(hosts(&stage).len(), 10);
}

#[tokio::test]
async fn what_one_place_began_another_continues_without_its_validator() {
    let content = content(5_000);
    let stage = Stage::new([
        whole(&content, Some("\"a\""), Some(2_000)),
        Answer::new(404).into(),
        rest(&content, 2_000, None),
    ]);
    let release = mirrored(&content);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
    assert_eq!(
        stage.transport.sent("if-range"),
        [None, Some("\"a\"".to_owned()), None]
    );
    let range = || Some("bytes=2000-".to_owned());
    assert_eq!(stage.ranges(), [None, range(), range()]);
}

#[tokio::test]
async fn a_validator_goes_with_the_bytes_that_it_came_with() {
    let content = content(5_000);
    let release = mirrored(&content);
    let stage = Stage::new([
        whole(&content, Some("\"a\""), Some(2_000)),
        Answer::new(404).into(),
        whole(&content, None, Some(1_000)),
        Answer::new(404).into(),
    ]);
    stage.fetch_error(&release).await;
    let stage = stage.again([rest(&content, 1_000, None)]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.ranges(), [Some("bytes=1000-".to_owned())]);
    assert_eq!(stage.transport.sent("if-range"), [None]);
}

#[tokio::test]
async fn bytes_that_cannot_be_right_are_not_handed_on() {
    let content = content(5_000);
    let endless = Answer::new(200).step(Step::Endless(vec![7; 999].into()));
    let stage = Stage::new([endless.into(), whole(&content, None, None)]);
    let release = mirrored(&content);
    stage.fetch(&release).await.unwrap();
    assert_eq!(stage.part(&release), content);
    assert_eq!(stage.ranges(), [None, None]);
}

#[tokio::test]
async fn a_place_that_may_have_it_later_is_the_one_that_is_told_of() {
    let content = content(5_000);
    let release = mirrored(&content);
    let code = |first: u16, second: u16| {
        let release = release.clone();
        async move {
            let stage = Stage::answering(move |request| {
                let is_first = request.url.host_str() == Some("cdn.example");
                Answer::new(if is_first { first } else { second }).into()
            });
            stage.fetch_error(&release).await.code()
        }
    };
    assert_eq!(code(404, 403).await, "not_found");
    assert_eq!(code(403, 404).await, "http_status");
    assert_eq!(code(500, 404).await, "http_status");
    assert_eq!(code(404, 500).await, "http_status");
}

#[tokio::test]
async fn an_unsafe_place_is_passed_over() {
    let content = content(5_000);
    let mut release = mirrored(&content);
    release.urls[0] = url("http://cdn.example/bundle.zip");
    let stage = Stage::new([whole(&content, None, None)]);
    stage.fetch(&release).await.unwrap();
    assert_eq!(hosts(&stage), ["mirror.example"]);
}
