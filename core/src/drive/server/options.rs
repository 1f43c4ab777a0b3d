use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::time::Duration;
use std::collections::HashMap;

use super::connections::Connections;
use super::isolate_panic;
use super::observer::Observer;
use super::signals::{ShutdownHandle, Signals};
use crate::chat::Config;
use crate::drive::acceptor::Acceptor;
use crate::output::Exclusive;

/// The code that decides by its address whether a connection is served. Exclusive, so that a server can be shared between
/// threads.
pub(super) type Admission<A> = Exclusive<Box<dyn FnMut(&A) -> bool + Send>>;

/// Asks the admission. A panic of it refuses the connection.
pub(super) fn admits<A>(admission: &mut Admission<A>, address: &A) -> bool {
    let admits = admission.get_mut();
    isolate_panic(|| admits(address)).unwrap_or(false)
}

/// The settings of every server: the state behind the methods that [`server_methods!`] writes. `A` is the address of a
/// peer. For adapters.
///
/// [`server_methods!`]: crate::server_methods
#[non_exhaustive]
pub struct ServerOptions<A> {
    /// The bounds of each connection.
    pub config: Arc<Config>,
    /// The most connections that are served at the same time.
    pub connection_limit: usize,
    /// The time for which the connections may go on after a shutdown.
    pub drain_timeout: Duration,
    observer: Option<Arc<dyn Observer>>,
    admission: Option<Admission<A>>,
    signals: Arc<Signals>,
}

impl<A> ServerOptions<A> {
    /// The defaults, with this limit.
    pub fn new(connection_limit: usize) -> Self {
        Self {
            config: Arc::default(),
            connection_limit,
            drain_timeout: Acceptor::DEFAULT_DRAIN_TIMEOUT,
            observer: None,
            admission: None,
            signals: Arc::default(),
        }
    }

    /// Sets the observer.
    pub fn set_observer(&mut self, observer: impl Observer) {
        self.observer = Some(Arc::new(observer));
    }

    /// Sets the code that decides whether a connection is served.
    pub fn set_admission(&mut self, admits: impl FnMut(&A) -> bool + Send + 'static) {
        self.admission = Some(Exclusive::new(Box::new(admits)));
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
    pub fn connections<T>(self) -> Connections<T, A> {
        let Self { config, observer, admission, signals, .. } = self;
        Connections { config, signals, observer, admission, open: HashMap::new(), next_number: 0 }
    }
}

impl<A> fmt::Debug for ServerOptions<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerOptions")
            .field("config", &self.config)
            .field("connection_limit", &self.connection_limit)
            .field("drain_timeout", &self.drain_timeout)
            .field("has_observer", &self.observer.is_some())
            .field("has_admission", &self.admission.is_some())
            .finish_non_exhaustive()
    }
}

/// Writes the methods by which a server is configured, and tells its address, over a field `options` that is a
/// [`ServerOptions`](crate::drive::ServerOptions), and a field `listeners` that is a `Vec`. For adapters.
#[doc(hidden)]
#[macro_export]
macro_rules! server_methods {
    (default limit $limit:literal, address $address:ty) => {
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

        /// Sets code that decides by the address of its peer whether a connection is served: a list of networks, or a
        /// limit for each peer. It is asked before anything is allocated for the connection. A connection that it refuses
        /// is closed at once, and so is one on whose address it panics; the [observer](Self::with_observer) is told.
        ///
        /// The loop that accepts waits for it, so it must be quick. The default admits every connection.
        #[must_use]
        pub fn with_admission(mut self, admits: impl FnMut(&$address) -> bool + Send + 'static) -> Self {
            self.options.set_admission(admits);
            self
        }

        /// Sets the observer, which is told of every connection: for logs and metrics. Another call replaces it; a pair
        /// of observers is an observer too. The default is none, which costs nothing.
        #[must_use]
        pub fn with_observer(mut self, observer: impl $crate::drive::Observer) -> Self {
            self.options.set_observer(observer);
            self
        }

        /// Returns the address that the server listens on: that of the first listener.
        ///
        /// # Errors
        ///
        /// Those of the listener.
        pub fn local_addr(&self) -> ::std::io::Result<$address> {
            match self.listeners.first() {
                Some(listener) => listener.local_addr(),
                // It is made with one.
                None => Err(::std::io::ErrorKind::NotFound.into()),
            }
        }

        /// Returns a handle that shuts the server down gracefully, from any task or thread.
        pub fn shutdown_handle(&self) -> $crate::drive::ShutdownHandle {
            self.options.shutdown_handle()
        }
    };
}
