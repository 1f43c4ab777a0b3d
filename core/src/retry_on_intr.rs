use core::task::{Poll, ready};
use std::io;

/// Repeats a system call for as long as a signal interrupts it (`EINTR`). For adapters.
///
/// # Examples
///
/// ```
/// use std::io::{self, ErrorKind};
/// use std::task::Poll;
///
/// use asynchat_core::drive::retry_on_intr;
///
/// let mut answers = [Err(ErrorKind::Interrupted), Ok(3)].into_iter();
/// let answer = retry_on_intr(|| Poll::Ready(answers.next().unwrap().map_err(io::Error::from)));
/// assert!(matches!(answer, Poll::Ready(Ok(3))));
/// ```
pub fn retry_on_intr<T>(mut call: impl FnMut() -> Poll<io::Result<T>>) -> Poll<io::Result<T>> {
    loop {
        match ready!(call()) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return Poll::Ready(result),
        }
    }
}
