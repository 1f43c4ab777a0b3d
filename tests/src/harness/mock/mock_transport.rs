use std::cell::{Ref, RefCell, RefMut};
use std::collections::VecDeque;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use asynchat_core::Transmit;
use asynchat_core::drive::Transport;
use bytes::Buf;

/// A transport, and the peer at its other end. The peer does only what the test says. All clones share one transport.
#[derive(Clone, Debug, Default)]
pub struct MockTransport(Rc<RefCell<State>>);

/// The error of a broken connection.
const BROKEN: &str = "the connection is broken";

/// More calls than any test needs. Without this limit, a loop that spins would never end.
const MAX_CALLS: usize = 200_000;

/// The number of calls of each operation of a transport.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Calls {
    /// Reads.
    pub reads: usize,
    /// Reads after the end of the stream was read.
    pub reads_after_eof: usize,
    /// Writes.
    pub writes: usize,
    /// Flushes.
    pub flushes: usize,
    /// Shutdowns.
    pub shutdowns: usize,
    /// Questions for the bytes that the peer has not acknowledged. They are no I/O, and are not in the sum.
    pub questions: usize,
    /// Yields, which are no I/O either.
    pub yields: usize,
}

impl Calls {
    /// Returns the sum of all calls.
    #[must_use]
    pub fn sum(&self) -> usize {
        self.reads + self.writes + self.flushes + self.shutdowns
    }
}

#[derive(Debug)]
struct State {
    /// The bytes that the peer has sent and that are unread. One read returns at most one part; an empty part is the
    /// end.
    incoming: VecDeque<Vec<u8>>,
    /// The byte that the peer sends endlessly, after all of that was read.
    endless_byte: Option<u8>,
    eof_read: bool,
    broken: bool,
    /// The number of bytes that the peer still accepts.
    write_window: usize,
    /// The most bytes that one read or write moves.
    max_io: usize,
    written: Vec<u8>,
    blocks_flush: bool,
    blocks_shutdown: bool,
    shut_down: bool,
    /// Every call is pending once before it does anything.
    pending_once: bool,
    was_pending: bool,
    calls: Calls,
    /// The runtime has not looked at its I/O: no call reports what has arrived.
    is_stale: bool,
    unacknowledged: Option<u64>,
    was_reset: bool,
    /// Reads and writes register in the same place.
    keeps_one_waker: bool,
    watcher: Option<Waker>,
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Default for State {
    fn default() -> Self {
        Self {
            incoming: VecDeque::new(),
            endless_byte: None,
            eof_read: false,
            broken: false,
            write_window: usize::MAX,
            max_io: usize::MAX,
            written: Vec::new(),
            blocks_flush: false,
            blocks_shutdown: false,
            shut_down: false,
            pending_once: false,
            was_pending: false,
            calls: Calls::default(),
            is_stale: false,
            unacknowledged: None,
            was_reset: false,
            keeps_one_waker: false,
            watcher: None,
            reader: None,
            writer: None,
        }
    }
}

/// The peer's side.
impl MockTransport {
    /// Creates a transport whose every call is pending once, and that moves one byte at a time.
    #[must_use]
    pub fn pending_once() -> Self {
        let transport = Self::default();
        transport.state().pending_once = true;
        transport.state().max_io = 1;
        transport
    }

    /// Lets it keep the waker of the last call that was pending, whether that was a read or a write, as a transport may
    /// that has to write in order to read.
    pub fn keep_one_waker(&self) {
        self.state().keeps_one_waker = true;
    }

    /// Sends these bytes from the peer.
    pub fn send(&self, bytes: impl AsRef<[u8]>) {
        if !bytes.as_ref().is_empty() {
            self.receive(bytes.as_ref().to_vec());
        }
    }

    /// Sends this byte from the peer endlessly, as fast as it is read.
    pub fn send_forever(&self, byte: u8) {
        self.state().endless_byte = Some(byte);
        self.wake_reader();
    }

    /// Ends the peer's stream (half-close).
    pub fn send_eof(&self) {
        self.state().endless_byte = None;
        self.receive(Vec::new());
    }

    /// Breaks the connection: every later call fails.
    pub fn reset(&self) {
        self.state().broken = true;
        let watcher = self.state().watcher.take();
        watcher.into_iter().for_each(Waker::wake);
        self.wake_reader();
        self.wake_writer();
    }

    /// Sets whether the runtime has not looked at its I/O since something has arrived: every read and write is pending.
    pub fn set_stale(&self, is_stale: bool) {
        self.state().is_stale = is_stale;
        self.wake_reader();
        self.wake_writer();
    }

    /// Sets how many of the written bytes the peer's system has not acknowledged. By default the transport cannot tell.
    pub fn set_unacknowledged(&self, bytes: u64) {
        self.state().unacknowledged = Some(bytes);
    }

    /// Returns whether the code under test has asked for a reset.
    #[must_use]
    pub fn was_reset(&self) -> bool {
        self.0.borrow().was_reset
    }

    /// Lets the peer accept this many bytes, and then no more.
    pub fn set_write_window(&self, bytes: usize) {
        self.state().write_window = bytes;
        self.wake_writer();
    }

    /// Sets whether flushes are pending.
    pub fn block_flush(&self, blocks: bool) {
        self.state().blocks_flush = blocks;
        self.wake_writer();
    }

    /// Sets whether shutdowns are pending.
    pub fn block_shutdown(&self, blocks: bool) {
        self.state().blocks_shutdown = blocks;
        self.wake_writer();
    }

    /// The bytes that were written.
    #[must_use]
    pub fn written(&self) -> Ref<'_, [u8]> {
        Ref::map(self.0.borrow(), |state| state.written.as_slice())
    }

