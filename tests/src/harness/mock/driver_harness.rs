use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use asynchat_core::drive::{Clock, Driver, Mailbox};
use asynchat_core::{Chat, Config, Error, Handler};

use super::{CountingWaker, ManualClock, MockTransport};

/// A driver on a [`MockTransport`], polled when it was woken and not else.
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
}

impl<H: Handler> DriverHarness<H> {
    /// A driver that has not begun.
    #[must_use]
    pub fn new(handler: H, config: Config) -> Self {
        Self::from_fn(|clock| Driver::new(clock, Chat::new(handler, config)))
    }

    /// The same with a mailbox.
    #[must_use]
    pub fn with_mailbox(handler: H, config: Config, mailbox: Mailbox) -> Self {
        Self::from_fn(|clock| Driver::with_mailbox(clock, Chat::new(handler, config), mailbox))
    }

    /// A driver made with this clock.
    pub fn from_fn(make: impl FnOnce(ManualClock) -> Driver<ManualClock, H>) -> Self {
        let clock = ManualClock::default();
        let (wakes, waker) = CountingWaker::new();
        // The first poll is owed to it.
        waker.wake_by_ref();
        Self {
            driver: make(clock.clone()),
            transport: MockTransport::default(),
            clock,
            wakes,
            waker,
            read_buffer: Vec::new(),
            outcome: Poll::Pending,
        }
    }

    /// Polls it once, if it is not over, and says whether it is.
    pub fn poll(&mut self) -> Poll<Result<(), Error>> {
        if self.outcome.is_pending() {
            let mut cx = Context::from_waker(&self.waker);
            self.outcome = self.driver.poll(&mut cx, &mut self.transport, &mut self.read_buffer);
        }
        self.outcome.clone()
    }

    /// Whether it has been woken, asked once.
    pub fn take_woken(&self) -> bool {
        self.wakes.take_woken()
    }

    /// Polls it for as long as it is woken.
    ///
    /// # Panics
    ///
    /// If that has no end.
    pub fn run(&mut self) -> Poll<Result<(), Error>> {
        const MAX_POLLS: usize = 10_000;
        for _ in 0..MAX_POLLS {
            if !self.take_woken() {
                return self.outcome.clone();
            }
            let _ = self.poll();
        }
        panic!("it is woken for ever");
    }

    /// Some time goes by, in which the alarm rings when it should.
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
