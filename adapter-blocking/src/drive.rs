use std::io::{Read, Write};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use asynchat_core::drive::{Driver, Ended, IoWrapper, Mailbox, isolate_panic, with_shared_read_buffer};
use asynchat_core::{Chat, Config, Error, Handler};

use crate::clock::StdClock;
use crate::io::{Io, can_linger};
use crate::notifier::Notifier;
use crate::pollable::Pollable;

/// Drives a handler over one connection, from connect to close, and returns how it ended. It blocks the thread until then.
///
/// After [`Channel::upgrade_when_done`](crate::Channel::upgrade_when_done) it returns the stream, with everything that was
/// read and not delivered: [`Ended::Upgrade`]. A socket is blocking again. To go on with the same handler, drive
/// `&mut handler`.
///
/// Over a socket, a [`TcpStream`](std::net::TcpStream) or a Unix one, reading and writing go on at the same time, and
/// [`Config::min_input_rate`], [`Config::min_output_rate`] and [`Config::linger`] are kept. The thread waits for all of
/// that at once, without a read buffer and without spinning. So it is, but for the linger, over a
/// [`File`](std::fs::File) on Unix. Over any other stream reading and writing take turns: see the [crate's page](crate).
///
/// A socket or a file is non-blocking meanwhile, and so are its clones. The timeouts of a socket do not apply.
///
/// # Errors
///
/// The error that ended the conversation early, with the side that is to [blame](Error::blame). The handler is given the
/// same. [`Error::Aborted`] if nothing can happen any more: the peer has ended its stream, all output is sent, and the
/// handler has not closed; or if no descriptor is left for a [deferred reply](crate::Channel::push_deferred), or another
/// pending producer, to wake the thread by.
///
/// # Panics
///
/// If the handler does.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
/// use std::net::{Shutdown, TcpListener, TcpStream};
///
/// use asynchat_blocking::{Channel, Config, Handler, BoxError, drive};
///
/// struct Echo;
///
/// impl Handler for Echo {
///     fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
///         Ok(channel.push(data.to_vec())?)
///     }
///     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
///         Ok(())
///     }
/// }
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let mut here = TcpStream::connect(listener.local_addr()?)?;
/// let (there, _) = listener.accept()?;
/// let thread = std::thread::spawn(|| drive(there, Echo, Config::default()));
///
/// here.write_all(b"hello")?;
/// here.shutdown(Shutdown::Write)?;
/// let mut answer = Vec::new();
/// here.read_to_end(&mut answer)?;
/// assert_eq!(answer, b"hello");
/// thread.join().unwrap()?;
/// # Ok(())
/// # }
/// ```
pub fn drive<S, H>(stream: S, handler: H, config: impl Into<Arc<Config>>) -> Result<Ended<S>, Error>
where
    S: Read + Write + 'static,
    H: Handler,
{
    let chat = chat_over(&stream, handler, config.into());
    run(Io::new(stream), Driver::new(StdClock::default(), chat))
}

/// Drives a handler as [`drive`] does, with a mailbox: other threads push to the connection through its
/// [`ConnectionHandle`](crate::ConnectionHandle), and call its handler through its [`Caller`](crate::Caller).
///
/// A push is sent over a socket or a file at once, also while the thread waits for input. Over any other stream it is
/// sent when the call that the thread is in returns.
///
/// # Errors
///
/// As for [`drive`], and if no descriptor is left for the [notifier](crate#threads) of the thread. In that case the handler
/// is dropped without being called.
///
/// # Panics
///
/// If the handler does.
///
/// # Examples
///
/// ```
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::io::Read;
/// use std::net::{TcpListener, TcpStream};
///
/// use asynchat_blocking::{Channel, Config, Handler, BoxError, drive_with_mailbox, mailbox};
///
/// struct Quiet;
///
/// impl Handler for Quiet {
///     fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
///         Ok(())
///     }
///     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
///         Ok(())
///     }
/// }
///
/// let listener = TcpListener::bind("127.0.0.1:0")?;
/// let mut here = TcpStream::connect(listener.local_addr()?)?;
/// let (there, _) = listener.accept()?;
/// let (peer, mailbox) = mailbox(1024);
/// let thread = std::thread::spawn(|| drive_with_mailbox(there, Quiet, Config::default(), mailbox));
///
/// peer.push("the server goes down at noon\n")?;
/// peer.close_when_done();
/// let mut line = String::new();
/// here.read_to_string(&mut line)?;
/// assert_eq!(line, "the server goes down at noon\n");
/// drop(here);
/// thread.join().unwrap()?;
/// # Ok(())
/// # }
/// ```
pub fn drive_with_mailbox<S, H>(
    stream: S,
    handler: H,
    config: impl Into<Arc<Config>>,
    mailbox: Mailbox<H>,
) -> Result<Ended<S>, Error>
where
    S: Read + Write + 'static,
    H: Handler,
{
    let wake = if Pollable::of(&stream).is_some() { Notifier::by_descriptor()? } else { Notifier::by_unparking() };
    drive_woken_by(wake, stream, handler, config, mailbox)
}

