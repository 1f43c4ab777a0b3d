use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use asynchat_core::drive::{Clock, Driver, Mailbox};
use asynchat_core::{Chat, Config, Error, Handler};

use super::{Bell, Hours, Wire};

/// A driver on a [`Wire`], polled when it was woken and not else.
pub struct Driven<H: Handler> {
    driver: Driver<Hours, H>,
    /// Its transport.
    pub wire: Wire,
    /// Its clock.
    pub hours: Hours,
    bell: Arc<Bell>,
    waker: Waker,
    scratch: Vec<u8>,
    outcome: Poll<Result<(), Error>>,
}

impl<H: Handler> Driven<H> {
    /// A driver that has not begun.
    #[must_use]
    pub fn new(handler: H, config: Config) -> Self {
        Self::from_fn(|hours| Driver::new(hours, Chat::new(handler, config)))
    }

    /// The same with a mailbox.
    #[must_use]
    pub fn with_mailbox(handler: H, config: Config, mailbox: Mailbox) -> Self {
        Self::from_fn(|hours| Driver::with_mailbox(hours, Chat::new(handler, config), mailbox))
    }

    /// A driver made with this clock.
    pub fn from_fn(make: impl FnOnce(Hours) -> Driver<Hours, H>) -> Self {
        let hours = Hours::default();
        let (bell, waker) = Bell::new();
        // The first poll is owed to it.
        waker.wake_by_ref();
        Self {
            driver: make(hours.clone()),
            wire: Wire::default(),
            hours,
            bell,
            waker,
            scratch: Vec::new(),
            outcome: Poll::Pending,
        }
    }

    /// Polls it once, if it is not over, and says whether it is.
    pub fn poll(&mut self) -> Poll<Result<(), Error>> {
        if self.outcome.is_pending() {
            let mut cx = Context::from_waker(&self.waker);
            self.outcome = self.driver.poll(&mut cx, &mut self.wire, &mut self.scratch);
        }
        self.outcome.clone()
    }

    /// Whether it has been woken, asked once.
    pub fn was_woken(&self) -> bool {
        self.bell.has_rung()
    }

    /// Polls it for as long as it is woken.
    ///
    /// # Panics
    ///
    /// If that has no end.
    pub fn run(&mut self) -> Poll<Result<(), Error>> {
        const MOST_POLLS: usize = 10_000;
        for _ in 0..MOST_POLLS {
            if !self.was_woken() {
                return self.outcome.clone();
            }
            let _ = self.poll();
        }
        panic!("it is woken for ever");
    }

    /// Some time goes by, in which the alarm rings when it should.
    pub fn pass(&mut self, time: Duration) -> Poll<Result<(), Error>> {
        let until = self.hours.now() + time;
        while let Some(at) = self.hours.alarm().filter(|at| *at <= until) {
            self.hours.advance(at.saturating_sub(self.hours.now()));
            let _ = self.run();
        }
        self.hours.advance(until.saturating_sub(self.hours.now()));
        self.run()
    }
}
