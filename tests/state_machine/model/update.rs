//! What comes of asking the server.

use crate::action::{Kind, Needs};

use super::state::{Bundle, Content, Files, Release, Status};
use super::{Answer, BUILTIN, Floor, Id, MONTH, Model, WAIT};

/// How often damaged bytes are fetched again.
const MOST_REPAIRS: u32 = 2;
/// How far sequences may jump.
const MOST_SEQUENCES: u64 = 1_000_000;

/// What asking came to.
enum Asked {
    Nothing,
    /// A release, and whether its statement came after another.
    Offer(Release, bool),
    RollbackToBuiltin,
    RateLimited,
}

/// What is to be done about a release.
enum Verdict {
    UpToDate,
    Fetch,
    OnDisk(Id),
    NativeUpdateRequired,
    Blocked(&'static str),
}

impl Model {
    /// Checks, and changes nothing but what is known of statements.
    pub(super) fn check(&mut self) -> Result<Answer, &'static str> {
        let answer = match self.ask() {
            Err("downgrade") => "blocked: downgrade".to_owned(),
            Err(code) => return Err(code),
            Ok(Asked::RateLimited) => "blocked: rate_limited".to_owned(),
            Ok(Asked::RollbackToBuiltin) if self.running() != BUILTIN => "rolledBack".to_owned(),
            Ok(Asked::Nothing | Asked::RollbackToBuiltin) => "upToDate".to_owned(),
            Ok(Asked::Offer(release, is_higher)) => match self.judge_release(&release, is_higher) {
                Verdict::UpToDate => "upToDate".to_owned(),
                Verdict::Fetch | Verdict::OnDisk(_) => "updateAvailable".to_owned(),
                Verdict::NativeUpdateRequired => "nativeUpdateRequired".to_owned(),
                Verdict::Blocked(reason) => format!("blocked: {reason}"),
            },
        };
        Ok(answer)
    }

    /// Checks, downloads, and sets as next.
    pub(super) fn sync(mut self, fault: Option<&'static str>) -> Vec<(Self, Answer)> {
        let answer = match self.ask() {
            Err("downgrade") => "blocked: downgrade".to_owned(),
            Err(code) => format!("error: {code}"),
            Ok(Asked::RateLimited) => "blocked: rate_limited".to_owned(),
            Ok(Asked::Nothing) => "upToDate".to_owned(),
            Ok(Asked::RollbackToBuiltin) => {
                self.next = None;
                self.withdraw_good();
                if self.running() == BUILTIN {
                    "upToDate".to_owned()
                } else {
                    self.enter(BUILTIN);
                    "rolledBack".to_owned()
                }
            }
            Ok(Asked::Offer(release, is_higher)) => match self.judge_release(&release, is_higher) {
                Verdict::UpToDate => {
                    if release.stated.is_some() && self.next_is_offered {
                        self.next = None;
                    }
                    "upToDate".to_owned()
                }
                Verdict::NativeUpdateRequired => "nativeUpdateRequired".to_owned(),
                Verdict::Blocked(reason) => format!("blocked: {reason}"),
                Verdict::OnDisk(id) => {
                    self.next = Some(id);
                    self.next_is_offered = true;
                    format!("downloaded: {id}")
                }
                Verdict::Fetch => return self.obtain(&release, true, fault),
            },
        };
        vec![(self, answer)]
    }

    fn withdraw_good(&mut self) {
        for id in self.good.clone() {
            if let Some(bundle) = self.bundle(id) {
                bundle.is_withdrawn = true;
            }
        }
    }

    /// Downloads what was offered last, and leaves it at that.
    pub(super) fn download(mut self) -> Vec<(Self, Answer)> {
        let offered = self.process.as_ref().and_then(|it| it.offered.clone());
        let asked = match offered {
            Some(release) => self.consider(&release),
            None => self.ask(),
        };
        let answer = match asked {
            Err(code) => format!("error: {code}"),
            Ok(Asked::RateLimited) => "error: rate_limited".to_owned(),
            Ok(Asked::Nothing | Asked::RollbackToBuiltin) => "error: invalid_request".to_owned(),
            Ok(Asked::Offer(release, is_higher)) => {
                let running = self.running();
                let content = self.bundles.get(&running).map(|bundle| bundle.content);
                if content == Some(release.content) {
                    format!("downloaded: {running}")
                } else {
                    match self.judge_bytes(&release, is_higher) {
                        Verdict::OnDisk(id) => format!("downloaded: {id}"),
                        Verdict::UpToDate | Verdict::Fetch => {
                            return self.obtain(&release, false, None);
                        }
                        Verdict::NativeUpdateRequired | Verdict::Blocked("native_version") => {
                            "error: native_version".to_owned()
                        }
                        Verdict::Blocked("downgrade") => "error: downgrade".to_owned(),
                        Verdict::Blocked(_) => "error: blocked".to_owned(),
                    }
                }
            }
        };
        vec![(self, answer)]
    }

