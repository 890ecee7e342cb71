//! What goes on without being asked: the watchdog, automatic checks, reports, housekeeping.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::answers::Flushed;
use super::check::remaining_pause;
use super::shared::Shared;
use crate::bundle::BundleId;
use crate::config::AutoUpdate;
use crate::error::Error;
use crate::lifecycle::automatic::{self, Moment, Plan};
use crate::lifecycle::inspect::hash_all;
use crate::lifecycle::running::ActiveTime;
use crate::lifecycle::{AfterLaunch, Tick};
use crate::report;
use crate::store::collect;
use crate::store::state::{BundleRecord, Pause};

impl Shared {
    pub(super) fn after_launch(self: &Arc<Self>, after: AfterLaunch) {
        if self.lifecycle().ready_for_changes().is_err() {
            return;
        }
        let shared = Arc::clone(self);
        self.spawn(async move { shared.watch().await });
        if self.config.auto_update != AutoUpdate::Off {
            let shared = Arc::clone(self);
            self.spawn(async move { shared.check_automatically().await });
        }
        let shared = Arc::clone(self);
        self.spawn(async move { shared.tidy_up(after).await });
        self.deliver_in_background();
    }

    pub(super) fn after_ready(self: &Arc<Self>) {
        let shared = Arc::clone(self);
        self.spawn(async move { shared.collect().await });
        self.deliver_in_background();
    }

    /// Delivers reports, unless somebody waits to do so already: whoever waits tells of all there
    /// is then. A server that hangs would collect a queue otherwise.
    pub(super) fn deliver_in_background(self: &Arc<Self>) {
        if self.delivery_waits.swap(true, Ordering::AcqRel) {
            return;
        }
        let shared = Arc::clone(self);
        self.spawn(async move {
            shared.deliver().await;
        });
    }

    pub(super) fn apply_in_background(self: &Arc<Self>, next: Option<BundleId>) {
        let Some(next) = next else { return };
        let shared = Arc::clone(self);
        self.spawn(async move {
            let applied = shared.change(move |lifecycle| lifecycle.apply_unasked(&next));
            if let Err(error) = applied.await {
                tracing::warn!(%error, "what is next waits for the next launch");
            }
        });
    }

    /// Delivers what waits.
    pub(super) async fn flush(self: Arc<Self>) -> Result<Flushed, Error> {
        self.lifecycle().ready_for_changes()?;
        let delivered = self.deliver().await;
        let pending = self.lifecycle().state().confirmations.len();
        Ok(Flushed {
            delivered,
            pending: u32::try_from(pending).unwrap_or(u32::MAX),
        })
    }

    /// Deletes what was moved out of the way.
    pub(super) fn empty_trash(self: &Arc<Self>) {
        let storage = self.storage();
        let shared = Arc::clone(self);
        self.spawn(async move {
            let emptied = shared
                .blocking(move || collect::empty_trash(&*storage))
                .await;
            if let Ok(Err(error)) = emptied {
                tracing::warn!(%error, "the trash is not empty");
            }
        });
    }

    /// The watchdog: counts active time while something has to become ready.
    async fn watch(self: Arc<Self>) {
        loop {
            let tick = self.lifecycle().tick();
            match tick {
                Tick::GoOn => self.clock.sleep(ActiveTime::TICK).await,
                Tick::Paused | Tick::Done => self.watchdog.notified().await,
                Tick::RolledBack(events) => {
                    self.automatic.notify_one();
                    self.emit(events);
                    self.deliver_in_background();
                }
            }
        }
    }

    async fn check_automatically(self: Arc<Self>) {
        let mut has_checked = false;
        loop {
            match automatic::plan(&self.moment(has_checked)) {
                Plan::Check => {
                    has_checked = true;
                    self.check_once().await;
                }
                Plan::Sleep(duration) => {
                    tokio::select! {
                        () = self.clock.sleep(duration) => {}
                        () = self.automatic.notified() => {}
                    }
                }
                Plan::Wait => self.automatic.notified().await,
            }
        }
    }

    fn moment(&self, has_checked: bool) -> Moment {
        let lifecycle = self.lifecycle();
        let presence = lifecycle.presence();
        Moment {
            mode: self.config.auto_update,
            now: self.clock.monotonic(),
            settled_at: presence.map(|(settled_at, _)| settled_at),
            is_active: presence.is_some_and(|(_, is_active)| is_active),
            has_checked,
            next_check: lifecycle.state().schedule.next_check,
            check_interval: self.config.check_interval,
            wall: lifecycle.now(),
        }
    }

