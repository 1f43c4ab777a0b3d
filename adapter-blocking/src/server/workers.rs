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
pub(super) struct Worker {
    jobs: Sender<Job>,
    thread: JoinHandle<()>,
}

/// The life of a connection, in a thread with this notifier. It does not panic.
pub(super) type Job = Box<dyn FnOnce(Arc<Notifier>) + Send>;

impl Workers {
    pub(super) fn new(stack_size: Option<usize>) -> Self {
        Self { stack_size, idle: None }
    }

    /// Takes the thread for the next connection, and starts it if there is none.
    pub(super) fn take(&mut self) -> io::Result<Worker> {
        match self.idle.take() {
            Some(worker) => Ok(worker),
            None => self.spawn_worker(),
        }
    }

    /// Gives a thread back that was not needed.
    pub(super) fn give_back(&mut self, worker: Worker) {
        self.idle = Some(worker);
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

impl Worker {
    /// Lets the thread live the life of a connection.
    pub(super) fn start(self, job: Job) -> JoinHandle<()> {
        // The thread waits for just this, so that it can only succeed.
        let _ = self.jobs.send(job);
        self.thread
    }
}
