use alloc::collections::VecDeque;
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

use bytes::{Buf, Bytes};

use super::*;
use crate::error::Blame;
use crate::event::End;
use crate::frame_too_long::FrameTooLong;
use crate::producers::FnProducer;
use crate::queue::PushError;
use crate::terminator::Terminator;

type Act = fn(&mut Channel) -> Result<(), HandlerError>;

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
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), HandlerError> {
        self.log("connect".into());
        channel.set_terminator(b"\r\n");
        self.on_connect.map_or(Ok(()), |act| act(channel))
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), HandlerError> {
        assert!(!data.is_empty());
        match self.log.last_mut() {
            Some(last) if last.starts_with('"') => last.push_str(&data.escape_ascii().to_string()),
            _ => self.log(format!("\"{}", data.escape_ascii())),
        }
        self.on_data.map_or(Ok(()), |act| act(channel))
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), HandlerError> {
        self.log("terminator".into());
        self.on_terminator.pop_front().map_or(Ok(()), |act| act(channel))
    }

    fn frame_too_long(&mut self, channel: &mut Channel) -> Result<(), HandlerError> {
        self.log("too long".into());
        match self.on_too_long {
            Some(act) => act(channel),
            None => Err(Error::FrameTooLong(FrameTooLong::new(channel.max_frame_len())).into()),
        }
    }

    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), HandlerError> {
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

fn push_line(channel: &mut Channel) -> Result<(), HandlerError> {
    Ok(channel.push("0123456789")?)
}

fn close(channel: &mut Channel) -> Result<(), HandlerError> {
    channel.close_when_done();
    Ok(())
}

fn nothing(_: &mut Channel) -> Result<(), HandlerError> {
    Ok(())
}

fn fail(_: &mut Channel) -> Result<(), HandlerError> {
    Err("disk full".into())
}

fn failing_producer(channel: &mut Channel) -> Result<(), HandlerError> {
    channel.push("before")?;
    channel.push_with_producer(FnProducer::new(|| Err("file gone".into())))?;
    Ok(channel.push("after")?)
}

fn small() -> Config {
    Config { max_frame_len: 4, high_water: 25, low_water: 10, ..Config::default() }
}

fn feed<H: Handler>(chat: &mut Chat<H>, bytes: &[u8]) -> Result<(), Error> {
    let mut input = Input::new(bytes);
    let result = chat.handle_input(&mut input);
    assert!(input.is_empty() || result.is_err(), "left over: {input:?}");
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

// L5, L1
#[test]
fn exactly_the_limit_passes_and_one_more_is_too_long_under_every_cut() {
    let stream = b"abcd\r\nabcde\r\nfg\r\n\r\r\r\r\r\nh\r\n";
    let expected = [
        "connect",
        "\"abcd",
        "terminator",
        "\"abcd",
        "too long",
        "\"fg",
        "terminator",
        "\"\\r\\r\\r\\r",
        "terminator",
        "\"h",
        "terminator",
    ];
    for cut in 0..=stream.len() {
        let mut script = Script { on_too_long: Some(nothing), ..Script::default() };
        let mut chat = Chat::new(&mut script, small());
        feed(&mut chat, &stream[..cut]).unwrap();
        feed(&mut chat, &stream[cut..]).unwrap();
        drop(chat);
        assert_eq!(script.log[..script.log.len() - 1], expected, "cut at {cut}");
    }
}

// L5
#[test]
fn a_terminator_set_when_a_frame_is_too_long_takes_effect_at_the_first_byte_beyond_the_limit() {
    fn take_five(channel: &mut Channel) -> Result<(), HandlerError> {
        channel.set_terminator(5u64);
        Ok(())
    }
    fn back_to_lines(channel: &mut Channel) -> Result<(), HandlerError> {
        channel.set_terminator(b"\r\n");
        Ok(())
    }
    let stream = b"abcd\r\r\refgh\r\n";
    let expected = ["connect", "\"abcd", "too long", "\"\\r\\r\\ref", "terminator", "\"gh", "terminator"];
    for size in 1..=stream.len() {
        let mut script =
            Script { on_too_long: Some(take_five), on_terminator: [back_to_lines as Act].into(), ..Script::default() };
        let mut chat = Chat::new(&mut script, small());
        for piece in stream.chunks(size) {
            feed(&mut chat, piece).unwrap();
        }
        drop(chat);
        assert_eq!(script.log[..expected.len()], expected, "pieces of {size}");
    }
}

// L5
#[test]
fn held_bytes_count_towards_the_limit_at_the_end_of_the_stream() {
    let mut script = Script { on_too_long: Some(nothing), ..Script::default() };
    let mut chat = Chat::new(&mut script, small());
    feed(&mut chat, b"abcd\r").unwrap();
    chat.handle_eof().unwrap();
    drop(chat);
    assert_eq!(script.log[..4], ["connect", "\"abcd", "too long", "eof MidFrame"]);
}

// L5
#[test]
fn counts_and_none_stream_beyond_the_limit() {
    let mut script = Script::default();
    let mut chat = Chat::new(&mut script, small());
    chat.handle_connect().unwrap();
    chat.channel_mut().set_terminator(100u64);
    feed(&mut chat, &[b'x'; 100]).unwrap();
    assert_eq!(chat.channel().terminator(), &Terminator::None);
    feed(&mut chat, &[b'y'; 100]).unwrap();
    assert!(!chat.is_closed());
}

// L5, C4
#[test]
fn a_frame_too_long_is_the_peers_fault_by_default() {
    let mut chat = Chat::new(Script::default(), small());
    let error = chat.handle_input(&mut Input::new(b"abcde\r\n")).unwrap_err();
    assert_eq!(error, Error::FrameTooLong(FrameTooLong::new(4)));
    assert_eq!(error.blame(), Blame::Peer);
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

// C6
#[test]
fn a_slow_sender_is_cut_off_and_an_idle_one_is_not() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect().unwrap();
    assert_eq!(chat.poll_timeout(), None);
    chat.handle_timeout(seconds(1000)).unwrap();
    feed(&mut chat, b"G").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(1005)));
    for second in 1001..1005 {
        chat.handle_timeout(seconds(second)).unwrap();
        feed(&mut chat, b"E").unwrap();
    }
    chat.handle_timeout(seconds(1005)).unwrap();
    assert_eq!(chat.handle_timeout(seconds(1006)), Err(Error::SentTooSlowly));
}

