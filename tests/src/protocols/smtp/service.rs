//! The state that all connections of a server share.

use std::io;
use std::sync::Arc;
use std::time::SystemTime;

use super::maildir::Maildir;
use super::path::Path;
use super::store::{DiscardStore, Store};
use super::workers::Workers;

/// The settings of a server, its store, and the threads that work on it.
pub struct SmtpService {
    pub(super) host: String,
    pub(super) store: Arc<dyn Store>,
    pub(super) workers: Option<Workers>,
    pub(super) max_message_len: u64,
    pub(super) max_recipients: usize,
    pub(super) max_refusals: u32,
    /// `None` for all of them.
    domains: Option<Vec<String>>,
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
            // As in Postfix.
            max_refusals: 20,
            domains: None,
            now: SystemTime::now,
        }
    }

    /// Creates the service of an example, of the arguments behind its address: `--discard` or the folder of a Maildir, by
    /// default `Maildir`, and the [domains](Self::with_domains), by default all.
    ///
    /// # Errors
    ///
    /// If the folder cannot be opened or a thread cannot be started.
    pub fn from_arguments(mut arguments: impl Iterator<Item = String>) -> io::Result<Self> {
        let folder = arguments.next().unwrap_or_else(|| "Maildir".into());
        let service = if folder == "--discard" {
            Self::new("localhost", DiscardStore)
        } else {
            Self::new("localhost", Maildir::open(folder)?).with_workers(Workers::start(Self::WORKERS)?)
        };
        let domains: Vec<_> = arguments.collect();
        Ok(if domains.is_empty() { service } else { service.with_domains(domains) })
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

    /// Sets the refused commands after which a connection is closed, until a message is stored. The default is 20, as in
    /// Postfix.
    #[must_use]
    pub fn with_max_refusals(self, max_refusals: u32) -> Self {
        Self { max_refusals, ..self }
    }

    /// Sets the domains and address literals, such as `[192.0.2.1]`, for which mail is accepted. Case does not matter, and
    /// a subdomain has to be named too. The default is all.
    ///
    /// # Complexity
    ///
    /// Each recipient is compared with each of them.
    #[must_use]
    pub fn with_domains(self, domains: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { domains: Some(domains.into_iter().map(Into::into).collect()), ..self }
    }

    /// Returns whether mail for a recipient is accepted. One without a domain is the postmaster.
    pub(super) fn is_local(&self, recipient: Path<'_>) -> bool {
        let (Some(domains), Some(domain)) = (&self.domains, recipient.domain()) else { return true };
        domains.iter().any(|local| local.eq_ignore_ascii_case(domain))
    }

    /// Sets the clock of `Received`, for a test.
    #[must_use]
    pub fn with_clock(self, now: fn() -> SystemTime) -> Self {
        Self { now, ..self }
    }
}
