use super::*;

fn set_timer(channel: &mut Channel) -> Result<(), BoxError> {
    channel.set_timer(Some(seconds(20)));
    Ok(())
}

/// A chat whose handler sets the timer to 20 seconds, at the time 10.
fn timed(on_timer: impl IntoIterator<Item = Act>) -> Chat<Script> {
    let script = Script { on_connect: Some(set_timer), on_timer: on_timer.into_iter().collect(), ..Script::default() };
    let mut chat = Chat::new(script, Config::default());
    chat.handle_connect(seconds(10)).unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(30)));
    chat
}

fn timers(chat: &Chat<Script>) -> usize {
    chat.handler().log.iter().filter(|entry| *entry == "timer").count()
}

// C13
#[test]
fn timer_goes_off_once() {
    let mut chat = timed([]);
    for (second, expected) in [(29, 0), (30, 1), (31, 1), (200, 1)] {
        chat.handle_timeout(seconds(second)).unwrap();
        assert_eq!(timers(&chat), expected, "at {second}");
    }
    assert_eq!(chat.poll_timeout(), Some(seconds(310)), "the idle timeout is left");
}

// C13
#[test]
fn timer_counts_from_the_call_that_sets_it() {
    let script = Script { on_connect: Some(set_timer), on_terminator: [set_timer as Act].into(), ..Script::default() };
    let mut chat = Chat::new(script, Config::default());
    chat.handle_connect(seconds(10)).unwrap();
    feed_at(&mut chat, seconds(20), b"a\r\n").unwrap();
    chat.handle_timeout(seconds(39)).unwrap();
    assert_eq!(timers(&chat), 0);
    chat.handle_timeout(seconds(40)).unwrap();
    assert_eq!(timers(&chat), 1);
    set_timer(chat.channel_mut()).unwrap();
    chat.handle_timeout(seconds(100)).unwrap();
    assert_eq!((timers(&chat), chat.poll_timeout()), (1, Some(seconds(120))), "from outside, from the next call");
}

// C13
#[test]
fn timer_set_again_replaces_the_first() {
    let mut chat = timed([]);
    chat.handle_timeout(seconds(25)).unwrap();
    set_timer(chat.channel_mut()).unwrap();
    chat.handle_timeout(seconds(25)).unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(45)));
    chat.channel_mut().set_timer(Some(seconds(1)));
    assert_eq!(chat.poll_timeout(), Some(seconds(26)));
    chat.channel_mut().set_timer(None);
    chat.handle_timeout(seconds(100)).unwrap();
    assert_eq!(timers(&chat), 0);
}

// C13
#[test]
fn timer_may_be_set_again_by_itself() {
    let mut chat = timed([set_timer as Act, set_timer, nothing]);
    for (second, expected) in [(30, 1), (49, 1), (51, 2), (70, 2), (71, 3), (100, 3)] {
        chat.handle_timeout(seconds(second)).unwrap();
        assert_eq!(timers(&chat), expected, "at {second}");
    }
}

// C13, C12
#[test]
fn timer_goes_off_while_paused_and_above_high_water() {
    fn resume_or_pause(channel: &mut Channel) -> Result<(), BoxError> {
        if channel.is_paused() {
            channel.resume();
        } else {
            channel.pause();
        }
        Ok(())
    }

    let mut chat = timed([resume_or_pause as Act]);
    chat.channel_mut().pause();
    chat.channel_mut().push(alloc::vec![b'x'; 1 << 20]).unwrap();
    chat.handle_timeout(seconds(30)).unwrap();
    assert_eq!(timers(&chat), 1);
    assert!(!chat.channel().is_paused());
}

// C13
#[test]
fn timer_that_closes_prevents_a_judgement() {
    let mut chat = timed([close as Act]);
    feed_at(&mut chat, seconds(10), b"a frame that comes too slowly").unwrap();
    chat.handle_timeout(seconds(1000)).unwrap();
    assert_eq!(chat.handler().log.last().unwrap(), "timer");
    assert!(chat.wants_shutdown());
}

// C13
#[test]
fn timer_error_ends_the_connection() {
    let mut chat = timed([fail as Act]);
    assert!(chat.handle_timeout(seconds(30)).is_err());
    assert_eq!(chat.handler().log[1..], ["timer", "closed: the handler failed: disk full"]);
}

// C13, C2
#[test]
fn timer_ends_with_the_close() {
    for (end, again) in [(close as Act, false), (close, true)] {
        let mut chat = timed([]);
        push_line(chat.channel_mut()).unwrap();
        end(chat.channel_mut()).unwrap();
        if again {
            // For a handler that bounds its close.
            set_timer(chat.channel_mut()).unwrap();
            assert_eq!(chat.poll_timeout(), Some(seconds(30)));
        }
        chat.handle_timeout(seconds(30)).unwrap();
        assert_eq!(timers(&chat), usize::from(again));
    }
    let mut chat = timed([]);
    chat.channel_mut().abort();
    assert!(chat.handle_timeout(seconds(30)).is_err());
    assert_eq!(timers(&chat), 0);
}

// C13
#[test]
fn timer_beyond_all_time_never_goes_off() {
    let mut chat = timed([]);
    chat.channel_mut().set_timer(Some(Duration::MAX));
    chat.handle_timeout(seconds(10)).unwrap();
    assert_eq!(chat.poll_timeout(), Some(seconds(310)));
}