// C6
#[test]
fn a_completed_frame_ends_the_clock_and_the_next_has_its_own_grace() {
    let mut chat = Chat::new(Script::default(), Config::default());
    feed(&mut chat, b"a").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(5)));
    chat.handle_timeout(seconds(4)).unwrap();
    feed(&mut chat, b"b\r\nc").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(9)));
    feed(&mut chat, b"d\r\n").unwrap();
    assert_eq!(chat.poll_timeout(), None);
}

// C6
#[test]
fn held_bytes_have_begun_a_frame_and_an_expected_frame_need_not_have_begun() {
    let mut chat = Chat::new(Script::default(), Config::default());
    feed(&mut chat, b"\r").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(5)));
    feed(&mut chat, b"\n").unwrap();
    assert_eq!(chat.poll_timeout(), None);
    chat.channel_mut().set_terminator(10u64);
    assert_eq!(chat.poll_timeout(), None);
    chat.channel_mut().expect_frame();
    assert_eq!(chat.poll_timeout(), Some(seconds(5)));
}

// C6
#[test]
fn a_reader_that_does_not_read_is_cut_off() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect().unwrap();
    chat.channel_mut().push(Bytes::from(alloc::vec![b'x'; 100_000])).unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(5)));
    chat.handle_timeout(seconds(4)).unwrap();
    chat.poll_transmit().advance(240);
    assert_eq!(chat.poll_timeout(), Some(seconds(6)));
    chat.handle_timeout(seconds(5)).unwrap();
    assert_eq!(chat.handle_timeout(seconds(6)), Err(Error::ReadTooSlowly));
    assert!(!chat.wants_write());
}

