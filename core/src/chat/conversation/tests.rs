mod closing;
mod limits;
mod min_rate;

use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bytes::{Buf, Bytes};

use super::*;
use crate::error::Blame;
use crate::framing::End;
use crate::framing::FrameTooLong;
use crate::framing::Terminator;
use crate::output::FnProducer;
use crate::output::PushError;

type Act = fn(&mut Channel) -> Result<(), BoxError>;

/// Writes down what it is told, data merged with its neighbours, and does what it was given to do at each terminator.
#[derive(Default)]
struct Script {
    log: Vec<String>,
    on_connect: Option<Act>,
    on_data: Option<Act>,
    on_terminator: VecDeque<Act>,
    on_too_long: Option<Act>,
    on_eof: Option<Act>,
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
            None => Err(Error::FrameTooLong(FrameTooLong::new(channel.max_frame_len())).into()),
        }
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

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        self.log(match outcome {
            Ok(()) => "closed".into(),
            Err(error) => format!("closed: {error}"),
        });
    }
}

fn push_line(channel: &mut Channel) -> Result<(), BoxError> {
    Ok(channel.push("0123456789")?)
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
    let mut input = Input::new(bytes);
    let result = chat.handle_input(&mut input);
    assert!(input.is_empty() || result.is_err(), "remaining_len over: {input:?}");
    result
}

fn transmit<H: Handler>(chat: &mut Chat<H>) -> Bytes {
    let mut staged = chat.poll_transmit();
    staged.copy_to_bytes(staged.remaining())
}

fn finish<H: Handler>(chat: &mut Chat<H>) {
    transmit(chat);
    assert!(chat.wants_shutdown());
    chat.handle_shutdown();
}

// C1, C3
#[test]
fn a_plain_life_is_told_in_order() {
    let mut script = Script::default();
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"one\r").unwrap();
    feed(&mut chat, b"\n\r\ntwo\r").unwrap();
    chat.handle_eof().unwrap();
    finish(&mut chat);
    assert_eq!(chat.outcome(), Some(Ok(())));
    drop(chat);
    assert_eq!(script.log, ["connect", "\"one", "terminator", "terminator", "\"two\\r", "eof MidFrame", "closed"]);
}

// C1, C4
#[test]
fn nothing_follows_the_close_and_the_first_error_stays() {
    let mut script = Script { on_terminator: [fail as Act].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config::default());
    let error = chat.handle_input(&mut Input::new(b"a\r\nb\r\n")).unwrap_err();
    assert_eq!(error.blame(), Blame::Handler);
    assert_eq!(chat.handle_connect(), Err(error.clone()));
    assert_eq!(chat.handle_input(&mut Input::new(b"c\r\n")), Err(error.clone()));
    assert_eq!(chat.handle_eof(), Err(error.clone()));
    assert_eq!(chat.handle_timeout(Duration::MAX), Err(error.clone()));
    assert_eq!(chat.handle_transport_error("reset"), Err(error.clone()));
    chat.handle_shutdown();
    assert_eq!(chat.outcome(), Some(Err(&error)));
    assert!(!chat.wants_read() && !chat.wants_write() && !chat.wants_shutdown());
    assert_eq!(chat.poll_timeout(), None);
    assert_eq!(chat.channel_mut().push("late"), Err(PushError::Closed));
    drop(chat);
    assert_eq!(script.log, ["connect", "\"a", "terminator", "closed: the handler failed: disk full"]);
}

// C1, C4
#[test]
fn every_call_of_the_handler_may_fail_and_close_comes_once() {
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
        let _ = chat.handle_input(&mut Input::new(b"a\r\ntoo long\r\n"));
        let _ = chat.handle_eof();
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
fn a_chat_dropped_in_mid_life_is_closed_as_aborted() {
    let mut script = Script::default();
    let mut chat = Chat::new(&mut script, Config::default());
    chat.handle_connect().unwrap();
    drop(chat);
    drop(Chat::new(&mut script, Config::default()));
    assert_eq!(script.log, ["connect", "closed: the conversation was dropped before it had ended"]);
}

// C2
#[test]
fn after_close_when_done_what_was_read_is_dropped() {
    let mut script = Script { on_terminator: [close as Act].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"quit\r\nmore\r\nand more\r\n").unwrap();
    feed(&mut chat, b"still more\r\n").unwrap();
    chat.handle_eof().unwrap();
    chat.handle_shutdown();
    drop(chat);
    assert_eq!(script.log, ["connect", "\"quit", "terminator", "closed"]);
}

// C3
#[test]
fn after_the_peers_end_the_handler_may_go_on_sending() {
    let mut script = Script { on_eof: Some(nothing), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"x").unwrap();
    chat.handle_eof().unwrap();
    chat.handle_eof().unwrap();
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
fn a_push_is_refused_as_closing_then_as_closed() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect().unwrap();
    chat.channel_mut().close_when_done();
    assert_eq!(chat.channel_mut().push("x"), Err(PushError::Closing));
    assert_eq!(chat.channel_mut().push_with_producer(FnProducer::new(|| Ok(None))), Err(PushError::Closing));
    chat.handle_eof().unwrap();
    chat.handle_shutdown();
    assert_eq!(chat.channel_mut().push("x"), Err(PushError::Closed));
}

// O3, C4
#[test]
fn a_failing_producer_fails_the_chat_after_what_came_before_it() {
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
fn discard_buffers_drops_both_directions_and_keeps_the_connection() {
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
fn above_the_high_mark_events_wait_and_below_the_low_one_they_go_on() {
    let mut script = Script { on_terminator: [push_line as Act; 6].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, small());
    let mut input = Input::new(b"a\r\nb\r\nc\r\nd\r\ne\r\nf\r\n");
    chat.handle_input(&mut input).unwrap();
    assert_eq!(input.remaining(), b"d\r\ne\r\nf\r\n");
    assert!(!chat.wants_read());
    chat.poll_transmit().advance(19);
    assert!(!chat.wants_read(), "11 bytes are still above the low mark");
    chat.handle_input(&mut input).unwrap();
    assert_eq!(input.remaining(), b"d\r\ne\r\nf\r\n");
    chat.poll_transmit().advance(1);
    assert!(chat.wants_read());
    chat.handle_input(&mut input).unwrap();
    assert_eq!(input.remaining(), b"f\r\n");
    transmit(&mut chat);
    chat.handle_input(&mut input).unwrap();
    assert!(input.is_empty());
    drop(chat);
    assert_eq!(script.log.iter().filter(|entry| *entry == "terminator").count(), 6);
}

// O6, C3
#[test]
fn the_end_of_the_stream_waits_for_the_low_mark_too() {
    let mut script = Script { on_terminator: [push_line as Act; 3].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, small());
    feed(&mut chat, b"a\r\nb\r\nc\r\n").unwrap();
    chat.handle_eof().unwrap();
    assert!(!chat.channel().is_closing());
    assert_eq!(transmit(&mut chat).len(), 30);
    feed(&mut chat, b"").unwrap();
    finish(&mut chat);
    drop(chat);
    assert_eq!(script.log[7..], ["eof Clean", "closed"]);
}

// C4
#[test]
fn a_failing_transport_is_nobody_elses_fault() {
    let mut chat = Chat::new(Script::default(), Config::default());
    feed(&mut chat, b"half").unwrap();
    assert_eq!(chat.handle_transport_error("reset").unwrap_err().blame(), Blame::Transport);
}
