use super::*;

fn pause(channel: &mut Channel) -> Result<(), BoxError> {
    channel.pause();
    Ok(())
}

fn resume(channel: &mut Channel) -> Result<(), BoxError> {
    channel.resume();
    Ok(())
}

/// A chat whose handler pauses at the first line.
fn pausing() -> Chat<Script> {
    Chat::new(Script { on_terminator: [pause as Act].into(), ..Script::default() }, Config::default())
}

// C12
#[test]
fn pause_takes_effect_at_the_next_event() {
    let mut chat = pausing();
    let mut input = Input::new(b"one\r\ntwo\r\nthr");
    chat.handle_input(NOW, &mut input).unwrap();
    assert_eq!(chat.handler().log, ["connect", "\"one", "terminator"]);
    assert_eq!(input.remaining(), b"two\r\nthr");
    assert!(chat.channel().is_paused() && !chat.wants_read() && !chat.wants_resume());
    // A driver that does not ask delivers nothing either.
    chat.handle_input(NOW, &mut input).unwrap();
    assert_eq!(input.remaining(), b"two\r\nthr");
    chat.channel_mut().resume();
    assert!(!chat.channel().is_paused() && chat.wants_read() && chat.wants_resume());
    chat.handle_input(NOW, &mut input).unwrap();
    assert!(input.is_empty() && !chat.wants_resume());
    assert_eq!(chat.handler().log[3..], ["\"two", "terminator", "\"thr"]);
}

// C12
#[test]
fn pause_takes_effect_between_data_and_its_terminator() {
    let mut chat = Chat::new(Script { on_data: Some(pause), ..Script::default() }, Config::default());
    let mut input = Input::new(b"one\r\n");
    chat.handle_input(NOW, &mut input).unwrap();
    assert_eq!(chat.handler().log, ["connect", "\"one"]);
    chat.channel_mut().resume();
    chat.handle_input(NOW, &mut input).unwrap();
    assert_eq!(chat.handler().log, ["connect", "\"one", "terminator"]);
}

// C12
#[test]
fn pause_in_handle_connect_reads_nothing() {
    let mut chat = Chat::new(Script { on_connect: Some(pause), ..Script::default() }, Config::default());
    chat.handle_connect(NOW).unwrap();
    assert!(!chat.wants_read() && chat.wants_error());
    assert_eq!(chat.poll_timeout(), None);
    chat.channel_mut().resume();
    assert!(chat.wants_read() && !chat.wants_resume() && !chat.wants_error());
}

// C12
#[test]
fn pause_and_resume_within_one_call_is_nothing() {
    fn both(channel: &mut Channel) -> Result<(), BoxError> {
        pause(channel)?;
        resume(channel)
    }

    let mut chat = Chat::new(Script { on_data: Some(both), ..Script::default() }, Config::default());
    feed(&mut chat, b"one\r\ntwo\r\n").unwrap();
    assert_eq!(chat.handler().log.len(), 5);
}

// C12, C3
#[test]
fn pause_puts_off_the_end_of_the_stream() {
    let mut chat = pausing();
    feed(&mut chat, b"one\r\n").unwrap();
    chat.handle_eof(NOW).unwrap();
    assert_eq!(chat.handler().log, ["connect", "\"one", "terminator"]);
    assert!(!chat.wants_resume());
    chat.channel_mut().resume();
    assert!(chat.wants_resume());
    feed(&mut chat, b"").unwrap();
    assert_eq!(chat.handler().log[3..], ["eof Clean"]);
}

// C12, C11
#[test]
fn pause_stops_the_idle_timeout() {
    let mut chat = pausing();
    feed(&mut chat, b"one\r\n").unwrap();
    assert_eq!(chat.poll_timeout(), None);
    chat.handle_timeout(seconds(1000)).unwrap();
    chat.channel_mut().resume();
    feed_at(&mut chat, seconds(2000), b"").unwrap();
    chat.handle_timeout(seconds(2000)).unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(2300)));
}

// C12, C6
#[test]
fn pause_suspends_the_minimum_input_rate() {
    let mut chat = Chat::new(Script { on_data: Some(pause), ..Script::default() }, Config::default());
    feed(&mut chat, b"o").unwrap();
    chat.channel_mut().resume();
    feed(&mut chat, b"").unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(30)));
    // At each piece it waits for 100 seconds, in which the peer cannot send. The other 10 are the peer's.
    for round in 1..3 {
        feed_at(&mut chat, seconds(110 * round - 100), b"o").unwrap();
        assert_eq!(chat.poll_timeout(), None);
        chat.handle_timeout(seconds(110 * round - 1)).unwrap();
        chat.channel_mut().resume();
        feed_at(&mut chat, seconds(110 * round), b"").unwrap();
        chat.handle_timeout(seconds(110 * round)).unwrap();
    }
    let bought = Duration::from_secs(2) / 240;
    assert_eq!(chat.poll_timeout(), Some(seconds(230) + bought), "30 seconds and 2 pauses of 100");
    assert_eq!(chat.handle_timeout(seconds(231)), Err(Error::SentTooSlowly));
}

