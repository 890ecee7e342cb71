//! A flag that ends work early.

use std::future::Future;
use std::sync::Arc;

use tokio::sync::watch;

use crate::error::Error;

/// Asks running work to stop. Clones are the same flag; it is never taken back.
#[derive(Debug, Clone)]
pub(crate) struct CancelToken(Arc<watch::Sender<bool>>);

impl CancelToken {
    pub(crate) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Ends what holds a clone of this.
    pub(crate) fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// For blocking code, between two steps.
    pub(crate) fn is_cancelled(&self) -> bool {
        *self.0.borrow()
    }

    /// Awaits `future`, and drops it when the work is cancelled.
    pub(crate) async fn guard<T>(&self, future: impl Future<Output = T>) -> Result<T, Error> {
        let mut flag = self.0.subscribe();
        tokio::select! {
            biased;
            // The sender lives in `self`, so this resolves only when the flag is set.
            _ = flag.wait_for(|is_cancelled| *is_cancelled) => Err(Error::Cancelled),
            value = future => Ok(value),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_not_cancelled_runs_to_its_end() {
        let token = CancelToken::new();
        assert!(!token.is_cancelled());
        assert_eq!(token.guard(async { 7 }).await.unwrap(), 7);
    }

    #[tokio::test]
    async fn a_clone_ends_what_waits_and_what_would_begin() {
        let token = CancelToken::new();
        let running = tokio::spawn({
            let token = token.clone();
            async move { token.guard(std::future::pending::<()>()).await }
        });
        token.clone().cancel();
        assert!(matches!(running.await.unwrap(), Err(Error::Cancelled)));
        assert!(token.is_cancelled());
        assert!(matches!(token.guard(async {}).await, Err(Error::Cancelled)));
    }
}
