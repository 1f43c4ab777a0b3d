mod closing;
mod counters;
mod failures;
mod finishing;
mod limits;
mod memory_budget;
mod min_rate;
#[cfg(feature = "std")]
mod panics;
mod pause;
mod timeouts;
mod timer;
mod upgrade;

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec;
use alloc::vec::Vec;

use bytes::{Buf, Bytes};

use super::*;
use crate::chat::handler::Timeout;
use crate::error::Blame;
use crate::framing::End;
use crate::framing::FrameTooLong;
use crate::framing::Terminator;
use crate::output::FnProducer;
use crate::output::PushError;
use crate::output::noop_context;

/// The time, in tests in which it does not matter.
const NOW: Duration = Duration::ZERO;

type Act = fn(&mut Channel) -> Result<(), BoxError>;

/// Records its calls, with neighbouring data merged, and runs the given act in each.
#[derive(Default)]
struct Script {
    log: Vec<String>,
    on_connect: Option<Act>,
    on_data: Option<Act>,
    on_terminator: VecDeque<Act>,
    on_too_long: Option<Act>,
    on_skipped: Option<Act>,
    on_eof: Option<Act>,
    on_timeout: Option<Act>,
    on_timer: VecDeque<Act>,
    on_shutdown: Option<Act>,
}

impl Script {
    fn log(&mut self, text: String) {
        self.log.push(text);
    }
}

impl Handler for Script {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.log("connect".into());
        channel.set_terminator(b"\r\n");
        self.on_connect.map_or(Ok(()), |act| act(channel))
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        assert!(!data.is_empty());
        match self.log.last_mut() {
            Some(last) if last.starts_with('"') => last.push_str(&data.escape_ascii().to_string()),
            _ => self.log(format!("\"{}", data.escape_ascii())),
        }
        self.on_data.map_or(Ok(()), |act| act(channel))
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.log("terminator".into());
        self.on_terminator.pop_front().map_or(Ok(()), |act| act(channel))
    }

    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.log("too long".into());
        match self.on_too_long {
            Some(act) => act(channel),
            None => Err(Error::from(FrameTooLong::new(channel.max_frame_len())).into()),
        }
    }

    fn frame_skipped(&mut self, len: u64, channel: &mut Channel) -> Result<(), BoxError> {
        self.log(format!("skipped {len}"));
        self.on_skipped.map_or(Ok(()), |act| act(channel))
    }

    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        self.log(format!("eof {end:?}"));
        match self.on_eof {
            Some(act) => act(channel),
            None => {
                channel.close_when_done();
                Ok(())
            }
        }
    }

    fn handle_timeout(&mut self, timeout: Timeout, channel: &mut Channel) -> Result<(), BoxError> {
        self.log(format!("timeout {timeout:?}"));
        match self.on_timeout {
            Some(act) => act(channel),
            None => Quiet.handle_timeout(timeout, channel),
        }
    }

    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.log("timer".into());
        self.on_timer.pop_front().map_or(Ok(()), |act| act(channel))
    }

    fn handle_shutdown(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.log("shutdown".into());
        match self.on_shutdown {
            Some(act) => act(channel),
            None => Quiet.handle_shutdown(channel),
        }
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        self.log(match outcome {
            Ok(()) => "closed".into(),
            Err(error) => match core::error::Error::source(error) {
                Some(cause) => format!("closed: {error}: {cause}"),
                None => format!("closed: {error}"),
            },
        });
    }
}

/// Has the default of every method that has one.
struct Quiet;

