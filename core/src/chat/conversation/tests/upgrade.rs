use super::*;

/// Answers, and asks for an upgrade.
fn start_tls(channel: &mut Channel) -> Result<(), BoxError> {
    channel.push("220 go ahead\r\n")?;
    channel.upgrade_when_done();
    Ok(())
}

fn upgrading() -> Script {
    Script { on_terminator: [start_tls as Act].into(), ..Script::default() }
}

/// At every cut of what came behind the request, nothing of it is delivered and all of it is handed over.
// C15, C5
#[test]
fn chat_upgrade_hands_over_everything_unread() {
    const REQUEST: &[u8] = b"STARTTLS\r\n";
    const BEHIND: &[u8] = b"MAIL FROM:<eve>\r\nRCPT\r";
    for read in 0..=BEHIND.len() {
        let mut script = upgrading();
        let mut chat = Chat::new(&mut script, Config::default());
        let input = [REQUEST, &BEHIND[..read]].concat();
        let mut input = Input::new(&input);
        chat.handle_input(NOW, &mut input).unwrap();
        assert_eq!(input.remaining(), &BEHIND[..read], "it takes no byte behind the request");
        assert!(!chat.wants_read() && !chat.wants_resume() && !chat.wants_upgrade());
        assert_eq!(chat.handle_upgrade(input.remaining()), None, "output is unsent");
        assert_eq!(transmit(&mut chat), "220 go ahead\r\n");
        assert!(chat.wants_upgrade() && !chat.wants_shutdown());
        assert_eq!(chat.handle_upgrade(input.remaining()).unwrap(), &BEHIND[..read]);
        assert_eq!((chat.outcome(), chat.wants_reset()), (Some(Ok(())), false));
        chat.handle_eof(NOW).unwrap();
        drop(chat);
        assert_eq!(script.log, ["connect", "\"STARTTLS", "terminator"], "no handle_close: it lives on");
    }
}

// C15
#[test]
fn chat_upgrade_returns_held_bytes_first() {
    let mut script = Script {
        on_data: Some(|channel| {
            channel.upgrade_when_done();
            Ok(())
        }),
        ..Script::default()
    };
    let mut chat = Chat::new(&mut script, Config::default());
    // The data and the \r were one input, of which the framer holds the \r back.
    feed(&mut chat, b"CONNECT\r").unwrap();
    assert_eq!(chat.handle_upgrade(b"behind").unwrap(), "\rbehind");
}

// C15
#[test]
fn chat_upgrade_waits_for_the_flush() {
    let mut chat = Chat::new(upgrading(), Config::default());
    feed(&mut chat, b"\r\n").unwrap();
    transmit(&mut chat);
    chat.set_unflushed(true);
    assert!(!chat.wants_upgrade());
    let grace = Config::default().min_output_rate.unwrap().grace;
    assert!(chat.poll_timeout().is_some_and(|at| at >= grace), "the output rate goes on");
    chat.set_unflushed(false);
    assert!(chat.wants_upgrade());
}

// C15, C6
#[test]
fn chat_upgrade_fails_if_the_peer_reads_nothing() {
    let mut script = upgrading();
    let mut chat = Chat::new(&mut script, Config::default());
    feed(&mut chat, b"\r\n").unwrap();
    let deadline = chat.poll_timeout().unwrap();
    assert_eq!(chat.handle_timeout(deadline), Err(Error::ReadTooSlowly));
    assert_eq!(chat.handle_upgrade(b""), None);
    drop(chat);
    assert!(script.log.last().unwrap().starts_with("closed: timed out"));
}

// C15, C4
#[test]
fn chat_upgrade_fails_with_its_transport() {
    for writing in [false, true] {
        let mut chat = Chat::new(upgrading(), Config::default());
        feed(&mut chat, b"\r\n").unwrap();
        let _ = if writing { chat.handle_write_error(NOW, "reset") } else { chat.handle_transport_error("reset") };
        assert!(!chat.wants_upgrade());
        assert_eq!(chat.outcome().unwrap().unwrap_err().blame(), Blame::Transport);
    }
}

// C15, C2
#[test]
fn chat_upgrade_is_taken_back_by_a_close() {
    let mut chat = Chat::new(upgrading(), Config::default());
    let mut input = Input::new(b"\r\nbehind");
    chat.handle_input(NOW, &mut input).unwrap();
    chat.channel_mut().close_when_done();
    assert!(chat.wants_resume(), "what was left over is dropped");
    chat.handle_input(NOW, &mut input).unwrap();
    assert!(input.is_empty());
    transmit(&mut chat);
    assert!(chat.wants_shutdown() && !chat.wants_upgrade());
    chat.channel_mut().upgrade_when_done();
    assert!(chat.wants_shutdown(), "a close cannot be taken back");
}

// C15, C16
#[test]
fn chat_upgrade_is_taken_back_by_an_abort() {
    let mut chat = Chat::new(upgrading(), Config::default());
    feed(&mut chat, b"\r\n").unwrap();
    chat.channel_mut().abort();
    chat.channel_mut().upgrade_when_done();
    assert_eq!(chat.handle_timeout(NOW), Err(Error::Aborted));
    assert!(!chat.wants_upgrade() && chat.wants_reset());
}

// C15
#[test]
fn chat_upgrade_that_is_refused_blames_the_handler() {
    let mut script = upgrading();
    let mut chat = Chat::new(&mut script, Config::default());
    chat.refuse_upgrade().unwrap();
    feed(&mut chat, b"\r\n").unwrap();
    let error = chat.refuse_upgrade().unwrap_err();
    assert_eq!(error.blame(), Blame::Handler);
    assert!(!chat.wants_write(), "the peer is not invited");
    drop(chat);
    assert!(script.log.last().unwrap().contains("use Server::serve_with"), "{:?}", script.log);
}

// C15, O5
#[test]
fn chat_upgrade_hands_over_no_discarded_byte() {
    let mut chat = Chat::new(upgrading(), Config::default());
    let mut input = Input::new(b"\r\nbehind");
    chat.handle_input(NOW, &mut input).unwrap();
    transmit(&mut chat);
    chat.channel_mut().discard_buffers();
    assert_eq!(chat.handle_upgrade(input.remaining()).unwrap(), "");
}

// C15, O2
#[test]
fn chat_upgrade_refuses_pushes() {
    let mut chat = Chat::new(upgrading(), Config::default());
    feed(&mut chat, b"\r\n").unwrap();
    assert_eq!(chat.channel_mut().push("x"), Err(PushError::Closing));
    transmit(&mut chat);
    chat.handle_upgrade(b"").unwrap();
    assert_eq!(chat.channel_mut().push("x"), Err(PushError::Closed));
}

// C15, F14
#[test]
fn chat_upgrade_drops_lf_of_the_request() {
    for (behind, unread) in [(&b"\n"[..], &b""[..]), (b"\n\nMAIL", b"\nMAIL"), (b"MAIL", b"MAIL"), (b"", b"")] {
        for cut in [false, true] {
            let mut chat = Chat::new(upgrading(), Config::default());
            chat.handle_connect(NOW).unwrap();
            chat.channel_mut().set_terminator(Terminator::universal_newline());
            let whole = [b"STARTTLS\r", behind].concat();
            let mut input = Input::new(&whole[..if cut { 9 } else { whole.len() }]);
            chat.handle_input(NOW, &mut input).unwrap();
            let left_over = if cut { behind } else { input.remaining() };
            transmit(&mut chat);
            assert_eq!(chat.handle_upgrade(left_over).unwrap(), unread, "{behind:?} {cut}");
        }
    }
}
