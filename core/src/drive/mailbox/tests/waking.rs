//! When the driver is woken, and what may run meanwhile.

use alloc::boxed::Box;
use alloc::string::{String, ToString};
use alloc::task::Wake;
use std::sync::mpsc;
use std::thread;

use super::*;
use crate::sync::CountingWaker;

#[test]
fn mailbox_push_wakes_only_if_empty() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    let (alarm, waker) = CountingWaker::new();
    peer.push("before").unwrap();
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_ready());
    assert_eq!(alarm.count(), 0);
    for round in 1..=3 {
        peer.push("").unwrap();
        assert_eq!(alarm.count(), round - 1);
        peer.push("first").unwrap();
        assert_eq!(alarm.count(), round);
        peer.push("second").unwrap();
        assert_eq!(alarm.count(), round);
        assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_ready());
    }
    // The driver comes back for the rest without being woken.
    peer.push("left").unwrap();
    assert_eq!(alarm.count(), 4);
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, &waker).is_pending());
    peer.push("behind it").unwrap();
    assert_eq!(alarm.count(), 4);
    // A close may take an upgrade back, which leaves everything here.
    peer.close_when_done();
    assert_eq!(alarm.count(), 5);
}

#[test]
fn mailbox_close_with_wakes_once_if_empty() {
    for (before, last) in [(None, "last"), (None, ""), (Some("before"), "last"), (Some("before"), "")] {
        let (peer, mut mailbox) = mailbox(AMPLE);
        let (alarm, waker) = CountingWaker::new();
        assert!(mailbox.collect_up_to(AMPLE, &mut chat(), NOW, &waker).is_pending());
        if let Some(before) = before {
            peer.push(before).unwrap();
        }
        peer.close_with(last).unwrap();
        assert_eq!(alarm.count(), 1, "{before:?}, {last}");
    }
}

#[test]
fn mailbox_close_when_done_wakes_once() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    let (alarm, waker) = CountingWaker::new();
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_pending());
    peer.close_when_done();
    peer.close_when_done();
    assert_eq!(alarm.count(), 1);
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_ready());
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_pending());
    peer.close_when_done();
    assert_eq!(alarm.count(), 1);
}

#[test]
fn mailbox_closing_is_woken_after_the_output_ended() {
    let (peer, mut mailbox) = mailbox::<()>(AMPLE);
    let (closing, waker) = CountingWaker::new();
    assert!(mailbox.poll_closing(&waker).is_pending());
    peer.push("refused").unwrap();
    assert_eq!(closing.count(), 0);
    mailbox.shared.lock().refuse().drop_and_wake();
    peer.request_shutdown();
    assert_eq!(closing.count(), 1);
    assert!(mailbox.poll_closing(&waker).is_ready());
}

#[test]
fn mailbox_wakes_the_last_waker_once() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    let (old_alarm, old) = CountingWaker::new();
    let (alarm, waker) = CountingWaker::new();
    let _ = mailbox.collect_up_to(AMPLE, &mut chat, NOW, &old);
    let _ = mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker);
    assert_eq!(Arc::strong_count(&old_alarm), 2, "one here, one in `old`");
    let _ = mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker);
    assert_eq!(Arc::strong_count(&alarm), 3);
    peer.push("x").unwrap();
    assert_eq!((old_alarm.count(), alarm.count()), (0, 1));
}

#[test]
fn mailbox_closed_wakes_nobody() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    let (alarm, waker) = CountingWaker::new();
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_pending());
    chat.channel_mut().close_when_done();
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_pending());
    peer.close_when_done();
    assert_eq!(alarm.count(), 0);
    assert_eq!(Arc::strong_count(&alarm), 3, "it is kept for an abort");
    drop(mailbox);
    peer.abort();
    assert_eq!((alarm.count(), Arc::strong_count(&alarm)), (0, 2));
}

/// Bytes that push again when they are dropped.
struct Echo(ConnectionHandle);

impl AsRef<[u8]> for Echo {
    fn as_ref(&self) -> &[u8] {
        b"echo"
    }
}

impl Drop for Echo {
    fn drop(&mut self) {
        assert!(self.0.push("again").is_err());
    }
}

#[test]
fn mailbox_push_from_drop_does_not_deadlock() {
    let (peer, mailbox) = mailbox::<()>(1);
    peer.push(Bytes::from_owner(Echo(peer.clone()))).unwrap();
    assert_eq!(peer.push(Bytes::from_owner(Echo(peer.clone()))), Err(MailboxError::Full));
    drop(mailbox);
    assert_eq!(peer.push(Bytes::from_owner(Echo(peer.clone()))), Err(MailboxError::Closed));
}

/// A waker that pushes as soon as it is woken.
struct Eager(ConnectionHandle);

impl Wake for Eager {
    fn wake(self: Arc<Self>) {
        self.0.push("woken").unwrap();
    }
}

#[test]
fn mailbox_push_from_waker_does_not_deadlock() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    let waker = Waker::from(Arc::new(Eager(peer.clone())));
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_pending());
    peer.push("push").unwrap();
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(sent(&mut chat), ["push", "woken"]);
}

/// Wakes a thread through a channel of one place, so that no wake-up is lost and none is counted twice.
struct Bell(mpsc::SyncSender<()>);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        let _ = self.0.try_send(());
    }
}

// O1
#[test]
fn mailbox_keeps_order_across_threads() {
    const THREADS: usize = 4;
    const PUSHES: usize = 5_000;
    let (peer, mut mailbox) = mailbox(256);
    let (ring, bell) = mpsc::sync_channel(1);
    let waker = Waker::from(Arc::new(Bell(ring)));
    let mut chat = chat();
    let mut seen = [0; THREADS];
    thread::scope(|scope| {
        for name in 0..THREADS {
            let peer = peer.clone();
            scope.spawn(move || {
                for count in 0..PUSHES {
                    let line = Bytes::from(format!("{name} {count}"));
                    while peer.push(line.clone()) == Err(MailboxError::Full) {
                        thread::yield_now();
                    }
                }
            });
        }
        // A driver that sleeps unless it was woken: a lost wake-up would leave it here for good.
        while seen != [PUSHES; THREADS] {
            if mailbox.collect_up_to(64, &mut chat, NOW, &waker).is_pending() {
                bell.recv().unwrap();
            }
            for line in sent(&mut chat) {
                let line = String::from_utf8(line.to_vec()).unwrap();
                let (name, count) = line.split_once(' ').unwrap();
                let seen = &mut seen[name.parse::<usize>().unwrap()];
                assert_eq!(count, seen.to_string());
                *seen += 1;
            }
        }
    });
    assert!(collect(&mut mailbox, &mut chat).is_pending());
}

#[test]
fn mailbox_survives_a_poisoned_lock() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    let shared = Arc::clone(&mailbox.shared);
    let panicked = thread::scope(|scope| {
        scope
            .spawn(|| {
                let _guard = shared.lock();
                std::panic::resume_unwind(Box::new("poison"));
            })
            .join()
    });
    assert!(panicked.is_err());
    peer.push("still here").unwrap();
    assert!(!peer.is_closed());
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(sent(&mut chat), ["still here"]);
}
