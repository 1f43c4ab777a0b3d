//! Requests to abort and to shut down.

use super::waking::Alarm;
use super::*;

// C16
#[test]
fn abort_drops_what_waits_and_wakes() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut channel = channel();
    let (alarm, waker) = Alarm::new();
    peer.push("first").unwrap();
    peer.push("left above the mark").unwrap();
    assert!(mailbox.poll_collect(&mut channel, 0, &waker).is_ready());
    peer.abort();
    assert_eq!(alarm.rung(), 1);
    assert!(format!("{peer:?}").contains("waiting: 0"), "{peer:?}");
    assert_eq!(peer.push("late"), Err(MailboxError::Closed));
    assert!(mailbox.poll_collect(&mut channel, AMPLE, &waker).is_ready());
    assert_eq!(mailbox.take_request(), Some(Request::Abort));
    assert_eq!(mailbox.take_request(), None);
    assert!(mailbox.poll_collect(&mut channel, AMPLE, &waker).is_pending());
    assert_eq!(sent(&mut channel), ["first"]);
}

// C16
#[test]
fn abort_reaches_a_connection_that_is_closing() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut channel = channel();
    let (alarm, waker) = Alarm::new();
    channel.push("the last output").unwrap();
    channel.close_when_done();
    assert!(mailbox.poll_collect(&mut channel, AMPLE, &waker).is_pending());
    peer.abort();
    assert_eq!(alarm.rung(), 1);
    assert!(mailbox.poll_collect(&mut channel, AMPLE, &waker).is_ready());
    assert_eq!(mailbox.take_request(), Some(Request::Abort));
}

// C17
#[test]
fn shutdown_request_comes_behind_all_earlier_pushes() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut channel = channel();
    let (alarm, waker) = Alarm::new();
    assert!(mailbox.poll_collect(&mut channel, 0, &waker).is_pending());
    for chunk in ["a", "b", "c"] {
        peer.push(chunk).unwrap();
    }
    peer.request_shutdown();
    assert_eq!(alarm.rung(), 1, "it was awake for the last three");
    assert!(mailbox.poll_collect(&mut channel, 0, &waker).is_ready());
    assert_eq!(mailbox.take_request(), Some(Request::Shutdown));
    assert_eq!(sent(&mut channel), ["a", "b", "c"]);
    assert!(mailbox.poll_collect(&mut channel, 0, &waker).is_pending());
    peer.request_shutdown();
    assert_eq!(alarm.rung(), 2);
}

// C16
#[test]
fn abort_replaces_a_request_to_shut_down() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    peer.request_shutdown();
    peer.abort();
    peer.request_shutdown();
    assert!(collect(&mut mailbox, &mut channel()).is_ready());
    assert_eq!(mailbox.take_request(), Some(Request::Abort));
}

#[test]
fn shutdown_request_leaves_a_closing_mailbox_alone() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    peer.close_when_done();
    peer.request_shutdown();
    assert!(collect(&mut mailbox, &mut channel()).is_ready());
    assert_eq!(mailbox.take_request(), None);
}

// C18
#[test]
fn mailbox_of_a_finished_output_can_still_close() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut channel = channel();
    let (alarm, waker) = Alarm::new();
    peer.push("left behind").unwrap();
    channel.finish();
    assert!(mailbox.poll_collect(&mut channel, AMPLE, &waker).is_pending());
    assert_eq!(peer.push("late"), Err(MailboxError::Closed));
    peer.request_shutdown();
    assert_eq!(alarm.rung(), 1);
    assert!(mailbox.poll_collect(&mut channel, AMPLE, &waker).is_ready());
    assert_eq!(mailbox.take_request(), Some(Request::Shutdown));
    assert!(!channel.is_closing());
    peer.close_when_done();
    assert_eq!(alarm.rung(), 2);
    assert!(mailbox.poll_collect(&mut channel, AMPLE, &waker).is_ready());
    assert!(channel.is_closing());
    assert!(mailbox.poll_collect(&mut channel, AMPLE, &waker).is_pending());
}
