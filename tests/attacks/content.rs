//! What is put together: files of two releases, files that nobody meant, bytes of several places.

use crate::device::{Device, Mode, sign, tell};
use crate::rogue::{Rogue, head};
use crate::world::signing::{Web, payload};
use crate::world::zip;

/// TUF, 1.5.2, mix-and-match: parts of the repository that never belonged together aren't put
/// together.
///
/// All modes protect by the checksum of the whole zip, as long as who answers doesn't choose that
/// too; `statement` signs it, and the list of files.
#[tokio::test]
async fn files_of_two_releases_are_not_mixed() {
    let mut ways = 0;
    for mode in Mode::ALL {
        let mut device = Device::running(mode).await;
        let (old, new) = (Web::page("2.0.0").zip, Web::page("3.0.0").zip);
        let cut = old.len() / 3;
        assert_ne!(old[..cut], new[..cut]);
        assert_ne!(old[cut..], new[cut..]);
        // Both halves are honest, and the signed checksum is that of one of the two.
        for (first, second) in [(&old, &new), (&new, &old)] {
            let rogue = spliced(first, second, cut);
            let mut release = device.release("3.0.0");
            release.download_url = rogue.url();
            device.world.server.offer(release);
            device.withstands("checksum_mismatch").await;
            assert!(rogue.asked() >= 4);
        }
        let rogue = spliced(&new, &new, cut);
        let mut release = device.release("3.0.0");
        release.download_url = rogue.url();
        device.world.server.offer(release);
        device.takes("3.0.0").await;
        ways += device.recovers().await;
    }

    // A statement with the zip of one release and the files of another.
    let mut device = Device::running(Mode::Statement).await;
    let mixed = Web::claiming(
        &[("index.html", b"3.0.0"), ("a/b.js", b"old")],
        &[("index.html", b"3.0.0"), ("a/b.js", b"new")],
    );
    device.state(&payload(11, "3.0.0", &mixed), &mixed);
    device.withstands("checksum_mismatch").await;
    tell(ways + device.recovers().await);
}

/// A server whose connections break after `cut` bytes of `first`; to who asks on it sends `second`
/// from there.
fn spliced(first: &[u8], second: &[u8], cut: usize) -> Rogue {
    let (first, second) = (first.to_vec(), second.to_vec());
    Rogue::answering(move |request, out| {
        if !request.contains("range: bytes=") {
            out.write_all(&head(200, first.len()))?;
            return out.write_all(&first[..cut]);
        }
        let (length, last) = (second.len(), second.len() - 1);
        let mut partial = head(206, length - cut);
        partial.truncate(partial.len() - 2);
        out.write_all(&partial)?;
        write!(out, "content-range: bytes {cut}-{last}/{length}\r\n\r\n")?;
        out.write_all(&second[cut..])
    })
}

/// TUF, 1.5.2, extraneous dependencies: nobody gets anything installed beside what was meant.
///
/// A zip that was added to has another checksum in all modes. Where somebody vouches for the zip all
/// the same, what its directory doesn't tell, or tells twice, isn't installed; and `statement` signs
/// the list of files as well.
#[tokio::test]
async fn no_file_comes_along_that_was_not_meant_to() {
    let page: (&str, &[u8]) = ("index.html", b"3.0.0");
    let honest = zip(&[page, ("aa.js", b"1")]);
    let appended = [honest.as_slice(), &zip(&[("evil.js", b"!")])].concat();
    let prepended = [zip(&[("evil.js", b"!")]), honest.clone()].concat();
    let twice = renamed(
        &zip(&[page, ("aa.js", b"1"), ("ab.js", b"2")]),
        b"ab.js",
        b"aa.js",
    );
    let under_cover = hidden(&zip(&[("index.html", b"3.1.0"), ("aa.js", b"1")]));
    let mut ways = 0;
    for mode in [Mode::Unsigned, Mode::Bundle] {
        let mut device = Device::running(mode).await;
        for (zip, code) in [
            (&appended, "invalid_archive"),
            (&prepended, "invalid_archive"),
            (&twice, "unsafe_path"),
        ] {
            let signature = (mode == Mode::Bundle).then(|| sign(zip, 1));
            device.offer_zip("3.0.0", zip, signature);
            device.withstands(code).await;
        }
        for (version, zip, names) in [
            ("3.0.0", &honest, &["aa.js", "index.html"][..]),
            ("3.1.0", &under_cover, &["index.html"]),
        ] {
            let signature = (mode == Mode::Bundle).then(|| sign(zip, 1));
            device.offer_zip(version, zip, signature);
            device.takes(version).await;
            assert_eq!(device.served(), names);
        }
        ways += device.recovers().await;
    }

    let mut device = Device::running(Mode::Statement).await;
    let script: (&str, &[u8]) = ("aa.js", b"1");
    let claimed = [page, script];
    for (sequence, files) in [
        (11, &[page, script, ("evil.js", b"!")][..]),
        (12, &[page, script, ("empty.js", b"")]),
        (13, &[page]),
        (14, &[page, ("aa.js", b"2")]),
        (15, &[page, ("AA.js", b"1")]),
    ] {
        let web = Web::claiming(files, &claimed);
        device.state(&payload(sequence, "3.0.0", &web), &web);
        device.withstands("checksum_mismatch").await;
    }
    let web = Web::new(&claimed);
    device.state(&payload(16, "3.0.0", &web), &web);
    device.takes("3.0.0").await;
    device.sequence = 16;
    tell(ways + device.recovers().await);
}

