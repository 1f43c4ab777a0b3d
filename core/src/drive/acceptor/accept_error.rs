/// What a failure to accept was about: one connection, or all of them.
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
    /// The connection failed before it was ours, or the call was interrupted: the next one may do. `ECONNABORTED`,
    /// `ECONNRESET`, `EINTR` and the like.
    Connection,
    /// There is no descriptor or no memory for any connection (`EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`), or nobody knows
    /// what is the matter: the next attempt will fare no better before some time has passed.
    Resources,
}

/// By its kind. What has no kind of its own counts as [`AcceptError::Resources`], `EMFILE` among them, since a pause too
/// many costs 10 ms and a pause too few a processor.
///
/// Beside what a peer does to its own connection, Linux reports on `accept` what the network has done to the new one,
/// and a firewall's refusal of it; its manual asks that they be taken for a reason to try again.
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
    fn errors_of_the_system_fall_on_the_right_side() {
        // EMFILE, ENFILE and ENOMEM have the same number everywhere; they have no kind, or one that is not a connection's.
        for number in [24, 23, 12] {
            assert_eq!(AcceptError::from(&Error::from_raw_os_error(number)), AcceptError::Resources);
        }
        // EINTR has, too.
        assert_eq!(AcceptError::from(&Error::from_raw_os_error(4)), AcceptError::Connection);
        for kind in [ErrorKind::ConnectionAborted, ErrorKind::ConnectionReset, ErrorKind::NetworkDown] {
            assert_eq!(AcceptError::from(&Error::from(kind)), AcceptError::Connection);
        }
        assert_eq!(AcceptError::from(&Error::other("unheard of")), AcceptError::Resources);
    }
}
