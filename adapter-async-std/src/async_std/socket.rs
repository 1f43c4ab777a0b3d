use std::io::{self, IoSlice};
use std::net::Shutdown;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use ::async_std::net::TcpStream;
use futures_io::{AsyncRead, AsyncWrite};

/// A `TcpStream` of async-std whose `poll_close` shuts down the write side (half-close).
///
/// That of async-std does nothing. The peer would see the end of the stream only when it is dropped: after
/// [`drive`](crate::drive) has waited in vain for the peer to close.
///
/// # Examples
///
/// ```
/// use asynchat_async_std::Connection;
/// use asynchat_async_std::async_std::Socket;
/// use async_std::io::ReadExt;
/// use async_std::net::{TcpListener, TcpStream};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// async_std::task::block_on(async {
///     let listener = TcpListener::bind("127.0.0.1:0").await?;
///     let mut here = TcpStream::connect(listener.local_addr()?).await?;
///     let (there, _) = listener.accept().await?;
///
///     let mut connection = Connection::new(Socket::from(there), b"\r\n");
///     connection.push("bye\r\n")?;
///     let (closed, farewell) = futures_lite::future::zip(connection.close(), async {
///         let mut farewell = String::new();
///         here.read_to_string(&mut farewell).await?;
///         drop(here);
///         std::io::Result::Ok(farewell)
///     })
///     .await;
///     assert_eq!(farewell?, "bye\r\n");
///     closed?;
///     Ok(())
/// })
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct Socket(TcpStream);

impl Socket {
    /// Returns the stream of async-std, for its own methods.
    pub fn get_ref(&self) -> &TcpStream {
        &self.0
    }

    /// Returns the stream of async-std, unchanged.
    pub fn into_inner(self) -> TcpStream {
        self.0
    }
}

impl From<TcpStream> for Socket {
    fn from(stream: TcpStream) -> Self {
        Self(stream)
    }
}

impl AsyncRead for Socket {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut [u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Socket {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, data)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write_vectored(cx, slices)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.0).poll_close(cx))?;
        Poll::Ready(self.0.shutdown(Shutdown::Write))
    }
}
