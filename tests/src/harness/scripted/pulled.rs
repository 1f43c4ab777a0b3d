use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use asynchat_core::drive::Puller;
use asynchat_core::{Config, Error, Event, Terminator};

use super::{Bell, Hours, Wire};

/// A puller on a [`Wire`]. Whatever is found is copied at once.
pub struct Pulled {
    /// The puller.
    pub puller: Puller<Wire, Hours>,
    /// Its transport.
    pub wire: Wire,
    /// Its clock.
    pub hours: Hours,
    bell: Arc<Bell>,
    waker: Waker,
    scratch: Vec<u8>,
}

impl Pulled {
    /// A puller on a transport that does what it is asked for.
    #[must_use]
    pub fn new(terminator: impl Into<Terminator>, config: Config) -> Self {
        Self::on(Wire::default(), terminator, config)
    }

    /// A puller on this transport.
    #[must_use]
    pub fn on(wire: Wire, terminator: impl Into<Terminator>, config: Config) -> Self {
        let hours = Hours::default();
        let (bell, waker) = Bell::new();
        let scratch = vec![0; config.read_size];
        let puller = Puller::new(wire.clone(), hours.clone(), terminator, config);
        Self { puller, wire, hours, bell, waker, scratch }
    }

    /// Polls for a frame: its bytes, or that the stream has ended.
    pub fn frame(&mut self) -> Poll<Result<Option<Vec<u8>>, Error>> {
        let found = self.puller.poll_frame(&mut Context::from_waker(&self.waker), &mut self.scratch);
        found.map_ok(|found| found.then(|| self.puller.frame().to_vec()))
    }

    /// Polls for an event: its bytes, none for a terminator; or that the stream has ended.
    pub fn event(&mut self) -> Poll<Result<Option<Vec<u8>>, Error>> {
        let found = self.puller.poll_event(&mut Context::from_waker(&self.waker), &mut self.scratch);
        found.map_ok(|found| {
            found.then(|| match self.puller.event() {
                Event::Data(data) => data.to_vec(),
                Event::Terminator => Vec::new(),
            })
        })
    }

    /// Polls the flush.
    pub fn flush(&mut self) -> Poll<Result<(), Error>> {
        self.puller.poll_flush(&mut Context::from_waker(&self.waker), &mut self.scratch)
    }

    /// Polls the close.
    pub fn close(&mut self) -> Poll<Result<(), Error>> {
        self.puller.poll_close(&mut Context::from_waker(&self.waker), &mut self.scratch)
    }

    /// Whether it has been woken, asked once.
    pub fn was_woken(&self) -> bool {
        self.bell.has_rung()
    }

    /// Whether the space for reading that was lent to it is here, and not with the puller.
    #[must_use]
    pub fn has_given_back(&self) -> bool {
        self.scratch.len() >= self.puller.config().read_size
    }
}
