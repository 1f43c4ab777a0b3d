use core::time::Duration;

mod accept_error;

pub use accept_error::AcceptError;

use crate::invariant::sum;

/// The decisions of a server's loop: when to accept a connection, when not to, and when the server is done.
///
/// In scope: a limit on connections, backoff after failures to accept, and a graceful shutdown that waits for the
/// connections to end. Out of scope: the listener, the connections and the clock, which are the adapter's.
///
/// # The methods
///
/// | family | purpose | methods |
/// |---|---|---|
/// | `handle_*` | events of the listener, the connections and the clock | [`handle_accepted`](Self::handle_accepted), [`handle_closed`](Self::handle_closed), [`handle_accept_error`](Self::handle_accept_error), [`handle_timeout`](Self::handle_timeout) |
/// | `poll_*` | what to do next | [`poll_timeout`](Self::poll_timeout) |
/// | getters | the state | [`wants_accept`](Self::wants_accept), [`is_closing`](Self::is_closing), [`is_drained`](Self::is_drained), [`open_connections`](Self::open_connections), [`connection_limit`](Self::connection_limit) |
/// | commands | the operator of the server | [`close`](Self::close) |
///
/// # The order in which a loop calls them
///
/// ```text
/// until is_drained:
///   handle_timeout(now)
///   wait for the first of
///     - if wants_accept: the listener   handle_timeout(now), then handle_accepted or handle_accept_error
///     - a connection's end              handle_closed
///     - poll_timeout                    handle_timeout(now)
///     - a shutdown                      close
/// ```
///
/// `now` is any monotonic time since any fixed origin, and so is the result of [`poll_timeout`](Self::poll_timeout). A pause
/// starts at the last `now`. If that was long ago, the pause is over at the next `now`, and one attempt, no more, is made
/// too early.
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
    open_connections: usize,
    closing: bool,
    now: Duration,
    paused_until: Option<Duration>,
    /// The length of the next pause for lack of resources.
    next_pause: Duration,
    /// The connections that have failed since the last success or pause.
    failed_in_a_row: u32,
}

impl Acceptor {
    /// The first pause: too short to be noticed, and long enough to cost nothing, at a hundred attempts a second.
    const FIRST_PAUSE: Duration = Duration::from_millis(10);

    /// The longest pause: that of nginx (`accept_mutex_delay`). The server accepts again within a second after the shortage
    /// has ended, even if none of its own connections ends.
    const LONGEST_PAUSE: Duration = Duration::from_millis(500);

    /// The connections in a row that may fail before a pause: a classic listen backlog (`SOMAXCONN`), closed by its peers
    /// while it waited. Each such failure takes one connection out of the backlog, so retrying at once is progress; but a
    /// listener that only fails must not keep the processor busy. With the pause that is 12,800 failures a second: the 4,096
    /// connections of Linux's default backlog take a third of a second.
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
            open_connections: 0,
            closing: false,
            now: Duration::ZERO,
            paused_until: None,
            next_pause: Self::FIRST_PAUSE,
            failed_in_a_row: 0,
        }
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
    /// That has freed a descriptor and buffers, so a pause ends. The attempts that come early in this way are bounded by the
    /// connections that were accepted.
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

    /// Notes a failure to accept. The next attempt comes at once after [`AcceptError::Connection`], and after a pause after
    /// [`AcceptError::Resources`].
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
        }
    }

    /// Advances the clock to `now`, and ends a pause that is over. May be called at any time.
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
    }

    /// Returns the deadline for the next [`handle_timeout`](Self::handle_timeout): the end of a pause. `None` if there is none.
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
        self.paused_until
    }

    /// Starts a graceful shutdown: accepts no more. The open connections go on; when none is left, the acceptor
    /// [is drained](Self::is_drained).
    ///
    /// # Examples
    ///
    /// ```
    /// let mut acceptor = asynchat_core::drive::Acceptor::new(10);
    /// acceptor.close();
    /// assert!(!acceptor.wants_accept());
    /// ```
    pub fn close(&mut self) {
        self.closing = true;
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
        !self.closing && self.paused_until.is_none() && self.open_connections < self.connection_limit
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
        self.closing
    }

    /// Returns whether it was closed and the last connection has ended, so that the server is done.
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
        self.closing && self.open_connections == 0
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
        if !self.closing {
            self.paused_until = Some(self.now.saturating_add(length));
        }
    }
}

#[cfg(test)]
mod tests;
