use alloc::vec::Vec;
use core::fmt;
use core::task::{Context, Poll};

use crate::drive::poll_connection::PollConnection;
use crate::drive::transport::{Clock, Transport};
use crate::error::Error;
use crate::framing::Event;

/// The largest buffer, in bytes, that is kept while nothing is lent from it.
const KEPT: usize = 256;

/// A copy of the bytes that the shared connection has found, which the half that reads lends. The lock of the connection
/// cannot be held for so long. For adapters.
#[derive(Default)]
pub struct LentCopy {
    bytes: Vec<u8>,
    is_terminator: bool,
}

impl LentCopy {
    /// [`PollConnection::poll_frame`], and a copy of the frame.
    pub fn poll_frame<T: Transport, C: Clock>(
        &mut self,
        connection: &mut PollConnection<T, C>,
        cx: &mut Context<'_>,
        read_buffer: &mut Vec<u8>,
    ) -> Poll<Result<bool, Error>> {
        let found = connection.poll_frame(cx, read_buffer);
        self.copy(if let Poll::Ready(Ok(true)) = &found { connection.frame() } else { &[] });
        found
    }

    /// [`PollConnection::poll_event`], and a copy of the event.
    pub fn poll_event<T: Transport, C: Clock>(
        &mut self,
        connection: &mut PollConnection<T, C>,
        cx: &mut Context<'_>,
        read_buffer: &mut Vec<u8>,
    ) -> Poll<Result<bool, Error>> {
        let found = connection.poll_event(cx, read_buffer);
        self.copy_event(if let Poll::Ready(Ok(true)) = &found { connection.event() } else { Event::Data(&[]) });
        found
    }

    fn copy_event(&mut self, event: Event<'_>) {
        self.is_terminator = event == Event::Terminator;
        self.copy(if let Event::Data(data) = event { data } else { &[] });
    }

    /// [`PollConnection::find_ready_frame`], and a copy of the frame.
    pub fn find_ready_frame<T: Transport, C: Clock>(
        &mut self,
        connection: &mut PollConnection<T, C>,
    ) -> Option<Result<(), Error>> {
        let ready = connection.find_ready_frame()?;
        self.copy(if ready.is_ok() { connection.frame() } else { &[] });
        Some(ready)
    }

    /// [`PollConnection::find_ready_event`], and a copy of the event.
    pub fn find_ready_event<T: Transport, C: Clock>(
        &mut self,
        connection: &mut PollConnection<T, C>,
    ) -> Option<Result<(), Error>> {
        let ready = connection.find_ready_event()?;
        self.copy_event(if ready.is_ok() { connection.event() } else { Event::Data(&[]) });
        Some(ready)
    }

    /// Replaces the copy.
    pub fn copy(&mut self, bytes: &[u8]) {
        self.bytes.clear();
        if bytes.is_empty() && self.bytes.capacity() > KEPT {
            self.bytes = Vec::new();
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// Returns the copy.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Returns the copy of an event.
    pub fn event(&self) -> Event<'_> {
        if self.is_terminator { Event::Terminator } else { Event::Data(&self.bytes) }
    }
}

/// Shows the length, and no byte (C20).
impl fmt::Debug for LentCopy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LentCopy").field("len", &self.bytes.len()).finish()
    }
}
