use std::io::{self, ErrorKind};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Sender, channel};
use std::thread::{Builder, JoinHandle};

use asynchat_core::Handler;
use asynchat_core::drive::{Admission, Connections, Peer, isolate_panic};
use socket2::SockRef;

use crate::drive::drive_woken_by;
use crate::notifier::Notifier;

asynchat_core::socket_options!();

/// The threads of the connections.
///
/// Everything that a connection needs is made before it is accepted. If there is no descriptor or no thread for it, it stays
/// in the backlog of the system, and nobody is turned away.
pub(super) struct Workers<H> {
    stack_size: Option<usize>,
    /// The thread for the next connection.
    idle: Option<Worker<H>>,
}

/// A thread that waits for a connection.
struct Worker<H> {
    jobs: Sender<Job<H>>,
    thread: JoinHandle<()>,
}

type Job<H> = (TcpStream, Admission<H>);

impl<H: Handler + Send + 'static> Workers<H> {
    pub(super) fn new(stack_size: Option<usize>) -> Self {
        Self { stack_size, idle: None }
    }

    /// Accepts a connection and serves it. `false` if there is none, or no handler for it.
    pub(super) fn accept(
        &mut self,
        listener: &TcpListener,
        connections: &mut Connections<JoinHandle<()>>,
        handler_for: &mut impl FnMut(Peer<H>) -> H,
    ) -> io::Result<bool> {
        let worker = match self.idle.take() {
            Some(worker) => worker,
            None => self.spawn_worker()?,
        };
        let (stream, address) = match listener.accept() {
            Ok(accepted) => accepted,
            Err(error) => {
                self.idle = Some(worker);
                // The peer has given up, or another process was faster.
                return if error.kind() == ErrorKind::WouldBlock { Ok(false) } else { Err(error) };
            }
        };
        let Some(admission) = connections.admit(address, handler_for) else {
            self.idle = Some(worker);
            return Ok(false);
        };
        set_socket_options(&SockRef::from(&stream), &admission.config);
        connections.insert(admission.end.number(), admission.handle.clone(), worker.thread);
        // The thread waits for just this, so that it can only succeed.
        let _ = worker.jobs.send((stream, admission));
        Ok(true)
    }

    /// Starts the thread for a connection to come.
    fn spawn_worker(&self) -> io::Result<Worker<H>> {
        let notifier = Notifier::by_descriptor()?;
        let (jobs, job) = channel::<Job<H>>();
        let mut builder = Builder::new().name("asynchat".into());
        if let Some(stack_size) = self.stack_size {
            builder = builder.stack_size(stack_size);
        }
        let thread = builder.spawn(move || {
            let Ok((stream, Admission { handler, config, mailbox, end, .. })) = job.recv() else { return };
            // Dropped last, also by a panic: the socket is closed by then.
            let _end = end;
            // The handler was given the outcome. The panic hook has reported a panic.
            let _ = isolate_panic(|| drive_woken_by(notifier, stream, handler, config, mailbox));
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

// Windows cannot tell the times.
#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::time::Duration;

    use asynchat_core::{Config, Keepalive};

    use super::*;

    /// The options as a socket has them after it was set up so.
    fn set_up(tcp_keepalive: Option<Keepalive>) -> TcpStream {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        set_socket_options(&SockRef::from(&stream), &Config { tcp_keepalive, ..Config::default() });
        stream
    }

    #[test]
    fn socket_options_are_those_of_the_config() {
        let stream = set_up(Config::default().tcp_keepalive);
        let socket = SockRef::from(&stream);
        assert!(socket.tcp_nodelay().unwrap() && socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(60));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(10));
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 6);
        assert!(!SockRef::from(&set_up(None)).keepalive().unwrap());
    }

    #[test]
    fn socket_options_have_at_least_a_second() {
        let short = Duration::from_millis(1);
        let stream = set_up(Some(Keepalive { idle: short, interval: short, retries: 1 }));
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(1));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(1));
    }
}
