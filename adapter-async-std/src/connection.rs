use crate::io::{AsyncIoClock, FuturesIo};

/// One connection in pull style, over any `AsyncRead + AsyncWrite` of futures-io's and on any runtime: for clients, and
/// for servers that rather await than be called.
///
/// What it promises, and all its methods: [`asynchat_core::drive::Connection`].
///
/// # Examples
///
/// ```
/// use asynchat_async_std::Connection;
/// use futures_lite::io::Cursor;
///
/// # pollster::block_on(async {
/// let stream = Cursor::new(b"220 ready\r\n$3\r\nabc".to_vec());
/// let mut client = Connection::new(stream, b"\r\n");
/// assert_eq!(client.next_frame().await?, Some(&b"220 ready"[..]));
/// assert_eq!(client.next_frame().await?, Some(&b"$3"[..]));
/// client.set_terminator(3u64);
/// assert_eq!(client.next_frame().await?, Some(&b"abc"[..]));
///
/// client.push("QUIT\r\n")?;
/// client.flush().await?;
/// assert!(client.into_inner()?.into_inner().ends_with(b"QUIT\r\n"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
pub type Connection<S> = asynchat_core::drive::Connection<FuturesIo<S>, AsyncIoClock>;

/// A stream cannot be taken back without losing what has been read from it or has not been written to it.
pub type IntoInnerError<S> = asynchat_core::drive::IntoInnerError<Connection<S>>;
