//! What is kept on the disk: bundles and the durable state.

pub(crate) mod disk;
pub(crate) mod storage;
