//! A store for tests.

use std::io;
use std::mem;
use std::sync::{Arc, Mutex, PoisonError};

use super::store::{Draft, Store};

/// Keeps messages in memory. A clone is the same store.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    messages: Arc<Mutex<Vec<Vec<u8>>>>,
}

struct MemoryDraft {
    store: MemoryStore,
    message: Vec<u8>,
}

impl MemoryStore {
    /// Creates an empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes the messages that were committed, in their order.
    pub fn take_messages(&self) -> Vec<Vec<u8>> {
        mem::take(&mut self.messages.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Store for MemoryStore {
    fn create(&self) -> io::Result<Box<dyn Draft>> {
        Ok(Box::new(MemoryDraft { store: self.clone(), message: Vec::new() }))
    }
}

impl Draft for MemoryDraft {
    fn write(&mut self, piece: &[u8]) -> io::Result<()> {
        self.message.extend_from_slice(piece);
        Ok(())
    }

    fn commit(self: Box<Self>) -> io::Result<()> {
        self.store.messages.lock().unwrap_or_else(PoisonError::into_inner).push(self.message);
        Ok(())
    }
}
