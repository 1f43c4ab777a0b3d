use core::time::Duration;

mod accept_error;

pub use accept_error::AcceptError;

/// What a server's loop decides: when to accept a connection, when not to, and when it is done.
///
/// In scope: a limit on connections, failures to accept that neither stop the server nor spin it, and a shutdown that
/// waits for the connections to end. Out of scope: the listener, the connections, the clock; those are the adapter's.
///
/// # The methods
///
/// | family | who speaks | methods |
/// |---|---|---|
/// | `handle_*` | the listener and the connections say what happened | [`handle_accepted`](Self::handle_accepted), [`handle_closed`](Self::handle_closed), [`handle_accept_error`](Self::handle_accept_error), [`handle_timeout`](Self::handle_timeout) |
/// | `poll_*` | the loop asks what to do | [`poll_timeout`](Self::poll_timeout) |
/// | bare | what is so | [`wants_accept`](Self::wants_accept), [`is_closing`](Self::is_closing), [`is_drained`](Self::is_drained), [`open_connections`](Self::open_connections), [`connection_limit`](Self::connection_limit) |
/// | commands | whoever runs the server | [`close`](Self::close) |
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
///     - the wish to shut down           close
/// ```
///
/// `now` is any monotonic time since any fixed origin, and so is what [`poll_timeout`](Self::poll_timeout) returns. A
/// pause is counted from the time that was told last; if that was long ago, the pause is over when the time is told
/// next, and one attempt is made too early, no more.
///
/// # Failures to accept
///
/// ```text
///             ┌──────────────── a success, or ────────────────┐
///             ▼                 one of ours has ended         │
///  accepting ─┴─ AcceptError::Resources ─▶ pausing 10 ms, then 20, 40 … 500 ms
///      │                                      ▲         │
///      │                                      │         └─ poll_timeout ─▶ accepting
///      └─ 128 AcceptError::Connection in a row┘ (10 ms, always)
/// ```
///
/// asyncore's loop ended when `accept` failed (CVE-2010-3492), and others went on at once: a connection that could not be
/// accepted for want of a descriptor is still there, so that loop turns for ever at full speed (libuv#690). Between the
/// two lies what nginx does: it takes its eyes off the listener for a moment.
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
/// assert!(!acceptor.wants_accept(), "two are enough");
/// acceptor.handle_closed();
/// assert!(acceptor.wants_accept());
///
/// // No descriptor is left: a moment's pause.
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
    /// How long the next pause for want of resources is to be.
    next_pause: Duration,
    /// How many connections have failed since the last success or pause.
    failed_in_a_row: u32,
}

impl Acceptor {
    /// The first pause: short enough that nobody notices, long enough to cost nothing, at a hundred attempts a second.
    const FIRST_PAUSE: Duration = Duration::from_millis(10);

    /// No pause is longer: nginx's `accept_mutex_delay`. Even if none of our own connections ends, the server is back
    /// within a second of whatever was short.
    const LONGEST_PAUSE: Duration = Duration::from_millis(500);

    /// So many connections in a row may fail before a pause: a classic listen backlog (`SOMAXCONN`), all of it given up
    /// while it waited. Each such failure takes one connection out of the backlog, so going on at once is progress; but
    /// a listener that only ever says so must not keep the processor. With the pause that is 12,800 failures a second,
    /// so the 4,096 that Linux lets wait by default are through in a third of one.
    const FAILURES_BEFORE_PAUSE: u32 = 128;

    /// Accepts up to `connection_limit` connections at once. `usize::MAX` is no limit, and 0 accepts nothing.
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

    /// A connection has been accepted. It counts as open until [`handle_closed`](Self::handle_closed).
    ///
    /// It counts even above the limit or after [`close`](Self::close), since an attempt may have been under way; whether
    /// it is served or dropped is the caller's affair.
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
        self.open_connections = self.open_connections.saturating_add(1);
        self.paused_until = None;
        self.next_pause = Self::FIRST_PAUSE;
        self.failed_in_a_row = 0;
    }

    /// One of the connections has ended, and its socket is closed.
    ///
    /// That has freed a descriptor, and buffers with it, so a pause is over. What can be attempted early in this way is
    /// bounded by the connections that were accepted. Say it after the socket is closed, or the attempt is in vain.
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
        self.open_connections = self.open_connections.saturating_sub(1);
        self.paused_until = None;
    }

    /// Accepting has failed. After [`AcceptError::Connection`] it is tried again at once, after
    /// [`AcceptError::Resources`] when a pause is over.
    ///
    /// An error of a connection that *was* accepted, as when a peer resets it before its address is asked for, does not
    /// belong here: that connection has begun and ended.
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

    /// It is now so late: a monotonic time since any fixed origin, the same in all calls. May be called at any time.
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

    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest, on the clock of which it was last told: when
    /// a pause is over. `None`: no need.
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

    /// Accepts no more: the graceful shutdown. The connections go on; [`is_drained`](Self::is_drained) when none is left.
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

    /// Whether to accept a connection now: there are fewer than the limit, no pause is on, and it was not closed.
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

    /// Whether [`close`](Self::close) was called.
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

    /// Whether it was closed and the last connection has ended, so that the server is done.
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

    /// How many connections were accepted and have not ended.
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

    /// How many connections may be open at once.
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
