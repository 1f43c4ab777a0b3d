use crate::drive::parts::Parts;

/// The end of a connection without an error, as `drive` returns it.
///
/// # Examples
///
/// A server of STARTTLS refuses a connection on which plaintext came behind the request:
///
/// ```
/// use asynchat_core::drive::Ended;
/// # use asynchat_core::Error;
/// # fn handshake<S>(stream: S) -> Result<S, Error> { Ok(stream) }
/// # fn drive<S>(stream: S) -> Result<Ended<S>, Error> { Ok(Ended::Closed) }
///
/// fn serve<S>(stream: S) -> Result<(), Error> {
///     // With the handler as `&mut handler`: it lives on, for the stream above.
///     match drive(stream)? {
///         Ended::Closed => Ok(()),
///         Ended::Upgrade(parts) => {
///             // An error, if a byte was read behind STARTTLS: it may come from an attacker.
///             let encrypted = handshake(parts.into_stream()?)?;
///             drive(encrypted).map(drop)
///         }
///     }
/// }
/// # serve(())?;
/// # Ok::<(), Error>(())
/// ```
///
/// A proxy behind CONNECT takes the bytes for the first ones of the tunnel: it sends `parts.unread`, and then copies
/// `parts.stream`.
#[derive(Debug)]
pub enum Ended<S> {
    /// The connection is closed, and `handle_close` was called with `Ok`. The stream is dropped.
    Closed,
    /// The handler has called [`Channel::upgrade_when_done`](crate::chat::Channel::upgrade_when_done): all output was sent
    /// and flushed. [`Parts::unread`] is everything that was read and not delivered to the handler, in order.
    Upgrade(Parts<S>),
}

impl<S> Ended<S> {
    /// Returns the parts of a connection that is to be upgraded, or `None` if it is closed.
    pub fn into_upgrade(self) -> Option<Parts<S>> {
        match self {
            Self::Closed => None,
            Self::Upgrade(parts) => Some(parts),
        }
    }

    /// Replaces the stream by one that is made of it, as an adapter does to unwrap it.
    pub fn map_stream<U>(self, change: impl FnOnce(S) -> U) -> Ended<U> {
        match self {
            Self::Closed => Ended::Closed,
            Self::Upgrade(parts) => Ended::Upgrade(parts.map_stream(change)),
        }
    }
}
