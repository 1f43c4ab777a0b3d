use core::fmt;
use core::future::ready;
use std::io;

use crate::chat::Config;
use crate::drive::transport::{Clock, IoWrapper, Transport};

/// An asynchronous runtime, as a [`Server`](super::Server) needs it: its tasks and its time. For adapters.
pub trait Runtime: 'static {
    /// The time, and a timer.
    type Clock: Clock + Default + Send + 'static;

    /// A stream of the runtime, as core reads and writes it. It is a [`Transport`] if the runtime can drive `S`.
    type Io<S>: IoWrapper<Stream = S>;

    /// A task. Dropping it cancels the task: the runtime drops its future as soon as it is not being polled.
    type Task: Send + 'static;

    /// Prepares the runtime. Called once, before the first connection is accepted.
    fn start() -> impl Future<Output = ()> + Send {
        ready(())
    }

    /// Spawns a task, which may be polled by any thread.
    fn spawn(future: impl Future<Output = ()> + Send + 'static) -> Self::Task;
}

/// A listening socket of a runtime, as a [`Server`](super::Server) needs it. For adapters.
pub trait Listener: Send + Sync + 'static {
    /// The runtime that its connections are driven on.
    type Runtime: Runtime;

    /// The address of a peer, and that at this end.
    type Address: Clone + fmt::Debug + Send + Sync + 'static;

    /// An accepted connection. Shutting it down ends its output.
    type Stream: Send + 'static;

    /// An accepted connection, as core reads and writes it.
    type Transport: Transport + IoWrapper<Stream = Self::Stream> + Send + 'static;

    /// Waits for a connection. May be cancelled without losing one.
    fn accept(&self) -> impl Future<Output = io::Result<(Self::Stream, Self::Address)>> + Send;

    /// Sets the options of an accepted connection. An adapter with TCP does it with
    /// [`socket_options!`](crate::socket_options!).
    ///
    /// - To send without delay (`TCP_NODELAY`): output is coalesced before it is written, and to wait for more would only
    ///   delay it.
    /// - [`Config::tcp_keepalive`].
    ///
    /// A failure is ignored: the peer may have reset the connection already, which reading will tell.
    fn set_options(stream: &Self::Stream, config: &Config);

    /// Returns the address of this end of an accepted connection.
    ///
    /// # Errors
    ///
    /// Those of the system. The connection is then dropped: it was reset before.
    fn local_address(stream: &Self::Stream) -> io::Result<Self::Address>;

    /// Returns the address that it listens on.
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn local_addr(&self) -> io::Result<Self::Address>;
}

/// A [`Listener`] that can be made from an address of type `A`. For adapters.
pub trait Bind<A>: Listener + Sized {
    /// Listens on an address.
    fn bind(address: A) -> impl Future<Output = io::Result<Self>>;
}

/// Writes `set_socket_options` and `set_backlog`, functions for the sockets of a server, with the `socket2` of the
/// crate that they expand in: core has no sockets. For adapters.
#[doc(hidden)]
#[macro_export]
macro_rules! socket_options {
    () => {
        /// Sets the options of an accepted connection: [`Listener::set_options`]($crate::drive::Listener::set_options).
        pub(crate) fn set_socket_options(socket: &::socket2::SockRef<'_>, config: &$crate::exports::Config) {
            // Both fail if the peer has reset the connection already.
            let _ = socket.set_tcp_nodelay(true);
            if let Some(keepalive) = config.tcp_keepalive {
                // The systems count seconds, and refuse 0.
                let seconds = |time: ::core::time::Duration| time.max(::core::time::Duration::from_secs(1));
                let times = ::socket2::TcpKeepalive::new().with_time(seconds(keepalive.idle));
                #[cfg(any(
                    target_os = "android",
                    target_os = "freebsd",
                    target_os = "ios",
                    target_os = "linux",
                    target_os = "macos",
                    target_os = "netbsd",
                    windows
                ))]
                let times = times.with_interval(seconds(keepalive.interval)).with_retries(keepalive.retries);
                let _ = socket.set_tcp_keepalive(&times);
            }
        }

        /// Makes the backlog of a listener as long as most systems allow: 4,096 connections, the default of Linux
        /// (`net.core.somaxconn`), which caps what is longer. Runtimes ask for 128 to 1,024. A second call of listen(2)
        /// changes nothing but the length.
        pub(crate) fn set_backlog(socket: &::socket2::SockRef<'_>) {
            // A listener with a shorter backlog is as good as any.
            let _ = socket.listen(4096);
        }
    };
}
