use alloc::sync::Arc;
use core::time::Duration;

use super::connections::Connections;
use super::signals::{ShutdownHandle, Signals};
use crate::chat::Config;
use crate::drive::acceptor::Acceptor;

/// The settings of every server: the state behind the methods that [`server_methods!`] writes. For adapters.
///
/// [`server_methods!`]: crate::server_methods
#[derive(Debug)]
#[non_exhaustive]
pub struct ServerOptions {
    /// The bounds of each connection.
    pub config: Arc<Config>,
    /// How many connections are served at the same time.
    pub connection_limit: usize,
    /// How long the connections may go on after a shutdown.
    pub drain_timeout: Duration,
    signals: Arc<Signals>,
}

impl ServerOptions {
    /// The defaults, with this limit.
    pub fn new(connection_limit: usize) -> Self {
        Self {
            config: Arc::default(),
            connection_limit,
            drain_timeout: Acceptor::DEFAULT_DRAIN_TIMEOUT,
            signals: Arc::default(),
        }
    }

    /// Returns a handle that shuts the server down.
    pub fn shutdown_handle(&self) -> ShutdownHandle {
        ShutdownHandle::new(Arc::clone(&self.signals))
    }

    /// Makes the acceptor of a server with these settings.
    pub fn acceptor(&self) -> Acceptor {
        Acceptor::new(self.connection_limit).with_drain_timeout(self.drain_timeout)
    }

    /// Starts to serve: no connection is open yet. `T` is a task or a thread.
    pub fn connections<T>(self) -> Connections<T> {
        Connections::new(self.config, self.signals)
    }
}

/// Writes the methods by which a server is configured, over a field `options` that is a
/// [`ServerOptions`](crate::drive::ServerOptions). For adapters.
#[doc(hidden)]
#[macro_export]
macro_rules! server_methods {
    (default limit $limit:literal) => {
        /// Sets the bounds of each connection.
        #[must_use]
        pub fn with_config(mut self, config: impl Into<::std::sync::Arc<$crate::exports::Config>>) -> Self {
            self.options.config = config.into();
            self
        }

        /// Sets how many connections are served at the same time.
        #[doc = concat!("The default is ", $limit, ".")]
        /// Further connections wait in the backlog of the system.
        #[must_use]
        pub fn with_connection_limit(mut self, connection_limit: usize) -> Self {
            self.options.connection_limit = connection_limit;
            self
        }

        /// Sets how long the connections may go on after a [shutdown](Self::shutdown_handle). Those that are left
        /// are then aborted, and `serve` returns at most a second later. The default is 30 seconds; `Duration::ZERO` aborts
        /// at once, and `Duration::MAX` waits for ever.
        #[must_use]
        pub fn with_drain_timeout(mut self, drain_timeout: ::core::time::Duration) -> Self {
            self.options.drain_timeout = drain_timeout;
            self
        }

        /// Returns a handle that shuts the server down gracefully, from any task or thread.
        pub fn shutdown_handle(&self) -> $crate::drive::ShutdownHandle {
            self.options.shutdown_handle()
        }
    };
}
