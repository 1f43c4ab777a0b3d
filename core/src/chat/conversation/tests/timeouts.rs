use super::*;

fn answer_408(channel: &mut Channel) -> Result<(), BoxError> {
    channel.push("408 Request Timeout\r\n")?;
    channel.close_when_done();
    Ok(())
}

fn ping(channel: &mut Channel) -> Result<(), BoxError> {
    Ok(channel.push("PING\r\n")?)
}

// C11
#[test]
fn chat_is_idle_from_its_beginning_and_between_frames() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect(seconds(10)).unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(310)));
    feed_at(&mut chat, seconds(100), b"a").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(130)), "a frame has begun");
    feed_at(&mut chat, seconds(120), b"\r\n").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(420)));
    chat.handle_timeout(seconds(419)).unwrap();
    assert_eq!(chat.handle_timeout(seconds(420)), Err(Error::Idle));
    assert!(!chat.wants_reset());
}

// C11
#[test]
fn idle_timeout_begins_when_output_was_taken() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect(NOW).unwrap();
    push_line(chat.channel_mut()).unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(30)), "output waits");
    chat.handle_timeout(seconds(20)).unwrap();
    transmit(&mut chat);
    chat.set_unacknowledged(10);
    assert_eq!(chat.poll_timeout(), Some(seconds(30)), "it is on its way");
    chat.set_unacknowledged(0);
    assert_eq!(chat.poll_timeout(), Some(seconds(320)));
}

// C11
#[test]
fn idle_timeout_restarts_with_data_without_terminator() {
    let mut chat = Chat::new(Quiet, Config::default());
    for second in [0, 200, 400] {
        feed_at(&mut chat, seconds(second), b"x").unwrap();
        chat.handle_timeout(seconds(second)).unwrap();
        assert_eq!(chat.poll_timeout(), Some(seconds(second + 300)));
    }
    assert_eq!(chat.handle_timeout(seconds(700)), Err(Error::Idle));
}

// C11, C3
#[test]
fn idle_timeout_runs_after_the_end_of_input() {
    let mut chat = Chat::new(Script { on_eof: Some(nothing), ..Script::default() }, Config::default());
    chat.handle_connect(NOW).unwrap();
    chat.handle_eof(seconds(7)).unwrap();
    chat.handle_timeout(seconds(7)).unwrap();
    assert_eq!(chat.handle_timeout(seconds(307)), Err(Error::Idle));
}

// C11
#[test]
fn chat_without_idle_timeout_may_be_idle() {
    let mut chat = Chat::new(Script::default(), Config { idle_timeout: None, ..Config::default() });
    chat.handle_connect(NOW).unwrap();
    assert_eq!((chat.poll_timeout(), chat.handle_timeout(Duration::MAX)), (None, Ok(())));
}

// C11
#[test]
fn timeout_may_be_answered_before_the_close() {
    for (sent, at, entry) in [(&b""[..], 300, "timeout Idle"), (b"GET", 30, "timeout Frame")] {
        let mut script = Script { on_timeout: Some(answer_408), ..Script::default() };
        let mut chat = Chat::new(&mut script, Config::default());
        feed(&mut chat, sent).unwrap();
        chat.handle_timeout(NOW).unwrap();
        chat.handle_timeout(seconds(at - 1)).unwrap();
        assert!(!chat.channel().is_closing());
        chat.handle_timeout(seconds(at)).unwrap();
        chat.handle_timeout(seconds(at)).unwrap();
        assert_eq!(transmit(&mut chat), "408 Request Timeout\r\n");
        assert!(chat.wants_shutdown());
        chat.handle_shutdown(seconds(at));
        chat.handle_timeout(seconds(at + 2)).unwrap();
        assert_eq!(chat.outcome(), Some(Ok(())));
        drop(chat);
        assert_eq!(script.log[script.log.len() - 2..], [entry, "closed"]);
    }
}

