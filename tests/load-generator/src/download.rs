//! Downloads that take no more than so many bytes a second.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::Result;
use crate::connection::Connection;

const SLICES_PER_SECOND: u64 = 50;

/// Downloads until the end comes, and tells how many bytes came.
pub(crate) async fn again_and_again(
    address: SocketAddr,
    path: String,
    rate: u64,
    end: Instant,
) -> Result<u64> {
    let slice = usize::try_from(rate / SLICES_PER_SECOND)?.max(1);
    let period = Duration::from_secs(1) / u32::try_from(SLICES_PER_SECOND)?;
    let mut taken = 0;
    'again: loop {
        let mut connection = Connection::open(address).await?;
        let head = connection.ask(&path).await?;
        if head.status != 200 {
            return Err(format!("answered {}", head.status).into());
        }
        connection.forget(head.length);
        let mut left = head.body;
        while left > 0 {
            if Instant::now() >= end {
                break 'again;
            }
            let due = Instant::now() + period;
            let mut slice = slice.min(left);
            while slice > 0 {
                let read = connection.skip(slice).await?;
                slice -= read;
                left -= read;
                taken += read as u64;
            }
            sleep(due.saturating_duration_since(Instant::now())).await;
        }
    }
    Ok(taken)
}
