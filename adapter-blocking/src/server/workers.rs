use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use crate::notifier::Notifier;

/// The most threads that wait for a connection. They save the start of a thread where connections are short. Each holds a
/// descriptor and the part of its stack that was used once, so there are few of them.
const MAX_IDLE: usize = 16;

/// The threads of the connections.
///
/// Everything that a connection needs is made before it is accepted. If there is no descriptor or no thread for it, it
/// stays in the backlog of the system, and nobody is turned away.
pub(super) struct Workers {
    stack_size: Option<usize>,
    /// The threads for the next connections. The last one to be added is the first to be used: its memory is in the cache.
    idle: Vec<Worker>,
    is_stopped: bool,
}

/// A thread that serves a connection, or waits for one.
pub(super) struct Worker {
    jobs: Sender<(Job, Arc<Notifier>)>,
    notifier: Arc<Notifier>,
    thread: JoinHandle<()>,
}

/// The life of a connection, in a thread with this notifier. It does not panic.
pub(super) type Job = Box<dyn FnOnce(Arc<Notifier>) + Send>;

impl Workers {
    pub(super) fn new(stack_size: Option<usize>) -> Self {
        Self { stack_size, idle: Vec::new(), is_stopped: false }
    }

    /// Makes sure that there is a thread for the next connection.
    pub(super) fn prepare(&mut self) -> io::Result<()> {
        if self.idle.is_empty() {
            self.idle.push(self.spawn_worker()?);
        }
        Ok(())
    }

    /// Lets a thread that was [prepared](Self::prepare) live the life of a connection. `None` if none was.
    pub(super) fn start(&mut self, job: Job) -> Option<Worker> {
        let worker = self.idle.pop()?;
        // The thread waits for just this, so that it can only succeed.
        let _ = worker.jobs.send((job, Arc::clone(&worker.notifier)));
        Some(worker)
    }

    /// Takes the thread of a connection that has ended, for another one.
    ///
    /// Code of the program may have moved a part of the connection to a thread of its own, which still waits with the
    /// notifier. No other thread may wait with it then.
    pub(super) fn put_back(&mut self, worker: Worker) {
        let is_shared = Arc::strong_count(&worker.notifier) > 1;
        if self.is_stopped || is_shared || self.idle.len() >= MAX_IDLE {
            worker.join();
        } else {
            self.idle.push(worker);
        }
    }

    /// Starts the thread for a connection to come.
    fn spawn_worker(&self) -> io::Result<Worker> {
        let notifier = Notifier::by_descriptor()?;
        let (jobs, received) = channel::<(Job, Arc<Notifier>)>();
        let mut builder = Builder::new().name("asynchat".into());
        if let Some(stack_size) = self.stack_size {
            builder = builder.stack_size(stack_size);
        }
        let thread = builder.spawn(move || received.into_iter().for_each(|(job, notifier)| job(notifier)))?;
        Ok(Worker { jobs, notifier, thread })
    }

    /// Ends the threads that wait for a connection. The others end with their connections.
    pub(super) fn stop(&mut self) {
        self.is_stopped = true;
        self.idle.drain(..).for_each(Worker::join);
    }
}

impl Worker {
    /// Waits for the end of a thread that has nothing more to do. It does not panic.
    fn join(self) {
        drop(self.jobs);
        let _ = self.thread.join();
    }
}

#[cfg(test)]
mod tests {
    use std::thread::{self, ThreadId};

    use super::*;

    /// Lives the life of a connection that ends at once. Returns its thread.
    fn serve_one(workers: &mut Workers) -> (Worker, ThreadId) {
        workers.prepare().unwrap();
        let (sender, receiver) = channel();
        let job = Box::new(move |notifier| {
            drop(notifier);
            sender.send(thread::current().id()).unwrap();
        });
        let worker = workers.start(job).unwrap();
        (worker, receiver.recv().unwrap())
    }

    #[test]
    fn workers_use_a_thread_again() {
        let mut workers = Workers::new(None);
        let (worker, first) = serve_one(&mut workers);
        let (other, second) = serve_one(&mut workers);
        assert_ne!(first, second, "the first was not put back");
        workers.put_back(worker);
        let (worker, third) = serve_one(&mut workers);
        assert_eq!(first, third);
        [worker, other].into_iter().for_each(Worker::join);
    }

    #[test]
    fn workers_never_share_a_notifier() {
        let mut workers = Workers::new(None);
        let (worker, _) = serve_one(&mut workers);
        let kept = Arc::clone(&worker.notifier);
        workers.put_back(worker);
        assert!(workers.idle.is_empty());
        assert_eq!(Arc::strong_count(&kept), 1, "the thread has ended");
    }

    #[test]
    fn workers_keep_few_threads() {
        let mut workers = Workers::new(None);
        let served: Vec<_> = (0..MAX_IDLE + 2).map(|_| serve_one(&mut workers).0).collect();
        served.into_iter().for_each(|worker| workers.put_back(worker));
        assert_eq!(workers.idle.len(), MAX_IDLE);
        workers.stop();
        assert!(workers.idle.is_empty());
    }

    #[test]
    fn workers_keep_none_after_stop() {
        let mut workers = Workers::new(None);
        let (worker, _) = serve_one(&mut workers);
        workers.stop();
        workers.put_back(worker);
        assert!(workers.idle.is_empty());
    }
}
