use core::time::Duration;

mod accept_error;

pub use accept_error::AcceptError;

use crate::invariant::sum;

/// The decisions of a server's loop: when to accept a connection, when not to, and when the server is done.
///
/// In scope: a limit on connections, backoff after failures to accept, and a graceful shutdown that waits for the
/// connections to end, within a bound. Out of scope: the listener, the connections and the clock, which are the adapter's.
///
/// # The methods
///
/// | family | purpose | methods |
/// |---|---|---|
/// | `handle_*` | events of the listener, the connections and the clock | [`handle_accepted`](Self::handle_accepted), [`handle_closed`](Self::handle_closed), [`handle_accept_error`](Self::handle_accept_error), [`handle_timeout`](Self::handle_timeout) |
/// | `poll_*` | what to do next | [`poll_timeout`](Self::poll_timeout), [`poll_abort`](Self::poll_abort) |
/// | getters | the state | [`wants_accept`](Self::wants_accept), [`is_closing`](Self::is_closing), [`is_drained`](Self::is_drained), [`open_connections`](Self::open_connections), [`connection_limit`](Self::connection_limit) |
/// | commands | the operator of the server | [`close`](Self::close) |
///
/// # The order in which a loop calls them
///
/// ```text
/// until is_drained:
///   handle_timeout(now)
///   if poll_abort: abort every connection
///   wait for the first of
///     - if wants_accept: the listener   handle_timeout(now), then handle_accepted or handle_accept_error
///     - a connection's end              handle_closed
///     - poll_timeout                    handle_timeout(now)
///     - a shutdown                      handle_timeout(now), then close
/// ```
///
/// `now` is any monotonic time since any fixed origin, and so is the result of [`poll_timeout`](Self::poll_timeout). A
/// pause starts at the last `now`. If that was long ago, the pause is over at the next `now`, and one attempt, no more,
/// is made too early.
///
/// # Failures to accept
///
/// ```text
///             ┌──────────────── a success, or ────────────────┐
///             ▼                 a connection has ended        │
///  accepting ─┴─ AcceptError::Resources ─▶ pausing 10 ms, then 20, 40 … 500 ms
///      │                                      ▲         │
///      │                                      │         └─ poll_timeout ─▶ accepting
///      └─ 128 AcceptError::Connection in a row┘ (10 ms, always)
/// ```
///
/// [`AcceptError::Listener`] is final: the acceptor closes itself, as [`close`](Self::close) does.
///
/// # Shutdown
///
/// ```text
///  close ─▶ draining ─ the drain timeout ─▶ aborting ─ 1 s ─▶ is_drained
///              └───────── the last handle_closed ──────────────▲
/// ```
///
/// asyncore's loop ended when `accept` failed (CVE-2010-3492). Other loops retried at once: a connection that cannot be
/// accepted for lack of a descriptor stays in the backlog, so that such a loop spins (libuv#690). This one does what nginx
/// does: it ignores the listener for a moment.
///
/// # Examples
///
/// A server for two, and a shutdown:
///
/// ```
/// use std::time::Duration;
/// use asynchat_core::drive::{AcceptError, Acceptor};
///
/// let mut acceptor = Acceptor::new(2);
/// acceptor.handle_accepted();
/// acceptor.handle_accepted();
/// assert!(!acceptor.wants_accept(), "the limit is two");
/// acceptor.handle_closed();
/// assert!(acceptor.wants_accept());
///
/// // No descriptor is left: a short pause.
/// acceptor.handle_timeout(Duration::from_secs(7));
/// acceptor.handle_accept_error(AcceptError::Resources);
/// assert!(!acceptor.wants_accept());
/// let until = acceptor.poll_timeout().unwrap();
/// assert_eq!(until, Duration::from_millis(7_010));
/// acceptor.handle_timeout(until);
/// assert!(acceptor.wants_accept());
///
/// acceptor.close();
/// assert!(!acceptor.wants_accept() && !acceptor.is_drained());
/// acceptor.handle_closed();
/// assert!(acceptor.is_drained());
/// ```
#[derive(Debug, Clone)]
pub struct Acceptor {
    connection_limit: usize,
    drain_timeout: Duration,
    open_connections: usize,
    shutdown: Option<Shutdown>,
    now: Duration,
    paused_until: Option<Duration>,
    /// The length of the next pause for lack of resources.
    next_pause: Duration,
    /// The connections that have failed since the last success or pause.
    failed_in_a_row: u32,
}