/// Drives a handler in a thread that has its notifier already.
pub(crate) fn drive_woken_by<S, H>(
    wake: Arc<Notifier>,
    stream: S,
    handler: H,
    config: impl Into<Arc<Config>>,
    mailbox: Mailbox<H>,
) -> Result<Ended<S>, Error>
where
    S: Read + Write + 'static,
    H: Handler,
{
    let chat = chat_over(&stream, handler, config.into());
    run(Io::with_notifier(stream, wake), Driver::with_mailbox(StdClock::default(), chat, mailbox))
}

/// Drives a handler to its close, for a server: in a thread that has its notifier already. An upgrade is an error of the
/// handler.
pub(crate) fn drive_to_close<S, H>(
    wake: Arc<Notifier>,
    stream: S,
    handler: H,
    config: impl Into<Arc<Config>>,
    mailbox: Mailbox<H>,
) -> Result<(), Error>
where
    S: Read + Write + 'static,
    H: Handler,
{
    let chat = chat_over(&stream, handler, config.into());
    let mut io = Io::with_notifier(stream, wake);
    let driver = Driver::with_mailbox(StdClock::default(), chat, mailbox);
    poll_to_end(&mut io, driver, |driver, cx, io, read_buffer| driver.poll_without_upgrade(cx, io, read_buffer))
}

fn chat_over<S: 'static, H: Handler>(stream: &S, handler: H, mut config: Arc<Config>) -> Chat<H> {
    if !can_linger(stream) {
        Arc::make_mut(&mut config).linger = Duration::ZERO;
    }
    Chat::new(handler, config)
}

fn run<S, H>(mut io: Io<S>, driver: Driver<StdClock, H>) -> Result<Ended<S>, Error>
where
    S: Read + Write + 'static,
    H: Handler,
{
    let ended = poll_to_end(&mut io, driver, |driver, cx, io, read_buffer| driver.poll(cx, io, read_buffer))?;
    Ok(ended.map_stream(|()| io.into_inner()))
}

/// Polls a driver, and waits in between.
fn poll_to_end<S, H, T>(
    io: &mut Io<S>,
    mut driver: Driver<StdClock, H>,
    poll: impl Fn(&mut Driver<StdClock, H>, &mut Context<'_>, &mut Io<S>, &mut Vec<u8>) -> Poll<Result<T, Error>>,
) -> Result<T, Error>
where
    S: Read + Write + 'static,
    H: Handler,
{
    let waker = Waker::from(Arc::clone(io.wake()));
    let mut cx = Context::from_waker(&waker);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        loop {
            if let Poll::Ready(outcome) =
                with_shared_read_buffer(|read_buffer| poll(&mut driver, &mut cx, io, read_buffer))
            {
                return outcome;
            }
            let (awaited, alarm) = (io.take_awaited(), driver.clock_mut().take_alarm());
            if io.wait_for(awaited, alarm, driver.is_output_pending()).is_err() {
                // Dropping the driver gives the handler the same error.
                return Err(Error::Aborted);
            }
        }
    }));
    outcome.unwrap_or_else(|panic| {
        // Dropped here and not while unwinding, where a second panic, of the handler's drop, would end the process.
        let _ = isolate_panic(|| drop(driver));
        resume_unwind(panic)
    })
}

