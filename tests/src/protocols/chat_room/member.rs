//! One member: its mailbox, the lines that it missed, and the lines of its own that others missed.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use asynchat_core::drive::{ConnectionHandle, MailboxError};
use bytes::Bytes;

use super::nickname::Nickname;
use super::share::Shares;

/// A member that has missed lines for this long, without taking a single one, is dropped: ten seconds.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// The most lines of one member that others may miss in a minute, before that member is dropped.
///
/// No person types that many, and a program that waits for answers does not outrun its readers for long. A flood
/// reaches it within seconds.
pub const MAX_MISSED_LINES: u64 = 100_000;

const FLOOD_WINDOW: Duration = Duration::from_secs(60);

pub(super) struct Member {
    pub(super) nickname: Nickname,
    pub(super) handle: ConnectionHandle,
    /// The lines that did not fit into the mailbox since the last that did.
    missed: AtomicU64,
    /// When the first of these was missed. Locked only while lines are missed.
    missing_since: Mutex<Option<Instant>>,
    /// The lines of this member that others missed, and the begin of the minute in which they are counted.
    unheard: Mutex<Option<(Instant, u64)>>,
    /// The cost of the lines of each other member in this one's mailbox.
    shares: Shares,
}

/// The fate of a line for one listener.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    /// It is in the mailbox, or the connection has ended and announces its own leave.
    Done,
    /// The mailbox is full, or the speaker's share of it.
    Missed,
    /// The mailbox has been full for too long.
    TooSlow,
}

impl Member {
    pub(super) fn new(nickname: Nickname, handle: ConnectionHandle) -> Self {
        Self {
            nickname,
            handle,
            missed: AtomicU64::new(0),
            missing_since: Mutex::default(),
            unheard: Mutex::default(),
            shares: Shares::default(),
        }
    }

    /// Pushes a line to the mailbox. If lines were missed before it, a notice tells how many.
    ///
    /// A line of a speaker counts for its share of the mailbox. A notice of the room has no speaker.
    pub(super) fn deliver(
        &self,
        speaker: Option<&Arc<Self>>,
        line: &Bytes,
        clock: fn() -> Instant,
        patience: Duration,
    ) -> Delivery {
        if self.missed.load(Ordering::Relaxed) == 0 && self.push(speaker, line.clone()) != Err(MailboxError::Full) {
            return Delivery::Done;
        }
        let mut missing_since = lock(&self.missing_since);
        let missed = self.missed.load(Ordering::Relaxed);
        let result = if missed == 0 {
            self.push(speaker, line.clone())
        } else {
            let notice = format!("* you read too slowly, and have missed {missed} lines\r\n");
            self.push(speaker, [notice.as_bytes(), line].concat().into())
        };
        if result != Err(MailboxError::Full) {
            self.missed.store(0, Ordering::Relaxed);
            *missing_since = None;
            return Delivery::Done;
        }
        self.missed.store(missed.saturating_add(1), Ordering::Relaxed);
        let now = clock();
        let since = *missing_since.get_or_insert(now);
        if now.saturating_duration_since(since) >= patience { Delivery::TooSlow } else { Delivery::Missed }
    }

    /// Pushes a line to the mailbox, unless the share of its speaker is full.
    fn push(&self, speaker: Option<&Arc<Self>>, line: Bytes) -> Result<(), MailboxError> {
        let line = match speaker {
            Some(speaker) => self.shares.charge(Arc::as_ptr(speaker).addr(), line).ok_or(MailboxError::Full)?,
            None => line,
        };
        self.handle.push(line)
    }

    /// Counts a line of this member that others missed. Returns whether it writes more than others can read: a flood.
    pub(super) fn is_flooding(&self, clock: fn() -> Instant) -> bool {
        let mut unheard = lock(&self.unheard);
        let now = clock();
        let (since, count) = unheard.get_or_insert((now, 0));
        if now.saturating_duration_since(*since) >= FLOOD_WINDOW {
            (*since, *count) = (now, 0);
        }
        *count += 1;
        *count > MAX_MISSED_LINES
    }
}

/// A poisoned lock is safe to use: no panic can leave these counts half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("nickname", &self.nickname).field("handle", &self.handle).finish_non_exhaustive()
    }
}
