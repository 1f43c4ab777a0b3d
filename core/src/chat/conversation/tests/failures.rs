#[cfg(feature = "std")]
use std::io::ErrorKind;

use super::*;

fn abort(channel: &mut Channel) -> Result<(), BoxError> {
    channel.push("never sent")?;
    channel.abort();
    assert_eq!(channel.push("late"), Err(PushError::Closed));
    Ok(())
}

fn discard(channel: &mut Channel) -> Result<(), BoxError> {
    channel.discard_buffers();
    Ok(())
}

fn spin(channel: &mut Channel) -> Result<(), BoxError> {
    channel.set_terminator(0u64);
    Ok(())
}

// C16
#[test]
fn abort_in_any_call_closes_at_once() {
    let acts: [fn(&mut Script); 6] = [
        |script| script.on_connect = Some(abort),
        |script| script.on_data = Some(abort),
        |script| script.on_terminator = [abort as Act].into(),
        |script| script.on_eof = Some(abort),
        |script| script.on_timeout = Some(abort),
        |script| script.on_shutdown = Some(abort),
    ];
    for (number, act) in acts.into_iter().enumerate() {
        let mut script = Script::default();
        act(&mut script);
        let mut chat = Chat::new(&mut script, Config::default());
        let _ = chat.handle_input(NOW, &mut Input::new(b"a\r\n"));
        match number {
            3 => drop(chat.handle_eof(NOW)),
            4 => drop(chat.handle_timeout(Duration::MAX)),
            5 => drop(chat.request_shutdown(NOW)),
            _ => {}
        }
        assert_eq!(chat.outcome(), Some(Err(&Error::Aborted)), "{number}");
        assert!(chat.wants_reset() && !chat.wants_write() && !chat.wants_shutdown() && !chat.wants_read());
        drop(chat);
        assert_eq!(script.log.iter().filter(|entry| entry.starts_with("closed")).count(), 1);
    }
}

// C16
#[test]
fn abort_from_outside_is_told_in_the_next_round() {
    let mut script = Script::default();
    let mut chat = Chat::new(&mut script, Config::default());
    chat.handle_connect(NOW).unwrap();
    push_line(chat.channel_mut()).unwrap();
    chat.channel_mut().abort();
    assert!(!chat.wants_write() && !chat.wants_shutdown());
    assert_eq!(chat.poll_timeout(), Some(NOW));
    assert_eq!(chat.handle_timeout(NOW), Err(Error::Aborted));
    assert!(chat.wants_reset());
    drop(chat);
    assert_eq!(script.log, ["connect", "closed: the connection was aborted before its end"]);
}

// C16, C4
#[test]
fn chat_abort_is_not_the_peers_fault() {
    for (pushes, unacknowledged, resets) in [(false, 0, false), (true, 0, true), (false, 1, true)] {
        let mut chat = Chat::new(Script::default(), Config::default());
        chat.handle_connect(NOW).unwrap();
        if pushes {
            push_line(chat.channel_mut()).unwrap();
        }
        chat.set_unacknowledged(unacknowledged);
        chat.abort();
        chat.abort();
        let blame = chat.outcome().and_then(Result::err).map(Error::blame);
        assert_eq!((blame, chat.wants_reset()), (Some(Blame::Driver), resets));
    }
}

// C16
#[test]
fn chat_resets_only_what_an_error_leaves_unsent() {
    for (pushes, unacknowledged, resets) in [(false, 0, false), (true, 0, true), (false, 1, false)] {
        let mut chat = Chat::new(Script { on_data: Some(fail), ..Script::default() }, Config::default());
        chat.handle_connect(NOW).unwrap();
        if pushes {
            push_line(chat.channel_mut()).unwrap();
        }
        chat.set_unacknowledged(unacknowledged);
        assert!(chat.handle_input(NOW, &mut Input::new(b"a")).is_err());
        assert_eq!(chat.wants_reset(), resets);
    }
}

// C10
#[test]
fn input_that_arrived_is_delivered_after_a_write_error() {
    let mut script = Script { on_terminator: [push_line as Act, close].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config::default());
    chat.handle_connect(NOW).unwrap();
    push_line(chat.channel_mut()).unwrap();
    chat.handle_write_error(NOW, "broken pipe").unwrap();
    assert!(chat.wants_read() && !chat.wants_write() && !chat.wants_shutdown() && !chat.is_closed());
    let error = chat.handle_input(NOW, &mut Input::new(b"LOG important\r\nQUIT\r\n")).unwrap_err();
    assert_eq!(error.blame(), Blame::Transport);
    assert!(!chat.wants_reset());
    drop(chat);
    assert_eq!(
        script.log[1..],
        ["\"LOG important", "terminator", "\"QUIT", "terminator", "closed: the transport failed: broken pipe"]
    );
}

