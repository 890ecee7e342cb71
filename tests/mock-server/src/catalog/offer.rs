//! What a check is answered with.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BTreeSet},
};

use semver::Version;
use serde_json::{Map, Value, json};

use super::{Bundle, Catalog, CatalogError, Statement, read_json};
use live_updater_wire::Release;

/// What a client says when it asks for an update.
#[derive(Clone, Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) app_id: &'a str,
    pub(crate) platform: &'a str,
    pub(crate) channel: &'a str,
    pub(crate) current_version: &'a str,
    /// Versions that aren't to be offered.
    pub(crate) skipped: &'a [&'a str],
}

/// A release of the folder. It has at least one of the two.
#[derive(Clone, Debug)]
pub(crate) struct Offer {
    /// None where a statement takes clients back to builtin.
    bundle: Option<Bundle>,
    statement: Option<Statement>,
}

/// Which of the statements is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The one with the highest sequence that hasn't expired.
    Newest,
    /// The one with the lowest sequence, where there are two.
    Oldest,
    /// As the newest, but of those for other versions than this answer's.
    Other,
    /// The newest of those that have expired.
    Expired,
}

impl Catalog {
    /// What a check is answered with.
    ///
    /// - A channel that `channels.json` pins gets its version whenever it has another one, older
    ///   or newer.
    /// - Where there are statements for this app, channel and platform, the newest of them is
    ///   offered to everybody: its sequence counts, and only the client knows its own.
    /// - Any other gets the newest release that is newer than its own.
    pub(crate) fn select(&self, asked: &Asked<'_>) -> Result<Option<Offer>, CatalogError> {
        let current = lenient_version(asked.current_version);
        let pins: BTreeMap<String, String> =
            read_json(&self.folder.join("channels.json"))?.unwrap_or_default();
        let mut bundles = self.bundles()?;
        bundles.retain(|bundle| bundle.is_for_app(asked.app_id));
        let mut statements = self.statements()?;
        statements.retain(|statement| statement.is_for(asked));
        if let Some(pin) = pins.get(asked.channel) {
            let pinned = bundles
                .into_iter()
                .find(|bundle| bundle.version.to_string() == *pin)
                .ok_or_else(|| CatalogError::PinMissing {
                    channel: asked.channel.to_owned(),
                    version: pin.clone(),
                })?;
            let other = current.is_none_or(|current| current != pinned.version);
            return Ok(other.then(|| Offer::of_bundle(pinned, &statements)));
        }
        let mut signed = offers(&statements, &bundles);
        signed.retain(|offer| !asked.skipped.contains(&offer.version()));
        if let Some(newest) = choose(signed, Choice::Newest, "") {
            return Ok(Some(newest));
        }
        let newest = bundles
            .into_iter()
            .filter(|bundle| bundle.is_on_channel(asked.channel))
            .filter(|bundle| !asked.skipped.contains(&&*bundle.version.to_string()))
            .max_by(|one, other| one.version.cmp_precedence(&other.version));
        let newer = newest.filter(|newest| {
            current.is_none_or(|current| newest.version.cmp_precedence(&current).is_gt())
        });
        Ok(newer.map(|bundle| Offer::of_bundle(bundle, &[])))
    }

    /// A release by its statement, for a client that says this, in place of `version`.
    pub(crate) fn choose(
        &self,
        asked: &Asked<'_>,
        choice: Choice,
        version: &str,
    ) -> Result<Offer, CatalogError> {
        let mut statements = self.statements()?;
        statements.retain(|statement| statement.is_for(asked));
        let offers = offers(&statements, &self.bundles()?);
        choose(offers, choice, version).ok_or(CatalogError::NoStatement {
            wanted: match choice {
                Choice::Newest => "statement for this client",
                Choice::Oldest => "two statements for this client, of which one is older",
                Choice::Other => "statement for this client of another version",
                Choice::Expired => "statement for this client that has expired",
            },
        })
    }

    /// What a client can't tell that has got no statement, though others of its channel have.
    pub(crate) fn other_platforms(
        &self,
        asked: &Asked<'_>,
    ) -> Result<Option<String>, CatalogError> {
        let mut statements = self.statements()?;
        statements.retain(|statement| statement.is_on_channel(asked));
        if statements.iter().any(|statement| statement.is_for(asked)) {
            return Ok(None);
        }
        let others: BTreeSet<_> = statements.iter().flat_map(Statement::platforms).collect();
        let others: Vec<_> = others.into_iter().map(String::as_str).collect();
        let (own, others) = (asked.platform, others.join(", "));
        let note = format!("no statement for platform {own:.50}; there are some for {others}");
        Ok((!others.is_empty()).then_some(note))
    }