#[cfg(test)]
mod tests {
    use std::net::{TcpListener, TcpStream};
    use std::thread;
    use std::time::Instant;

    use asynchat_core::drive::mailbox;
    use asynchat_core::{BoxError, Channel, MinRate};

    use super::*;

    struct Echo;

    impl Handler for Echo {
        fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            channel.set_terminator(b"g");
            Ok(())
        }

        fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
            Ok(channel.push(data.to_vec())?)
        }

        fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            Ok(channel.push("g")?)
        }
    }

    fn tcp_pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let here = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        (here, listener.accept().unwrap().0)
    }

    /// Drives as [`run`] does, and counts its waits.
    fn waits<H: Handler>(mut io: Io<TcpStream>, mut driver: Driver<StdClock, H>) -> (usize, Result<(), Error>) {
        let waker = Waker::from(Arc::clone(io.wake()));
        let mut cx = Context::from_waker(&waker);
        let mut waits = 0;
        loop {
            if let Poll::Ready(outcome) =
                with_shared_read_buffer(|read_buffer| driver.poll(&mut cx, &mut io, read_buffer))
            {
                return (waits, outcome.map(drop));
            }
            let (awaited, alarm) = (io.take_awaited(), driver.clock_mut().take_alarm());
            io.wait_for(awaited, alarm, driver.is_output_pending()).unwrap();
            waits += 1;
        }
    }

    #[test]
    fn drive_wakes_up_only_for_events() {
        const TURNS: usize = 500;

        let (mut here, there) = tcp_pair();
        there.set_nodelay(true).unwrap();
        let (peer, mailbox) = mailbox(1024);
        let thread = thread::spawn(move || {
            let chat = Chat::new(Echo, Config::default());
            waits(
                Io::with_notifier(there, Notifier::by_descriptor().unwrap()),
                Driver::with_mailbox(StdClock::default(), chat, mailbox),
            )
        });
        let mut came = [0; 4];
        for _ in 0..TURNS {
            here.write_all(b"ping").unwrap();
            here.read_exact(&mut came).unwrap();
            peer.push("pong").unwrap();
            here.read_exact(&mut came).unwrap();
            assert_eq!(&came, b"pong");
        }
        peer.close_when_done();
        assert_eq!(here.read(&mut came).unwrap(), 0);
        drop(here);
        let (waits, outcome) = thread.join().unwrap();
        assert_eq!(outcome, Ok(()));
        // Twice in each turn, and once more if the signal comes after the thread has noticed the wake-up.
        assert!(waits <= 3 * TURNS + 3, "it waited {waits} times");
    }

    // C6
    #[test]
    fn drive_wakes_up_once_for_its_alarm() {
        let (mut here, there) = tcp_pair();
        here.write_all(b"half a li").unwrap();
        let rate = MinRate::new(1_000_000, Duration::from_millis(50));
        let chat = Chat::new(Echo, Config::default().with_min_input_rate(rate));
        let begun = Instant::now();
        let (waits, outcome) = waits(Io::new(there), Driver::new(StdClock::default(), chat));
        assert_eq!(outcome, Err(Error::SentTooSlowly));
        assert!(begun.elapsed() >= rate.grace);
        assert!(waits <= 3, "it waited {waits} times");
    }

    /// Ends its output, and pauses until its timer goes off.
    struct Pauses;

    impl Handler for Pauses {
        fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            channel.finish();
            channel.pause();
            channel.set_timer(Some(Duration::from_millis(100)));
            Ok(())
        }

        fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }

        fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }

        fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            channel.resume();
            Ok(())
        }
    }

    // C12, C18
    #[test]
    fn drive_never_spins_after_a_hang_up() {
        let (here, there) = tcp_pair();
        here.shutdown(std::net::Shutdown::Write).unwrap();
        let (waits, outcome) =
            waits(Io::new(there), Driver::new(StdClock::default(), Chat::new(Pauses, Config::default())));
        assert_eq!(outcome, Ok(()));
        assert!(waits <= 8, "it waited {waits} times");
    }
}
