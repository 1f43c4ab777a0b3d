use super::*;
use crate::chat::min_rate::MinRate;

/// Minimum rates after a grace period of 5 seconds, and no other timeout.
fn five_seconds() -> Config {
    let rate = Some(MinRate { grace: seconds(5), bytes_per_second: 240 });
    Config { min_input_rate: rate, min_output_rate: rate, idle_timeout: None, ..Config::default() }
}

// C6
#[test]
fn chat_cuts_off_slow_senders_not_idle_ones() {
    let mut chat = Chat::new(Script::default(), five_seconds());
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
    let mut chat = Chat::new(Script::default(), five_seconds());
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
    let mut chat = Chat::new(Script::default(), five_seconds());
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
    let mut chat = Chat::new(Script::default(), five_seconds());
    chat.handle_connect(NOW).unwrap();
    chat.channel_mut().push(Bytes::from(alloc::vec![b'x'; 100_000])).unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(5)));
    chat.handle_timeout(seconds(4)).unwrap();
    chat.poll_transmit(&mut noop_context()).advance(240);
    assert_eq!(chat.poll_timeout(), Some(seconds(6)));
    chat.handle_timeout(seconds(5)).unwrap();
    assert_eq!(chat.handle_timeout(seconds(6)), Err(Error::ReadTooSlowly));
    assert!(!chat.wants_write());
}

// C6, O6
#[test]
fn chat_expects_nothing_from_an_unread_peer() {
    let mut chat = Chat::new(
        Script { on_data: Some(push_line), ..Script::default() },
        Config { max_frame_len: 4, high_water: 25, low_water: 10, ..five_seconds() },
    );
    let mut input = Input::new(b"a");
    chat.handle_input(NOW, &mut input).unwrap();
    push_line(chat.channel_mut()).unwrap();
    push_line(chat.channel_mut()).unwrap();
    assert!(!chat.wants_read());
    chat.poll_transmit(&mut noop_context()).advance(1);
    let outbound_only = chat.poll_timeout();
    assert_eq!(outbound_only, Some(seconds(5)));
    chat.handle_timeout(seconds(3)).unwrap();
    chat.poll_transmit(&mut noop_context()).advance(29);
    assert_eq!(chat.poll_timeout(), Some(seconds(8)), "the frame's clock starts anew");
}

// C6
#[test]
fn chat_without_min_rates_cuts_nobody_off() {
    let mut chat =
        Chat::new(Script::default(), Config { min_input_rate: None, min_output_rate: None, ..five_seconds() });
    feed(&mut chat, b"a").unwrap();
    chat.channel_mut().push("b").unwrap();
    assert_eq!(chat.poll_timeout(), None);
    chat.handle_timeout(Duration::MAX).unwrap();
}

// C6
#[test]
fn chat_timeout_uses_time_before_the_read() {
    let mut chat = Chat::new(Script::default(), five_seconds());
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
        let mut chat = Chat::new(Script { on_eof: Some(push_line), ..Script::default() }, five_seconds());
        chat.handle_connect(NOW).unwrap();
        begin(&mut chat);
        chat.handle_timeout(NOW).unwrap();
        assert_eq!(chat.poll_timeout(), Some(seconds(60 + period)));
    }
}

// C6
#[test]
fn output_that_kernel_holds_is_no_progress() {
    let mut chat = Chat::new(Script::default(), five_seconds());
    chat.handle_connect(NOW).unwrap();
    chat.channel_mut().push(Bytes::from(alloc::vec![b'x'; 100_000])).unwrap();
    chat.poll_transmit(&mut noop_context()).advance(100_000);
    chat.set_unacknowledged(100_000);
    assert_eq!(chat.poll_timeout(), Some(seconds(5)), "all of it is in the socket buffer");
    chat.handle_timeout(seconds(4)).unwrap();
    chat.set_unacknowledged(100_000 - 480);
    assert_eq!(chat.poll_timeout(), Some(seconds(7)));
    assert_eq!(chat.handle_timeout(seconds(7)), Err(Error::ReadTooSlowly));
    assert!(chat.wants_reset());
}

// C6
#[test]
fn peer_at_twice_the_rate_is_never_cut() {
    const LEN: u64 = 1_000_000;
    for (held, step) in [(0, 1), (4 * 1024, 1), (512 * 1024, 1), (512 * 1024, 29)] {
        let rate = Some(MinRate { grace: seconds(30), bytes_per_second: 240 });
        let mut chat = Chat::new(Script::default(), Config { min_output_rate: rate, ..five_seconds() });
        chat.handle_connect(NOW).unwrap();
        chat.channel_mut().push(Bytes::from(alloc::vec![b'x'; LEN as usize])).unwrap();
        let (mut written, mut taken) = (0, 0);
        for second in (0..).step_by(step) {
            taken = (480 * second).min(LEN);
            let room = (taken + held.max(480 * step as u64)).min(LEN) - written;
            let mut staged = chat.poll_transmit(&mut noop_context());
            let len = staged.remaining().min(room as usize);
            staged.advance(len);
            written += len as u64;
            if held > 0 {
                chat.set_unacknowledged(written - taken);
            }
            assert_eq!(chat.handle_timeout(seconds(second)), Ok(()), "at {second} s, {taken} of {written} taken");
            if taken == LEN {
                break;
            }
        }
        assert_eq!((taken, chat.poll_timeout()), (LEN, None));
    }
}

// C6
#[test]
fn each_answer_has_its_own_grace_after_acknowledgement() {
    let mut chat = Chat::new(Script::default(), five_seconds());
    chat.handle_connect(NOW).unwrap();
    // A round trip of a second, and an answer in each: there is always something on its way.
    for second in 0..100 {
        chat.set_unacknowledged(10 * second.min(1));
        chat.handle_timeout(seconds(second)).unwrap();
        push_line(chat.channel_mut()).unwrap();
        transmit(&mut chat);
        chat.set_unacknowledged(10 * (second + 1).min(2));
        chat.handle_timeout(seconds(second)).unwrap();
    }
    assert!(!chat.is_closed());
    assert_eq!(chat.handle_timeout(seconds(102)), Ok(()));
    assert_eq!(chat.handle_timeout(seconds(104)), Err(Error::ReadTooSlowly), "the last two answers");
}

fn continue_request(channel: &mut Channel) -> Result<(), BoxError> {
    channel.continue_request();
    Ok(())
}

// C6
#[test]
fn grace_period_of_a_request_spans_its_frames() {
    let on_terminator = [continue_request as Act; 3].into();
    let mut chat = Chat::new(Script { on_terminator, ..Script::default() }, five_seconds());
    for second in 0..3 {
        feed_at(&mut chat, seconds(second), b"a\r\n").unwrap();
        chat.handle_timeout(seconds(second)).unwrap();
    }
    let bought = seconds(6) / 240;
    assert_eq!(chat.poll_timeout(), Some(seconds(5) + bought));
    // The fourth frame ends the request.
    feed_at(&mut chat, seconds(4), b"a\r\n").unwrap();
    assert_eq!(chat.poll_timeout(), None);
    feed_at(&mut chat, seconds(4), b"b").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(9)));
}

// C6
#[test]
fn request_behind_a_completed_one_has_its_own_grace() {
    let on_terminator = [nothing as Act, continue_request].into();
    let mut chat = Chat::new(Script { on_terminator, ..Script::default() }, five_seconds());
    feed(&mut chat, b"a").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(5)));
    feed_at(&mut chat, seconds(4), b"\r\nhead\r\n").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(9)));
}
