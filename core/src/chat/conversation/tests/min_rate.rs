use super::*;

// C6
#[test]
fn chat_cuts_off_slow_senders_not_idle_ones() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect(NOW).unwrap();
    assert_eq!(chat.poll_timeout(), None);
    feed_at(&mut chat, seconds(1000), b"G").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(1005)));
    for second in 1001..1005 {
        feed_at(&mut chat, seconds(second), b"E").unwrap();
        chat.handle_timeout(seconds(second)).unwrap();
    }
    chat.handle_timeout(seconds(1005)).unwrap();
    assert_eq!(chat.handle_timeout(seconds(1006)), Err(Error::SentTooSlowly));
}

// C6
#[test]
fn chat_gives_each_frame_its_grace_period() {
    let mut chat = Chat::new(Script::default(), Config::default());
    feed(&mut chat, b"a").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(5)));
    feed_at(&mut chat, seconds(4), b"b\r\nc").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(9)));
    feed(&mut chat, b"d\r\n").unwrap();
    assert_eq!(chat.poll_timeout(), None);
}

// C6
#[test]
fn chat_deadline_covers_held_bytes_and_expect_frame() {
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
fn chat_cuts_off_a_nonreading_peer() {
    let mut chat = Chat::new(Script::default(), Config::default());
    chat.handle_connect(NOW).unwrap();
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
fn chat_expects_nothing_from_an_unread_peer() {
    let mut chat = Chat::new(Script { on_data: Some(push_line), ..Script::default() }, small());
    let mut input = Input::new(b"a");
    chat.handle_input(NOW, &mut input).unwrap();
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
fn chat_without_min_rates_cuts_nobody_off() {
    let mut chat =
        Chat::new(Script::default(), Config { min_input_rate: None, min_output_rate: None, ..Config::default() });
    feed(&mut chat, b"a").unwrap();
    chat.channel_mut().push("b").unwrap();
    assert_eq!(chat.poll_timeout(), None);
    chat.handle_timeout(Duration::MAX).unwrap();
}

// C6
#[test]
fn chat_timeout_uses_time_before_the_read() {
    let mut chat = Chat::new(Script::default(), Config::default());
    feed(&mut chat, b"a").unwrap();
    chat.handle_timeout(NOW).unwrap();
    // Read in time, while the rest is on its way: the deadline passes during the round.
    feed_at(&mut chat, seconds(6), b"b").unwrap();
    chat.handle_timeout(seconds(4)).unwrap();
    feed_at(&mut chat, seconds(6), b"c\r\n").unwrap();
    chat.handle_timeout(seconds(6)).unwrap();
    assert!(!chat.is_closed());
}

// C6, C7
#[test]
fn chat_periods_begin_at_the_given_time() {
    let begin: [fn(&mut Chat<Script>); 3] = [
        |chat| feed_at(chat, seconds(60), b"a").unwrap(),
        |chat| chat.handle_eof(seconds(60)).unwrap(),
        |chat| {
            chat.channel_mut().close_when_done();
            chat.handle_shutdown(seconds(60));
        },
    ];
    for (begin, period) in begin.into_iter().zip([5, 5, 2]) {
        let mut chat = Chat::new(Script { on_eof: Some(push_line), ..Script::default() }, Config::default());
        chat.handle_connect(NOW).unwrap();
        begin(&mut chat);
        chat.handle_timeout(NOW).unwrap();
        assert_eq!(chat.poll_timeout(), Some(seconds(60 + period)));
    }
}