// C10
#[test]
fn write_error_ends_the_chat_with_the_read_side() {
    type End = fn(&mut Chat<&mut Script>) -> Result<(), Error>;
    let ends: [End; 3] = [
        |chat| chat.handle_eof(NOW),
        |chat| chat.handle_transport_error("reset"),
        |chat| chat.handle_timeout(seconds(1)),
    ];
    for end in ends {
        let mut script = Script { on_eof: Some(nothing), ..Script::default() };
        let mut chat = Chat::new(&mut script, Config::default());
        chat.handle_connect(NOW).unwrap();
        chat.handle_write_error(NOW, "broken pipe").unwrap();
        chat.handle_write_error(NOW, "again").unwrap();
        assert_eq!(chat.poll_timeout(), Some(seconds(1)));
        chat.handle_timeout(seconds(1) / 2).unwrap();
        feed(&mut chat, b"a\r\n").unwrap();
        assert!(end(&mut chat).is_err());
        drop(chat);
        assert_eq!(script.log.last().unwrap(), "closed: the transport failed: broken pipe");
    }
}

// C10, O6
#[test]
fn write_error_delivers_input_above_the_high_mark() {
    let mut script = Script { on_terminator: [push_line as Act; 6].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, small());
    let mut input = Input::new(b"a\r\nb\r\nc\r\nd\r\ne\r\nf\r\n");
    chat.handle_input(NOW, &mut input).unwrap();
    assert!(!input.is_empty());
    chat.handle_write_error(NOW, "broken pipe").unwrap();
    assert!(chat.wants_resume());
    chat.handle_input(NOW, &mut input).unwrap();
    assert!(input.is_empty());
    drop(chat);
    assert_eq!(script.log.iter().filter(|entry| *entry == "terminator").count(), 6);
}

// C10, C3
#[cfg(feature = "std")]
#[test]
fn write_error_tells_a_reset_from_the_end() {
    for (kind, eof) in [(ErrorKind::ConnectionReset, None), (ErrorKind::BrokenPipe, Some("eof Clean"))] {
        let mut script = Script { on_eof: Some(nothing), ..Script::default() };
        let mut chat = Chat::new(&mut script, Config::default());
        feed(&mut chat, b"a\r\n").unwrap();
        chat.handle_write_error(NOW, std::io::Error::from(kind)).unwrap();
        feed(&mut chat, b"b\r\n").unwrap();
        let error = chat.handle_eof(NOW).unwrap_err();
        assert_eq!(std::io::Error::from(error).kind(), kind);
        drop(chat);
        let log: Vec<&str> = script.log.iter().map(String::as_str).filter(|entry| entry.starts_with("eof")).collect();
        assert_eq!(log, Vec::from_iter(eof));
    }
}

// C10, C3
#[test]
fn write_error_after_the_end_of_input_is_final() {
    let mut chat = Chat::new(Script { on_eof: Some(push_line), ..Script::default() }, Config::default());
    chat.handle_connect(NOW).unwrap();
    chat.handle_eof(NOW).unwrap();
    assert!(chat.handle_write_error(NOW, "broken pipe").is_err());
}

// C10
#[test]
fn held_bytes_are_delivered_before_a_transport_error() {
    let mut script = Script::default();
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"abc\r").unwrap();
    assert_eq!(chat.handle_transport_error("reset").unwrap_err().blame(), Blame::Transport);
    drop(chat);
    assert_eq!(script.log, ["connect", "\"abc\\r", "closed: the transport failed: reset"]);
}

// C10, O6
#[test]
fn end_of_input_is_delivered_before_a_transport_error() {
    let mut script = Script { on_data: Some(push_line), on_eof: Some(nothing), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config { high_water: 9, low_water: 9, ..Config::default() });
    feed(&mut chat, b"a").unwrap();
    chat.handle_eof(NOW).unwrap();
    assert!(chat.handle_transport_error("reset").is_err());
    drop(chat);
    assert_eq!(script.log, ["connect", "\"a", "eof MidFrame", "closed: the transport failed: reset"]);
}

// O5
#[test]
fn discard_buffers_drops_input_of_the_same_read() {
    let mut script = Script { on_terminator: [discard as Act].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"STARTTLS\r\nRCPT TO:<evil>\r\nMAIL\r").unwrap();
    feed(&mut chat, b"NOOP\r\n").unwrap();
    drop(chat);
    assert_eq!(script.log[1..5], ["\"STARTTLS", "terminator", "\"NOOP", "terminator"]);
}