// C11, C6
#[test]
fn last_word_must_be_read_at_the_minimum_rate() {
    let mut chat = Chat::new(Script { on_timeout: Some(answer_408), ..Script::default() }, Config::default());
    chat.handle_connect(NOW).unwrap();
    chat.handle_timeout(seconds(300)).unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(330)));
    assert_eq!(chat.handle_timeout(seconds(330)), Err(Error::ReadTooSlowly));
    assert!(chat.wants_reset());
}

// C11
#[test]
fn accepted_timeout_starts_its_clock_again() {
    for (sent, period) in [(&b""[..], 300), (b"GET", 30)] {
        let mut script = Script { on_timeout: Some(nothing), ..Script::default() };
        let mut chat = Chat::new(&mut script, Config::default());
        feed(&mut chat, sent).unwrap();
        for times in 1..4 {
            assert_eq!(chat.poll_timeout(), Some(seconds(times * period)));
            chat.handle_timeout(seconds(times * period)).unwrap();
        }
        drop(chat);
        assert_eq!(script.log.iter().filter(|entry| entry.starts_with("timeout")).count(), 3);
    }
}

// C11
#[test]
fn idle_timeout_may_be_answered_with_a_ping() {
    let mut chat = Chat::new(Script { on_timeout: Some(ping), ..Script::default() }, Config::default());
    chat.handle_connect(NOW).unwrap();
    chat.handle_timeout(seconds(300)).unwrap();
    assert_eq!(transmit(&mut chat), "PING\r\n");
    feed_at(&mut chat, seconds(301), b"PONG\r\n").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(601)));
}

// C11, C4
#[test]
fn timeout_blames_the_peer_by_default() {
    for (sent, error) in [(&b""[..], Error::Idle), (b"GET", Error::SentTooSlowly)] {
        let mut chat = Chat::new(Quiet, Config::default());
        chat.handle_connect(NOW).unwrap();
        chat.channel_mut().set_terminator(b"\n");
        feed(&mut chat, sent).unwrap();
        chat.handle_timeout(NOW).unwrap();
        assert_eq!(chat.handle_timeout(seconds(300)), Err(error.clone()));
        assert_eq!(error.blame(), Blame::Peer);
    }
}

// C17
#[test]
fn shutdown_is_requested_once_and_closes_by_default() {
    let mut script = Script::default();
    let mut chat = Chat::new(&mut script, Config::default());
    chat.handle_connect(NOW).unwrap();
    push_line(chat.channel_mut()).unwrap();
    chat.request_shutdown(NOW).unwrap();
    chat.request_shutdown(NOW).unwrap();
    assert_eq!(chat.channel_mut().push("late"), Err(PushError::Closing));
    finish(&mut chat);
    chat.handle_eof(NOW).unwrap();
    chat.request_shutdown(NOW).unwrap();
    drop(chat);
    assert_eq!(script.log, ["connect", "shutdown", "closed"]);
}

// C17, C1
#[test]
fn shutdown_of_a_new_chat_connects_it_first() {
    let mut script = Script { on_shutdown: Some(answer_408), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config::default());
    chat.request_shutdown(NOW).unwrap();
    assert_eq!(transmit(&mut chat), "408 Request Timeout\r\n");
    drop(chat);
    assert_eq!(script.log[..2], ["connect", "shutdown"]);
}

// C17
#[test]
fn shutdown_leaves_a_handler_time_to_finish() {
    let mut script = Script { on_shutdown: Some(nothing), on_terminator: [close as Act].into(), ..Script::default() };
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"half").unwrap();
    chat.request_shutdown(NOW).unwrap();
    chat.request_shutdown(NOW).unwrap();
    assert!(!chat.channel().is_closing());
    feed(&mut chat, b" a line\r\n").unwrap();
    finish(&mut chat);
    drop(chat);
    assert_eq!(
        script.log,
        [
            "connect",
            "\"half",
            "shutdown",
            "\" a line",
            "terminator",
            "closed: the connection was aborted before its end"
        ]
    );
}