/// The state of a shutdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shutdown {
    /// The connections end by themselves.
    Draining { until: Duration },
    /// The drain timeout is over, and [`Acceptor::poll_abort`] has not said so.
    Overdue,
    /// The connections were aborted.
    Aborting { until: Duration },
    /// Some connections do not react: their handlers do not return.
    GivenUp,
}

impl Acceptor {
    /// The time between the abort of the connections and the end of the server. An abort takes effect between two calls
    /// of a handler: this is for one that does not return.
    const ABORT_TIMEOUT: Duration = Duration::from_secs(1);

    /// The default drain timeout: the default of Kubernetes' `terminationGracePeriodSeconds`, after which a pod is killed.
    pub(crate) const DEFAULT_DRAIN_TIMEOUT: Duration = Duration::from_secs(30);

    /// The first pause: too short to be noticed, and long enough to cost nothing, at a hundred attempts a second.
    const FIRST_PAUSE: Duration = Duration::from_millis(10);

    /// The longest pause: that of nginx (`accept_mutex_delay`). The server accepts again within a second after the shortage
    /// has ended, even if none of its own connections ends.
    const LONGEST_PAUSE: Duration = Duration::from_millis(500);

    /// The connections in a row that may fail before a pause: a classic listen backlog (`SOMAXCONN`), closed by its
    /// peers while it waited. Each such failure takes one connection out of the backlog, so retrying at once is
    /// progress; but a listener that only fails must not keep the processor busy. With the pause that is 12,800
    /// failures a second: the 4,096 connections of Linux's default backlog take a third of a second.
    const FAILURES_BEFORE_PAUSE: u32 = 128;

    /// Makes an acceptor for up to `connection_limit` open connections. `usize::MAX` is no limit; 0 accepts nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::drive::Acceptor;
    ///
    /// assert!(Acceptor::new(10_000).wants_accept());
    /// assert!(!Acceptor::new(0).wants_accept());
    /// ```
    pub fn new(connection_limit: usize) -> Self {
        Self {
            connection_limit,
            drain_timeout: Self::DEFAULT_DRAIN_TIMEOUT,
            open_connections: 0,
            shutdown: None,
            now: Duration::ZERO,
            paused_until: None,
            next_pause: Self::FIRST_PAUSE,
            failed_in_a_row: 0,
        }
    }

    /// Sets how long the open connections may go on after [`close`](Self::close). The default is 30 seconds;
    /// `Duration::MAX` is no limit.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use asynchat_core::drive::Acceptor;
    ///
    /// let mut acceptor = Acceptor::new(10).with_drain_timeout(Duration::from_secs(5));
    /// acceptor.close();
    /// assert_eq!(acceptor.poll_timeout(), Some(Duration::from_secs(5)));
    /// ```
    #[must_use]
    pub fn with_drain_timeout(mut self, drain_timeout: Duration) -> Self {
        self.drain_timeout = drain_timeout;
        self
    }

    /// Counts a connection that was accepted as open, until [`handle_closed`](Self::handle_closed).
    ///
    /// It counts even above the limit or after [`close`](Self::close), since an attempt may have been under way. The caller
    /// decides whether to serve or to drop it.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut acceptor = asynchat_core::drive::Acceptor::new(1);
    /// acceptor.handle_accepted();
    /// assert_eq!(acceptor.open_connections(), 1);
    /// assert!(!acceptor.wants_accept());
    /// ```
    pub fn handle_accepted(&mut self) {
        self.open_connections = sum(self.open_connections, 1);
        self.paused_until = None;
        self.next_pause = Self::FIRST_PAUSE;
        self.failed_in_a_row = 0;
    }