fn read_any_lines(channel: &mut Channel) -> Result<(), BoxError> {
    channel.set_terminator(Terminator::universal_newline());
    Ok(())
}

// O5, F14
#[test]
fn discard_buffers_drops_lf_of_a_line_end_once() {
    let mut script = Script {
        on_connect: Some(read_any_lines),
        on_terminator: [discard as Act, push_line].into(),
        ..Script::default()
    };
    let mut chat = Chat::new(&mut script, Config { high_water: 9, low_water: 9, ..Config::default() });
    // The LF comes after what was dropped, or is the first byte of it.
    feed(&mut chat, b"STARTTLS\r").unwrap();
    feed(&mut chat, b"\nNOOP\r").unwrap();
    assert!(!chat.wants_read(), "it is above its mark");
    let mut left_over = Input::new(b"\nold");
    chat.handle_input(NOW, &mut left_over).unwrap();
    assert_eq!(left_over.remaining(), b"\nold");
    chat.channel_mut().discard_buffers();
    feed(&mut chat, b"\nold\nnew\r").unwrap();
    drop(chat);
    assert_eq!(
        script.log[1..8],
        ["\"STARTTLS", "terminator", "\"NOOP", "terminator", "terminator", "\"new", "terminator"]
    );
}

// O5, O6
#[test]
fn discard_buffers_from_outside_drops_what_was_left_over() {
    let mut script = Script { on_terminator: [push_line as Act; 3].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, small());
    let mut input = Input::new(b"a\r\nb\r\nc\r\nold\r\n");
    chat.handle_input(NOW, &mut input).unwrap();
    assert_eq!(input.remaining(), b"old\r\n");
    chat.channel_mut().discard_buffers();
    // A loop may append what it reads to what was left over.
    feed(&mut chat, b"old\r\nnew\r\n").unwrap();
    chat.channel_mut().discard_buffers();
    feed(&mut chat, b"kept\r\n").unwrap();
    drop(chat);
    assert_eq!(script.log[7..11], ["\"new", "terminator", "\"kept", "terminator"]);
}

// F15
#[test]
fn handler_that_asks_for_empty_frames_forever_is_stopped() {
    struct Spin(usize);

    impl Handler for Spin {
        fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            spin(channel)
        }

        fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }

        fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            self.0 += 1;
            assert!(self.0 < 10_000, "it spins");
            spin(channel)
        }
    }

    for input in [&b""[..], b"abc"] {
        let mut chat = Chat::new(Spin(0), Config::default());
        let error = chat.handle_input(NOW, &mut Input::new(input)).unwrap_err();
        assert_eq!(error.blame(), Blame::Handler);
    }
    // The same while output makes it pause between the frames.
    struct Talk(Spin);

    impl Handler for Talk {
        fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            spin(channel)
        }

        fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }

        fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            push_line(channel)?;
            self.0.found_terminator(channel)
        }
    }

    let mut chat = Chat::new(Talk(Spin(0)), small());
    let mut input = Input::new(b"abc");
    while chat.handle_input(NOW, &mut input).is_ok() {
        transmit(&mut chat);
    }
    assert_eq!(chat.outcome().and_then(Result::err).map(Error::blame), Some(Blame::Handler));
}

// F15, F6
#[test]
fn many_empty_frames_between_bytes_are_allowed() {
    struct Lengths(usize);

    impl Handler for Lengths {
        fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            channel.set_terminator(b"\n");
            Ok(())
        }

        fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }

        fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            self.0 += 1;
            if self.0.is_multiple_of(2) {
                channel.set_terminator(b"\n");
            } else {
                channel.set_terminator(0u64);
            }
            Ok(())
        }
    }

    let mut chat = Chat::new(Lengths(0), Config::default());
    feed(&mut chat, &b"0\n".repeat(5000)).unwrap();
    for _ in 0..5000 {
        feed(&mut chat, b"0\n").unwrap();
    }
    assert_eq!(chat.handler().0, 20_000);
}

// C4
#[test]
fn chat_with_a_wrong_config_has_ended() {
    let mut script = Script::default();
    let mut chat = Chat::new(&mut script, Config::default().with_write_size(0));
    let error = chat.handle_connect(NOW).unwrap_err();
    assert_eq!(error.blame(), Blame::Driver);
    assert_eq!(core::error::Error::source(&error).unwrap().to_string(), "bad config: Config::write_size is 0");
    assert_eq!(feed(&mut chat, b"a\r\n"), Err(error.clone()));
    assert_eq!(chat.outcome(), Some(Err(&error)));
    assert!(!(chat.wants_read() || chat.wants_write() || chat.wants_reset()));
    drop(chat);
    assert!(script.log.is_empty(), "{:?}", script.log);
}