/// The archive with another name, of the same length, in all places.
fn renamed(zip: &[u8], from: &[u8], to: &[u8]) -> Vec<u8> {
    let mut zip = zip.to_vec();
    for at in 0..=zip.len() - from.len() {
        if zip[at..].starts_with(from) {
            zip[at..at + to.len()].copy_from_slice(to);
        }
    }
    zip
}

/// The archive with its last file taken out of the directory: readers that go by local headers
/// still see it.
fn hidden(zip: &[u8]) -> Vec<u8> {
    let find = |signature: &[u8]| {
        let mut places = (0..zip.len()).filter(|at| zip[*at..].starts_with(signature));
        (places.next().unwrap(), places.next_back())
    };
    let (first, last) = find(b"PK\x01\x02");
    let (end, _) = find(b"PK\x05\x06");
    let last = last.unwrap();
    let mut record = zip[end..].to_vec();
    // Entries on this disk, entries, and bytes of the directory.
    record[8] = 1;
    record[10] = 1;
    let length = u32::try_from(last - first).unwrap();
    record[12..16].copy_from_slice(&length.to_le_bytes());
    [&zip[..last], &record].concat()
}

/// TUF, 1.5.2, malicious mirrors: one mirror can't keep away the updates that good mirrors have.
///
/// All modes protect: whatever a place sends, the next one is asked.
#[tokio::test]
async fn a_bad_mirror_keeps_nothing_away_that_a_good_one_has() {
    let mut ways = 0;
    for mode in Mode::ALL {
        let mut device = Device::running(mode).await;
        for bad in 1..=3 {
            for (kind, rogue) in bad_mirrors().iter().enumerate() {
                // As long as what the bad ones send.
                let version = format!("3.{bad}.{kind}");
                let mut release = device.release(&version);
                let good = std::mem::replace(&mut release.download_url, rogue.url());
                release.mirrors = vec![rogue.url() + "?"; bad - 1];
                release.mirrors.push(good);
                device.world.server.offer(release);
                device.takes(&version).await;
                assert!(rogue.asked() >= bad, "{version}");
                ways += 1;
            }
        }
        // Where there is no good one, nothing is installed, and it has an end.
        let rogue = Rogue::sending(Web::page("9.9.9").zip);
        let mut release = device.release("4.0.0");
        release.download_url = rogue.url();
        release.mirrors = vec![rogue.url(); 100];
        device.world.server.offer(release);
        device.withstands("checksum_mismatch").await;
        assert_eq!(rogue.asked(), 5);
        ways += device.recovers().await;
    }
    tell(ways);
}

/// Mirrors that send something else, poison what the next would continue, or lead away.
fn bad_mirrors() -> [Rogue; 4] {
    let other = Web::page("9.9.9").zip;
    let poison = other.clone();
    [
        Rogue::answering(move |_, out| {
            out.write_all(&head(200, other.len()))?;
            out.write_all(&other)
        }),
        Rogue::answering(move |request, out| {
            if request.contains("range: bytes=") {
                return out.write_all(&head(404, 0));
            }
            out.write_all(&head(200, poison.len()))?;
            out.write_all(&poison[..poison.len() / 2])
        }),
        Rogue::answering(|_, out| {
            out.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n")?;
            out.write_all(b"connection: close\r\n\r\n<!doctype html><title>Log in</title>")
        }),
        Rogue::answering(|_, out| {
            out.write_all(b"HTTP/1.1 302 Found\r\nlocation: http://192.0.2.1/\r\n")?;
            out.write_all(b"connection: close\r\n\r\n")
        }),
    ]
}