impl Handler for Quiet {
    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

fn push_line(channel: &mut Channel) -> Result<(), BoxError> {
    Ok(channel.push_slice(b"0123456789")?)
}

fn close(channel: &mut Channel) -> Result<(), BoxError> {
    channel.close_when_done();
    Ok(())
}

fn nothing(_: &mut Channel) -> Result<(), BoxError> {
    Ok(())
}

fn fail(_: &mut Channel) -> Result<(), BoxError> {
    Err("disk full".into())
}

fn failing_producer(channel: &mut Channel) -> Result<(), BoxError> {
    channel.push("before")?;
    channel.push_with_producer(FnProducer::new(|| Err("file gone".into())))?;
    Ok(channel.push("after")?)
}

fn small() -> Config {
    Config { max_frame_len: 4, high_water: 25, low_water: 10, ..Config::default() }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn feed<H: Handler>(chat: &mut Chat<H>, bytes: &[u8]) -> Result<(), Error> {
    feed_at(chat, NOW, bytes)
}

fn feed_at<H: Handler>(chat: &mut Chat<H>, now: Duration, bytes: &[u8]) -> Result<(), Error> {
    let mut input = Input::new(bytes);
    let result = chat.handle_input(now, &mut input);
    assert!(input.is_empty() || result.is_err(), "left over: {input:?}");
    result
}

fn transmit<H: Handler>(chat: &mut Chat<H>) -> Bytes {
    let mut staged = chat.poll_transmit(&mut noop_context());
    staged.copy_to_bytes(staged.remaining())
}

fn finish<H: Handler>(chat: &mut Chat<H>) {
    transmit(chat);
    assert!(chat.wants_shutdown());
    chat.handle_shutdown(NOW);
}

// C1, C3
#[test]
fn chat_calls_its_handler_in_order() {
    let mut script = Script::default();
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"one\r").unwrap();
    feed(&mut chat, b"\n\r\ntwo\r").unwrap();
    chat.handle_eof(NOW).unwrap();
    finish(&mut chat);
    assert_eq!(chat.outcome(), Some(Ok(())));
    drop(chat);
    assert_eq!(script.log, ["connect", "\"one", "terminator", "terminator", "\"two\\r", "eof MidFrame", "closed"]);
}

// C1, C4
#[test]
fn chat_repeats_its_first_error_and_calls_nothing() {
    let mut script = Script { on_terminator: [fail as Act].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config::default());
    let error = chat.handle_input(NOW, &mut Input::new(b"a\r\nb\r\n")).unwrap_err();
    assert_eq!(error.blame(), Blame::Handler);
    assert_eq!(chat.handle_connect(NOW), Err(error.clone()));
    assert_eq!(chat.handle_input(NOW, &mut Input::new(b"c\r\n")), Err(error.clone()));
    assert_eq!(chat.handle_eof(NOW), Err(error.clone()));
    assert_eq!(chat.handle_timeout(Duration::MAX), Err(error.clone()));
    assert_eq!(chat.handle_transport_error("reset"), Err(error.clone()));
    chat.handle_shutdown(NOW);
    assert_eq!(chat.outcome(), Some(Err(&error)));
    assert!(!chat.wants_read() && !chat.wants_write() && !chat.wants_shutdown());
    assert_eq!(chat.poll_timeout(), None);
    assert_eq!(chat.channel_mut().push("late"), Err(PushError::Closed));
    drop(chat);
    assert_eq!(script.log, ["connect", "\"a", "terminator", "closed: the handler failed: disk full"]);
}

// C1, C4
#[test]
fn chat_closes_once_whatever_call_fails() {
    for at in 0..5 {
        let mut script = Script::default();
        match at {
            0 => script.on_connect = Some(fail),
            1 => script.on_data = Some(fail),
            2 => script.on_terminator = [fail as Act].into(),
            3 => script.on_too_long = Some(fail),
            _ => script.on_eof = Some(fail),
        }
        let mut chat = Chat::new(&mut script, small());
        let _ = chat.handle_input(NOW, &mut Input::new(b"a\r\ntoo long\r\n"));
        let _ = chat.handle_eof(NOW);
        let by_handler = matches!(chat.outcome(), Some(Err(Error::Handler(_) | Error::FrameTooLong(_))));
        assert!(by_handler, "{at}");
        drop(chat);
        let closes = script.log.iter().filter(|entry| entry.starts_with("closed")).count();
        assert_eq!((closes, script.log[0].as_str()), (1, "connect"));
        assert!(script.log.last().unwrap().starts_with("closed"));
    }
}

// C1
#[test]
fn chat_that_is_dropped_is_aborted() {
    let mut script = Script::default();
    let mut chat = Chat::new(&mut script, Config::default());
    chat.handle_connect(NOW).unwrap();
    drop(chat);
    drop(Chat::new(&mut script, Config::default()));
    assert_eq!(script.log, ["connect", "closed: the connection was aborted before its end"]);
}

// C2
#[test]
fn chat_close_when_done_drops_input_already_read() {
    let mut script = Script { on_terminator: [close as Act].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"quit\r\nmore\r\nand more\r\n").unwrap();
    feed(&mut chat, b"still more\r\n").unwrap();
    chat.handle_eof(NOW).unwrap();
    chat.handle_shutdown(NOW);
    drop(chat);
    assert_eq!(script.log, ["connect", "\"quit", "terminator", "closed"]);
}

// C3
#[test]
fn chat_may_send_after_the_peer_has_closed() {
    let mut script = Script { on_eof: Some(nothing), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"x").unwrap();
    chat.handle_eof(NOW).unwrap();
    chat.handle_eof(NOW).unwrap();
    assert!(!chat.wants_read() && !chat.wants_shutdown() && !chat.is_closed());
    chat.channel_mut().push("still here").unwrap();
    assert_eq!(transmit(&mut chat), "still here");
    chat.channel_mut().close_when_done();
    finish(&mut chat);
    drop(chat);
    assert_eq!(script.log, ["connect", "\"x", "eof MidFrame", "closed"]);
}

// O2
#[test]
fn chat_push_is_refused_closing_then_closed() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect(NOW).unwrap();
    chat.channel_mut().close_when_done();
    assert_eq!(chat.channel_mut().push("x"), Err(PushError::Closing));
    assert_eq!(chat.channel_mut().push_with_producer(FnProducer::new(|| Ok(None))), Err(PushError::Closing));
    chat.handle_eof(NOW).unwrap();
    chat.handle_shutdown(NOW);
    assert_eq!(chat.channel_mut().push("x"), Err(PushError::Closed));
}

