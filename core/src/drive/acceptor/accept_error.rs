/// The scope of a failure to accept: one connection, all of them for now, or all of them for ever.
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
    /// The listener is dead: it is no listening socket, or not open, and will never accept again. `EBADF`, `EINVAL`,
    /// `ENOTSOCK`.
    Listener,
    /// There is no descriptor or no memory for any connection (`EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`), or the cause is
    /// unknown: an attempt at once would fail again.
    Resources,
}

/// The error numbers of a dead listener: `EBADF`, `EINVAL` and `ENOTSOCK`. The first two are the same on every Unix.
#[cfg(all(feature = "std", any(target_os = "linux", target_os = "android")))]
const DEAD_LISTENER: [i32; 3] = [9, 22, 88];
/// The error numbers of a dead listener: `EBADF`, `EINVAL` and `ENOTSOCK`. 38 on macOS and on the BSDs, and `ENOSYS` or
/// its like elsewhere, which is as final.
#[cfg(all(feature = "std", not(any(target_os = "linux", target_os = "android", windows))))]
const DEAD_LISTENER: [i32; 3] = [9, 22, 38];
/// The error numbers of a dead listener: `WSAEBADF`, `WSAEINVAL` and `WSAENOTSOCK`.
#[cfg(all(feature = "std", windows))]
const DEAD_LISTENER: [i32; 3] = [10_009, 10_022, 10_038];

/// Classifies an error by its kind. An error without a kind of its own, such as `EMFILE`, is [`AcceptError::Resources`]: a
/// pause too many costs 10 ms, a pause too few a processor.
///
/// Linux also reports on `accept` the network errors of the new connection, and its refusal by a firewall; accept(2) asks
/// to treat them as a reason to retry. `EOPNOTSUPP` is one of these, though it could also mean a dead listener.
///
/// Only an error number of the system means a dead listener, and never a kind: macOS hands out connections without an
/// address if they were reset before they were accepted, and std then reports `InvalidInput` for a listener that is
/// well.
#[cfg(feature = "std")]
impl From<&std::io::Error> for AcceptError {
    fn from(error: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        if error.raw_os_error().is_some_and(|number| DEAD_LISTENER.contains(&number)) {
            return Self::Listener;
        }
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
        assert_eq!(AcceptError::from(&Error::from(ErrorKind::InvalidInput)), AcceptError::Resources);
    }

    #[test]
    fn accept_error_of_a_dead_listener_is_final() {
        // EBADF and EINVAL have the same numbers everywhere.
        for number in [9, 22] {
            assert_eq!(AcceptError::from(&Error::from_raw_os_error(number)), AcceptError::Listener);
        }
    }
}
