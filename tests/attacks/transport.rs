//! How much, how slowly, and from where: what a server can do without saying anything false.

use std::io::{self, Write};

use live_updater::DownloadRequest;
use mock_update_server::{Endpoint, Fault};
use serde_json::json;

use crate::clock::DistortedClock;
use crate::device::{Device, Mode, sign, tell};
use crate::rogue::Rogue;
use crate::world::signing::{Web, payload};
use crate::world::{World, zip};

fn fault(text: &str) -> Fault {
    text.parse().unwrap()
}

/// TUF, 1.5.2, endless data: nobody fills the device by answering a request with more than was
/// asked for.
///
/// All modes protect: by a limit for each kind of answer, and for what a zip unpacks to; where the
/// size is known, by that.
#[tokio::test]
async fn what_has_no_end_is_cut_off() {
    let mut ways = 0;
    for mode in Mode::ALL {
        let mut device = Device::running(mode).await;
        for (endpoint, endless) in [
            (Endpoint::Check, "endless"),
            (Endpoint::Check, "oversized-json"),
            (Endpoint::Bundle, "endless"),
        ] {
            device.offer("3.0.0");
            let server = &device.world.server;
            server.fault(endpoint, fault(endless)).always();
            device.withstands("size_exceeded").await;
            device.world.server.clear_faults(Endpoint::Any);
        }
        // A size that nobody told.
        device.world.configure("maxBundleBytes", json!(1_000_000));
        device.relaunch().await;
        let spring = Rogue::answering(|_, out| {
            out.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n")?;
            without_end(out, &[0; 65_536])
        });
        let mut release = device.release("3.0.0");
        release.download_url = spring.url();
        release.size = None;
        device.world.server.offer(release);
        device.withstands("size_exceeded").await;
        device.offer("3.0.0");
        device.takes("3.0.0").await;
        ways += device.recovers().await;
    }

    // A zip of a few KiB that is millions of bytes, signed by mistake.
    let mut device = Device::running(Mode::Bundle).await;
    let bomb = zip(&[("index.html", &[0; 4_000_000])]);
    device.offer_zip("3.0.0", &bomb, Some(sign(&bomb, 1)));
    device.withstands("archive_limit").await;
    // A head that never comes to the body.
    let talker = Rogue::answering(|_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\n")?;
        without_end(out, b"x-more: and more, and more, and more\r\n")
    });
    let mut release = device.release("3.0.0");
    release.download_url = talker.url();
    device.world.server.offer(release);
    device.withstands("network").await;
    ways += device.recovers().await;

    // Statements that nobody reads to their end.
    let mut device = Device::running(Mode::Statement).await;
    let web = Web::page("3.0.0");
    let mut long = payload(11, "3.0.0", &web);
    long["note"] = json!("x".repeat(60_000));
    device.state(&long, &web);
    device.withstands("size_exceeded").await;
    long["note"] = json!("x".repeat(1_000));
    let mut many = device.sealed(&long);
    many["signatures"] = json!(vec![many["signatures"][0].clone(); 17]);
    device.world.answer(&many, &web);
    device.withstands("signature_invalid").await;
    device.state(&long, &web);
    device.takes("3.0.0").await;
    device.sequence = 11;
    tell(ways + device.recovers().await);
}

/// Until the client hangs up.
fn without_end(out: &mut dyn Write, piece: &[u8]) -> io::Result<()> {
    loop {
        out.write_all(piece)?;
    }
}

/// TUF's list of attacks, slow retrieval: nobody keeps a device waiting for ever by a stream that is
/// so slow that it never comes to its end.
///
/// All modes protect. A minute of the device's clock is a second here: what it waits for is what the
/// configuration has by default.
#[tokio::test]
async fn a_drop_at_a_time_is_given_up() {
    let clock = DistortedClock::new();
    let mut device = Device::running_at(Mode::Statement, &clock).await;
    // A byte each ten seconds, in the body, and in the answer to a check; and silence.
    for (endpoint, slow) in [
        (Endpoint::Bundle, "drip=6"),
        (Endpoint::Bundle, "stall,after=1"),
        (Endpoint::Check, "drip=6"),
        (Endpoint::Check, "stall"),
    ] {
        device.offer("3.0.0");
        let server = &device.world.server;
        server.fault(endpoint, fault(slow)).always();
        clock.run(60);
        assert_eq!(device.answer().await, "timeout", "{slow}");
        clock.run(1);
        // What came is kept for later, and is nothing yet.
        device.stands().await;
        device.world.server.clear_faults(Endpoint::Any);
    }
    device.offer("3.0.0");
    device.takes("3.0.0").await;
    tell(device.recovers().await);
}

