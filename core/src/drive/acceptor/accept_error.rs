/// The scope of a failure to accept: one connection, or all of them.
///
/// # Examples
///
/// ```
/// # #[cfg(feature = "std")] {
/// use std::io;
/// use asynchat_core::drive::AcceptError;
///
/// let given_up = io::Error::from(io::ErrorKind::ConnectionAborted);
/// assert_eq!(AcceptError::from(&given_up), AcceptError::Connection);
/// let out_of_memory = io::Error::from(io::ErrorKind::OutOfMemory);
/// assert_eq!(AcceptError::from(&out_of_memory), AcceptError::Resources);
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AcceptError {
    /// The connection failed before it was accepted, or the call was interrupted: the next attempt may succeed.
    /// `ECONNABORTED`, `ECONNRESET`, `EINTR` and the like.
    Connection,
    /// There is no descriptor or no memory for any connection (`EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`), or the cause is
    /// unknown: an attempt at once would fail again.
    Resources,
}

/// Classifies an error by its kind. An error without a kind of its own, such as `EMFILE`, is [`AcceptError::Resources`]: a
/// pause too many costs 10 ms, a pause too few a processor.
///
/// Linux also reports on `accept` the network errors of the new connection, and its refusal by a firewall; accept(2) asks
/// to treat them as a reason to retry.
#[cfg(feature = "std")]
impl From<&std::io::Error> for AcceptError {
    fn from(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        match error.kind() {
            ErrorKind::ConnectionAborted
            | ErrorKind::ConnectionReset
            | ErrorKind::ConnectionRefused
            | ErrorKind::Interrupted
            | ErrorKind::TimedOut
            | ErrorKind::NetworkDown
            | ErrorKind::NetworkUnreachable
            | ErrorKind::HostUnreachable
            | ErrorKind::PermissionDenied => Self::Connection,
            _ => Self::Resources,
        }
    }
}

#[cfg(all(test, feature = "std", unix))]
mod tests {
    use std::io::{Error, ErrorKind};

    use super::*;

    #[test]
    fn accept_error_classifies_errors_of_the_system() {
        // EMFILE, ENFILE and ENOMEM have the same numbers everywhere, and no kind that a connection's errors have.
        for number in [24, 23, 12] {
            assert_eq!(AcceptError::from(&Error::from_raw_os_error(number)), AcceptError::Resources);
        }
        // EINTR too has the same number everywhere.
        assert_eq!(AcceptError::from(&Error::from_raw_os_error(4)), AcceptError::Connection);
        for kind in [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset, ErrorKind::NetworkDown] {
            assert_eq!(AcceptError::from(&Error::from(kind)), AcceptError::Connection);
        }
        assert_eq!(AcceptError::from(&Error::other("unheard of")), AcceptError::Resources);
    }
}