// C6, O6
#[test]
fn a_peer_that_is_not_read_from_owes_nothing() {
    let mut chat = Chat::new(Script { on_data: Some(push_line), ..Script::default() }, small());
    let mut input = Input::new(b"a");
    chat.handle_input(&mut input).unwrap();
    push_line(chat.channel_mut()).unwrap();
    push_line(chat.channel_mut()).unwrap();
    assert!(!chat.wants_read());
    chat.poll_transmit().advance(1);
    let outbound_only = chat.poll_timeout();
    assert_eq!(outbound_only, Some(seconds(5)));
    chat.handle_timeout(seconds(3)).unwrap();
    chat.poll_transmit().advance(29);
    assert_eq!(chat.poll_timeout(), Some(seconds(8)), "the frame's clock starts anew");
}

// C6
#[test]
fn without_a_pace_nothing_is_cut_off() {
    let mut chat = Chat::new(Script::default(), Config { pace: None, ..Config::default() });
    feed(&mut chat, b"a").unwrap();
    chat.channel_mut().push("b").unwrap();
    assert_eq!(chat.poll_timeout(), None);
    chat.handle_timeout(Duration::MAX).unwrap();
}

// C7
#[test]
fn closing_goes_on_reading_until_the_peer_hangs_up() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect().unwrap();
    chat.channel_mut().push("bye").unwrap();
    chat.channel_mut().close_when_done();
    assert!(chat.wants_read() && chat.wants_write() && !chat.wants_shutdown());
    feed(&mut chat, b"the peer is still sending").unwrap();
    assert_eq!(transmit(&mut chat), "bye");
    assert!(chat.wants_shutdown());
    chat.handle_shutdown();
    assert!(chat.wants_read() && !chat.is_closed() && !chat.wants_shutdown());
    feed(&mut chat, b"and sending").unwrap();
    chat.handle_eof().unwrap();
    assert_eq!(chat.outcome(), Some(Ok(())));
}

// C7
#[test]
fn lingering_is_bounded_and_forgives_a_reset() {
    for reset in [false, true] {
        let mut chat = Chat::new(Script::default(), Config::default());
        chat.handle_timeout(seconds(100)).unwrap();
        chat.handle_connect().unwrap();
        chat.channel_mut().close_when_done();
        chat.handle_shutdown();
        assert_eq!(chat.poll_timeout(), Some(seconds(102)));
        if reset {
            chat.handle_transport_error("reset").unwrap();
        } else {
            chat.handle_timeout(seconds(101)).unwrap();
            feed(&mut chat, b"endless").unwrap();
            assert!(!chat.is_closed());
            chat.handle_timeout(seconds(102)).unwrap();
        }
        assert_eq!(chat.outcome(), Some(Ok(())));
    }
}

// C7
#[test]
fn there_is_no_linger_for_a_peer_that_has_hung_up_or_where_none_is_wanted() {
    for config in [Config::default(), Config { linger: Duration::ZERO, ..Config::default() }] {
        let hang_up = !config.linger.is_zero();
        let mut chat = Chat::new(Script::default(), config);
        chat.handle_connect().unwrap();
        chat.channel_mut().close_when_done();
        if hang_up {
            chat.handle_eof().unwrap();
        }
        chat.handle_shutdown();
        assert!(chat.is_closed());
    }
}

// C4
#[test]
fn a_failing_transport_is_nobody_elses_fault() {
    let mut chat = Chat::new(Script::default(), Config::default());
    feed(&mut chat, b"half").unwrap();
    assert_eq!(chat.handle_transport_error("reset").unwrap_err().blame(), Blame::Transport);
}
