use core::fmt::Write;

use super::*;

fn counts<H: Handler>(chat: &Chat<H>) -> (u64, u64) {
    (chat.channel().received(), chat.channel().sent())
}

#[test]
fn channel_counts_what_was_received_and_sent() {
    let mut chat = Chat::new(Script { on_terminator: [push_line as Act; 4].into(), ..Script::default() }, small());
    let mut input = Input::new(b"a\r\nb\r\nc\r\nd\r\n");
    chat.handle_input(NOW, &mut input).unwrap();
    assert_eq!(input.remaining(), b"d\r\n");
    assert_eq!(counts(&chat), (12, 0), "what waits above the mark was received");
    chat.poll_transmit(&mut noop_context()).advance(25);
    assert_eq!(counts(&chat), (12, 25));
    chat.handle_input(NOW, &mut input).unwrap();
    assert_eq!(counts(&chat), (12, 25));
    feed(&mut chat, b"\r").unwrap();
    assert_eq!(counts(&chat), (13, 25), "held bytes count");
    chat.handle_write_error(NOW, "broken").unwrap();
    assert_eq!(counts(&chat), (13, 25), "a failure takes nothing back");
}

#[test]
fn channel_counts_go_on_after_idling() {
    let mut one = IdleChat::new(Chat::new(Script::default(), Config::default()));
    let mut other = IdleChat::new(Chat::new(Script::default(), Config::default()));
    for (chat, line, output) in [(&mut one, "a\r\n", "x"), (&mut other, "longer\r\n", "yyyyy")] {
        let chat = chat.wake(NOW);
        feed(chat, line.as_bytes()).unwrap();
        chat.channel_mut().push(output).unwrap();
        transmit(chat);
    }
    assert!(one.try_idle() && other.try_idle());
    // Each gets the memory of the other.
    assert_eq!(counts(one.wake(NOW)), (3, 1));
    assert_eq!(counts(other.wake(NOW)), (8, 5));
    feed(one.wake(NOW), b"bc\r\n").unwrap();
    assert_eq!(counts(one.wake(NOW)), (7, 1));
}

// O7, O2
#[test]
fn channel_takes_formatted_text() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect(NOW).unwrap();
    let channel = chat.channel_mut();
    write!(channel, "250 {} of {}\r\n", 1, 2).unwrap();
    assert_eq!(channel.queued(), 12, "it costs its bytes alone");
    channel.close_when_done();
    assert!(write!(channel, "more").is_err());
    assert_eq!(transmit(&mut chat), "250 1 of 2\r\n");
}

/// `$5\r\n`, and then the end of the stream: no byte of the body has come.
// F9, C3
#[test]
fn chat_count_without_a_byte_ends_short() {
    fn body(channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(5u64);
        Ok(())
    }
    for pieces in [&[&b"$5\r\n"[..]][..], &[b"$5\r", b"\n"]] {
        let mut script = Script { on_terminator: [body as Act].into(), ..Script::default() };
        let mut chat = Chat::new(&mut script, Config::default());
        for piece in pieces {
            feed(&mut chat, piece).unwrap();
        }
        chat.handle_eof(NOW).unwrap();
        drop(chat);
        assert_eq!(script.log[1..4], ["\"$5", "terminator", "eof Short { missing: 5 }"]);
    }
}
