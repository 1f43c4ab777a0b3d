use alloc::boxed::Box;
use core::{any, fmt};

use bytes::Bytes;

use crate::error::Error;
use crate::output::{Exclusive, ProducerQueue};

/// The parts of a connection that was taken apart: its stream, and what would otherwise be lost.
#[non_exhaustive]
pub struct Parts<S> {
    /// The stream.
    pub stream: S,
    /// The input that was read and not returned, with the beginning of an unfinished frame.
    pub unread: Bytes,
    /// The output that was not sent. Boxed, since a runtime keeps room for the result of `drive` in each task.
    pub unsent: Box<ProducerQueue>,
}

impl<S> Parts<S> {
    pub(crate) fn new(stream: S, unread: Bytes, unsent: ProducerQueue) -> Self {
        Self { stream, unread, unsent: Box::new(unsent) }
    }

    /// Returns the stream if nothing else is left: for a protocol that must not go on with bytes that came before its
    /// handshake, as TLS after STARTTLS.
    ///
    /// # Errors
    ///
    /// [`IntoStreamError`], if input was read and not returned, or output was not sent. The stream is dropped: such input
    /// may come from an attacker (CVE-2011-0411), and no further byte of that connection can be trusted.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::drive::{Ended, Parts};
    /// # fn tls<S>(_: S) {}
    /// # fn after<S>(parts: Parts<S>) -> Result<(), Box<dyn std::error::Error>> {
    /// tls(parts.into_stream()?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn into_stream(self) -> Result<S, IntoStreamError> {
        let error = IntoStreamError { unread: self.unread.len(), unsent: self.unsent.unsent_len() };
        if error.unread > 0 || error.unsent > 0 { Err(error) } else { Ok(self.stream) }
    }

    /// Replaces the stream by one that is made of it, as an adapter does to unwrap it.
    pub fn map_stream<U>(self, change: impl FnOnce(S) -> U) -> Parts<U> {
        Parts { stream: change(self.stream), unread: self.unread, unsent: self.unsent }
    }
}

/// Shows the type of the stream and lengths, and no byte (C20).
impl<S> fmt::Debug for Parts<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parts")
            .field("stream", &format_args!("{}", any::type_name::<S>()))
            .field("unread", &self.unread.len())
            .field("unsent", &self.unsent)
            .finish()
    }
}

/// The error of [`Parts::into_stream`]: input is unread or output unsent.
///
/// Converts into an [`Error`] that blames the peer for unread input, and the handler for unsent output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntoStreamError {
    unread: usize,
    unsent: usize,
}

impl IntoStreamError {
    /// Returns how many bytes were read and not returned.
    pub fn unread(&self) -> usize {
        self.unread
    }

    /// Returns how many bytes were not sent. A producer counts as one.
    pub fn unsent(&self) -> usize {
        self.unsent
    }
}

impl fmt::Display for IntoStreamError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { unread, unsent } = self;
        write!(
            f,
            "the stream cannot be taken back: {unread} bytes of input are unread and {unsent} bytes of output are unsent"
        )
    }
}

impl core::error::Error for IntoStreamError {}

impl From<IntoStreamError> for Error {
    fn from(error: IntoStreamError) -> Self {
        if error.unread > 0 { Self::protocol(error) } else { Self::handler(error) }
    }
}

#[cfg(feature = "std")]
impl From<IntoStreamError> for std::io::Error {
    fn from(error: IntoStreamError) -> Self {
        Self::new(std::io::ErrorKind::InvalidData, error)
    }
}

/// The error of a stream that was asked back while input is unread or output unsent. It has the connection.
///
/// `?` turns it into `Box<dyn Error + Send + Sync>` if the connection can be sent to another thread, and into
/// [`Error`](enum@crate::Error) and `std::io::Error` in any case. The last two drop the connection, and keep the numbers.
pub struct IntoInnerError<C> {
    /// Boxed, since an error is moved often and this is large. Exclusive, since many kinds of errors have to be `Sync`.
    connection: Box<Exclusive<C>>,
    refused: IntoStreamError,
}

impl<C> IntoInnerError<C> {
    /// Makes the error, with the number of bytes that are unread and unsent. For adapters.
    pub fn new(connection: C, unread: usize, unsent: usize) -> Self {
        Self { connection: Box::new(Exclusive::new(connection)), refused: IntoStreamError { unread, unsent } }
    }

    /// Returns how many bytes were read and not returned.
    pub fn unread(&self) -> usize {
        self.refused.unread
    }

    /// Returns how many bytes were not sent. A producer counts as one.
    pub fn unsent(&self) -> usize {
        self.refused.unsent
    }

    /// Returns the connection, unchanged.
    pub fn into_connection(self) -> C {
        self.connection.into_inner()
    }
}

impl<C> fmt::Debug for IntoInnerError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoInnerError")
            .field("unread", &self.refused.unread)
            .field("unsent", &self.refused.unsent)
            .finish_non_exhaustive()
    }
}

impl<C> fmt::Display for IntoInnerError<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.refused.fmt(f)
    }
}

impl<C> core::error::Error for IntoInnerError<C> {}

/// The caller is to blame: [`Error::Handler`].
impl<C> From<IntoInnerError<C>> for Error {
    fn from(error: IntoInnerError<C>) -> Self {
        Self::handler(error.refused)
    }
}

/// The kind is `Other`.
#[cfg(feature = "std")]
impl<C> From<IntoInnerError<C>> for std::io::Error {
    fn from(error: IntoInnerError<C>) -> Self {
        Error::from(error).into()
    }
}
