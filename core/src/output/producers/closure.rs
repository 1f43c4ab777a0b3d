use core::fmt;
use core::task::{Context, Poll};

use bytes::Bytes;

use crate::error::BoxError;
use crate::output::producer::Producer;

/// A producer that calls a closure for each chunk. It is never pending.
///
/// # Examples
///
/// An iterator of results as a producer:
///
/// ```
/// use asynchat_core::{FnProducer, Producer, BoxError};
/// use bytes::Bytes;
///
/// let rows = [Ok(Bytes::from("row 1\n")), Err("the cursor was closed".into())];
/// let mut rows = rows.into_iter();
/// let mut producer = FnProducer::new(move || rows.next().transpose());
/// assert_eq!(producer.more_now()?.unwrap(), "row 1\n");
/// assert_eq!(producer.more_now().unwrap_err().to_string(), "the cursor was closed");
/// # Ok::<(), BoxError>(())
/// ```
#[derive(Clone)]
pub struct FnProducer<F> {
    more: F,
}

impl<F> FnProducer<F>
where
    F: FnMut() -> Result<Option<Bytes>, BoxError>,
{
    /// Creates a producer that calls `more` for each chunk. `None` or an empty chunk is its end.
    ///
    /// # Examples
    ///
    /// ```
    /// use asynchat_core::{FnProducer, Producer};
    /// use bytes::Bytes;
    ///
    /// let mut greeting = Some(Bytes::from_static(b"220 ready\r\n"));
    /// let mut producer = FnProducer::new(move || Ok(greeting.take()));
    /// assert_eq!(producer.more_now()?.unwrap(), "220 ready\r\n");
    /// assert_eq!(producer.more_now()?, None);
    /// # Ok::<(), asynchat_core::BoxError>(())
    /// ```
    pub fn new(more: F) -> Self {
        Self { more }
    }
}

impl<F> Producer for FnProducer<F>
where
    F: FnMut() -> Result<Option<Bytes>, BoxError>,
{
    fn poll_more(&mut self, _: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        Poll::Ready((self.more)())
    }
}

impl<F> fmt::Debug for FnProducer<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FnProducer").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fn_producer_calls_its_closure_once_per_chunk() {
        let mut calls = 0;
        for _ in 0..2 {
            FnProducer::new(|| {
                calls += 1;
                Ok(Some(Bytes::from_static(b"x")))
            })
            .more_now()
            .unwrap();
        }
        assert_eq!(calls, 2);
    }

    #[test]
    fn fn_producer_passes_errors_through() {
        let mut producer = FnProducer::new(|| Err(fmt::Error.into()));
        assert!(producer.more_now().unwrap_err().is::<fmt::Error>());
    }
}