    /// The release of a bundle, to be downloaded below `base`.
    pub(crate) fn release(&self, bundle: &Bundle, base: &str) -> Result<Release, CatalogError> {
        let offer = Offer::of_bundle(bundle.clone(), &self.statements()?);
        self.release_with(bundle, offer.statement.as_ref(), base)
    }

    /// What a check answers, with downloads below `base`.
    pub(crate) fn answer(&self, offer: &Offer, base: &str) -> Result<Value, CatalogError> {
        let statement = offer.statement.as_ref();
        match &offer.bundle {
            Some(bundle) => Ok(self.release_with(bundle, statement, base)?.into()),
            None => Ok(json!({ "updateAvailable": true, "release": offer.envelope() })),
        }
    }

    /// What people are shown of the statements.
    pub(crate) fn describe_statements(&self) -> Result<Vec<String>, CatalogError> {
        let mut statements = self.statements()?;
        statements.sort_by_key(Statement::sequence);
        Ok(statements.iter().map(Statement::describe).collect())
    }

    fn release_with(
        &self,
        bundle: &Bundle,
        statement: Option<&Statement>,
        base: &str,
    ) -> Result<Release, CatalogError> {
        let metadata = bundle.metadata.clone();
        let checksum = match metadata.checksum {
            Some(checksum) => checksum,
            None => self.checksum(&bundle.path)?,
        };
        let size = match metadata.size {
            Some(size) => size,
            None => bundle.file()?.len(),
        };
        let envelope = statement.map(|statement| statement.envelope.clone());
        Ok(Release {
            version: bundle.version.to_string(),
            min_app_version: metadata.min_app_version,
            max_app_version: metadata.max_app_version,
            release_notes: metadata.release_notes,
            download_url: metadata
                .download_url
                .unwrap_or_else(|| format!("{base}/api/v1/bundles/{}", bundle.name)),
            signature: metadata.signature.or_else(|| bundle.signature.clone()),
            checksum: Some(checksum),
            size: Some(size),
            mandatory: metadata.mandatory,
            mirrors: metadata.mirrors,
            other: metadata
                .release
                .or(envelope)
                .map(|envelope| Map::from_iter([("release".to_owned(), envelope)]))
                .unwrap_or_default(),
        })
    }
}

impl Offer {
    /// A bundle with the newest of its statements.
    fn of_bundle(bundle: Bundle, statements: &[Statement]) -> Self {
        let own = offers(statements, std::slice::from_ref(&bundle));
        let own = own.into_iter().filter(|offer| offer.bundle.is_some());
        let statement = choose(own.collect(), Choice::Newest, "").and_then(|offer| offer.statement);
        Self {
            bundle: Some(bundle),
            statement,
        }
    }

    /// The statement's envelope; null where there is none.
    pub(crate) fn envelope(&self) -> Value {
        let statement = self.statement.as_ref();
        statement.map_or(Value::Null, |statement| statement.envelope.clone())
    }

    /// The version that the statement binds.
    fn version(&self) -> &str {
        let statement = self.statement.as_ref();
        statement.and_then(Statement::version).unwrap_or_default()
    }

    fn has_expired(&self) -> bool {
        self.statement.as_ref().is_some_and(Statement::has_expired)
    }

    fn sequence(&self) -> u64 {
        self.statement.as_ref().map_or(0, Statement::sequence)
    }
}

/// The statements that can be followed: those with a bundle, and those that need none.
fn offers(statements: &[Statement], bundles: &[Bundle]) -> Vec<Offer> {
    let offer = |statement: &Statement| {
        let bundle = statement.bundle(bundles).cloned();
        (bundle.is_some() || statement.is_rollback()).then(|| Offer {
            bundle: bundle.filter(|_| !statement.is_rollback()),
            statement: Some(statement.clone()),
        })
    };
    statements.iter().filter_map(offer).collect()
}

fn choose(mut offers: Vec<Offer>, choice: Choice, version: &str) -> Option<Offer> {
    match choice {
        Choice::Newest => {}
        Choice::Oldest if offers.len() < 2 => return None,
        Choice::Oldest => return offers.into_iter().min_by_key(Offer::sequence),
        Choice::Other => offers.retain(|offer| offer.version() != version),
        Choice::Expired => offers.retain(Offer::has_expired),
    }
    // An expired one is better than none: it says why there is nothing.
    offers
        .into_iter()
        .min_by_key(|offer| (offer.has_expired(), Reverse(offer.sequence())))
}

/// "1" and "1.0" are what app templates ship.
fn lenient_version(text: &str) -> Option<Version> {
    let padded = || match text.split('.').count() {
        1 => Version::parse(&format!("{text}.0.0")).ok(),
        2 => Version::parse(&format!("{text}.0")).ok(),
        _ => None,
    };
    Version::parse(text).ok().or_else(padded)
}
