use super::*;

// C7
#[test]
fn chat_closing_reads_until_the_peer_closes() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect(NOW).unwrap();
    chat.channel_mut().push("bye").unwrap();
    chat.channel_mut().close_when_done();
    assert!(chat.wants_read() && chat.wants_write() && !chat.wants_shutdown());
    feed(&mut chat, b"the peer is still sending").unwrap();
    assert_eq!(transmit(&mut chat), "bye");
    assert!(chat.wants_shutdown());
    chat.handle_shutdown(NOW);
    assert!(chat.wants_read() && !chat.is_closed() && !chat.wants_shutdown());
    feed(&mut chat, b"and sending").unwrap();
    chat.handle_eof(NOW).unwrap();
    assert_eq!(chat.outcome(), Some(Ok(())));
}

// C7
#[test]
fn chat_linger_is_bounded_and_ends_at_reset() {
    for reset in [false, true] {
        let mut chat = Chat::new(Script::default(), Config::default());
        chat.handle_connect(NOW).unwrap();
        chat.channel_mut().close_when_done();
        chat.handle_shutdown(seconds(100));
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
fn chat_skips_linger_after_eof_or_zero() {
    for config in [Config::default(), Config { linger: Duration::ZERO, ..Config::default() }] {
        let peer_closes = !config.linger.is_zero();
        let mut chat = Chat::new(Script::default(), config);
        chat.handle_connect(NOW).unwrap();
        chat.channel_mut().close_when_done();
        if peer_closes {
            chat.handle_eof(NOW).unwrap();
        }
        chat.handle_shutdown(NOW);
        assert!(chat.is_closed());
    }
}
