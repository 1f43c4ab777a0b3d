//! Calls of the handler.

use alloc::boxed::Box;
use alloc::rc::Rc;
use core::cell::Cell;

use super::*;
use crate::sync::CountingWaker;

/// Notes a number in the handler.
fn note(caller: &Caller<Noted>, number: usize) -> Result<(), MailboxError> {
    caller.call(move |noted, _| {
        noted.calls.push(number);
        Ok(())
    })
}

// C14
#[test]
fn calls_keep_their_order_among_pushes() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let caller = mailbox.caller();
    for number in 0..4 {
        peer.push("pushed").unwrap();
        caller
            .call(move |noted, channel| {
                noted.calls.push(number);
                // The pushes before are in the queue, and no others.
                assert_eq!(channel.queued(), (2 * number + 1) * ProducerQueue::chunk_cost(6));
                Ok(channel.push("called")?)
            })
            .unwrap();
    }
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(chat.handler().calls, [0, 1, 2, 3]);
    assert_eq!(sent(&mut chat), ["pushed", "called"].repeat(4));
    assert!(collect(&mut mailbox, &mut chat).is_pending());
}

// C14
#[test]
fn call_wakes_the_driver_once() {
    let (_, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let (alarm, waker) = CountingWaker::new();
    let caller = mailbox.caller();
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_pending());
    note(&caller, 1).unwrap();
    note(&caller, 2).unwrap();
    assert_eq!(alarm.count(), 1);
    assert!(mailbox.collect_up_to(AMPLE, &mut chat, NOW, &waker).is_ready());
    note(&caller, 3).unwrap();
    assert_eq!(alarm.count(), 2);
}

// C14, C22
#[test]
fn calls_that_call_again_come_in_the_next_turn() {
    fn again(caller: &Caller<Noted>) -> Result<(), MailboxError> {
        let next = caller.clone();
        caller.call(move |noted, _| {
            noted.calls.push(0);
            Ok(again(&next)?)
        })
    }

    let (_, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    again(&mailbox.caller()).unwrap();
    for turn in 1..=3 {
        assert!(collect(&mut mailbox, &mut chat).is_ready());
        assert_eq!(chat.handler().calls.len(), turn);
    }
}

// C14, O9
#[test]
fn calls_count_towards_the_capacity() {
    struct Large([u8; 5000]);

    let (peer, mut mailbox) = mailbox::<Noted>(3 * ProducerQueue::PRODUCER_COST);
    let mut chat = chat();
    let caller = mailbox.caller();
    for number in 0..3 {
        note(&caller, number).unwrap();
    }
    assert_eq!(note(&caller, 3), Err(MailboxError::Full));
    assert_eq!(peer.push("x"), Err(MailboxError::Full));
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    // An empty mailbox takes one of any size.
    let large = Large([0; 5000]);
    caller
        .call(move |noted, _| {
            noted.calls.push(large.0.len());
            Ok(())
        })
        .unwrap();
    assert_eq!(peer.push("x"), Err(MailboxError::Full));
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(chat.handler().calls, [0, 1, 2, 5000]);
}

// C14, O6
#[test]
fn calls_wait_above_the_mark() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let caller = mailbox.caller();
    peer.push("above").unwrap();
    note(&caller, 1).unwrap();
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, Waker::noop()).is_ready());
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, Waker::noop()).is_pending());
    assert!(chat.handler().calls.is_empty());
    assert_eq!(sent(&mut chat), ["above"]);
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, Waker::noop()).is_ready());
    assert_eq!(chat.handler().calls, [1]);
}

// C14
#[test]
fn call_error_ends_the_connection() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let caller = mailbox.caller();
    caller.call(|_, _| Err("it cannot go on".into())).unwrap();
    note(&caller, 1).unwrap();
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert!(matches!(chat.outcome(), Some(Err(Error::Handler(_)))), "{:?}", chat.outcome());
    assert!(chat.handler().calls.is_empty(), "no call after the end");
    assert!(collect(&mut mailbox, &mut chat).is_pending());
    assert!(peer.is_closed());
    assert_eq!(note(&caller, 2), Err(MailboxError::Closed));
}

// C14, C2
#[test]
fn call_may_close_and_the_rest_is_dropped() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let caller = mailbox.caller();
    caller
        .call(|_, channel| {
            channel.push("bye")?;
            channel.close_when_done();
            Ok(())
        })
        .unwrap();
    peer.push("late").unwrap();
    note(&caller, 1).unwrap();
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(sent(&mut chat), ["bye"]);
    assert!(chat.channel().is_closing() && chat.handler().calls.is_empty());
}

// C14, O4
#[test]
fn close_comes_behind_earlier_calls() {
    let (peer, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let caller = mailbox.caller();
    caller.call(|_, channel| Ok(channel.push("called")?)).unwrap();
    peer.close_when_done();
    assert_eq!(note(&caller, 1), Err(MailboxError::Closed));
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert!(chat.channel().is_closing());
    assert_eq!(sent(&mut chat), ["called"]);
}

// C14, C19
#[test]
fn call_that_panics_ends_the_connection() {
    let (_, mut mailbox) = mailbox::<Noted>(AMPLE);
    let mut chat = chat();
    let caller = mailbox.caller();
    caller.call(|_, _| std::panic::resume_unwind(Box::new("a call's"))).unwrap();
    note(&caller, 1).unwrap();
    let panicked = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| collect(&mut mailbox, &mut chat)));
    assert!(panicked.is_err());
    let _ = collect(&mut mailbox, &mut chat);
    assert!(chat.handler().calls.is_empty());
    assert!(matches!(chat.outcome(), Some(Err(Error::Handler(_)))), "{:?}", chat.outcome());
}

#[test]
fn call_dropped_with_its_mailbox_may_push() {
    struct Pushes(ConnectionHandle);

    impl Drop for Pushes {
        fn drop(&mut self) {
            assert_eq!(self.0.push("from a drop"), Err(MailboxError::Closed));
        }
    }

    let (peer, mailbox) = mailbox::<Noted>(AMPLE);
    let pushes = Pushes(peer);
    mailbox
        .caller()
        .call(move |_, _| {
            let _ = &pushes;
            Ok(())
        })
        .unwrap();
    drop(mailbox);
}

#[test]
fn caller_is_send_and_sync_for_any_handler() {
    fn is_send_and_sync<T: Send + Sync>(_: &T) {}
    struct Local(#[expect(dead_code, reason = "only its type matters")] Rc<Cell<u8>>);
    let (peer, mailbox) = mailbox::<Local>(AMPLE);
    let caller = mailbox.caller().clone();
    is_send_and_sync(&caller);
    assert_eq!(caller.handle(), &peer);
    assert!(format!("{caller:?}").contains("Local"), "{caller:?}");
}
