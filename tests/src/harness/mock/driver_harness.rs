use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use asynchat_core::drive::{Clock, Driver, Mailbox};
use asynchat_core::{Chat, Config, Error, Handler};
use bytes::Bytes;

use super::{CountingWaker, ManualClock, MockTransport};

/// A `Driver` on a [`MockTransport`], polled only when it was woken.
pub struct DriverHarness<H: Handler> {
    driver: Driver<ManualClock, H>,
    /// Its transport.
    pub transport: MockTransport,
    /// Its clock.
    pub clock: ManualClock,
    wakes: Arc<CountingWaker>,
    waker: Waker,
    read_buffer: Vec<u8>,
    outcome: Poll<Result<(), Error>>,
    unread: Option<Bytes>,
}

impl<H: Handler> DriverHarness<H> {
    /// Creates a driver that has not been polled.
    #[must_use]
    pub fn new(handler: H, config: Config) -> Self {
        Self::from_fn(|clock| Driver::new(clock, Chat::new(handler, config)))
    }

    /// Creates a driver with a mailbox.
    #[must_use]
    pub fn with_mailbox(handler: H, config: Config, mailbox: Mailbox<H>) -> Self {
        Self::from_fn(|clock| Driver::with_mailbox(clock, Chat::new(handler, config), mailbox))
    }

    /// Creates a driver with the function `make`, which gets the clock.
    pub fn from_fn(make: impl FnOnce(ManualClock) -> Driver<ManualClock, H>) -> Self {
        let clock = ManualClock::default();
        let (wakes, waker) = CountingWaker::new();
        // A task is always polled once without a wake-up.
        waker.wake_by_ref();
        Self {
            driver: make(clock.clone()),
            transport: MockTransport::default(),
            clock,
            wakes,
            waker,
            read_buffer: Vec::new(),
            outcome: Poll::Pending,
            unread: None,
        }
    }

    /// Polls the driver once, unless it has finished, and returns its outcome.
    pub fn poll(&mut self) -> Poll<Result<(), Error>> {
        if self.outcome.is_pending() {
            let mut cx = Context::from_waker(&self.waker);
            let polled = self.driver.poll(&mut cx, &mut self.transport, &mut self.read_buffer);
            self.outcome = polled.map_ok(|ended| {
                self.unread = ended.into_upgrade().map(|parts| parts.unread);
            });
        }
        self.outcome.clone()
    }

    /// Returns everything that was read and not delivered, if the driver has ended with an upgrade.
    #[must_use]
    pub fn upgraded(&self) -> Option<&[u8]> {
        self.unread.as_deref()
    }

    /// Returns whether the driver was woken since the last call.
    pub fn take_woken(&self) -> bool {
        self.wakes.take_woken()
    }

    /// Polls the driver for as long as it is woken.
    ///
    /// # Panics
    ///
    /// If it never stops being woken.
    pub fn run(&mut self) -> Poll<Result<(), Error>> {
        const MAX_POLLS: usize = 10_000;
        for _ in 0..MAX_POLLS {
            if !self.take_woken() {
                return self.outcome.clone();
            }
            let _ = self.poll();
        }
        panic!("the driver is woken endlessly");
    }

    /// Advances the clock by `time`, step by step: the driver runs at each alarm on the way.
    pub fn advance(&mut self, time: Duration) -> Poll<Result<(), Error>> {
        let until = self.clock.now() + time;
        while let Some(at) = self.clock.alarm().filter(|at| *at <= until) {
            self.clock.advance(at.saturating_sub(self.clock.now()));
            let _ = self.run();
        }
        self.clock.advance(until.saturating_sub(self.clock.now()));
        self.run()
    }
}
