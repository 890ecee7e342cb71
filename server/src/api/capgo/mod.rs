//! Capgo's interface for developers, as its documents describe it.

pub(super) mod bundle;
