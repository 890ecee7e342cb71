//! Events on their way to the host.

use std::sync::{Arc, Mutex, PoisonError};

use crate::bundle::Launch;
use crate::event::UpdateEvent;

/// Who is told of what happens. It is called on the updater's threads, must not block, and may
/// call the updater. What it throws is logged and ends nothing.
#[uniffi::export(foreign)]
pub trait UpdateListener: Send + Sync {
    /// Something happened.
    fn on_event(&self, event: UpdateEvent) -> Result<(), ListenerError>;

    /// The host must load this now: a bundle was taken back, or one was activated after a long
    /// time in the background.
    fn on_reload(&self, launch: Launch) -> Result<(), ListenerError>;
}

/// What a listener throws.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ListenerError {
    /// It failed.
    #[error("{reason}")]
    Failed {
        /// Why.
        reason: String,
    },
}

impl From<uniffi::UnexpectedUniFFICallbackError> for ListenerError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Failed {
            reason: error.reason,
        }
    }
}

/// The listener of one updater. It can be exchanged, as a phone exchanges the part of an app that
/// is seen.
#[derive(Default)]
pub(crate) struct ListenerSlot {
    listener: Mutex<Option<Arc<dyn UpdateListener>>>,
}

impl ListenerSlot {
    pub(crate) fn replace(&self, listener: Option<Arc<dyn UpdateListener>>) {
        *self.lock() = listener;
    }

    pub(crate) fn tell(&self, event: live_updater::Event) {
        // Out of the lock: a listener may call the updater, and that may replace it.
        let Some(listener) = self.lock().clone() else {
            return;
        };
        let name = event.name();
        let told = match event {
            live_updater::Event::Reload(launch) => listener.on_reload(launch.into()),
            event => match UpdateEvent::from_core(event) {
                Some(event) => listener.on_event(event),
                None => Ok(()),
            },
        };
        if let Err(error) = told {
            tracing::warn!(event = name, %error, "the listener failed");
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Arc<dyn UpdateListener>>> {
        self.listener.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
