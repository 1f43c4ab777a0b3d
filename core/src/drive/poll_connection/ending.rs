//! An end of the connection that this side decides: an abort, or a close.

use alloc::vec::Vec;
use core::task::{Context, Poll, ready};

use super::PollConnection;
use crate::drive::transport::{Clock, Transport};
use crate::drive::writer::Output;
use crate::error::Error;
use crate::framing::ReceiveBuffer;

/// The end of the connection by this side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    No,
    /// A close was begun, here or through a handle: no further input is handed out.
    Closing,
    Aborted,
}

impl Ending {
    pub(super) fn close(&mut self) {
        if *self == Self::No {
            *self = Self::Closing;
        }
    }
}

impl<T: Transport, C: Clock> PollConnection<T, C> {
    /// Ends the connection at once: drops the output that is queued and the input that was not handed out, and resets the
    /// transport if output was unsent. Every later poll returns [`Error::Aborted`], or the error that had ended its side
    /// before. The transport is closed when the connection is dropped (C16).
    pub fn abort(&mut self) {
        self.may_look = false;
        self.outbox.held.ask(&self.transport);
        if self.outbox.wants_write() || self.outbox.is_unflushed() || self.outbox.held.all() > 0 {
            self.transport.reset();
        }
        self.outbox.fail(Error::Aborted);
        self.received.discard();
        self.read_failed.get_or_insert(Error::Aborted);
        self.rate.stop();
        self.ending = Ending::Aborted;
        self.update_share();
    }

    /// The poll for input once this side has ended the connection. After a close it first sends what is queued, which
    /// may be the last word of another task: `None` then, as at the end of the stream.
    pub(super) fn poll_ending<R>(
        &mut self,
        cx: &mut Context<'_>,
        read_buffer: &mut Vec<u8>,
    ) -> Poll<Result<Option<R>, Error>> {
        if self.ending == Ending::Closing {
            // Its errors are returned by the polls that send.
            let _ = ready!(self.poll_reading(cx, read_buffer, ReceiveBuffer::discard));
        }
        Poll::Ready(if self.ending == Ending::Aborted { Err(Error::Aborted) } else { Ok(None) })
    }
}

/// Without `std` there is no mailbox.
#[cfg(not(feature = "std"))]
impl<T: Transport, C: Clock> PollConnection<T, C> {
    #[expect(clippy::unused_self, reason = "with `std` there is a mailbox")]
    pub(super) fn collect(&mut self, _: &Context<'_>) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "with `std` there is a mailbox")]
    pub(super) fn collect_again(&mut self, _: &Context<'_>) -> bool {
        false
    }

    pub(super) fn collect_rest(&mut self) {}

    #[expect(clippy::unused_self, reason = "with `std` there is a mailbox")]
    pub(super) fn has_mailbox(&self) -> bool {
        false
    }

    #[expect(clippy::unused_self, reason = "with `std` there is a mailbox")]
    pub(super) fn is_end_requested(&self) -> bool {
        false
    }
}
