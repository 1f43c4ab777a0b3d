//! Requests to abort and to shut down.

use super::*;
use crate::sync::CountingWaker;

// C16
#[test]
fn abort_drops_what_waits_and_wakes() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let (alarm, waker) = CountingWaker::new();
    peer.push("first").unwrap();
    peer.push("left above the mark").unwrap();
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, &waker).is_ready());
    peer.abort();
    assert_eq!(alarm.count(), 1);
    assert!(format!("{peer:?}").contains("waiting: 0"), "{peer:?}");
    assert_eq!(peer.push("late"), Err(MailboxError::Closed));
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_ready());
    assert_eq!(chat.outcome(), Some(Err(&Error::Aborted)));
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_pending());
}

// C16
#[test]
fn abort_reaches_a_connection_that_is_closing() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let (alarm, waker) = CountingWaker::new();
    chat.channel_mut().push("the last output").unwrap();
    chat.channel_mut().close_when_done();
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_pending());
    peer.abort();
    assert_eq!(alarm.count(), 1);
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_ready());
    assert_eq!(chat.outcome(), Some(Err(&Error::Aborted)));
}

// C17
#[test]
fn shutdown_request_comes_behind_all_earlier_pushes() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let (alarm, waker) = CountingWaker::new();
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, &waker).is_pending());
    for chunk in ["a", "b", "c"] {
        peer.push(chunk).unwrap();
    }
    mailbox
        .caller()
        .call(|noted: &mut Noted, channel| {
            assert_eq!(noted.shutdowns, 0);
            Ok(channel.push("d")?)
        })
        .unwrap();
    peer.request_shutdown();
    assert_eq!(alarm.count(), 1, "it was awake for the others");
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, &waker).is_ready());
    assert_eq!(chat.handler().shutdowns, 1);
    assert_eq!(sent(&mut chat), ["a", "b", "c", "d"]);
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, &waker).is_pending());
    peer.request_shutdown();
    assert_eq!(alarm.count(), 2);
}

// C16
#[test]
fn abort_replaces_a_request_to_shut_down() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    peer.request_shutdown();
    peer.abort();
    peer.request_shutdown();
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!((chat.handler().shutdowns, chat.outcome()), (0, Some(Err(&Error::Aborted))));
}

#[test]
fn shutdown_request_leaves_a_closing_mailbox_alone() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    peer.close_when_done();
    peer.request_shutdown();
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(chat.handler().shutdowns, 0);
}

// C18
#[test]
fn mailbox_of_a_finished_output_can_still_close() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let (alarm, waker) = CountingWaker::new();
    peer.push("left behind").unwrap();
    chat.channel_mut().finish();
    assert!(mailbox.poll_collect(&mut chat, NOW, &waker).is_pending());
    assert_eq!(peer.push("late"), Err(MailboxError::Closed));
    peer.request_shutdown();
    assert_eq!(alarm.count(), 1);
    assert!(mailbox.poll_collect(&mut chat, NOW, &waker).is_ready());
    assert_eq!(chat.handler().shutdowns, 1);
    assert!(!chat.channel().is_closing());
    peer.close_when_done();
    assert_eq!(alarm.count(), 2);
    assert!(mailbox.poll_collect(&mut chat, NOW, &waker).is_ready());
    assert!(chat.channel().is_closing());
    assert!(mailbox.poll_collect(&mut chat, NOW, &waker).is_pending());
}

// C14, C18
#[test]
fn mailbox_of_a_finished_output_still_calls() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    chat.channel_mut().finish();
    peer.push("left behind").unwrap();
    for number in 0..2 {
        let call = mailbox.caller().call(move |noted: &mut Noted, _| {
            noted.calls.push(number);
            Ok(())
        });
        assert_eq!(call, Ok(()));
        assert!(collect(&mut mailbox, &mut chat).is_ready());
    }
    assert_eq!(chat.handler().calls, [0, 1]);
}

// C17
#[test]
fn mailbox_closes_with_its_last_end() {
    let (peer, first) = recorded_mailbox(AMPLE, None);
    let second = first.for_handler::<Noted>();
    drop(first);
    assert_eq!(peer.push("to the other end"), Ok(()));
    drop(second);
    assert_eq!(peer.push("to nobody"), Err(MailboxError::Closed));
}

// C15, C17
#[test]
fn mailbox_keeps_what_waits_for_the_upgrade() {
    let (first_peer, first_end) = recorded_mailbox(AMPLE, None);
    let mut below = first_end.for_handler::<Noted>();
    let mut chat_below = chat();
    let (alarm, waker) = CountingWaker::new();
    chat_below.channel_mut().upgrade_when_done();
    assert!(below.poll_collect(&mut chat_below, NOW, &waker).is_pending());
    assert!(!first_end.is_closing());
    first_peer.push("for the stream above").unwrap();
    first_peer.request_shutdown();
    assert_eq!(alarm.count(), 1);
    assert!(below.poll_collect(&mut chat_below, NOW, &waker).is_pending());
    assert_eq!(chat_below.handler().shutdowns, 0);
    drop(below);
    assert!(first_end.is_closing());

    let mut above = first_end.for_handler::<Noted>();
    let mut chat_above = chat();
    assert!(above.poll_collect(&mut chat_above, NOW, &waker).is_ready());
    assert_eq!(chat_above.handler().shutdowns, 1);
    assert_eq!(sent(&mut chat_above), ["for the stream above"]);
    drop(above);
    assert!(first_end.is_closing(), "also behind the conversation that was told");
}

// C15
#[test]
fn close_and_abort_take_an_upgrade_back() {
    for aborts in [false, true] {
        let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
        let mut chat = chat();
        chat.channel_mut().upgrade_when_done();
        assert!(collect(&mut mailbox, &mut chat).is_pending());
        assert_eq!(peer.push("nobody is above"), Err(MailboxError::Closed));
        if aborts {
            peer.abort();
        } else {
            peer.close_when_done();
        }
        assert!(collect(&mut mailbox, &mut chat).is_ready());
        assert!(!chat.channel().is_upgrading() && chat.channel().is_closing());
        assert!(collect(&mut mailbox, &mut chat).is_pending());
        assert_eq!(peer.push("late"), Err(MailboxError::Closed));
    }
}
