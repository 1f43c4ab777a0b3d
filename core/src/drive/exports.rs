//! The names that an adapter re-exports at its root: those of core's root, and those of this module that a user of an
//! adapter meets.

pub use super::{Caller, ConnectionHandle, Mailbox, MailboxError, Parts, Peer, ShutdownHandle, mailbox};
pub use crate::exports::*;
