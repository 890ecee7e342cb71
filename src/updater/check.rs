//! Asks the server what there is, and judges it.

use std::sync::Arc;
use std::time::Duration;

use super::answers::{Latest, LatestStatus};
use super::shared::{Shared, lock};
use super::update::describe;
use crate::bundle::{Bundle, BundleId};
use crate::error::Error;
use crate::event::Event;
use crate::lifecycle::Lifecycle;
use crate::policy::{self, BlockReason, Situation, Verdict};
use crate::release::{MAX_VERSION_LEN, Release};
use crate::source::{Answer, Inquiry, Offer, StatedOffer};
use crate::store::state::Pause;
use crate::verify::Trust;
use crate::verify::statement::{Action, Circumstances};

/// How many failed versions a check tells of.
const MOST_FAILED_TOLD: usize = 10;

/// The longest that a server may ask to be left alone, in milliseconds: a day. Anything longer is
/// taken for a clock that lies.
const LONGEST_WISH: u64 = 24 * 60 * 60 * 1000;

/// What asking came to.
#[expect(clippy::large_enum_variant, reason = "one lives at a time")]
pub(super) enum Asked {
    Nothing,
    Offer(Release),
    /// The server takes back whatever runs.
    RollbackToBuiltin,
    RateLimited,
    /// The server keeps what it has from this device, and says why.
    Withheld(String),
}

impl Shared {
    pub(super) async fn get_latest(
        self: Arc<Self>,
        channel: Option<String>,
    ) -> Result<Latest, Error> {
        if self.lifecycle().store.is_busy() {
            return Ok(latest(LatestStatus::Busy, None, None));
        }
        self.lifecycle().ready_for_changes()?;
        let release = match self.ask(channel).await {
            Ok(Asked::RateLimited) => {
                let reason = Some(BlockReason::RateLimited);
                return Ok(latest(LatestStatus::Blocked, reason, None));
            }
            Ok(Asked::Withheld(message)) => {
                let reason = Some(BlockReason::Withheld);
                let mut latest = latest(LatestStatus::Blocked, reason, None);
                latest.message = Some(message);
                return Ok(latest);
            }
            Ok(Asked::RollbackToBuiltin) if !self.lifecycle().current_id().is_builtin() => {
                return Ok(latest(LatestStatus::RolledBack, None, None));
            }
            Ok(Asked::Nothing | Asked::RollbackToBuiltin) => {
                self.say_no_need();
                return Ok(latest(LatestStatus::UpToDate, None, None));
            }
            Ok(Asked::Offer(release)) => release,
            Err(error) => {
                let reason = Some(as_reason(error)?);
                return Ok(latest(LatestStatus::Blocked, reason, None));
            }
        };
        let verdict = self.judge(&release);
        Ok(match verdict {
            Verdict::UpToDate => {
                self.say_no_need();
                latest(LatestStatus::UpToDate, None, Some(release))
            }
            Verdict::Fetch | Verdict::OnDisk(_) => {
                let bundle = self.preview(&release, &BundleId::random());
                self.emit(vec![Event::UpdateAvailable { bundle }]);
                latest(LatestStatus::UpdateAvailable, None, Some(release))
            }
            Verdict::NativeUpdateRequired => {
                latest(LatestStatus::NativeUpdateRequired, None, Some(release))
            }
            Verdict::Blocked(reason) => latest(LatestStatus::Blocked, Some(reason), Some(release)),
        })
    }

    /// Asks the server, unless it asked to be left alone.
    pub(super) async fn ask(self: &Arc<Self>, channel: Option<String>) -> Result<Asked, Error> {
        let inquiry = {
            let lifecycle = self.lifecycle();
            if remaining_pause(&lifecycle).is_some() {
                return Ok(Asked::RateLimited);
            }
            self.inquiry(&lifecycle, channel)
        };
        let answer = self.source.check(&self.client, &inquiry).await;
        match answer {
            Ok(Answer::Nothing) => Ok(Asked::Nothing),
            Ok(Answer::Builtin) => Ok(Asked::RollbackToBuiltin),
            Ok(Answer::Withheld(message)) => Ok(Asked::Withheld(message)),
            Ok(Answer::Offer(offer)) => {
                let asked = self.consider(offer.clone()).await?;
                let is_release = matches!(asked, Asked::Offer(_));
                *lock(&self.offered) = is_release.then_some(offer);
                Ok(asked)
            }
            Err(error) => {
                self.remember_wish(&error).await;
                match error {
                    Error::RateLimited { .. } => Ok(Asked::RateLimited),
                    error => Err(error),
                }
            }
        }
    }

    /// What an offer comes to, once its statement is verified where there has to be one.
    pub(super) async fn consider(self: &Arc<Self>, offer: Offer) -> Result<Asked, Error> {
        match offer {
            Offer::Release(release) => Ok(Asked::Offer(release)),
            Offer::Stated(offer) => {
                let shared = Arc::clone(self);
                self.change(move |lifecycle| {
                    Ok((shared.verify_statement(&offer, lifecycle)?, Vec::new()))
                })
                .await
            }
        }
    }

