use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task;
use std::thread::{self, Thread};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

mod descriptor;

use descriptor::Descriptor;

/// The thread is at work, and will look whether it was woken before it waits.
const WORKING: u8 = 0;
/// The thread waits, or is about to: to wake it takes a signal.
const WAITING: u8 = 1;
/// It was woken, and will be at work again before it waits.
const WOKEN: u8 = 2;

/// No wait is longer, since some systems count in milliseconds and in 32 bits. When it is over, the thread looks, finds
/// nothing to do, and waits again.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// How a thread waits for a socket, for a time and for other threads, all at once; and how those wake it.
#[derive(Debug)]
pub(crate) struct Notifier {
    state: AtomicU8,
    signal: Signal,
}

#[derive(Debug)]
enum Signal {
    /// No other thread has anything to say: the thread wakes only itself, before it waits.
    None,
    Descriptor(Descriptor),
    /// For a thread that never waits for a socket.
    Thread(Thread),
}

impl Notifier {
    /// For a thread that no other wakes.
    pub(crate) fn by_nobody() -> Arc<Self> {
        Self::new(Signal::None)
    }

    /// For a thread that waits for sockets.
    pub(crate) fn by_descriptor() -> io::Result<Arc<Self>> {
        Descriptor::new().map(Signal::Descriptor).map(Self::new)
    }

    /// For this thread, which waits for no socket.
    pub(crate) fn by_unparking() -> Arc<Self> {
        Self::new(Signal::Thread(thread::current()))
    }

    fn new(signal: Signal) -> Arc<Self> {
        Arc::new(Self { state: AtomicU8::new(WORKING), signal })
    }

    /// Waits until the socket is ready, the time is over, or somebody wakes it; or for no reason, as poll(2) may. Returns
    /// whether it is the socket.
    ///
    /// # Errors
    ///
    /// If there is nothing to wait for; or if poll(2) fails.
    pub(crate) fn wait(&self, socket: Option<(BorrowedFd<'_>, PollFlags)>, time: Option<Duration>) -> io::Result<bool> {
        if self.state.compare_exchange(WORKING, WAITING, Ordering::AcqRel, Ordering::Acquire).is_err() {
            self.state.swap(WORKING, Ordering::AcqRel);
            return Ok(false);
        }
        let result = self.wait_now(socket, time);
        self.state.swap(WORKING, Ordering::AcqRel);
        result
    }

    fn wait_now(&self, socket: Option<(BorrowedFd<'_>, PollFlags)>, time: Option<Duration>) -> io::Result<bool> {
        let socket = socket.map(|(socket, events)| PollFd::from_borrowed_fd(socket, events));
        match (&self.signal, socket) {
            (Signal::Descriptor(descriptor), socket) => {
                let signal = PollFd::from_borrowed_fd(descriptor.as_fd(), PollFlags::IN);
                let [signalled, ready] = match socket {
                    Some(socket) => poll_for([signal, socket], time)?,
                    None => [poll_for([signal], time)? == [true], false],
                };
                // Cleared when it is seen, not when the state says so: it is signalled after that, perhaps only now.
                if signalled {
                    descriptor.clear();
                }
                Ok(ready)
            }
            (Signal::None | Signal::Thread(_), Some(socket)) => Ok(poll_for([socket], time)? == [true]),
            (Signal::Thread(_), None) if time.is_none() => {
                thread::park();
                Ok(false)
            }
            (Signal::None | Signal::Thread(_), None) => {
                let time = time.ok_or_else(|| io::Error::other("there is nothing to wait for"))?;
                thread::park_timeout(time);
                Ok(false)
            }
        }
    }
}

impl task::Wake for Notifier {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(WOKEN, Ordering::AcqRel) == WAITING {
            match &self.signal {
                Signal::None => {}
                Signal::Descriptor(descriptor) => descriptor.signal(),
                Signal::Thread(thread) => thread.unpark(),
            }
        }
    }
}

/// Which of them are ready.
fn poll_for<const N: usize>(mut descriptors: [PollFd<'_>; N], time: Option<Duration>) -> io::Result<[bool; N]> {
    let time = time.and_then(|time| Timespec::try_from(time.min(LONGEST_WAIT)).ok());
    match poll(&mut descriptors, time.as_ref()) {
        Ok(_) => Ok(descriptors.map(|descriptor| !descriptor.revents().is_empty())),
        Err(Errno::INTR) => Ok([false; N]),
        Err(error) => Err(error.into()),
    }
}