    /// Counts a connection as closed. Call it after its socket is closed.
    ///
    /// That has freed a descriptor and buffers, so a pause ends. The attempts that come early in this way are bounded
    /// by the connections that were accepted.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::drive::{AcceptError, Acceptor};
    ///
    /// let mut acceptor = Acceptor::new(10);
    /// acceptor.handle_accepted();
    /// acceptor.handle_accept_error(AcceptError::Resources);
    /// assert!(!acceptor.wants_accept());
    /// acceptor.handle_closed();
    /// assert!(acceptor.wants_accept());
    /// ```
    pub fn handle_closed(&mut self) {
        // A caller may count a connection as closed twice.
        self.open_connections = self.open_connections.saturating_sub(1);
        self.paused_until = None;
    }

    /// Notes a failure to accept. [`AcceptError::Listener`] closes the acceptor. The next attempt comes at once after
    /// [`AcceptError::Connection`], and after a pause after [`AcceptError::Resources`].
    ///
    /// Do not pass the error of a connection that *was* accepted, such as a reset before its address was read: that
    /// connection has begun and ended.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::drive::{AcceptError, Acceptor};
    ///
    /// let mut acceptor = Acceptor::new(10);
    /// acceptor.handle_accept_error(AcceptError::Connection);
    /// assert!(acceptor.wants_accept());
    /// acceptor.handle_accept_error(AcceptError::Resources);
    /// assert!(!acceptor.wants_accept());
    /// ```
    pub fn handle_accept_error(&mut self, error: AcceptError) {
        match error {
            AcceptError::Connection => {
                self.failed_in_a_row = self.failed_in_a_row.saturating_add(1);
                if self.failed_in_a_row >= Self::FAILURES_BEFORE_PAUSE {
                    self.pause(Self::FIRST_PAUSE);
                }
            }
            AcceptError::Resources => {
                self.pause(self.next_pause);
                self.next_pause = self.next_pause.saturating_mul(2).min(Self::LONGEST_PAUSE);
            }
            AcceptError::Listener => self.close(),
        }
    }

    /// Advances the clock to `now`, and ends a pause or a drain timeout that is over. May be called at any time.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use asynchat_core::drive::{AcceptError, Acceptor};
    ///
    /// let mut acceptor = Acceptor::new(10);
    /// acceptor.handle_accept_error(AcceptError::Resources);
    /// acceptor.handle_timeout(Duration::from_millis(9));
    /// assert!(!acceptor.wants_accept());
    /// acceptor.handle_timeout(Duration::from_millis(10));
    /// assert!(acceptor.wants_accept());
    /// ```
    pub fn handle_timeout(&mut self, now: Duration) {
        self.now = self.now.max(now);
        if self.paused_until.is_some_and(|until| until <= self.now) {
            self.paused_until = None;
        }
        match self.shutdown {
            Some(Shutdown::Draining { until }) if until <= self.now => self.shutdown = Some(Shutdown::Overdue),
            Some(Shutdown::Aborting { until }) if until <= self.now => self.shutdown = Some(Shutdown::GivenUp),
            _ => {}
        }
    }

    /// Returns whether to abort every connection that is open: once, when the drain timeout of [`close`](Self::close) is
    /// over. The loop then waits a second for them at most.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use asynchat_core::drive::Acceptor;
    ///
    /// let mut acceptor = Acceptor::new(10);
    /// acceptor.handle_accepted();
    /// acceptor.close();
    /// assert!(!acceptor.poll_abort());
    /// acceptor.handle_timeout(Duration::from_secs(30));
    /// assert!(acceptor.poll_abort());
    /// assert!(!acceptor.poll_abort(), "once");
    ///
    /// // A handler does not return.
    /// acceptor.handle_timeout(Duration::from_secs(31));
    /// assert!(acceptor.is_drained());
    /// ```
    pub fn poll_abort(&mut self) -> bool {
        let overdue = self.shutdown == Some(Shutdown::Overdue);
        if overdue {
            self.shutdown = Some(Shutdown::Aborting { until: self.now.saturating_add(Self::ABORT_TIMEOUT) });
        }
        overdue
    }

