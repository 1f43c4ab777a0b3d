use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use crate::notifier::Notifier;

/// The threads of the connections.
///
/// Everything that a connection needs is made before it is accepted. If there is no descriptor or no thread for it, it
/// stays in the backlog of the system, and nobody is turned away.
pub(super) struct Workers {
    stack_size: Option<usize>,
    /// The thread for the next connection.
    idle: Option<Worker>,
}

/// A thread that waits for a connection.
struct Worker {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

/// The life of a connection, in a thread with this notifier. It does not panic.
pub(super) type Job = Box<dyn FnOnce(Arc<Notifier>) + Send>;

impl Workers {
    pub(super) fn new(stack_size: Option<usize>) -> Self {
        Self { stack_size, idle: None }
    }

    /// Makes sure that there is a thread for the next connection.
    pub(super) fn prepare(&mut self) -> io::Result<()> {
        if self.idle.is_none() {
            self.idle = Some(self.spawn_worker()?);
        }
        Ok(())
    }

    /// Lets the thread that was [prepared](Self::prepare) live the life of a connection. `None` if none was.
    pub(super) fn start(&mut self, job: Job) -> Option<JoinHandle<()>> {
        let Worker { jobs, thread } = self.idle.take()?;
        // The thread waits for just this, so that it can only succeed.
        let _ = jobs.send(job);
        Some(thread)
    }

    /// Starts the thread for a connection to come.
    fn spawn_worker(&self) -> io::Result<Worker> {
        let notifier = Notifier::by_descriptor()?;
        let (jobs, job) = channel::<Job>();
        let mut builder = Builder::new().name("asynchat".into());
        if let Some(stack_size) = self.stack_size {
            builder = builder.stack_size(stack_size);
        }
        let thread = builder.spawn(move || {
            if let Ok(job) = job.recv() {
                job(notifier);
            }
        })?;
        Ok(Worker { jobs, thread })
    }

    /// Ends the thread that waits for a connection.
    pub(super) fn stop(&mut self) {
        if let Some(idle) = self.idle.take() {
            drop(idle.jobs);
            let _ = idle.thread.join();
        }
    }
}
