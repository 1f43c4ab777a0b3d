use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Wake as _;
use std::thread;

use super::OOM_BACKOFF;
use crate::notifier::Notifier;

/// Shuts a [`Server`](crate::Server) down, gracefully.
///
/// # Examples
///
/// ```
/// # use asynchat_blocking::{Channel, Handler, BoxError};
/// use asynchat_blocking::Server;
///
/// # struct Quiet;
/// # impl Handler for Quiet {
/// #     fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
/// #         Ok(())
/// #     }
/// #     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
/// #         Ok(())
/// #     }
/// # }
/// # fn main() -> std::io::Result<()> {
/// let server = Server::bind("127.0.0.1:0")?;
/// let shutdown = server.shutdown_handle();
/// // In any thread, say one that waits for a signal.
/// std::thread::spawn(move || shutdown.shutdown());
/// server.serve(|_peer| Quiet);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct ShutdownHandle(Arc<Shutdown>);

impl ShutdownHandle {
    pub(super) fn new(shutdown: Arc<Shutdown>) -> Self {
        Self(shutdown)
    }

    /// Stops listening, and closes each connection once what is queued for it has been sent.
    /// [`Server::serve`](crate::Server::serve) returns when the last has ended, which
    /// [`Config::min_input_rate`](crate::Config::min_input_rate),
    /// [`Config::min_output_rate`](crate::Config::min_output_rate) and [`Config::linger`](crate::Config::linger) bound.
    pub fn shutdown(&self) {
        let wake = {
            let mut state = self.0.lock();
            state.wished = true;
            state.wake.take()
        };
        if let Some(wake) = wake {
            wake.wake();
        }
    }
}

/// Whether a server is to be shut down, and how to tell the thread that serves.
#[derive(Debug, Default)]
pub(super) struct Shutdown(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    wished: bool,
    /// From when it serves until it is to be shut down.
    wake: Option<Arc<Notifier>>,
}

impl Shutdown {
    /// Makes what wakes the thread that serves, and waits until there is a descriptor for it. `None` if the server is to
    /// be shut down before that.
    pub(super) fn attach(&self) -> Option<Arc<Notifier>> {
        loop {
            if self.is_wished() {
                return None;
            }
            let Ok(wake) = Notifier::by_descriptor() else {
                thread::sleep(OOM_BACKOFF);
                continue;
            };
            self.lock().wake = Some(Arc::clone(&wake));
            return Some(wake);
        }
    }

    pub(super) fn is_wished(&self) -> bool {
        self.lock().wished
    }

    /// What it guards is whole at all times, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
