use super::*;

fn send_and_finish(channel: &mut Channel) -> Result<(), BoxError> {
    channel.push("b\na\n")?;
    channel.finish();
    Ok(())
}

fn finishing() -> Script {
    Script { on_connect: Some(send_and_finish), ..Script::default() }
}

/// A chat whose output is sent and whose write side is shut down.
fn finished<H: Handler>(handler: H, config: Config) -> Chat<H> {
    let mut chat = Chat::new(handler, config);
    chat.handle_connect(NOW).unwrap();
    assert!(!chat.wants_shutdown(), "output is unsent");
    assert_eq!(transmit(&mut chat), "b\na\n");
    assert!(chat.wants_shutdown());
    chat.handle_shutdown(NOW);
    chat
}

// C18
#[test]
fn chat_finish_reads_on_to_the_peers_end() {
    let mut script = finishing();
    let mut chat = finished(&mut script, Config::default());
    assert!(chat.wants_read() && !chat.wants_shutdown() && !chat.is_lingering() && !chat.channel().is_closing());
    feed(&mut chat, b"a\r\n").unwrap();
    feed(&mut chat, b"b\r\n").unwrap();
    assert!(!chat.is_closed());
    chat.handle_eof(NOW).unwrap();
    assert_eq!(chat.outcome(), Some(Ok(())));
    drop(chat);
    assert_eq!(script.log, ["connect", "\"a", "terminator", "\"b", "terminator", "eof Clean", "closed"]);
}

// C18, O2
#[test]
fn chat_finish_refuses_pushes() {
    let mut chat = Chat::new(finishing(), Config::default());
    chat.handle_connect(NOW).unwrap();
    assert_eq!(chat.channel_mut().push("x"), Err(PushError::Closing));
    transmit(&mut chat);
    chat.handle_shutdown(NOW);
    assert_eq!(chat.channel_mut().push_slice(b"x"), Err(PushError::Closed));
}

// C18, C11
#[test]
fn chat_finish_keeps_the_idle_timeout() {
    let mut chat = finished(finishing(), Config::default());
    chat.handle_timeout(NOW).unwrap();
    let idle = Config::default().idle_timeout.unwrap();
    assert_eq!(chat.poll_timeout(), Some(idle));
    feed_at(&mut chat, seconds(100), b"a\r\n").unwrap();
    chat.handle_timeout(seconds(100)).unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(100) + idle));
    assert_eq!(chat.handle_timeout(seconds(100) + idle), Err(Error::Idle));
}

// C18, C7
#[test]
fn chat_finish_then_close_lingers() {
    let mut chat = finished(finishing(), Config::default());
    chat.channel_mut().close_when_done();
    assert!(!chat.wants_shutdown(), "it asks once");
    assert_eq!(chat.poll_timeout(), Some(NOW), "the close takes effect at once");
    chat.handle_timeout(NOW).unwrap();
    assert!(chat.is_lingering() && chat.wants_read());
    chat.handle_eof(NOW).unwrap();
    assert_eq!(chat.outcome(), Some(Ok(())));
}

// C18
#[test]
fn chat_finish_closes_when_both_sides_ended() {
    let mut script = Script { on_eof: Some(nothing), ..finishing() };
    let mut chat = Chat::new(&mut script, Config::default());
    chat.handle_eof(NOW).unwrap();
    assert!(!chat.is_closed(), "output is unsent");
    transmit(&mut chat);
    assert!(chat.wants_shutdown());
    chat.handle_shutdown(NOW);
    assert_eq!(chat.outcome(), Some(Ok(())));
    let mut script = Script { on_eof: Some(nothing), ..finishing() };
    let mut chat = finished(&mut script, Config::default());
    chat.handle_eof(NOW).unwrap();
    assert_eq!(chat.outcome(), Some(Ok(())));
    drop(chat);
    assert_eq!(script.log, ["connect", "eof Clean", "closed"]);
}

// C18, C10
#[test]
fn chat_finish_reports_a_reset_behind_the_input() {
    for closes in [false, true] {
        let mut script = Script { on_data: closes.then_some(close as Act), ..finishing() };
        let mut chat = finished(&mut script, Config::default());
        feed(&mut chat, b"\r").unwrap();
        assert_eq!(chat.handle_transport_error("reset").unwrap_err().blame(), Blame::Transport);
        drop(chat);
        assert_eq!(script.log, ["connect", "\"\\r", "closed: the transport failed: reset"]);
    }
}

// C18, C10
#[test]
fn chat_finish_delivers_input_after_a_failed_shutdown() {
    let mut script = finishing();
    let mut chat = finished(&mut script, Config::default());
    chat.handle_write_error(NOW, "reset").unwrap();
    feed(&mut chat, b"a\r\n").unwrap();
    assert_eq!(chat.handle_eof(NOW).unwrap_err().blame(), Blame::Transport);
    drop(chat);
    assert_eq!(script.log[1..3], ["\"a", "terminator"]);
}

// C18, C15
#[test]
fn chat_finish_comes_before_an_upgrade() {
    let mut chat = Chat::new(finishing(), Config::default());
    chat.handle_connect(NOW).unwrap();
    chat.channel_mut().upgrade_when_done();
    transmit(&mut chat);
    assert!(chat.wants_shutdown() && !chat.wants_upgrade());
    chat.handle_shutdown(NOW);
    assert!(chat.wants_upgrade());
    assert_eq!(chat.handle_upgrade(b"rest").unwrap(), "rest");
}

// C18, O4
#[test]
fn chat_finish_after_a_close_does_nothing() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect(NOW).unwrap();
    chat.channel_mut().close_when_done();
    chat.channel_mut().finish();
    chat.handle_shutdown(NOW);
    assert!(chat.is_lingering());
}
