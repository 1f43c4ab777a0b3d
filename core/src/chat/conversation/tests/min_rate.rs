use super::*;

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
fn chat_without_min_rates_cuts_nobody_off() {
    let mut chat =
        Chat::new(Script::default(), Config { min_input_rate: None, min_output_rate: None, ..Config::default() });
    feed(&mut chat, b"a").unwrap();
    chat.channel_mut().push("b").unwrap();
    assert_eq!(chat.poll_timeout(), None);
    chat.handle_timeout(Duration::MAX).unwrap();
}
