//! The names that an adapter re-exports at its root: those of core's root, and those of this module that a user of an
//! adapter meets.

pub use super::{ConnectionHandle, Mailbox, MailboxError, Parts, Peer, ReuniteError, ShutdownHandle, mailbox};
pub use crate::exports::*;
