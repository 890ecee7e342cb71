//! What the interop tests have in common.

mod authority;
mod bundle;
mod folder;
mod nginx;
mod phone;
mod program;
mod python;
mod random;
mod service;
mod slow_pipe;
mod wait;

pub(crate) use authority::Authority;
pub(crate) use bundle::Bundle;
pub(crate) use folder::read_folder;
pub(crate) use nginx::{Nginx, ServerTls};
pub(crate) use phone::Phone;
pub(crate) use program::{Node, find_program, is_there, run};
pub(crate) use python::Python;
use random::noise;
pub(crate) use service::Service;
pub(crate) use slow_pipe::SlowPipe;
pub(crate) use wait::{wait_for, wait_until_still};
