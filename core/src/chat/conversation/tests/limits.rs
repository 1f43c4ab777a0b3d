use super::*;

// L5, L1
#[test]
fn chat_limit_passes_one_more_fails() {
    let stream = b"abcd\r\nabcde\r\nfg\r\n\r\r\r\r\r\nh\r\n";
    let expected = [
        "connect",
        "\"abcd",
        "terminator",
        "\"abcd",
        "too long",
        "skipped 5",
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
fn chat_terminator_set_in_frame_too_long_applies() {
    fn take_five(channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(5u64);
        Ok(())
    }
    fn back_to_lines(channel: &mut Channel) -> Result<(), BoxError> {
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
fn chat_held_bytes_count_to_limit_at_eof() {
    let mut script = Script { on_too_long: Some(nothing), ..Script::default() };
    let mut chat = Chat::new(&mut script, small());
    feed(&mut chat, b"abcd\r").unwrap();
    chat.handle_eof(NOW).unwrap();
    drop(chat);
    assert_eq!(script.log[..4], ["connect", "\"abcd", "too long", "eof MidFrame"]);
}

// L5
#[test]
fn chat_counts_and_none_have_no_limit() {
    let mut script = Script::default();
    let mut chat = Chat::new(&mut script, small());
    chat.handle_connect(NOW).unwrap();
    chat.channel_mut().set_terminator(100u64);
    feed(&mut chat, &[b'x'; 100]).unwrap();
    assert_eq!(chat.channel().terminator(), &Terminator::None);
    feed(&mut chat, &[b'y'; 100]).unwrap();
    assert!(!chat.is_closed());
}

/// SMTP: a mail is too long, and commands follow. They are neither swallowed, nor is the mail run as commands.
// L6
#[test]
fn chat_runs_commands_behind_a_mail_too_long() {
    fn mail(channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n.\r\n");
        channel.set_max_frame_len(8);
        Ok(())
    }
    fn command(channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        Ok(())
    }
    let stream = b"DATA\r\nRSET\r\nQUIT\r\nRSET..\r\n.\r\nRSET\r\nQUIT\r\n";
    let expected = [
        "connect",
        "\"DATA",
        "terminator",
        "\"RSET\\r\\nQU",
        "too long",
        "skipped 18",
        "\"RSET",
        "terminator",
        "\"QUIT",
        "terminator",
    ];
    for size in 1..=stream.len() {
        let mut script = Script {
            on_terminator: [mail as Act].into(),
            on_too_long: Some(nothing),
            on_skipped: Some(command),
            ..Script::default()
        };
        let mut chat = Chat::new(&mut script, Config::default());
        for piece in stream.chunks(size) {
            feed(&mut chat, piece).unwrap();
        }
        drop(chat);
        assert_eq!(script.log[..expected.len()], expected, "pieces of {size}");
    }
}

// L6, C2
#[test]
fn chat_close_in_frame_skipped_ends_delivery() {
    let mut script = Script { on_too_long: Some(nothing), on_skipped: Some(close), ..Script::default() };
    let mut chat = Chat::new(&mut script, small());
    feed(&mut chat, b"abcde\r\nfg\r\n").unwrap();
    drop(chat);
    assert_eq!(script.log[1..4], ["\"abcd", "too long", "skipped 5"]);
    assert!(script.log[4].starts_with("closed"));
}

// L5, C4
#[test]
fn chat_frame_too_long_blames_the_peer() {
    let mut chat = Chat::new(Script::default(), small());
    let error = chat.handle_input(NOW, &mut Input::new(b"abcde\r\n")).unwrap_err();
    assert_eq!(error, Error::from(FrameTooLong::new(4)));
    assert_eq!(error.blame(), Blame::Peer);
}
