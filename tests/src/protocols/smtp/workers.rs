//! Threads for work that blocks.

use std::io;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use asynchat_core::drive::isolate_panic;

/// Work that may block.
pub type Job = Box<dyn FnOnce() + Send>;

/// Runs jobs elsewhere, so that a handler does not block the task of its connection.
///
/// A runtime has threads for this too, such as tokio's `spawn_blocking`: [`from_fn`](Self::from_fn).
pub struct Workers {
    submit: Box<dyn Fn(Job) + Send + Sync>,
}

impl Workers {
    /// Starts threads of their own. They end when the workers are dropped and the last job is done.
    ///
    /// A thread mostly waits for the disk. Jobs of several threads can share one write of the file system's journal.
    ///
    /// # Errors
    ///
    /// If the system cannot start a thread.
    pub fn start(threads: usize) -> io::Result<Self> {
        let (sender, receiver) = mpsc::channel::<Job>();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..threads {
            let receiver = Arc::clone(&receiver);
            thread::Builder::new().name("smtp-store".into()).spawn(move || {
                while let Some(job) = next_job(&receiver) {
                    // The connection of a job that panics ends by itself; the thread goes on.
                    let _ = isolate_panic(job);
                }
            })?;
        }
        // Fails only if there are no threads. The job is dropped then, and with it its connection ends.
        Ok(Self::from_fn(move |job| drop(sender.send(job))))
    }

    /// Lets other code run the jobs. It must run each of them, in any order.
    pub fn from_fn(submit: impl Fn(Job) + Send + Sync + 'static) -> Self {
        Self { submit: Box::new(submit) }
    }

    /// Runs a job on a worker, when one is free.
    pub fn submit(&self, job: impl FnOnce() + Send + 'static) {
        (self.submit)(Box::new(job));
    }
}

fn next_job(receiver: &Mutex<Receiver<Job>>) -> Option<Job> {
    receiver.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}
