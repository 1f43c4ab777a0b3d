use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::task::Wake as _;
use std::thread::{Builder, JoinHandle};

use asynchat_core::drive::{ConnectionHandle, Mailbox, Peer, mailbox};
use asynchat_core::{Config, Handler};

use crate::drive::drive_woken_by;
use crate::notifier::Notifier;

/// The connections being served, and a thread for the next.
///
/// All that a connection needs is made before it is accepted. Where there is no descriptor or no thread for it, it stays
/// in the system's backlog, and nobody has been turned away.
pub(super) struct Connections<H> {
    config: Arc<Config>,
    stack_size: Option<usize>,
    served: HashMap<u64, Served>,
    next: u64,
    idle: Option<Worker<H>>,
    wake: Arc<Notifier>,
    end_sender: Sender<u64>,
    ended: Receiver<u64>,
}

struct Served {
    handle: ConnectionHandle,
    thread: JoinHandle<()>,
}

impl<H: Handler + Send + 'static> Connections<H> {
    /// Whoever calls `one_ended` is woken when one has.
    pub(super) fn new(config: Arc<Config>, stack_size: Option<usize>, wake: Arc<Notifier>) -> Self {
        let (end_sender, ended) = channel();
        Self { config, stack_size, served: HashMap::new(), next: 0, idle: None, wake, end_sender, ended }
    }

    /// Accepts a connection and serves it. `false` if there is none, or no handler for it.
    pub(super) fn accept(
        &mut self,
        listener: &TcpListener,
        handler_for: &mut impl FnMut(Peer) -> H,
    ) -> io::Result<bool> {
        let worker = match self.idle.take() {
            Some(worker) => worker,
            None => self.spawn_worker()?,
        };
        let (stream, address) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(error) => {
                self.idle = Some(worker);
                // It was given up by the peer, or another process was faster.
                return if error.kind() == ErrorKind::WouldBlock { Ok(false) } else { Err(error) };
            }
        };
        Ok(self.serve(worker, stream, address, handler_for))
    }

    fn serve(
        &mut self,
        worker: Worker<H>,
        stream: TcpStream,
        address: SocketAddr,
        handler_for: &mut impl FnMut(Peer) -> H,
    ) -> bool {
        let (handle, mailbox) = mailbox(self.config.mailbox_capacity);
        let peer = Peer::new(address, handle.clone());
        // Nothing of the closure's that a panic could leave half done is looked at here.
        let Ok(handler) = catch_unwind(AssertUnwindSafe(|| handler_for(peer))) else {
            self.idle = Some(worker);
            return false;
        };
        // Output is coalesced before it is written: to wait for more would only delay it. A peer that has reset the
        // connection already makes this fail, and reading will tell.
        let _ = stream.set_nodelay(true);
        // The thread waits for just this, so that it can only succeed.
        let _ = worker.jobs.send(Job { stream, handler, mailbox });
        self.served.insert(worker.number, Served { handle, thread: worker.thread });
        true
    }

    /// Starts the thread for a connection to come.
    fn spawn_worker(&mut self) -> io::Result<Worker<H>> {
        let wake = Notifier::by_descriptor()?;
        let (jobs, job) = channel::<Job<H>>();
        let (number, ended, served_by) = (self.next, self.end_sender.clone(), Arc::clone(&self.wake));
        let config = Arc::clone(&self.config);
        let mut builder = Builder::new().name("asynchat".into());
        if let Some(stack_size) = self.stack_size {
            builder = builder.stack_size(stack_size);
        }
        let thread = builder.spawn(move || {
            let Ok(Job { stream, handler, mailbox }) = job.recv() else { return };
            // Dropped last, also by a panic, when the socket has been closed.
            let _end = End { number, ended, served_by };
            // The handler has been told how it ended.
            let _ = drive_woken_by(wake, stream, handler, config, mailbox);
        })?;
        self.next = self.next.wrapping_add(1);
        Ok(Worker { number, jobs, thread })
    }

    /// Whether another connection has ended, be it by a panic.
    pub(super) fn one_ended(&mut self) -> bool {
        let Ok(number) = self.ended.try_recv() else { return false };
        if let Some(served) = self.served.remove(&number) {
            // It has nothing more to do. A panic is its own, and has been reported.
            let _ = served.thread.join();
        }
        true
    }

    pub(super) fn close_when_done(&mut self) {
        for served in self.served.values() {
            served.handle.close_when_done();
        }
        if let Some(idle) = self.idle.take() {
            drop(idle.jobs);
            let _ = idle.thread.join();
        }
    }
}

/// A thread that waits for a connection.
struct Worker<H> {
    number: u64,
    jobs: Sender<Job<H>>,
    thread: JoinHandle<()>,
}

struct Job<H> {
    stream: TcpStream,
    handler: H,
    mailbox: Mailbox,
}

/// Tells the thread that serves, when it is dropped, that a connection has ended.
struct End {
    number: u64,
    ended: Sender<u64>,
    served_by: Arc<Notifier>,
}

impl Drop for End {
    fn drop(&mut self) {
        // Nobody is there to be told if the server has been dropped by a panic.
        let _ = self.ended.send(self.number);
        self.served_by.wake_by_ref();
    }
}