// C12, C6
#[test]
fn pause_does_not_stop_the_minimum_output_rate() {
    let mut chat = pausing();
    feed(&mut chat, b"one\r\n").unwrap();
    push_line(chat.channel_mut()).unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(30)));
    assert_eq!(chat.handle_timeout(seconds(30)), Err(Error::ReadTooSlowly));
}

// C12, C2
#[test]
fn pause_does_not_keep_from_closing() {
    let mut chat = pausing();
    let mut input = Input::new(b"one\r\ntwo\r\n");
    chat.handle_input(NOW, &mut input).unwrap();
    push_line(chat.channel_mut()).unwrap();
    chat.channel_mut().close_when_done();
    assert!(chat.wants_read() && chat.wants_resume(), "input is dropped");
    chat.handle_input(NOW, &mut input).unwrap();
    assert!(input.is_empty());
    transmit(&mut chat);
    assert!(chat.wants_shutdown());
    chat.handle_shutdown(NOW);
    chat.handle_eof(NOW).unwrap();
    assert_eq!(chat.handler().log[2..], ["terminator", "closed"]);
}

// C12, C16
#[test]
fn pause_does_not_keep_from_aborting() {
    let mut chat = pausing();
    feed(&mut chat, b"one\r\n").unwrap();
    chat.channel_mut().abort();
    assert_eq!(chat.poll_timeout(), Some(NOW));
    assert_eq!(chat.handle_timeout(NOW), Err(Error::Aborted));
}

// C12, C17
#[test]
fn shutdown_reaches_a_paused_handler() {
    let mut chat = pausing();
    feed(&mut chat, b"one\r\n").unwrap();
    chat.request_shutdown(NOW).unwrap();
    assert!(chat.wants_shutdown());
    assert_eq!(chat.handler().log.last().unwrap(), "shutdown");
}

// C12, C10
#[test]
fn reset_while_paused_leaves_time_to_resume() {
    for resumes in [true, false] {
        let mut chat = pausing();
        let mut input = Input::new(b"one\r\ntwo\r\n");
        chat.handle_input(NOW, &mut input).unwrap();
        assert!(chat.wants_error());
        chat.handle_write_error(seconds(7), "reset").unwrap();
        assert!(!chat.wants_error() && !chat.is_closed());
        assert_eq!(chat.poll_timeout(), Some(seconds(8)));
        if resumes {
            chat.channel_mut().resume();
            chat.handle_input(seconds(8), &mut input).unwrap();
            assert_eq!(chat.handler().log[3..], ["\"two", "terminator"]);
        }
        assert!(chat.handle_timeout(seconds(8)).is_err());
        assert!(chat.handler().log.last().unwrap().ends_with("reset"), "{:?}", chat.handler().log);
    }
}

// C12, O5
#[test]
fn discard_buffers_drops_input_that_a_pause_put_off() {
    let mut chat = pausing();
    let mut input = Input::new(b"one\r\ntwo\r\n");
    chat.handle_input(NOW, &mut input).unwrap();
    chat.channel_mut().discard_buffers();
    chat.channel_mut().resume();
    assert!(chat.wants_resume());
    chat.handle_input(NOW, &mut input).unwrap();
    assert!(input.is_empty());
    assert_eq!(chat.handler().log, ["connect", "\"one", "terminator"]);
}

// C14
#[test]
fn call_resumes_what_was_paused() {
    let mut chat = pausing();
    let mut input = Input::new(b"one\r\ntwo\r\n");
    chat.handle_input(NOW, &mut input).unwrap();
    chat.call(NOW, |script, channel| {
        script.log("called".into());
        resume(channel)
    })
    .unwrap();
    chat.handle_input(NOW, &mut input).unwrap();
    assert_eq!(chat.handler().log[2..], ["terminator", "called", "\"two", "terminator"]);
}

// C14, C2
#[test]
fn call_is_not_made_after_the_close() {
    let mut chat = pausing();
    chat.handle_connect(NOW).unwrap();
    chat.channel_mut().close_when_done();
    chat.call(NOW, |_, _| Err("never".into())).unwrap();
    chat.abort();
    assert_eq!(chat.call(NOW, |_, _| Err("never".into())), Err(Error::Aborted));
}
