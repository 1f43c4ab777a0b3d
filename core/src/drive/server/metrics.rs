use core::sync::atomic::{AtomicU64, Ordering};
use std::io;

use super::observer::{ConnectionInfo, Observer, Traffic};
use crate::error::{Blame, Error};

/// An [`Observer`] that counts. Share it as an `Arc`: the server has one clone, and the program asks the other for a
/// [`snapshot`](Self::snapshot).
///
/// # Cost
///
/// Some atomic additions for each connection, at its beginning and at its end. Bytes are counted when the connection ends.
///
/// # Examples
///
/// ```
/// use std::sync::Arc;
/// use asynchat_core::drive::{ConnectionInfo, Metrics, Observer, Traffic};
///
/// let metrics = Arc::new(Metrics::default());
/// // `server.with_observer(Arc::clone(&metrics))` makes these calls.
/// let address = std::net::SocketAddr::from(([127, 0, 0, 1], 7000));
/// metrics.accepted(&ConnectionInfo::new(0, &address));
/// assert_eq!(metrics.snapshot().open(), 1);
/// metrics.closed(&ConnectionInfo::new(0, &address), Ok(()), Traffic::default());
/// assert_eq!((metrics.snapshot().open(), metrics.snapshot().closed), (0, 1));
/// ```
#[derive(Debug, Default)]
pub struct Metrics {
    accepted: AtomicU64,
    refused: AtomicU64,
    accept_failed: AtomicU64,
    closed: AtomicU64,
    panicked: AtomicU64,
    failed_by_peer: AtomicU64,
    failed_by_handler: AtomicU64,
    failed_by_transport: AtomicU64,
    aborted: AtomicU64,
    received: AtomicU64,
    sent: AtomicU64,
    unsent: AtomicU64,
}

/// The counts of a [`Metrics`] at one moment, since the server began.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MetricsSnapshot {
    /// The connections that were accepted.
    pub accepted: u64,
    /// The connections that the admission refused.
    pub refused: u64,
    /// The failures to accept.
    pub accept_failed: u64,
    /// The connections that have ended, in whatever way.
    pub closed: u64,
    /// The connections whose code has panicked.
    pub panicked: u64,
    /// The connections that have ended with an error of [`Blame::Peer`].
    pub failed_by_peer: u64,
    /// The connections that have ended with an error of [`Blame::Handler`] or [`Blame::Producer`].
    pub failed_by_handler: u64,
    /// The connections that have ended with an error of [`Blame::Transport`].
    pub failed_by_transport: u64,
    /// The connections that were aborted, or dropped before their end: [`Blame::Driver`].
    pub aborted: u64,
    /// The bytes that were read, by the connections that have ended.
    pub received: u64,
    /// The bytes that were written, by the connections that have ended.
    pub sent: u64,
    /// The bytes of output that were dropped: [`Traffic::unsent`].
    pub unsent: u64,
}

impl MetricsSnapshot {
    /// Returns how many connections are open.
    pub fn open(&self) -> u64 {
        self.accepted.saturating_sub(self.closed)
    }
}

impl Metrics {
    /// Returns the counts. Each is exact; a connection that begins or ends meanwhile may be in one and not yet in another.
    pub fn snapshot(&self) -> MetricsSnapshot {
        let load = |count: &AtomicU64| count.load(Ordering::Relaxed);
        MetricsSnapshot {
            // First, so that no more are closed than were accepted.
            closed: load(&self.closed),
            accepted: load(&self.accepted),
            refused: load(&self.refused),
            accept_failed: load(&self.accept_failed),
            panicked: load(&self.panicked),
            failed_by_peer: load(&self.failed_by_peer),
            failed_by_handler: load(&self.failed_by_handler),
            failed_by_transport: load(&self.failed_by_transport),
            aborted: load(&self.aborted),
            received: load(&self.received),
            sent: load(&self.sent),
            unsent: load(&self.unsent),
        }
    }

    fn of(&self, blame: Blame) -> &AtomicU64 {
        match blame {
            Blame::Peer => &self.failed_by_peer,
            Blame::Handler | Blame::Producer => &self.failed_by_handler,
            Blame::Transport => &self.failed_by_transport,
            Blame::Driver => &self.aborted,
        }
    }
}

fn add(count: &AtomicU64, more: u64) {
    count.fetch_add(more, Ordering::Relaxed);
}

impl Observer for Metrics {
    fn accepted(&self, _: &ConnectionInfo) {
        add(&self.accepted, 1);
    }

    fn refused(&self, _: &ConnectionInfo) {
        add(&self.refused, 1);
    }

    fn accept_failed(&self, _: &io::Error) {
        add(&self.accept_failed, 1);
    }

    fn closed(&self, _: &ConnectionInfo, outcome: Result<(), &Error>, traffic: Traffic) {
        if let Err(error) = outcome {
            add(self.of(error.blame()), 1);
        }
        add(&self.received, traffic.received);
        add(&self.sent, traffic.sent);
        add(&self.unsent, traffic.unsent);
        add(&self.closed, 1);
    }

    fn panicked(&self, _: &ConnectionInfo) {
        add(&self.panicked, 1);
    }
}