    /// Returns the deadline for the next [`handle_timeout`](Self::handle_timeout): the end of a pause or of a drain
    /// timeout. `None` if there is none.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::time::Duration;
    /// use asynchat_core::drive::{AcceptError, Acceptor};
    ///
    /// let mut acceptor = Acceptor::new(10);
    /// assert_eq!(acceptor.poll_timeout(), None);
    /// acceptor.handle_accept_error(AcceptError::Resources);
    /// assert_eq!(acceptor.poll_timeout(), Some(Duration::from_millis(10)));
    /// ```
    pub fn poll_timeout(&self) -> Option<Duration> {
        match self.shutdown {
            None => self.paused_until,
            Some(Shutdown::Draining { until } | Shutdown::Aborting { until }) => Some(until),
            Some(Shutdown::Overdue | Shutdown::GivenUp) => Some(self.now),
        }
    }

    /// Starts a graceful shutdown: accepts no more. The open connections go on for the drain timeout, from the last
    /// `now`; then [`poll_abort`](Self::poll_abort) says to abort them. When none is left, the acceptor [is
    /// drained](Self::is_drained). A second call does nothing.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut acceptor = asynchat_core::drive::Acceptor::new(10);
    /// acceptor.close();
    /// assert!(!acceptor.wants_accept());
    /// ```
    pub fn close(&mut self) {
        let until = self.now.saturating_add(self.drain_timeout);
        self.shutdown.get_or_insert(Shutdown::Draining { until });
        self.paused_until = None;
    }

    /// Returns whether to accept a connection now: the limit is not reached, there is no pause, and it was not closed.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut acceptor = asynchat_core::drive::Acceptor::new(1);
    /// assert!(acceptor.wants_accept());
    /// acceptor.handle_accepted();
    /// assert!(!acceptor.wants_accept());
    /// ```
    pub fn wants_accept(&self) -> bool {
        !self.is_closing() && self.paused_until.is_none() && self.open_connections < self.connection_limit
    }

    /// Returns whether [`close`](Self::close) was called.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut acceptor = asynchat_core::drive::Acceptor::new(10);
    /// assert!(!acceptor.is_closing());
    /// acceptor.close();
    /// assert!(acceptor.is_closing());
    /// ```
    pub fn is_closing(&self) -> bool {
        self.shutdown.is_some()
    }

    /// Returns whether it was closed and the last connection has ended, so that the server is done. Connections that
    /// have not ended a second after they were to be aborted are given up.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut acceptor = asynchat_core::drive::Acceptor::new(10);
    /// assert!(!acceptor.is_drained());
    /// acceptor.close();
    /// assert!(acceptor.is_drained());
    /// ```
    pub fn is_drained(&self) -> bool {
        match self.shutdown {
            None => false,
            Some(Shutdown::GivenUp) => true,
            Some(_) => self.open_connections == 0,
        }
    }

    /// Returns how many connections are open.
    ///
    /// # Examples
    ///
    /// ```
    /// let mut acceptor = asynchat_core::drive::Acceptor::new(10);
    /// acceptor.handle_accepted();
    /// assert_eq!(acceptor.open_connections(), 1);
    /// ```
    pub fn open_connections(&self) -> usize {
        self.open_connections
    }

    /// Returns how many connections may be open at the same time.
    ///
    /// # Examples
    ///
    /// ```
    /// assert_eq!(asynchat_core::drive::Acceptor::new(10).connection_limit(), 10);
    /// ```
    pub fn connection_limit(&self) -> usize {
        self.connection_limit
    }

    fn pause(&mut self, length: Duration) {
        self.failed_in_a_row = 0;
        if !self.is_closing() {
            self.paused_until = Some(self.now.saturating_add(length));
        }
    }
}

#[cfg(test)]
mod tests;
