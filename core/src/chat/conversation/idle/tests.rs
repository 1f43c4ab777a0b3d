use bytes::Buf;

use super::*;
use crate::chat::config::Config;
use crate::error::{BoxError, Error};
use crate::framing::{Input, Terminator};
use crate::output::IterProducer;
use crate::output::noop_context;

const NOW: Duration = Duration::ZERO;

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Sends back what it receives.
#[derive(Default)]
struct Echo {
    closed: Option<Error>,
    rung: bool,
}

impl Handler for Echo {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(Terminator::any_of(["\r\n", ";"])?);
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push(data.to_vec())?)
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_timer(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        self.rung = true;
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        self.closed = outcome.err().cloned();
    }
}

impl<H: Handler> Chat<H> {
    fn takes(&mut self, input: &[u8]) {
        self.handle_input(NOW, &mut Input::new(input)).unwrap();
    }

    fn sends(&mut self, output: &str) {
        let mut staged = self.poll_transmit(&mut noop_context());
        assert_eq!(staged.copy_to_bytes(staged.remaining()), output);
    }
}

/// A chat that has had an exchange.
fn used<H: Handler>(handler: H) -> IdleChat<H> {
    let mut connection = IdleChat::new(Chat::new(handler, Config::default()));
    let chat = connection.wake(NOW);
    chat.takes(b"a line;");
    chat.sends("a line");
    connection
}

// F14
#[test]
fn idle_chat_drops_lf_of_last_line_end() {
    let mut connection = used(Echo::default());
    connection.wake(NOW).channel_mut().set_terminator(Terminator::universal_newline());
    for (input, output) in [(&b"mac\r"[..], "mac"), (b"\nnet\r", "net"), (b"\n", ""), (b"\n\r", "")] {
        assert!(connection.try_idle());
        let chat = connection.wake(NOW);
        chat.takes(input);
        assert_eq!(chat.channel().matched(), 0);
        if !output.is_empty() {
            chat.sends(output);
        }
    }
    assert!(connection.try_idle());
}

#[test]
fn idle_chat_wakes_as_it_was() {
    let mut connection = used(Echo::default());
    connection.wake(NOW).channel_mut().set_max_frame_len(9);
    assert!(connection.try_idle() && connection.try_idle());
    let chat = connection.wake(NOW);
    assert_eq!((chat.channel().matched(), chat.channel().max_frame_len()), (1, 9));
    assert!(matches!(chat.channel().terminator(), Terminator::AnyOf(_)));
    assert!(chat.wants_read() && !chat.wants_write() && !chat.is_closed());
    assert!(connection.try_idle());
    let chat = connection.wake(NOW);
    chat.takes(b"another\r\n");
    chat.sends("another");
}

#[test]
fn idle_chat_leaves_nothing_to_the_next_one() {
    let (mut one, mut other) = (used(Echo::default()), used(Echo::default()));
    one.wake(NOW).channel_mut().set_terminator(3u64);
    one.wake(NOW).channel_mut().set_max_frame_len(7);
    assert!(other.try_idle() && one.try_idle());
    let channel = other.wake(NOW).channel();
    assert!(matches!(channel.terminator(), Terminator::AnyOf(_)));
    assert_eq!(channel.max_frame_len(), Config::default().max_frame_len);
    let channel = one.wake(NOW).channel();
    assert_eq!(channel.terminator(), &Terminator::Count(3));
    assert_eq!(channel.max_frame_len(), 7);
}

#[test]
fn idle_chat_refuses_a_busy_chat() {
    type Act = fn(&mut Chat<Echo>);
    let busy: [(&str, Act); 10] = [
        ("a frame has begun", |chat| {
            chat.takes(b"x");
            chat.sends("x");
        }),
        ("bytes are held", |chat| chat.takes(b"\r")),
        ("output waits", |chat| chat.channel_mut().push("x").unwrap()),
        ("a producer waits", |chat| {
            chat.channel_mut().push_with_producer(IterProducer::new(["x"])).unwrap();
        }),
        ("the transport is not flushed", |chat| chat.set_unflushed(true)),
        ("a frame is owed", |chat| chat.channel_mut().expect_frame()),
        ("it is paused", |chat| chat.channel_mut().pause()),
        ("it is closing", |chat| chat.channel_mut().close_when_done()),
        ("the peer has closed", |chat| chat.handle_eof(NOW).unwrap()),
        ("it has ended", |chat| drop(chat.handle_transport_error("reset"))),
    ];
    assert!(!IdleChat::new(Chat::new(Echo::default(), Config::default())).try_idle(), "it is not connected");
    for (why, act) in busy {
        let mut connection = used(Echo::default());
        act(connection.wake(NOW));
        assert!(!connection.try_idle(), "{why}");
    }
}

