use crate::io::{TokioClock, TokioIo};

/// One connection in pull style, over any `AsyncRead + AsyncWrite` of tokio's: for clients, and for servers that rather
/// await than be called.
///
/// What it promises, and all its methods: [`asynchat_core::drive::Connection`].
///
/// # Examples
///
/// ```
/// use asynchat_tokio::Connection;
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (stream, mut server) = tokio::io::duplex(64);
/// server.write_all(b"220 ready\r\n$3\r\nabc").await?;
///
/// let mut client = Connection::new(stream, b"\r\n");
/// assert_eq!(client.next_frame().await?, Some(&b"220 ready"[..]));
/// client.push("HELO me\r\n")?;
/// client.flush().await?;
/// assert_eq!(client.next_frame().await?, Some(&b"$3"[..]));
/// client.set_terminator(3u64);
/// assert_eq!(client.next_frame().await?, Some(&b"abc"[..]));
/// # let mut sent = [0; 9];
/// # server.read_exact(&mut sent).await?;
/// # assert_eq!(&sent, b"HELO me\r\n");
/// # Ok(())
/// # }
/// ```
pub type Connection<S> = asynchat_core::drive::Connection<TokioIo<S>, TokioClock>;

/// A stream cannot be taken back without losing what has been read from it or has not been written to it.
pub type IntoInnerError<S> = asynchat_core::drive::IntoInnerError<Connection<S>>;