    fn ask(&mut self) -> Result<Asked, &'static str> {
        let now = self.clock;
        // A clock that was set back ends it.
        if self
            .asked_to_wait
            .is_some_and(|asked| (asked..asked + WAIT).contains(&now))
        {
            return Ok(Asked::RateLimited);
        }
        if std::mem::take(&mut self.server.asks_to_wait) {
            self.asked_to_wait = Some(now);
            return Ok(Asked::RateLimited);
        }
        let Some(release) = self.server.offered.clone() else {
            return Ok(Asked::Nothing);
        };
        let asked = self.consider(&release)?;
        if let Some(process) = &mut self.process {
            process.offered = matches!(asked, Asked::Offer(..)).then_some(release);
        }
        Ok(asked)
    }

    /// Verifies the statement, where there has to be one, and keeps what it teaches.
    fn consider(&mut self, release: &Release) -> Result<Asked, &'static str> {
        let Some(stated) = release.stated else {
            return Ok(Asked::Offer(release.clone(), false));
        };
        let floor = self.floor;
        if let Some(floor) = floor {
            let (seen, offered) = (floor.stated.sequence, stated.sequence);
            let is_other = offered == seen && stated.number != floor.stated.number;
            if offered < seen || is_other || offered - seen > MOST_SEQUENCES {
                return Err("downgrade");
            }
        }
        // All are made at the same time: the newest that was seen is no later than the others.
        if self.clock >= MONTH {
            return Err("expired");
        }
        let is_news = floor.is_some_and(|floor| floor.stated.sequence < stated.sequence);
        let is_higher = is_news || floor.is_some_and(|floor| floor.is_higher);
        self.floor = Some(Floor { stated, is_higher });
        if stated.is_rollback {
            return Ok(Asked::RollbackToBuiltin);
        }
        if is_news {
            self.failed.remove(&release.content);
            self.repairs.remove(&release.content);
        }
        Ok(Asked::Offer(release.clone(), is_higher))
    }

    fn judge_release(&self, release: &Release, is_higher: bool) -> Verdict {
        let running = self.bundles.get(&self.running());
        let is_other = running.is_some_and(|bundle| bundle.content != release.content);
        if release.content.version == self.version() && !(is_higher && is_other) {
            return Verdict::UpToDate;
        }
        self.judge_bytes(release, is_higher)
    }

    fn judge_bytes(&self, release: &Release, is_higher: bool) -> Verdict {
        let content = release.content;
        if !release.needs.fit(self.app.version()) {
            return match release.needs {
                Needs::AtMost2 => Verdict::Blocked("native_version"),
                _ => Verdict::NativeUpdateRequired,
            };
        }
        let repairs = self.repairs.get(&content).copied().unwrap_or(0);
        if self.failed.contains(&content) || repairs > MOST_REPAIRS {
            return Verdict::Blocked("failed");
        }
        if self.refused.contains(&content) {
            return Verdict::Blocked("refused");
        }
        let least = self.version().max(self.app.version());
        if content.version < least && !is_higher {
            return Verdict::Blocked("downgrade");
        }
        let is_it = |id: Id, bundle: &Bundle| {
            bundle.content == content && bundle.status != Status::Error && self.is_whole(id)
        };
        let mut bundles = self.bundles.iter();
        let found = bundles.find(|(id, bundle)| is_it(**id, bundle));
        found.map_or(Verdict::Fetch, |(id, _)| Verdict::OnDisk(*id))
    }

    /// Gets a release onto the device, from what a lost state has left or from the server. With a
    /// fault, it may come all the same: all of it may have been there.
    fn obtain(
        &self,
        release: &Release,
        as_next: bool,
        fault: Option<&'static str>,
    ) -> Vec<(Self, Answer)> {
        let is_recovering = self.process.as_ref().is_some_and(|it| it.is_recovering);
        let is_it = |(id, files): &(&Id, &Files)| {
            is_recovering && files.content == release.content && !self.bundles.contains_key(id)
        };
        let orphans: Vec<_> = self.files.iter().filter(is_it).collect();
        let whole = orphans.iter().filter(|(_, files)| files.damage.is_none());
        let mut after: Vec<_> = whole
            .map(|(id, files)| {
                let mut model = self.clone();
                let answer = model.install(**id, files.content, files.needs, as_next);
                (model, answer)
            })
            .collect();
        if orphans.is_empty() || after.len() < orphans.len() {
            if let Some(code) = fault {
                after.push((self.clone(), format!("error: {code}")));
            }
            after.push(self.fetch(release, as_next));
        }
        after
    }

    fn fetch(&self, release: &Release, as_next: bool) -> (Self, Answer) {
        let mut model = self.clone();
        if release.content.kind == Kind::Pageless {
            model.refused.insert(release.content);
            return (model, "error: missing_index".to_owned());
        }
        model.newest += 1;
        let answer = model.install(model.newest, release.content, release.needs, as_next);
        (model, answer)
    }

    fn install(&mut self, id: Id, content: Content, needs: Needs, as_next: bool) -> Answer {
        let bundle = Bundle {
            content,
            needs,
            status: Status::Pending,
            failed_launches: 0,
            active: 0,
            hashed: Some(self.boot),
            is_withdrawn: false,
        };
        let files = Files {
            content,
            needs,
            damage: None,
        };
        self.bundles.insert(id, bundle);
        self.files.insert(id, files);
        if as_next {
            self.next = Some(id);
            self.next_is_offered = true;
        } else if let Some(process) = &mut self.process {
            process.handed_out.insert(id);
        }
        format!("downloaded: {id}")
    }

    /// The version of what runs.
    fn version(&self) -> u8 {
        let running = self.bundles.get(&self.running());
        running.map_or(self.app.version(), |bundle| bundle.content.version)
    }
}
