use super::*;

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