/// Where bundles aren't signed, a script in the page may bring in what the update server has and
/// nothing else. An address there that redirects to wherever it's told would open that door again.
///
/// This is for `unsigned` alone: in the other modes the bytes prove themselves, wherever they come
/// from.
#[tokio::test]
async fn an_open_redirect_does_not_bring_in_a_scripts_own_bundle() {
    let mut device = Device::running(Mode::Unsigned).await;
    let evil = Web::page("3.0.0");
    let elsewhere = Rogue::sending(evil.zip.clone());
    let own = format!("{}/api/v1/bundles/9.9.9", device.world.server.url());
    let checksum = evil.bundle["sha256"].as_str().unwrap();
    let ask = |url: &str| DownloadRequest::at(url, "3.0.0", checksum).unwrap();

    let refused = device.updater().download(ask(&elsewhere.url())).await;
    assert_eq!(refused.unwrap_err().code(), "invalid_request");
    device.stands().await;
    // Away; and away and back, on which the place in between has its say.
    let back = Rogue::answering({
        let own = own.clone();
        move |_, out| {
            let location = format!("location: {own}\r\nconnection: close\r\n\r\n");
            out.write_all(b"HTTP/1.1 302 Found\r\ncontent-length: 0\r\n")?;
            out.write_all(location.as_bytes())
        }
    });
    device.world.publish_zip("9.9.9", &evil.zip);
    for target in [&elsewhere, &back] {
        let away = Fault::Redirect { url: target.url() };
        device.world.server.fault(Endpoint::Bundle, away).once();
        let refused = device.updater().download(ask(&own)).await.unwrap_err();
        assert_eq!(refused.code(), "invalid_request", "{refused}");
        assert!(!refused.retryable());
        assert_eq!(target.asked(), 0, "nobody there hears of it");
        assert_eq!(device.world.names("downloads"), [""; 0]);
        device.stands().await;
    }
    // A server may redirect as it likes where it's the server that offers.
    let away = Fault::Redirect {
        url: elsewhere.url(),
    };
    device.offer_zip("3.0.0", &evil.zip, None);
    device.world.server.fault(Endpoint::Bundle, away).once();
    device.takes("3.0.0").await;
    assert_eq!(elsewhere.asked(), 1);

    // And a redirect to another place on the same server is none of this.
    let world = World::new().await;
    world.publish_zip("9.9.9", &evil.zip);
    let own = format!("{}/api/v1/bundles/9.9.9", world.server.url());
    let again = Fault::Redirect {
        url: format!("{own}?again"),
    };
    world.server.fault(Endpoint::Bundle, again).once();
    let (updater, _) = world.launch();
    let bundle = updater.download(ask(&own)).await.unwrap();
    assert_eq!(bundle.version, "3.0.0");
    assert_eq!(world.server.bundle_requests().len(), 2);

    // Signed bytes are taken from there.
    let signed = Device::running(Mode::Bundle).await;
    let away = Fault::Redirect {
        url: elsewhere.url(),
    };
    signed.world.server.fault(Endpoint::Bundle, away).once();
    let url = format!("{}/api/v1/bundles/9.9.9", signed.world.server.url());
    let request = ask(&url).signature(Some(sign(&evil.zip, 1)));
    let bundle = signed.updater().download(request).await.unwrap();
    let set = signed.updater().set_next(bundle.id.as_str()).await;
    assert_eq!(set.unwrap().version, "3.0.0");
    tell(device.recovers().await);
}
