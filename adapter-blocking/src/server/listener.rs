use std::fmt;
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};

use asynchat_core::Config;
use rustix::fd::AsFd;
use socket2::SockRef;

asynchat_core::socket_options!();

/// A listening socket, as a [`Server`](super::Server) needs it. Implemented for those of std.
pub trait Listener: AsFd + Send + 'static {
    /// An accepted connection. It is blocking.
    type Stream: Read + Write + Send + 'static;

    /// The address of a peer, and that at this end.
    type Address: Clone + fmt::Debug + Send + Sync + 'static;

    /// Accepts a connection.
    ///
    /// # Errors
    ///
    /// Those of the system. `WouldBlock` if no connection waits and the listener is non-blocking.
    fn accept(&self) -> io::Result<(Self::Stream, Self::Address)>;

    /// Makes the listener non-blocking.
    ///
    /// # Errors
    ///
    /// Those of the system.
    fn set_nonblocking(&self) -> io::Result<()>;

    /// Sets the options of an accepted connection. A failure is ignored: the peer may have reset the connection already.
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

/// A [`Listener`] that can be made from an address of type `A`.
pub trait Bind<A>: Listener + Sized {
    /// Listens on an address.
    ///
    /// # Errors
    ///
    /// Those of std's `bind`.
    fn bind(address: A) -> io::Result<Self>;
}

impl Listener for TcpListener {
    type Stream = TcpStream;
    type Address = SocketAddr;

    fn accept(&self) -> io::Result<(TcpStream, SocketAddr)> {
        let (stream, address) = Self::accept(self)?;
        // Elsewhere it inherits that from the listener.
        #[cfg(not(any(target_os = "linux", target_os = "android")))]
        stream.set_nonblocking(false)?;
        Ok((stream, address))
    }

    fn set_nonblocking(&self) -> io::Result<()> {
        Self::set_nonblocking(self, true)
    }

    fn set_options(stream: &TcpStream, config: &Config) {
        set_socket_options(&SockRef::from(stream), config);
    }

    fn local_address(stream: &TcpStream) -> io::Result<SocketAddr> {
        stream.local_addr()
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Self::local_addr(self)
    }
}

impl<A: ToSocketAddrs> Bind<A> for TcpListener {
    fn bind(address: A) -> io::Result<Self> {
        let listener = Self::bind(address)?;
        set_backlog(&(&listener).into());
        Ok(listener)
    }
}

#[cfg(unix)]
mod unix {
    use std::io;
    use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
    use std::path::Path;

    use asynchat_core::Config;

    use super::{Bind, Listener, set_backlog};

    impl Listener for UnixListener {
        type Stream = UnixStream;
        type Address = SocketAddr;

        fn accept(&self) -> io::Result<(UnixStream, SocketAddr)> {
            let (stream, address) = Self::accept(self)?;
            #[cfg(not(any(target_os = "linux", target_os = "android")))]
            stream.set_nonblocking(false)?;
            Ok((stream, address))
        }

        fn set_nonblocking(&self) -> io::Result<()> {
            Self::set_nonblocking(self, true)
        }

        /// A Unix socket has neither delay nor keepalive.
        fn set_options(_: &UnixStream, _: &Config) {}

        fn local_address(stream: &UnixStream) -> io::Result<SocketAddr> {
            stream.local_addr()
        }

        fn local_addr(&self) -> io::Result<SocketAddr> {
            Self::local_addr(self)
        }
    }

    impl<P: AsRef<Path>> Bind<P> for UnixListener {
        fn bind(path: P) -> io::Result<Self> {
            let listener = Self::bind(path)?;
            set_backlog(&(&listener).into());
            Ok(listener)
        }
    }
}

// Windows cannot tell the times.
#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::time::Duration;

    use asynchat_core::{Config, Keepalive};

    use super::*;

    /// The options as a socket has them after it was set up so.
    fn set_up(tcp_keepalive: Option<Keepalive>) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        set_socket_options(&SockRef::from(&stream), &Config::default().with_tcp_keepalive(tcp_keepalive));
        stream
    }

    #[test]
    fn socket_options_are_those_of_the_config() {
        let stream = set_up(Config::default().tcp_keepalive);
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(60));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(10));
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 6);
        assert!(!SockRef::from(&set_up(None)).keepalive().unwrap());
    }

    #[test]
    fn socket_options_have_at_least_a_second() {
        let short = Duration::from_millis(1);
        let stream = set_up(Some(Keepalive::default().with_idle(short).with_interval(short).with_retries(1)));
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(1));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(1));
    }
}
