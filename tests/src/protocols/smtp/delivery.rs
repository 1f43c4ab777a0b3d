//! The way of a message from its connection to the store.

use std::io::{self, ErrorKind};
use std::mem;
use std::sync::Arc;

use asynchat_core::Channel;
use asynchat_core::drive::{Caller, MailboxError};

use super::handler::SmtpHandler;
use super::reply::{self, Reply};
use super::service::SmtpService;
use super::store::{Draft, Store};

/// The bytes of a message that are given to a worker at once. Most messages are smaller, and are one job.
pub const PIECE_LEN: usize = 32 * 1024;

/// Collects a message, and gives it to the store piece by piece.
///
/// At most one piece is away, with the draft that it belongs to. So the calls of the store for a message keep their order
/// whichever worker makes them, and a draft needs no lock.
pub(super) struct Delivery {
    service: Arc<SmtpService>,
    caller: Option<Caller<SmtpHandler>>,
    piece: Vec<u8>,
    draft: Option<Box<dyn Draft>>,
    is_away: bool,
    is_complete: bool,
    refusal: Option<Refusal>,
}

/// A reason to refuse a message. The greatest is the one that the client gets, so that the reply does not depend on the
/// order in which they were found: that varies with the cuts of the stream, and with the speed of the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Refusal {
    LocalError,
    DiskFull,
    TooLarge,
    BareNewline,
}

impl Delivery {
    pub(super) fn new(service: Arc<SmtpService>, caller: Option<Caller<SmtpHandler>>) -> Self {
        Self { service, caller, piece: Vec::new(), draft: None, is_away: false, is_complete: false, refusal: None }
    }

    pub(super) fn set_caller(&mut self, caller: Caller<SmtpHandler>) {
        self.caller = Some(caller);
    }

    pub(super) fn service(&self) -> &SmtpService {
        &self.service
    }

    /// Begins a message with its trace.
    pub(super) fn begin(&mut self, trace: String) {
        self.piece = trace.into_bytes();
        self.is_complete = false;
        self.refusal = None;
    }

    /// Appends to the message, unless it is refused.
    pub(super) fn append(&mut self, data: &[u8]) {
        if self.refusal.is_none() {
            self.piece.extend_from_slice(data);
        }
    }

    /// Returns whether [`advance`](Self::advance) has something to do.
    pub(super) fn is_full(&self) -> bool {
        self.piece.len() >= PIECE_LEN
    }

    /// Gives the message up. The client learns of it at the end.
    pub(super) fn refuse(&mut self, refusal: Refusal) {
        self.refusal = self.refusal.max(Some(refusal));
        self.piece = Vec::new();
        self.discard_draft();
    }

    /// Ends the message. Returns the reply, or pauses the channel until the store has answered.
    pub(super) fn finish(&mut self, channel: &mut Channel) -> Option<Reply> {
        self.is_complete = true;
        self.advance(channel)
    }

    /// Gives the piece away if it is full or the last one, or pauses the channel if the one before is still away. Returns
    /// the reply when the message has come to its end.
    pub(super) fn advance(&mut self, channel: &mut Channel) -> Option<Reply> {
        let is_ready = self.is_complete || self.is_full();
        if self.is_away || !is_ready {
            if is_ready {
                channel.pause();
            }
            return None;
        }
        if let Some(refusal) = self.refusal {
            return Some(refusal.reply());
        }
        let task = Task {
            store: Arc::clone(&self.service.store),
            draft: self.draft.take(),
            piece: mem::take(&mut self.piece),
            is_last: self.is_complete,
        };
        let (Some(workers), Some(caller)) = (&self.service.workers, &self.caller) else {
            return self.accept(task.run());
        };
        self.is_away = true;
        if task.is_last {
            channel.pause();
        }
        let callback = Callback(Some(caller.clone()));
        workers.submit(move || callback.answer(task));
        None
    }

    /// Takes the answer of a worker. Returns the reply when the message has come to its end.
    pub(super) fn handle_stored(&mut self, stored: Stored, channel: &mut Channel) -> Option<Reply> {
        self.is_away = false;
        channel.resume();
        self.accept(stored).or_else(|| self.advance(channel))
    }

    fn accept(&mut self, stored: Stored) -> Option<Reply> {
        match stored.result {
            Ok(draft) => self.draft = draft,
            Err(error) => self.refuse(Refusal::from(&error)),
        }
        if self.refusal.is_some() {
            // The message was refused while the draft was away.
            self.discard_draft();
        }
        stored.was_last.then(|| self.refusal.map_or(reply::OK, Refusal::reply))
    }

    /// Drops the draft, which removes its file, on a worker.
    fn discard_draft(&mut self) {
        let Some(draft) = self.draft.take() else { return };
        if let Some(workers) = &self.service.workers {
            workers.submit(move || drop(draft));
        }
    }
}

/// A connection that ends within a message leaves nothing behind.
impl Drop for Delivery {
    fn drop(&mut self) {
        self.discard_draft();
    }
}

impl Refusal {
    fn reply(self) -> Reply {
        match self {
            Self::LocalError => reply::LOCAL_ERROR,
            Self::DiskFull => reply::DISK_FULL,
            Self::TooLarge => reply::TOO_MUCH_MAIL,
            Self::BareNewline => reply::BARE_NEWLINE,
        }
    }
}

impl From<&io::Error> for Refusal {
    fn from(error: &io::Error) -> Self {
        match error.kind() {
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => Self::DiskFull,
            ErrorKind::FileTooLarge => Self::TooLarge,
            _ => Self::LocalError,
        }
    }
}

/// A piece on its way to the store.
struct Task {
    store: Arc<dyn Store>,
    draft: Option<Box<dyn Draft>>,
    piece: Vec<u8>,
    is_last: bool,
}

/// The answer to a task.
pub(super) struct Stored {
    /// The draft, or `None` once it is committed.
    result: io::Result<Option<Box<dyn Draft>>>,
    was_last: bool,
}

impl Task {
    fn run(self) -> Stored {
        Stored { was_last: self.is_last, result: self.store() }
    }

    fn store(self) -> io::Result<Option<Box<dyn Draft>>> {
        let mut draft = match self.draft {
            Some(draft) => draft,
            None => self.store.create()?,
        };
        draft.write(&self.piece)?;
        if !self.is_last {
            return Ok(Some(draft));
        }
        draft.commit()?;
        Ok(None)
    }
}

/// The duty to answer a connection, which is paused. If that is dropped, after a panic of the store, the connection ends.
struct Callback(Option<Caller<SmtpHandler>>);

impl Callback {
    fn answer(mut self, task: Task) {
        let stored = task.run();
        let Some(caller) = self.0.take() else { return };
        // If the connection has ended, the draft is dropped here.
        let called = caller.call(move |handler, channel| handler.handle_stored(stored, channel));
        if called == Err(MailboxError::Full) {
            // Nobody else pushes to the connections of this protocol, and an empty mailbox takes any call.
            caller.handle().abort();
        }
    }
}

impl Drop for Callback {
    fn drop(&mut self) {
        if let Some(caller) = &self.0 {
            caller.handle().abort();
        }
    }
}