    async fn check_once(self: &Arc<Self>) {
        let planned = self.plan_next_check().await;
        if let Err(error) = &planned {
            tracing::warn!(%error, "the next automatic check is not kept");
        }
        match Arc::clone(self).sync().await {
            Ok(outcome) => tracing::info!(status = outcome.status.as_str(), "automatic check"),
            Err(error) => tracing::info!(%error, "automatic check"),
        }
        // Bytes that were wrong make the next one later.
        if self.plan_next_check().await.is_err() {
            // Without a schedule that can be kept, at least not in a tight loop.
            self.clock
                .sleep(self.config.check_interval.max(Duration::from_secs(1)))
                .await;
        }
    }

    async fn plan_next_check(self: &Arc<Self>) -> Result<(), Error> {
        let jitter = self.client.random().draw();
        let check_interval = self.config.check_interval;
        self.change(move |lifecycle| {
            let now = lifecycle.now();
            lifecycle.update(|state| {
                let millis = automatic::interval(check_interval, state.schedule.mismatches, jitter);
                state.schedule.next_check = Some(Pause::new(now, millis));
            })?;
            Ok(((), Vec::new()))
        })
        .await
    }

    /// Housekeeping after a launch: sweeps, collects, and hashes what this boot hasn't seen.
    async fn tidy_up(self: Arc<Self>, after: AfterLaunch) {
        self.collect().await;
        let (waiting, running) = {
            let lifecycle = self.lifecycle();
            let waiting = after
                .hash
                .and_then(|id| lifecycle.state().bundle(&id).cloned());
            (waiting, lifecycle.unhashed_running())
        };
        for record in waiting.into_iter().chain(running) {
            // One thread: the page that starts needs the others more.
            if let Err(error) = self.examine(record, 1).await {
                tracing::warn!(%error, "will be hashed again");
            }
        }
    }

    /// Hashes all files of a bundle on so many threads, and gives the paths that are not what was
    /// installed. A whole bundle is marked as hashed; a damaged one is replaced.
    pub(super) async fn examine(
        self: &Arc<Self>,
        record: BundleRecord,
        threads: usize,
    ) -> Result<Vec<String>, Error> {
        let storage = self.storage();
        let id = record.id.clone();
        let damaged = self
            .blocking(move || hash_all(&*storage, &record, threads, &|| false))
            .await??;
        if damaged.is_empty() {
            self.lifecycle().hashed(&id)?;
            return Ok(damaged);
        }
        tracing::error!(bundle = %id, files = damaged.len(), "damaged");
        let events = self.lifecycle().damaged(&id);
        self.wake();
        self.emit(events);
        Ok(damaged)
    }

    async fn collect(self: &Arc<Self>) {
        let shared = Arc::clone(self);
        let collected = self
            .blocking(move || {
                let storage = shared.lifecycle().collect()?;
                shared.sweep_downloads()?;
                collect::empty_trash(&*storage)
            })
            .await;
        if let Ok(Err(error)) = collected {
            tracing::warn!(%error, "not everything was collected");
        }
    }

    /// Delivers reports until none is left or one can't be; gives how many were settled.
    async fn deliver(self: &Arc<Self>) -> u32 {
        // One at a time, or the server would hear some of them twice.
        let Ok(_permit) = self.delivering.acquire().await else {
            return 0;
        };
        self.delivery_waits.store(false, Ordering::Release);
        let mut delivered = 0;
        loop {
            match self.deliver_some().await {
                Ok(0) => return delivered,
                Ok(settled) => delivered += settled,
                Err(error) => {
                    tracing::info!(%error, "reports wait");
                    return delivered;
                }
            }
        }
    }

    /// Delivers the oldest reports; how many were settled.
    async fn deliver_some(self: &Arc<Self>) -> Result<u32, Error> {
        if !self.reporter.has_address() {
            return Ok(0);
        }
        let (who, mut waiting, now) = {
            let lifecycle = self.lifecycle();
            if self.reporter.keeps_pauses() && remaining_pause(&lifecycle).is_some() {
                return Ok(0);
            }
            let waiting = lifecycle.state().confirmations.clone();
            (self.inquiry(&lifecycle, None), waiting, lifecycle.now())
        };
        let stale = waiting.iter().take_while(|one| report::is_stale(one, now));
        let mut settled = stale.count();
        if settled == 0 && !waiting.is_empty() {
            let told = self.reporter.deliver(&self.client, &who, &waiting).await;
            if self.reporter.keeps_pauses()
                && let Err(error) = &told
            {
                self.remember_wish(error).await;
            }
            settled = told?;
        }
        waiting.truncate(settled);
        if waiting.is_empty() {
            return Ok(0);
        }
        let count = u32::try_from(waiting.len()).unwrap_or(u32::MAX);
        self.change(move |lifecycle| {
            let is_settled = |id: &str| waiting.iter().any(|settled| settled.id == id);
            lifecycle.update(|state| state.confirmations.retain(|one| !is_settled(&one.id)))?;
            Ok(((), Vec::new()))
        })
        .await?;
        Ok(count)
    }
}
