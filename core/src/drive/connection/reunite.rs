use alloc::boxed::Box;
use core::fmt;

use super::{Connection, ReadHalf, WriteHalf};
use crate::drive::split::SplitConnection;
use crate::drive::transport::{Clock, Transport};
use crate::error::Error;

pub(super) fn split<T: Transport, C: Clock>(connection: Connection<T, C>) -> (ReadHalf<T, C>, WriteHalf<T, C>) {
    let shared = SplitConnection::new(connection.into_poll_connection());
    (ReadHalf::new(shared.clone()), WriteHalf::new(shared))
}

impl<T: Transport, C: Clock> ReadHalf<T, C> {
    /// Puts the two halves of a connection together again.
    ///
    /// # Errors
    ///
    /// [`ReuniteError`], which has the halves, if they are those of two connections.
    pub fn reunite(self, writer: WriteHalf<T, C>) -> Result<Connection<T, C>, ReuniteError<Self, WriteHalf<T, C>>> {
        if !self.is_half_of(&writer) {
            return Err(ReuniteError::new(self, writer));
        }
        drop(self);
        // There is no other clone, so this never fails.
        writer
            .into_shared()
            .try_into_inner()
            .map(Connection::from_poll_connection)
            .map_err(|shared| ReuniteError::new(Self::new(shared.clone()), WriteHalf::new(shared)))
    }
}

/// The error of two halves that do not belong to the same connection. It has them.
// Boxed, since an error is moved often and this is large.
pub struct ReuniteError<R, W>(Box<(R, W)>);

impl<R, W> ReuniteError<R, W> {
    /// Makes the error of these halves. For adapters.
    pub fn new(reader: R, writer: W) -> Self {
        Self(Box::new((reader, writer)))
    }

    /// Returns the halves, unchanged.
    pub fn into_halves(self) -> (R, W) {
        *self.0
    }
}

impl<R: fmt::Debug, W: fmt::Debug> fmt::Debug for ReuniteError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (reader, writer) = &*self.0;
        f.debug_tuple("ReuniteError").field(reader).field(writer).finish()
    }
}

impl<R, W> fmt::Display for ReuniteError<R, W> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(TEXT)
    }
}

impl<R: fmt::Debug, W: fmt::Debug> core::error::Error for ReuniteError<R, W> {}

/// The caller is to blame: [`Error::Handler`]. The halves are dropped.
impl<R, W> From<ReuniteError<R, W>> for Error {
    fn from(_: ReuniteError<R, W>) -> Self {
        Self::handler(TEXT)
    }
}

/// The kind is `Other`. The halves are dropped.
impl<R, W> From<ReuniteError<R, W>> for std::io::Error {
    fn from(error: ReuniteError<R, W>) -> Self {
        Error::from(error).into()
    }
}

const TEXT: &str = "the two halves belong to different connections";
