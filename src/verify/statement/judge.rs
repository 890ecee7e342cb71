//! May a statement whose signatures hold be followed here? A pure decision on what it says and
//! what is known.

use super::envelope::has;
use super::{Statement, malformed};
use crate::bundle::{from_unix_millis, iso8601};
use crate::error::Error;
use crate::store::trusted::{Floor, Trusted};
use crate::verify::PinnedKeys;

/// How far above the last one a sequence may be: a signed mistake, or a stolen key's work, must
/// not use up all numbers at once.
const MAX_JUMP: u64 = 1_000_000;
/// How far ahead of the device's clock a statement's `issuedAt` counts, in milliseconds: a year.
const MAX_AHEAD: u64 = 366 * 24 * 60 * 60 * 1000;

/// What a statement is held against.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Circumstances<'a> {
    pub(crate) app_id: &'a str,
    /// The channel that was asked for.
    pub(crate) channel: &'a str,
    pub(crate) platform: &'a str,
    pub(crate) keys: &'a PinnedKeys,
    /// How many of the keys have to sign.
    pub(crate) threshold: usize,
    /// The lowest sequence that the configuration takes.
    pub(crate) min_sequence: u64,
    /// The device's clock, in milliseconds since the Unix epoch.
    pub(crate) now: u64,
}

/// What follows from a statement.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Acceptance {
    /// What is known from now on.
    pub(crate) trusted: Trusted,
    /// Whether this is the first that this device sees of a statement that comes after another.
    pub(crate) is_news: bool,
    /// Whether it comes after another that this device has seen, now or before.
    pub(crate) is_higher: bool,
    /// Whether it would revoke so many keys that too few would be left, so that it revokes none.
    pub(crate) ignores_revoked: bool,
}

/// Judges a statement that `signers` have signed.
pub(super) fn judge(
    statement: &Statement,
    signers: &[&str],
    trusted: &Trusted,
    circumstances: &Circumstances<'_>,
) -> Result<Acceptance, Error> {
    check_addressee(statement, circumstances)?;
    let (revoked, ignores_revoked) = revoked(statement, signers, trusted, circumstances)?;
    let floor = trusted.floor(&statement.app_id, &statement.channel);
    check_sequence(statement, floor, circumstances.min_sequence)?;
    check_expiry(statement, trusted, circumstances.now)?;

    let is_news = floor.is_some_and(|floor| floor.sequence < statement.sequence);
    let is_higher = is_news || floor.is_some_and(|floor| floor.is_higher);
    let mut trusted = Trusted {
        revoked,
        ..trusted.clone()
    };
    if is_news || floor.is_none() {
        trusted.raise(Floor {
            app_id: statement.app_id.clone(),
            channel: statement.channel.clone(),
            sequence: statement.sequence,
            payload: statement.digest,
            issued_at: statement
                .issued_at
                .min(circumstances.now.saturating_add(MAX_AHEAD)),
            is_higher,
        });
    }
    Ok(Acceptance {
        trusted,
        is_news,
        is_higher,
        ignores_revoked,
    })
}

/// TUF, "wrong software": what is signed for one app must not be taken for another's.
fn check_addressee(statement: &Statement, circumstances: &Circumstances<'_>) -> Result<(), Error> {
    let mismatch = |what, named: &str, own: &str| {
        Err(Error::AppMismatch {
            what,
            named: named.chars().take(200).collect(),
            own: own.to_owned(),
        })
    };
    let Circumstances {
        app_id,
        channel,
        platform,
        ..
    } = *circumstances;
    if statement.app_id != app_id {
        return mismatch("app", &statement.app_id, app_id);
    }
    if statement.channel != channel {
        return mismatch("channel", &statement.channel, channel);
    }
    if !statement.platforms.iter().any(|named| named == platform) {
        return mismatch("platform", &statement.platforms.join(", "), platform);
    }
    Ok(())
}

/// The keys that are revoked from now on, and whether the list was ignored, since it would leave
/// fewer than have to sign. Else a key can't vouch for the statement that revokes it.
fn revoked(
    statement: &Statement,
    signers: &[&str],
    trusted: &Trusted,
    circumstances: &Circumstances<'_>,
) -> Result<(Vec<String>, bool), Error> {
    let pinned = circumstances.keys;
    let mut revoked = trusted.revoked.clone();
    for key in pinned.as_slice() {
        let id = key.key_id();
        let is_new = !revoked.iter().any(|revoked| revoked == id);
        if is_new && statement.revoked.iter().any(|revoked| revoked == id) {
            revoked.push(id.to_owned());
        }
    }
    let left = pinned.without(&revoked, circumstances.threshold);
    if left.len() == pinned.as_slice().len() {
        let is_ignored = revoked.len() > trusted.revoked.len();
        return Ok((trusted.revoked.clone(), is_ignored));
    }
    let count = signers.iter().filter(|id| has(&left, id)).count();
    match signers.iter().find(|id| !has(&left, id)) {
        Some(id) if count < circumstances.threshold => Err(Error::RevokedKey {
            key_id: (*id).to_owned(),
        }),
        _ => Ok((revoked, false)),
    }
}

/// TUF, 5.4.3 ("check for a rollback attack"): no lower number than was seen, and no other
/// content under the same number.
fn check_sequence(
    statement: &Statement,
    floor: Option<&Floor>,
    min_sequence: u64,
) -> Result<(), Error> {
    let offered = statement.sequence;
    let least = floor.map_or(0, |floor| floor.sequence).max(min_sequence);
    let refused = |relation| {
        Err(Error::Sequence {
            offered,
            relation,
            floor: least,
        })
    };
    if offered < least {
        return refused("is below the lowest that is taken here:");
    }
    let Some(floor) = floor else { return Ok(()) };
    if offered == floor.sequence && statement.digest != floor.payload {
        return refused("belongs to another statement; the newest that was seen is");
    }
    // TUF, "fast-forward attacks".
    if offered - least > MAX_JUMP {
        return refused("is too far above the newest that was seen:");
    }
    Ok(())
}

/// TUF, 5.4.5 ("check for a freeze attack"), by a clock that may have been set back.
fn check_expiry(statement: &Statement, trusted: &Trusted, now: u64) -> Result<(), Error> {
    if statement.issued_at > statement.expires_at.millis {
        return Err(malformed("expiresAt: lies before issuedAt"));
    }
    let seen = trusted.floors.iter().map(|floor| floor.issued_at);
    let present = seen.fold(now, u64::max);
    if present >= statement.expires_at.millis {
        return Err(Error::Expired {
            until: statement.expires_at.text.clone(),
            present: (present > now).then(|| iso8601(from_unix_millis(present))),
        });
    }
    Ok(())
}
