//! The last metre: how the bytes of an answer reach the client, or don't.
//!
//! HTTP is made by hyper; what must go wrong below it goes wrong here, between hyper and the
//! socket. That's also the only place where it's known how many bytes really went out.

mod delivery;
mod socket;

pub(crate) use self::{
    delivery::{Delivery, Ending, Stall, Wire},
    socket::{Socket, WireSocket},
};
