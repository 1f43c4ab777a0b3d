use std::any::Any;
use std::io;
use std::net::{Shutdown, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::fd::{AsFd, BorrowedFd};

/// A stream that is a socket, so that poll(2) can wait for it.
///
/// A bound cannot express "any `Read + Write`, with more if it is a socket", so the type is looked up. That costs
/// nothing at run time, and requires a stream that borrows nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Socket<'s> {
    Tcp(&'s TcpStream),
    #[cfg(unix)]
    Unix(&'s UnixStream),
}

impl<'s> Socket<'s> {
    pub(crate) fn of<S: 'static>(stream: &'s S) -> Option<Self> {
        let stream: &dyn Any = stream;
        #[cfg(unix)]
        if let Some(stream) = stream.downcast_ref() {
            return Some(Self::Unix(stream));
        }
        stream.downcast_ref().map(Self::Tcp)
    }

    pub(crate) fn set_nonblocking(self, nonblocking: bool) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nonblocking(nonblocking),
            #[cfg(unix)]
            Self::Unix(stream) => stream.set_nonblocking(nonblocking),
        }
    }

    pub(crate) fn shut_down(self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
        }
    }

    /// Returns the read timeout and the write timeout that its owner has set.
    pub(crate) fn timeouts(self) -> [Option<Duration>; 2] {
        let (read, write) = match self {
            Self::Tcp(stream) => (stream.read_timeout(), stream.write_timeout()),
            #[cfg(unix)]
            Self::Unix(stream) => (stream.read_timeout(), stream.write_timeout()),
        };
        [read, write].map(|timeout| timeout.ok().flatten())
    }

    pub(crate) fn as_fd(self) -> BorrowedFd<'s> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.as_fd(),
        }
    }
}
