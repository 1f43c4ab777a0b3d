//! The names that an adapter re-exports at its root: those of core's root, and those of this module that a user of an
//! adapter meets.

#[cfg(feature = "tracing")]
pub use super::TracingObserver;
pub use super::{
    Caller, ConnectionHandle, ConnectionInfo, Ended, IntoStreamError, Mailbox, MailboxError, Metrics, MetricsSnapshot,
    Observer, Parts, Peer, ReuniteError, ShutdownHandle, Traffic, mailbox,
};
pub use crate::exports::*;
