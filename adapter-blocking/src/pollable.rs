use std::any::Any;
#[cfg(unix)]
use std::fs::File;
use std::io;
use std::net::{Shutdown, TcpStream};
#[cfg(unix)]
use std::os::unix::net::UnixStream;
use std::time::Duration;

use rustix::fd::{AsFd, BorrowedFd};
use socket2::SockRef;

/// A stream that poll(2) can wait for: a socket, or a file of a terminal, a serial line or a named pipe.
///
/// A bound cannot express "any `Read + Write`, with more if it is one of these", so the type is looked up. That costs
/// nothing at run time, and requires a stream that borrows nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Pollable<'s> {
    Tcp(&'s TcpStream),
    #[cfg(unix)]
    Unix(&'s UnixStream),
    #[cfg(unix)]
    File(&'s File),
}

impl<'s> Pollable<'s> {
    pub(crate) fn of<S: 'static>(stream: &'s S) -> Option<Self> {
        let stream: &dyn Any = stream;
        #[cfg(unix)]
        if let Some(stream) = stream.downcast_ref() {
            return Some(Self::Unix(stream));
        }
        #[cfg(unix)]
        if let Some(file) = stream.downcast_ref() {
            return Some(Self::File(file));
        }
        stream.downcast_ref().map(Self::Tcp)
    }

    /// Returns the stream, if it is a socket.
    pub(crate) fn as_socket(self) -> Option<SockRef<'s>> {
        match self {
            Self::Tcp(stream) => Some(stream.into()),
            #[cfg(unix)]
            Self::Unix(stream) => Some(stream.into()),
            #[cfg(unix)]
            Self::File(_) => None,
        }
    }

    pub(crate) fn set_nonblocking(self, nonblocking: bool) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.set_nonblocking(nonblocking),
            #[cfg(unix)]
            Self::Unix(stream) => stream.set_nonblocking(nonblocking),
            #[cfg(unix)]
            Self::File(file) => Ok(rustix::io::ioctl_fionbio(file, nonblocking)?),
        }
    }

    /// Shuts down the write side of a socket. A file has no half-close.
    pub(crate) fn shut_down(self) -> io::Result<()> {
        match self {
            Self::Tcp(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::Unix(stream) => stream.shutdown(Shutdown::Write),
            #[cfg(unix)]
            Self::File(_) => Ok(()),
        }
    }

    /// Returns the read timeout and the write timeout that its owner has set.
    pub(crate) fn timeouts(self) -> [Option<Duration>; 2] {
        let (read, write) = match self {
            Self::Tcp(stream) => (stream.read_timeout(), stream.write_timeout()),
            #[cfg(unix)]
            Self::Unix(stream) => (stream.read_timeout(), stream.write_timeout()),
            #[cfg(unix)]
            Self::File(_) => return [None, None],
        };
        [read, write].map(|timeout| timeout.ok().flatten())
    }

    pub(crate) fn as_fd(self) -> BorrowedFd<'s> {
        match self {
            Self::Tcp(stream) => stream.as_fd(),
            #[cfg(unix)]
            Self::Unix(stream) => stream.as_fd(),
            #[cfg(unix)]
            Self::File(file) => file.as_fd(),
        }
    }
}
