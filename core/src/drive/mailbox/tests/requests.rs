//! Requests to abort and to shut down.

use super::waking::Alarm;
use super::*;

// C16
#[test]
fn abort_drops_what_waits_and_wakes() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let (alarm, waker) = Alarm::new();
    peer.push("first").unwrap();
    peer.push("left above the mark").unwrap();
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, &waker).is_ready());
    peer.abort();
    assert_eq!(alarm.rung(), 1);
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
    let (alarm, waker) = Alarm::new();
    chat.channel_mut().push("the last output").unwrap();
    chat.channel_mut().close_when_done();
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_pending());
    peer.abort();
    assert_eq!(alarm.rung(), 1);
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_ready());
    assert_eq!(chat.outcome(), Some(Err(&Error::Aborted)));
}

// C17
#[test]
fn shutdown_request_comes_behind_all_earlier_pushes() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let (alarm, waker) = Alarm::new();
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
    assert_eq!(alarm.rung(), 1, "it was awake for the others");
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, &waker).is_ready());
    assert_eq!(chat.handler().shutdowns, 1);
    assert_eq!(sent(&mut chat), ["a", "b", "c", "d"]);
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, &waker).is_pending());
    peer.request_shutdown();
    assert_eq!(alarm.rung(), 2);
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
