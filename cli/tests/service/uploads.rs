//! A bundle is sent once more where the connection breaks, and not at all where it would be refused.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crate::site::{APP, Site};

/// Passes connections on to the service, and cuts the first upload in its middle; where it is, and
/// whether it has.
fn cutting_proxy(to: &str) -> (String, Arc<AtomicBool>) {
    let to = to.strip_prefix("http://").unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let has_cut = Arc::new(AtomicBool::new(false));
    let told = Arc::clone(&has_cut);
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, server) = (client.unwrap(), TcpStream::connect(&to).unwrap());
            let (mut from, mut into) = (server.try_clone().unwrap(), client.try_clone().unwrap());
            thread::spawn(move || std::io::copy(&mut from, &mut into));
            let told = Arc::clone(&told);
            thread::spawn(move || pass_on(client, server, &told));
        }
    });
    (url, has_cut)
}

fn pass_on(mut client: TcpStream, mut server: TcpStream, has_cut: &AtomicBool) {
    let mut bytes = vec![0; 16 * 1024];
    let mut is_last = false;
    while let Ok(length @ 1..) = client.read(&mut bytes) {
        if server.write_all(&bytes[..length]).is_err() || is_last {
            break;
        }
        // Some of the body is passed on, and then nothing any more.
        is_last = bytes.starts_with(b"PUT") && !has_cut.swap(true, Ordering::SeqCst);
    }
    let _ = client.shutdown(Shutdown::Both);
    let _ = server.shutdown(Shutdown::Both);
}

#[test]
fn an_upload_that_was_cut_is_sent_again() {
    let site = Site::new();
    let noise = crate::support::noise(3_000_000);
    site.workshop.write("dist/large.png", &noise);
    let (url, has_cut) = cutting_proxy(&site.url);
    let published = site.workshop.json(&format!(
        "publish dist --version 1.1.0 --server {url} --key-file updates/first.key"
    ));
    assert!(has_cut.load(Ordering::SeqCst));
    assert_eq!(published["uploaded"], true, "{published}");
    assert_eq!(site.offered(), "1.1.0");
}

#[test]
fn a_key_that_may_not_upload_is_refused_before_the_bundle_is_sent() {
    let site = Site::new();
    site.json(&format!("apps create {APP}"));
    site.json("keys create --name reader --permission read --out read.key");
    site.workshop
        .write("dist/large.png", &crate::support::noise(3_000_000));
    let run = site.workshop.run(&format!(
        "--json publish dist --version 1.1.0 --server {} --key-file read.key",
        site.url
    ));
    run.assert_error(1, "forbidden");
}
