//! What release statements do to a device beyond the bundles that they name.

use crate::bundle::{Bundle, BundleId};
use crate::error::Error;
use crate::event::Event;
use crate::verify::statement::{self, Action, Circumstances, Envelope, Statement};

use super::{Lifecycle, Outcome, transition};

impl Lifecycle {
    /// Verifies a statement and keeps what it teaches, durably, before anybody follows it. Tells
    /// also whether it comes after another that this device has seen.
    ///
    /// # Errors
    ///
    /// Those of [`statement::verify`], and of a commit.
    pub(crate) fn accept(
        &mut self,
        envelope: &Envelope,
        circumstances: &Circumstances<'_>,
    ) -> Result<(Statement, bool), Error> {
        self.ready_for_changes()?;
        let mut state = self.store.state.clone();
        let (statement, acceptance) = statement::verify(envelope, &state.trusted, circumstances)?;
        state.trusted = acceptance.trusted;
        if acceptance.ignores_revoked {
            tracing::warn!(
                sequence = statement.sequence,
                "the statement's revoked keys are ignored: fewer than `threshold` would be left"
            );
        }
        if let Action::Install(bundle) = &statement.action
            && acceptance.is_news
        {
            transition::unblock(&mut state, &bundle.version, &bundle.sha256);
        }
        self.store.commit(state)?;
        Ok((statement, acceptance.is_higher))
    }

    /// The server takes back whatever runs: builtin runs now, no bundle is next, and none that was
    /// good is fallen back to. Nothing is blocked. Gives what was running, where that was a bundle.
    pub(crate) fn roll_back_to_builtin(&mut self) -> Outcome<Option<Bundle>> {
        self.ready_for_changes()?;
        let builtin = BundleId::builtin();
        let mut state = self.store.state.clone();
        state.next = None;
        transition::withdraw_good(&mut state);
        if self.running()?.bundle == builtin {
            transition::activate(&mut state, &builtin, 0);
            self.store.commit(state)?;
            return Ok((None, Vec::new()));
        }
        let left = self.current();
        let (launch, mut events) = self.enter(state, &builtin)?;
        events.push(Event::Reload(launch));
        Ok((Some(left), events))
    }

    /// The server names what runs: what it has offered before and would be next was withdrawn.
    /// What a caller has chosen stays.
    pub(crate) fn withdraw_next(&mut self) -> Outcome<()> {
        self.update(|state| {
            if state.next_is_offered {
                state.next = None;
            }
        })?;
        Ok(((), Vec::new()))
    }
}
