//! The state that all connections of a server share.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use super::maildir::Maildir;
use super::store::{DiscardStore, Store};
use super::workers::Workers;

/// The settings of a server, its store, and the threads that work on it.
pub struct SmtpService {
    pub(super) host: String,
    pub(super) store: Arc<dyn Store>,
    pub(super) workers: Option<Workers>,
    pub(super) max_message_len: u64,
    pub(super) max_recipients: usize,
    pub(super) now: fn() -> SystemTime,
}

impl SmtpService {
    /// The threads for a Maildir. More of them share a write of the journal; a disk has no use for many more.
    const WORKERS: usize = 8;

    /// Creates a service with a store and the name of the server, which is a domain.
    pub fn new(host: impl Into<String>, store: impl Store) -> Self {
        Self {
            host: host.into(),
            store: Arc::new(store),
            workers: None,
            // As in most public services: Gmail takes 25 to 50 MB.
            max_message_len: 50 * 1024 * 1024,
            // The least that RFC 5321 section 4.5.3.1.8 allows.
            max_recipients: 100,
            now: SystemTime::now,
        }
    }

    /// Creates the service of an example, of its second argument: `--discard`, or the folder of a Maildir, by default
    /// `Maildir`.
    ///
    /// # Errors
    ///
    /// If the folder cannot be opened or a thread cannot be started.
    pub fn from_argument(argument: Option<String>) -> io::Result<Self> {
        if argument.as_deref() == Some("--discard") {
            return Ok(Self::new("localhost", DiscardStore));
        }
        let maildir = Maildir::open(argument.unwrap_or_else(|| "Maildir".into()))?;
        Ok(Self::new("localhost", maildir).with_workers(Workers::start(Self::WORKERS)?))
    }

    /// Sets who makes the calls of the store. Without it the handlers make them, and block meanwhile: for a store in
    /// memory, or a thread for each connection.
    #[must_use]
    pub fn with_workers(self, workers: Workers) -> Self {
        Self { workers: Some(workers), ..self }
    }

    /// Sets the most octets that a message may have. The default is 50 MiB.
    #[must_use]
    pub fn with_max_message_len(self, max_message_len: u64) -> Self {
        Self { max_message_len, ..self }
    }

    /// Sets the most recipients that a message may have. The default is 100, the least that RFC 5321 allows.
    #[must_use]
    pub fn with_max_recipients(self, max_recipients: usize) -> Self {
        Self { max_recipients, ..self }
    }

    /// Sets the clock of `Received`, for a test.
    #[must_use]
    pub fn with_clock(self, now: fn() -> SystemTime) -> Self {
        Self { now, ..self }
    }
}