    /// Returns the number of bytes that the peer has sent and that are unread.
    #[must_use]
    pub fn unread_len(&self) -> usize {
        self.0.borrow().incoming.iter().map(Vec::len).sum()
    }

    /// Returns whether the write side was shut down.
    #[must_use]
    pub fn is_shut_down(&self) -> bool {
        self.0.borrow().shut_down
    }

    /// Returns the number of calls of each operation so far.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.0.borrow().calls
    }

    fn state(&self) -> RefMut<'_, State> {
        self.0.borrow_mut()
    }

    fn receive(&self, bytes: Vec<u8>) {
        self.state().incoming.push_back(bytes);
        self.wake_reader();
    }

    fn wake_reader(&self) {
        let waker = self.state().reader.take();
        waker.into_iter().for_each(Waker::wake);
    }

    fn wake_writer(&self) {
        let keeps_one_waker = self.state().keeps_one_waker;
        if keeps_one_waker {
            return self.wake_reader();
        }
        let waker = self.state().writer.take();
        waker.into_iter().for_each(Waker::wake);
    }
}

impl State {
    fn makes_pending(&mut self, cx: &Context<'_>) -> bool {
        assert!(self.calls.sum() < MAX_CALLS, "the loop spins: {:?}", self.calls);
        self.was_pending = self.pending_once && !self.was_pending;
        if self.was_pending {
            cx.waker().wake_by_ref();
        }
        self.was_pending
    }

    fn register_reader(&mut self, cx: &Context<'_>) {
        self.reader = Some(cx.waker().clone());
    }

    fn register_writer(&mut self, cx: &Context<'_>) {
        let place = if self.keeps_one_waker { &mut self.reader } else { &mut self.writer };
        *place = Some(cx.waker().clone());
    }

    fn read(&mut self, buffer: &mut [u8]) -> Option<usize> {
        let most = buffer.len().min(self.max_io);
        let Some(part) = self.incoming.front_mut() else {
            let byte = self.endless_byte?;
            buffer[..most].fill(byte);
            return Some(most);
        };
        let length = part.len().min(most);
        buffer[..length].copy_from_slice(&part[..length]);
        part.drain(..length);
        self.eof_read |= length == 0;
        if part.is_empty() && !self.eof_read {
            self.incoming.pop_front();
        }
        Some(length)
    }
}

/// The side that the code under test sees.
impl Transport for MockTransport {
    type Error = &'static str;

    fn poll_read(&mut self, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<Result<usize, Self::Error>> {
        let state = &mut *self.state();
        assert!(!buffer.is_empty(), "read into an empty buffer");
        state.calls.reads += 1;
        state.calls.reads_after_eof += usize::from(state.eof_read);
        if state.makes_pending(cx) {
            return Poll::Pending;
        }
        if state.is_stale {
            state.register_reader(cx);
            return Poll::Pending;
        }
        // Input that has arrived can be read behind an error, as from a TCP socket of Linux.
        if state.broken && state.incoming.is_empty() {
            return Poll::Ready(Err(BROKEN));
        }
        let read = state.read(buffer);
        if read.is_none() {
            state.register_reader(cx);
        }
        read.map_or(Poll::Pending, |length| Poll::Ready(Ok(length)))
    }

    fn poll_write(&mut self, cx: &mut Context<'_>, output: &Transmit<'_>) -> Poll<Result<usize, Self::Error>> {
        let state = &mut *self.state();
        assert!(output.has_remaining(), "empty write");
        assert!(!state.shut_down, "written after the shutdown");
        state.calls.writes += 1;
        if state.makes_pending(cx) {
            return Poll::Pending;
        }
        if state.is_stale {
            state.register_writer(cx);
            return Poll::Pending;
        }
        if state.broken {
            return Poll::Ready(Err(BROKEN));
        }
        let length = output.chunk().len().min(state.write_window).min(state.max_io);
        if length == 0 {
            state.register_writer(cx);
            return Poll::Pending;
        }
        state.write_window -= if state.write_window == usize::MAX { 0 } else { length };
        state.written.extend_from_slice(&output.chunk()[..length]);
        Poll::Ready(Ok(length))
    }

    fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let state = &mut *self.state();
        state.calls.flushes += 1;
        if state.makes_pending(cx) {
            return Poll::Pending;
        }
        if state.broken {
            return Poll::Ready(Err(BROKEN));
        }
        if state.blocks_flush {
            state.register_writer(cx);
            return Poll::Pending;
        }
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        let state = &mut *self.state();
        state.calls.shutdowns += 1;
        if state.makes_pending(cx) {
            return Poll::Pending;
        }
        if state.broken {
            return Poll::Ready(Err(BROKEN));
        }
        if state.blocks_shutdown {
            state.register_writer(cx);
            return Poll::Pending;
        }
        assert!(!state.shut_down, "shut down twice");
        state.shut_down = true;
        Poll::Ready(Ok(()))
    }

    fn poll_error(&mut self, cx: &mut Context<'_>) -> Poll<Self::Error> {
        let state = &mut *self.state();
        if state.broken {
            return Poll::Ready(BROKEN);
        }
        state.watcher = Some(cx.waker().clone());
        Poll::Pending
    }

    fn yield_now(&mut self, cx: &mut Context<'_>) {
        self.state().calls.yields += 1;
        cx.waker().wake_by_ref();
    }

    fn may_block(&self) -> bool {
        false
    }

    fn unacknowledged(&self) -> Option<u64> {
        let state = &mut *self.state();
        state.calls.questions += 1;
        state.unacknowledged
    }

    fn reset(&mut self) {
        self.state().was_reset = true;
    }
}
