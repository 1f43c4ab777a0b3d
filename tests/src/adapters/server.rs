//! A server of an adapter, whatever its runtime.
#![expect(clippy::unwrap_used, reason = "support for tests: whatever fails here fails the test")]

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use asynchat_core::drive::{ConnectionHandle, Observer, ShutdownHandle};
use asynchat_core::{Config, Error};
use bytes::Bytes;

/// The settings of a server.
#[derive(Clone)]
pub struct Settings {
    /// `Server::with_config`.
    pub config: Config,
    /// `Server::with_connection_limit`.
    pub connection_limit: usize,
    /// `Server::with_drain_timeout`.
    pub drain_timeout: Duration,
    /// `Server::with_admission`.
    pub admits: Arc<dyn Fn(&SocketAddr) -> bool + Send + Sync>,
    /// `Server::with_observer`.
    pub observer: Option<Arc<dyn Observer>>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            config: Config::default(),
            connection_limit: 16,
            drain_timeout: Duration::from_secs(30),
            admits: Arc::new(|_| true),
            observer: None,
        }
    }
}

/// Sets up a server of an adapter, whatever its listener.
macro_rules! set_up {
    ($server:expr, $settings:expr) => {{
        let $crate::adapters::Settings { config, connection_limit, drain_timeout, admits, observer } = $settings;
        let server = $server.with_config(config).with_connection_limit(connection_limit);
        let server = server.with_drain_timeout(drain_timeout).with_admission(move |address| admits(address));
        match observer {
            Some(observer) => server.with_observer(observer),
            None => server,
        }
    }};
}
pub(crate) use set_up;

/// Obeys a line, as [`Adapter::serve_lines`](super::Adapter::serve_lines) says. Returns the answer, if there is one. After
/// `hang` the caller has to disregard a shutdown.
///
/// # Panics
///
/// If the line says so.
pub(super) fn obey(line: &[u8], handle: &ConnectionHandle) -> Result<Option<Bytes>, Error> {
    match line {
        b"panic" => panic!("as the line says"),
        b"fail" => Err(Error::protocol("as the line says")),
        b"hang" => Ok(Some("hanging|".into())),
        b"push" => handle.push("pushed|").map(|()| None).map_err(Error::handler),
        _ => Ok(Some([line, b"|"].concat().into())),
    }
}

/// Returns a listener on some port of 127.0.0.1.
pub fn any_port() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").unwrap()
}

/// A server that runs on its own thread.
pub struct Serving {
    address: SocketAddr,
    shutdown: ShutdownHandle,
    thread: JoinHandle<io::Result<()>>,
}

impl Serving {
    /// Runs a server on a thread of its own: `serve` returns when the server does.
    pub(super) fn start(
        address: SocketAddr,
        shutdown: ShutdownHandle,
        serve: impl FnOnce() -> io::Result<()> + Send + 'static,
    ) -> Self {
        Self { address, shutdown, thread: thread::spawn(serve) }
    }

    /// Returns the address on which it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Starts a graceful shutdown.
    pub fn shutdown(&self) {
        self.shutdown.shutdown();
    }

    /// Waits until it has returned, and passes on its panic.
    ///
    /// # Errors
    ///
    /// Those of `Server::serve`.
    pub fn result(self) -> io::Result<()> {
        self.thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }

    /// Waits until it has returned without an error.
    pub fn join(self) {
        self.result().unwrap();
    }

    /// Shuts the server down and waits until it has returned.
    pub fn stop(self) {
        self.shutdown();
        self.join();
    }
}
