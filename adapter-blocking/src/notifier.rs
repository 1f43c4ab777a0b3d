use std::io;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};
use std::task;
use std::thread::{self, Thread};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::BorrowedFd;
use rustix::io::Errno;

mod descriptor;

use descriptor::Descriptor;

/// The thread is working, and checks before it waits whether it was woken.
const WORKING: u8 = 0;
/// The thread waits, or is about to: a signal wakes it.
const WAITING: u8 = 1;
/// The thread was woken while it worked, and will not wait.
const WOKEN: u8 = 2;

/// The longest wait, since some systems count milliseconds in 32 bits. After it the thread finds nothing to do, and waits
/// again.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);

/// The wait of a thread for a socket, for a time and for other threads, all at once; and the waker of those threads.
#[derive(Debug)]
pub(crate) struct Notifier {
    state: AtomicU8,
    signal: Signal,
}

#[derive(Debug)]
enum Signal {
    /// Empty until [`Notifier::be_woken`]: a thread that no other wakes takes no descriptor.
    Descriptor(OnceLock<Descriptor>),
    /// For a thread that never waits for a socket.
    Thread(Thread),
}

impl Notifier {
    /// Makes a notifier for a thread that no other thread wakes before [`be_woken`](Self::be_woken).
    pub(crate) fn on_demand() -> Arc<Self> {
        Self::new(Signal::Descriptor(OnceLock::new()))
    }

    /// Makes a notifier for a thread that waits for sockets.
    pub(crate) fn by_descriptor() -> io::Result<Arc<Self>> {
        let notifier = Self::on_demand();
        notifier.be_woken()?;
        Ok(notifier)
    }

    /// Makes a notifier for this thread, which waits for no socket.
    pub(crate) fn by_unparking() -> Arc<Self> {
        Self::new(Signal::Thread(thread::current()))
    }

    fn new(signal: Signal) -> Arc<Self> {
        Arc::new(Self { state: AtomicU8::new(WORKING), signal })
    }

    /// Lets other threads wake this one from now on. A wake-up that has come before is not lost: the next wait returns at
    /// once.
    ///
    /// # Errors
    ///
    /// If no descriptor is left.
    pub(crate) fn be_woken(&self) -> io::Result<()> {
        if let Signal::Descriptor(descriptor) = &self.signal
            && descriptor.get().is_none()
        {
            // Only the thread that waits sets it.
            let _ = descriptor.set(Descriptor::new()?);
        }
        Ok(())
    }

    /// Waits until the socket is ready, the time is over, or another thread wakes it. May also return early, as poll(2)
    /// may. Returns whether the socket is ready.
    ///
    /// # Errors
    ///
    /// If there is nothing to wait for, or if poll(2) fails.
    pub(crate) fn wait(&self, socket: Option<(BorrowedFd<'_>, PollFlags)>, time: Option<Duration>) -> io::Result<bool> {
        self.unless_woken(|| self.wait_now(socket, time))
    }

    /// Waits as [`wait`](Self::wait) does, for input of any of several sockets. Returns the first of them that is ready.
    ///
    /// # Errors
    ///
    /// If poll(2) fails.
    pub(crate) fn wait_for_any(&self, sockets: &[BorrowedFd<'_>], time: Option<Duration>) -> io::Result<Option<usize>> {
        self.unless_woken(|| {
            let descriptor = self.descriptor();
            let signal = descriptor.map(|descriptor| PollFd::from_borrowed_fd(descriptor.as_fd(), PollFlags::IN));
            let sockets = sockets.iter().map(|socket| PollFd::from_borrowed_fd(*socket, PollFlags::IN));
            let mut descriptors: Vec<_> = sockets.chain(signal).collect();
            poll_all(&mut descriptors, time)?;
            let mut ready = descriptors.iter().map(|descriptor| !descriptor.revents().is_empty());
            if let Some(descriptor) = descriptor
                && ready.next_back() == Some(true)
            {
                descriptor.clear();
            }
            Ok(ready.position(|ready| ready))
        })
    }

    /// Waits, unless the thread was woken since the last time. The default says that nothing is ready.
    fn unless_woken<R: Default>(&self, wait: impl FnOnce() -> io::Result<R>) -> io::Result<R> {
        let begins = self.state.compare_exchange(WORKING, WAITING, Ordering::AcqRel, Ordering::Acquire);
        let result = if begins.is_ok() { wait() } else { Ok(R::default()) };
        self.state.swap(WORKING, Ordering::AcqRel);
        result
    }

    fn descriptor(&self) -> Option<&Descriptor> {
        match &self.signal {
            Signal::Descriptor(descriptor) => descriptor.get(),
            Signal::Thread(_) => None,
        }
    }

    fn wait_now(&self, socket: Option<(BorrowedFd<'_>, PollFlags)>, time: Option<Duration>) -> io::Result<bool> {
        let socket = socket.map(|(socket, events)| PollFd::from_borrowed_fd(socket, events));
        match (self.descriptor(), socket) {
            (Some(descriptor), socket) => {
                let signal = PollFd::from_borrowed_fd(descriptor.as_fd(), PollFlags::IN);
                let [signalled, ready] = match socket {
                    Some(socket) => poll_for([signal, socket], time)?,
                    None => [poll_for([signal], time)? == [true], false],
                };
                // Cleared when the signal is seen, not when the state is `WOKEN`: the signal may come later than the state.
                if signalled {
                    descriptor.clear();
                }
                Ok(ready)
            }
            (None, Some(socket)) => Ok(poll_for([socket], time)? == [true]),
            (None, None) if time.is_none() && matches!(self.signal, Signal::Thread(_)) => {
                thread::park();
                Ok(false)
            }
            (None, None) => {
                let time = time.ok_or_else(|| io::Error::other("nothing can wake the thread"))?;
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
                Signal::Descriptor(descriptor) => {
                    if let Some(descriptor) = descriptor.get() {
                        descriptor.signal();
                    }
                }
                Signal::Thread(thread) => thread.unpark(),
            }
        }
    }
}

/// Returns which of the descriptors are ready.
fn poll_for<const N: usize>(mut descriptors: [PollFd<'_>; N], time: Option<Duration>) -> io::Result<[bool; N]> {
    poll_all(&mut descriptors, time)?;
    Ok(descriptors.map(|descriptor| !descriptor.revents().is_empty()))
}

/// Waits until a descriptor is ready or the time is over. None is ready after an interrupted call.
fn poll_all(descriptors: &mut [PollFd<'_>], time: Option<Duration>) -> io::Result<()> {
    let time = time.and_then(|time| Timespec::try_from(time.min(LONGEST_WAIT)).ok());
    match poll(descriptors, time.as_ref()) {
        Ok(_) => Ok(()),
        Err(Errno::INTR) => {
            descriptors.iter_mut().for_each(PollFd::clear_revents);
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