// C6
#[test]
fn idle_chat_counts_from_the_time_it_wakes() {
    let mut connection = used(Echo::default());
    connection.wake(NOW).handle_timeout(Duration::from_secs(1000)).unwrap();
    assert!(connection.try_idle());
    let chat = connection.wake(Duration::from_secs(2000));
    chat.channel_mut().expect_frame();
    let grace = Config::default().min_input_rate.unwrap().grace;
    assert_eq!(chat.poll_timeout(), Some(Duration::from_secs(2000) + grace));
}

// C11
#[test]
fn idle_chat_has_a_deadline_while_idle() {
    let mut connection = used(Echo::default());
    connection.wake(NOW).handle_timeout(Duration::from_secs(7)).unwrap();
    let deadline = Some(Duration::from_secs(7 + 300));
    assert_eq!(connection.poll_timeout(), deadline);
    assert!(connection.try_idle());
    assert_eq!(connection.poll_timeout(), deadline);
    // It stays the same when it wakes for nothing.
    let chat = connection.wake(Duration::from_secs(100));
    chat.handle_timeout(Duration::from_secs(100)).unwrap();
    assert_eq!(chat.poll_timeout(), deadline);
    assert!(connection.try_idle());
    assert_eq!(connection.poll_timeout(), deadline);
    let outcome = connection.wake(Duration::from_secs(307)).handle_timeout(Duration::from_secs(307));
    assert_eq!(outcome, Err(Error::Idle));
}

// C13
#[test]
fn idle_chat_keeps_its_timer() {
    let mut connection = used(Echo::default());
    let odd = Duration::from_nanos(1_234_567_891);
    connection.wake(odd).handle_timeout(odd).unwrap();
    connection.wake(odd).channel_mut().set_timer(Some(seconds(60)));
    assert!(!connection.try_idle(), "it was not started");
    assert_eq!(connection.poll_timeout(), Some(odd + seconds(60)));
    // It is kept to a millisecond, and rounded up.
    let kept = Duration::from_millis(1235) + seconds(60);
    for _ in 0..2 {
        assert!(connection.try_idle());
        assert_eq!(connection.poll_timeout(), Some(kept));
        connection.wake(odd + seconds(1));
    }
    connection.wake(kept).handle_timeout(kept).unwrap();
    assert!(connection.wake(NOW).handler().rung && connection.try_idle());
    // The time since when it is idle is kept to a millisecond.
    assert_eq!(connection.poll_timeout(), Some(Duration::from_millis(1235) + seconds(300)));
    // The memory of one chat leaves no timer to the next.
    let mut other = used(Echo::default());
    other.wake(NOW).channel_mut().set_timer(Some(seconds(1)));
    assert_eq!(other.poll_timeout(), Some(seconds(1)));
    assert!(other.try_idle());
    connection.wake(NOW).channel_mut().set_timer(None);
    assert_eq!(connection.poll_timeout(), Some(Duration::from_millis(1235) + seconds(300)));
}

// C1
#[test]
fn idle_chat_that_is_dropped_is_aborted() {
    let mut echo = Echo::default();
    let mut connection = used(&mut echo);
    assert!(connection.try_idle());
    drop(connection);
    assert_eq!(echo.closed, Some(Error::Aborted));
}

#[test]
fn idle_chat_is_small() {
    struct Stateless;

    impl Handler for Stateless {
        fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }

        fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }
    }

    assert!(size_of::<IdleChat<Stateless>>() <= 64, "{}", size_of::<IdleChat<Stateless>>());
}
