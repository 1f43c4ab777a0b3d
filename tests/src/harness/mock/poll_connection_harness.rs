use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use asynchat_core::drive::PollConnection;
use asynchat_core::{Config, Error, Event, Terminator};

use super::{CountingWaker, ManualClock, MockTransport};

/// A `PollConnection` on a [`MockTransport`]. Frames and events are copied at once.
pub struct PollConnectionHarness {
    /// The connection.
    pub connection: PollConnection<MockTransport, ManualClock>,
    /// Its transport.
    pub transport: MockTransport,
    /// Its clock.
    pub clock: ManualClock,
    wakes: Arc<CountingWaker>,
    waker: Waker,
    read_buffer: Vec<u8>,
}

impl PollConnectionHarness {
    /// Creates a connection on a default [`MockTransport`].
    #[must_use]
    pub fn new(terminator: impl Into<Terminator>, config: Config) -> Self {
        Self::with_transport(MockTransport::default(), terminator, config)
    }

    /// Creates a connection on this transport.
    #[must_use]
    pub fn with_transport(transport: MockTransport, terminator: impl Into<Terminator>, config: Config) -> Self {
        let clock = ManualClock::default();
        let (wakes, waker) = CountingWaker::new();
        let read_buffer = vec![0; config.read_size];
        let connection = PollConnection::new(transport.clone(), clock.clone(), terminator, config);
        Self { connection, transport, clock, wakes, waker, read_buffer }
    }

    /// Polls for a frame: its bytes, or `None` at the end of the stream.
    pub fn poll_frame(&mut self) -> Poll<Result<Option<Vec<u8>>, Error>> {
        let found = self.connection.poll_frame(&mut Context::from_waker(&self.waker), &mut self.read_buffer);
        found.map_ok(|found| found.then(|| self.connection.frame().to_vec()))
    }

    /// Polls for the end of the present frame: its length, or `None` at the end of the stream.
    pub fn poll_skip_frame(&mut self) -> Poll<Result<Option<u64>, Error>> {
        self.connection.poll_skip_frame(&mut Context::from_waker(&self.waker), &mut self.read_buffer)
    }

    /// Polls for an event: its data, empty for a terminator, or `None` at the end of the stream.
    pub fn poll_event(&mut self) -> Poll<Result<Option<Vec<u8>>, Error>> {
        let found = self.connection.poll_event(&mut Context::from_waker(&self.waker), &mut self.read_buffer);
        found.map_ok(|found| {
            found.then(|| match self.connection.event() {
                Event::Data(data) => data.to_vec(),
                Event::Terminator => Vec::new(),
            })
        })
    }

    /// Polls the flush.
    pub fn poll_flush(&mut self) -> Poll<Result<(), Error>> {
        self.connection.poll_flush(&mut Context::from_waker(&self.waker), &mut self.read_buffer)
    }

    /// Polls the end of the output.
    pub fn poll_finish(&mut self) -> Poll<Result<(), Error>> {
        self.connection.poll_finish(&mut Context::from_waker(&self.waker), &mut self.read_buffer)
    }

    /// Polls the close.
    pub fn poll_close(&mut self) -> Poll<Result<(), Error>> {
        self.connection.poll_close(&mut Context::from_waker(&self.waker), &mut self.read_buffer)
    }

    /// Returns whether the connection was woken since the last call.
    pub fn take_woken(&self) -> bool {
        self.wakes.take_woken()
    }

    /// Returns whether the lent read buffer is here again, and not in the connection.
    #[must_use]
    pub fn has_returned_buffer(&self) -> bool {
        self.read_buffer.len() >= self.connection.config().read_size
    }
}
