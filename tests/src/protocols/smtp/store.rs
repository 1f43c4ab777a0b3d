//! Where messages go.

use std::io;

/// A place for messages. Its calls may block, so they are made on a worker: see [`Workers`](super::Workers).
pub trait Store: Send + Sync + 'static {
    /// Begins a message.
    ///
    /// # Errors
    ///
    /// [`StorageFull`](io::ErrorKind::StorageFull) and [`QuotaExceeded`](io::ErrorKind::QuotaExceeded) are answered with
    /// 452, any other error with 451. The client tries again later.
    fn create(&self) -> io::Result<Box<dyn Draft>>;
}

/// A message that is being stored. Dropped before [`commit`](Self::commit), it leaves nothing behind.
pub trait Draft: Send {
    /// Appends bytes to the message.
    ///
    /// # Errors
    ///
    /// As for [`Store::create`]. The message is then given up.
    fn write(&mut self, piece: &[u8]) -> io::Result<()>;

    /// Makes the message visible, whole. When this returns `Ok` the message survives a loss of power, and the client is
    /// told so.
    ///
    /// # Errors
    ///
    /// As for [`Store::create`]. The message is then not there.
    fn commit(self: Box<Self>) -> io::Result<()>;
}

/// Drops each message, as Postfix' `smtp-sink` does: to measure the protocol alone.
#[derive(Debug, Clone, Copy, Default)]
pub struct DiscardStore;

struct Discarded;

impl Store for DiscardStore {
    fn create(&self) -> io::Result<Box<dyn Draft>> {
        Ok(Box::new(Discarded))
    }
}

impl Draft for Discarded {
    fn write(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn commit(self: Box<Self>) -> io::Result<()> {
        Ok(())
    }
}
