//! A download that the network cuts twice, and that ends with the app's death.

use std::path::Path;
use std::time::{Duration, Instant};
use std::{fs, io, thread};

use indicatif::HumanCount;
use mock_update_server::{Endpoint, Fault, LoggedRequest, MockServer};
use serde_json::json;

use super::watch::{Followed, Watch, bundle_requests};
use super::{Cast, GOOD_VERSION, Stop, human};
use crate::demo::evidence::{Download, Ending, Fetch, Observations};

/// Where the network cuts and the app dies, in percent of the bundle.
const FIRST_CUT: u64 = 25;
const SECOND_CUT: u64 = 45;
const KILL: u64 = 65;

/// The app as it came from the store finds an update, and dies while it fetches it; another
/// process of it goes on.
pub(super) fn act(cast: &mut Cast<'_>, seen: &mut Observations) -> Result<(), Stop> {
    cast.stage.act(
        "A download over a bad network",
        &["The server hangs up twice; then the app is killed in the middle of it."],
    );
    let killed = until_the_kill(cast)?;
    let mut host = cast.start_app()?;
    let running = host.launch(cast)?;
    seen.after_kill = Some(running.launched.clone());
    host.show(cast, &running)?;
    let sync = host.process.send("sync", json!({}))?;
    let size = cast.good.size;
    cast.stage
        .begin_bar(size, killed.map_or(0, |killed| killed.had));
    let mut watch = Watch::resuming(&cast.server, cast.stage, GOOD_VERSION);
    let followed = watch.follow(&mut host, sync, None)?;
    cast.stage.end_bar();
    let Followed::Ended(answer) = followed else {
        return Err(Stop::new("the second sync has no end"));
    };
    let requests = bundle_requests(&cast.server, GOOD_VERSION);
    let is_there = answer.verdict == "downloaded";
    seen.download = Some(Download {
        size,
        fetches: fetches(&requests, killed),
        outcome: answer.verdict.clone(),
    });
    host.close()?;
    if !is_there {
        return Err(Stop(format!(
            "the device doesn't take the bundle: {answer}"
        )));
    }
    cast.stage.say(
        "verified",
        "checksum and signature hold: unpacked, for the next launch",
    );
    Ok(())
}

/// What the device was killed with.
#[derive(Debug, Clone, Copy)]
struct Killed {
    /// Which request ran.
    request: usize,
    /// Bytes on its disk.
    had: u64,
}

fn until_the_kill(cast: &mut Cast<'_>) -> Result<Option<Killed>, Stop> {
    let size = cast.good.size;
    let percent = |percent: u64| (size.saturating_mul(percent) / 100).max(1);
    let (first, second) = (percent(FIRST_CUT), percent(SECOND_CUT));
    cast.server.fault_sequence(
        Endpoint::Bundle,
        [
            Fault::Cut { after: first },
            Fault::Cut {
                after: second.saturating_sub(first).max(1),
            },
        ],
    );
    let mut host = cast.start_app()?;
    let running = host.launch(cast)?;
    host.show(cast, &running)?;
    let check = host.call("getLatest", json!({}))?;
    let offered = &check["release"];
    cast.stage.say(
        "check",
        format!(
            "{} is offered, {}",
            offered["version"].as_str().unwrap_or("nothing"),
            human(offered["size"].as_u64().unwrap_or_default())
        ),
    );
    let sync = host.process.send("sync", json!({}))?;
    cast.stage.begin_bar(size, 0);
    let mut watch = Watch::new(&cast.server, cast.stage, GOOD_VERSION);
    let followed = watch.follow(&mut host, sync, Some(percent(KILL)))?;
    let killed = match followed {
        Followed::Ended(outcome) => {
            cast.stage.trouble(
                "sync",
                format!("ended before the app could be killed: {outcome}"),
            );
            None
        }
        Followed::Received => {
            host.kill()?;
            let had = part_length(&cast.device_root())?;
            cast.server.clear_faults(Endpoint::Bundle);
            let requests = settled(&cast.server);
            let sent = requests.last().map_or(0, |request| {
                request.range_start.unwrap_or_default() + request.bytes_sent
            });
            let lost = match sent.saturating_sub(had) {
                0 => String::new(),
                lost => format!(", {} were still on their way", HumanCount(lost)),
            };
            cast.stage.trouble(
                "killed",
                format!(
                    "SIGKILL: {} bytes are on the device's disk{lost}",
                    HumanCount(had)
                ),
            );
            Some(Killed {
                request: requests.len().saturating_sub(1),
                had,
            })
        }
    };
    cast.stage.end_bar();
    Ok(killed)
}

/// The length of the one part on the device's disk.
fn part_length(root: &Path) -> io::Result<u64> {
    let mut length = 0;
    for entry in fs::read_dir(root.join("downloads"))? {
        let entry = entry?;
        if entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "part")
        {
            length += entry.metadata()?.len();
        }
    }
    Ok(length)
}

/// The requests once the server has noticed that the device is gone.
fn settled(server: &MockServer) -> Vec<LoggedRequest> {
    let end = Instant::now() + Duration::from_secs(5);
    loop {
        let requests = bundle_requests(server, GOOD_VERSION);
        if requests.iter().all(LoggedRequest::is_finished) || Instant::now() > end {
            return requests;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// What the server's log and the device's disk say of each request.
fn fetches(requests: &[LoggedRequest], killed: Option<Killed>) -> Vec<Fetch> {
    let fetch = |(index, request): (usize, &LoggedRequest)| {
        let start = request.range_start.unwrap_or_default();
        let end = start + request.bytes_sent;
        let ending = match killed {
            Some(killed) if killed.request == index => Ending::Killed { had: killed.had },
            _ if request.fault.is_some() => Ending::Cut { had: end },
            _ => Ending::Whole { had: end },
        };
        Fetch {
            start,
            status: request.status,
            ending,
        }
    };
    requests.iter().enumerate().map(fetch).collect()
}