    fn verify_statement(
        &self,
        offer: &StatedOffer,
        lifecycle: &mut Lifecycle,
    ) -> Result<Asked, Error> {
        let Trust::Statement { keys, threshold } = &self.config.trust else {
            return Err(Error::invalid_request(
                "release statements are for trust mode \"statement\"",
            ));
        };
        let Some(envelope) = &offer.envelope else {
            let version = offer.version.as_deref().unwrap_or("unknown");
            return Err(Error::StatementMissing {
                holder: format!("the answer (version {version:.MAX_VERSION_LEN$})"),
                what: "`release` statement",
            });
        };
        let circumstances = Circumstances {
            app_id: &self.config.app_id,
            channel: &offer.channel,
            platform: &self.config.platform,
            keys,
            threshold: *threshold,
            min_sequence: self.config.min_sequence.unwrap_or(0),
            now: lifecycle.now(),
        };
        let (statement, is_higher) = lifecycle.accept(envelope, &circumstances)?;
        let Action::Install(bundle) = &statement.action else {
            let (min, max) = (&statement.min_app_version, &statement.max_app_version);
            let native = &lifecycle.rules.native_version;
            let is_for_others = policy::native_range(min.as_deref(), max.as_deref(), native);
            return Ok(match is_for_others {
                Some(_) => Asked::Nothing,
                None => Asked::RollbackToBuiltin,
            });
        };
        let base = self.config.update_url.as_ref();
        let release = offer.release(&statement, bundle, is_higher, base)?;
        Ok(Asked::Offer(release))
    }

    /// The channel that the device is on.
    pub(super) fn channel(&self, lifecycle: &Lifecycle) -> String {
        let own = || self.config.channel.clone();
        lifecycle.state().channel.clone().unwrap_or_else(own)
    }

    pub(super) fn inquiry(&self, lifecycle: &Lifecycle, channel: Option<String>) -> Inquiry {
        let state = lifecycle.state();
        let current = lifecycle.current();
        let failed = state.failed.iter().rev().take(MOST_FAILED_TOLD);
        Inquiry {
            app_id: self.config.app_id.clone(),
            platform: self.config.platform.clone(),
            channel: channel.unwrap_or_else(|| self.channel(lifecycle)),
            device_id: self.device_id(lifecycle),
            custom_id: state.custom_id.clone(),
            app_version: lifecycle.rules.native_version.to_string(),
            current_version: current.version,
            current_bundle: current.id.to_string(),
            failed_versions: failed.map(|failed| failed.version.to_string()).collect(),
        }
    }

    /// A server that says how long to wait is left alone for that long, across processes.
    pub(super) async fn remember_wish(self: &Arc<Self>, error: &Error) {
        let Some(wait) = error.retry_after() else {
            return;
        };
        let millis = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
        let kept = self
            .change(move |lifecycle| {
                let now = lifecycle.now();
                lifecycle.update(|state| state.rate_limit = Some(Pause::new(now, millis)))?;
                Ok(((), Vec::new()))
            })
            .await;
        if let Err(error) = kept {
            tracing::warn!(%error, "the server's wish to wait is not kept");
        }
    }

    pub(super) fn judge(&self, release: &Release) -> Verdict {
        let lifecycle = self.lifecycle();
        policy::judge(release, &situation(&lifecycle), &|record| {
            lifecycle.is_whole(record).unwrap_or(false)
        })
    }

    /// As [`judge`](Self::judge), where the bytes were named and not only the version.
    pub(super) fn judge_bytes(&self, release: &Release) -> Verdict {
        let lifecycle = self.lifecycle();
        policy::judge_bytes(release, &situation(&lifecycle), &|record| {
            lifecycle.is_whole(record).unwrap_or(false)
        })
    }

    pub(super) fn say_no_need(&self) {
        let bundle = self.lifecycle().current();
        self.emit(vec![Event::NoNeedUpdate { bundle }]);
    }

    /// The bundle that a release would become.
    pub(super) fn preview(&self, release: &Release, id: &BundleId) -> Bundle {
        describe(release)
            .into_record(id.clone(), self.lifecycle().now(), None)
            .to_bundle()
    }
}

/// How long the server still wants to be left alone.
pub(super) fn remaining_pause(lifecycle: &Lifecycle) -> Option<Duration> {
    let pause = lifecycle.state().rate_limit?;
    let millis = pause.remaining(lifecycle.now(), LONGEST_WISH)?;
    Some(Duration::from_millis(millis))
}

/// A statement that comes out of turn is a condition like an older version: a cache may have served
/// it. Other errors stay errors.
pub(super) fn as_reason(error: Error) -> Result<BlockReason, Error> {
    match error {
        Error::Sequence { .. } => {
            tracing::warn!(%error, "not followed");
            Ok(BlockReason::Downgrade)
        }
        error => Err(error),
    }
}

fn situation(lifecycle: &Lifecycle) -> Situation<'_> {
    Situation {
        state: lifecycle.state(),
        current: lifecycle.current_id(),
        builtin_version: &lifecycle.rules.builtin_version,
        native_version: &lifecycle.rules.native_version,
        allow_downgrade: lifecycle.rules.allow_downgrade,
    }
}

fn latest(status: LatestStatus, reason: Option<BlockReason>, release: Option<Release>) -> Latest {
    Latest {
        status,
        reason,
        message: None,
        release,
    }
}
