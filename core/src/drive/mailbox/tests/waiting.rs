//! Senders that wait for room.

use core::pin::{Pin, pin};
use core::task::Context;
use std::thread;

use super::*;
use crate::sync::CountingWaker;

type Pushed<'p> = Pin<&'p mut dyn Future<Output = Result<(), MailboxError>>>;

fn poll(pushed: &mut Pushed<'_>, waker: &Waker) -> Poll<Result<(), MailboxError>> {
    pushed.as_mut().poll(&mut Context::from_waker(waker))
}

// O9
#[test]
fn push_when_ready_waits_for_room_in_order() {
    let (peer, mut mailbox) = mailbox::<Noted>(ProducerQueue::chunk_cost(1));
    let mut chat = chat();
    let (alarm, waker) = CountingWaker::new();
    let mut first: Pushed<'_> = pin!(peer.push_when_ready("a"));
    let mut second: Pushed<'_> = pin!(peer.push_when_ready("b"));
    let mut third: Pushed<'_> = pin!(peer.push_when_ready("c"));
    assert_eq!(poll(&mut first, &waker), Poll::Ready(Ok(())));
    for _ in 0..2 {
        assert!(poll(&mut second, &waker).is_pending());
        assert!(poll(&mut third, &waker).is_pending());
    }
    assert_eq!(alarm.count(), 0);
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(alarm.count(), 2, "each once");
    assert_eq!(poll(&mut second, &waker), Poll::Ready(Ok(())));
    assert!(poll(&mut third, &waker).is_pending());
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(poll(&mut third, &waker), Poll::Ready(Ok(())));
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(sent(&mut chat), ["a", "b", "c"]);
}

// C8
#[test]
fn push_when_ready_pushes_nothing_if_dropped() {
    let (peer, mut mailbox) = mailbox::<Noted>(0);
    let mut chat = chat();
    let (alarm, waker) = CountingWaker::new();
    peer.push("a").unwrap();
    {
        let mut dropped: Pushed<'_> = pin!(peer.push_when_ready("dropped"));
        assert!(poll(&mut dropped, &waker).is_pending());
    }
    assert_eq!(Arc::strong_count(&alarm), 2, "its waker is gone");
    let mut other: Pushed<'_> = pin!(peer.push_when_ready("b"));
    assert!(poll(&mut other, &waker).is_pending());
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(alarm.count(), 1);
    assert_eq!(poll(&mut other, &waker), Poll::Ready(Ok(())));
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(sent(&mut chat), ["a", "b"]);
}

#[test]
fn push_when_ready_fails_when_the_mailbox_closes() {
    type Act = fn(&ConnectionHandle, Mailbox<Noted>);
    let closes: [Act; 2] = [|peer, _| peer.abort(), |_, mailbox| drop(mailbox)];
    for close in closes {
        let (peer, mailbox) = mailbox::<Noted>(0);
        let (alarm, waker) = CountingWaker::new();
        peer.push("a").unwrap();
        let mut pushed: Pushed<'_> = pin!(peer.push_when_ready("b"));
        assert!(poll(&mut pushed, &waker).is_pending());
        close(&peer, mailbox);
        assert_eq!(alarm.count(), 1);
        assert_eq!(poll(&mut pushed, &waker), Poll::Ready(Err(MailboxError::Closed)));
    }
}

// C14
#[test]
fn call_when_ready_waits_for_room() {
    let (peer, mut mailbox) = mailbox::<Noted>(0);
    let mut chat = chat();
    let (alarm, waker) = CountingWaker::new();
    let caller = mailbox.caller();
    peer.push("a").unwrap();
    let mut called: Pushed<'_> = pin!(caller.call_when_ready(|noted, channel| {
        noted.calls.push(channel.queued());
        Ok(())
    }));
    assert!(poll(&mut called, &waker).is_pending());
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(alarm.count(), 1);
    assert_eq!(poll(&mut called, &waker), Poll::Ready(Ok(())));
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(chat.handler().calls, [ProducerQueue::chunk_cost(1)]);
}

// C14
#[test]
fn push_blocking_and_call_blocking_wait_for_room() {
    const SENDERS: usize = 4;
    const EACH: usize = 200;

    let (peer, mut mailbox) = mailbox::<Noted>(1);
    let mut chat = chat();
    let caller = mailbox.caller();
    thread::scope(|scope| {
        for _ in 0..SENDERS {
            let (peer, caller) = (peer.clone(), caller.clone());
            scope.spawn(move || {
                for number in 0..EACH {
                    peer.push_blocking("x").unwrap();
                    let called = caller.call_blocking(move |noted, _| {
                        noted.calls.push(number);
                        Ok(())
                    });
                    called.unwrap();
                }
            });
        }
        let mut received = 0;
        while received < SENDERS * EACH || chat.handler().calls.len() < SENDERS * EACH {
            if collect(&mut mailbox, &mut chat).is_pending() {
                thread::yield_now();
            }
            received += sent(&mut chat).len();
        }
    });
    assert!(collect(&mut mailbox, &mut chat).is_pending());
}