// O3, C4
#[test]
fn chat_producer_error_comes_after_earlier_output() {
    let mut script = Script { on_terminator: [failing_producer as Act].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"\r\n").unwrap();
    assert_eq!(transmit(&mut chat), "before");
    assert!(!chat.is_closed());
    assert_eq!(transmit(&mut chat), "");
    assert_eq!(chat.outcome().unwrap().unwrap_err().blame(), Blame::Producer);
    drop(chat);
    assert_eq!(script.log.last().unwrap(), "closed: a producer failed: file gone");
}

// O5
#[test]
fn chat_discard_buffers_drops_both_directions_only() {
    let mut script = Script::default();
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"a\r").unwrap();
    failing_producer(chat.channel_mut()).unwrap();
    chat.channel_mut().discard_buffers();
    feed(&mut chat, b"\nb\r\n").unwrap();
    chat.channel_mut().push("c").unwrap();
    assert_eq!(transmit(&mut chat), "c");
    drop(chat);
    assert_eq!(script.log[..3], ["connect", "\"a\\nb", "terminator"]);
}

// O6
#[test]
fn chat_stops_at_high_mark_until_low_mark() {
    let mut script = Script { on_terminator: [push_line as Act; 6].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, small());
    let mut input = Input::new(b"a\r\nb\r\nc\r\nd\r\ne\r\nf\r\n");
    chat.handle_input(NOW, &mut input).unwrap();
    assert_eq!(input.remaining(), b"d\r\ne\r\nf\r\n");
    assert!(!chat.wants_read());
    chat.poll_transmit(&mut noop_context()).advance(19);
    assert!(!chat.wants_read(), "11 bytes are still above the low mark");
    chat.handle_input(NOW, &mut input).unwrap();
    assert_eq!(input.remaining(), b"d\r\ne\r\nf\r\n");
    chat.poll_transmit(&mut noop_context()).advance(1);
    assert!(chat.wants_read());
    chat.handle_input(NOW, &mut input).unwrap();
    assert_eq!(input.remaining(), b"f\r\n");
    transmit(&mut chat);
    chat.handle_input(NOW, &mut input).unwrap();
    assert!(input.is_empty());
    drop(chat);
    assert_eq!(script.log.iter().filter(|entry| *entry == "terminator").count(), 6);
}

// O6, C3
#[test]
fn chat_reports_eof_below_the_low_mark() {
    let mut script = Script { on_terminator: [push_line as Act; 3].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, small());
    feed(&mut chat, b"a\r\nb\r\nc\r\n").unwrap();
    chat.handle_eof(NOW).unwrap();
    assert!(!chat.channel().is_closing());
    assert_eq!(transmit(&mut chat).len(), 30);
    feed(&mut chat, b"").unwrap();
    finish(&mut chat);
    drop(chat);
    assert_eq!(script.log[7..], ["eof Clean", "closed"]);
}

// C4
#[test]
fn chat_blames_a_transport_that_fails() {
    let mut chat = Chat::new(Script::default(), Config::default());
    feed(&mut chat, b"half").unwrap();
    assert_eq!(chat.handle_transport_error("reset").unwrap_err().blame(), Blame::Transport);
}
