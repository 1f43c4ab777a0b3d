use alloc::format;
use alloc::vec;
use alloc::vec::Vec;
use std::collections::HashSet;

use bytes::{Buf, Bytes};

use super::*;
use crate::chat::{Channel, Config};
use crate::error::{BoxError, Error};
use crate::output::FnProducer;
use crate::output::ProducerQueue;
use crate::output::PushError;
use crate::output::noop_context;

mod calls;
mod requests;
mod waiting;
mod waking;

const AMPLE: usize = 1 << 20;

const NOW: Duration = Duration::ZERO;

/// Counts the shutdowns that it is told of, and notes what it is called with.
#[derive(Default)]
struct Noted {
    shutdowns: usize,
    calls: Vec<usize>,
}

impl Handler for Noted {
    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_shutdown(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        self.shutdowns += 1;
        Ok(())
    }
}

fn chat() -> Chat<Noted> {
    Chat::new(Noted::default(), Config::default())
}

fn collect(mailbox: &mut Mailbox<Noted>, chat: &mut Chat<Noted>) -> Poll<()> {
    mailbox.collect_up_to(AMPLE, chat, NOW, Waker::noop())
}

/// Takes the output, chunk by chunk, as a transport would.
fn sent(chat: &mut Chat<Noted>) -> Vec<Bytes> {
    let chunks = core::iter::from_fn(|| match chat.channel_mut().queue_mut().poll_next_chunk(&mut noop_context()) {
        Poll::Ready(chunk) => chunk.unwrap(),
        Poll::Pending => None,
    });
    chunks.collect()
}

// O1
#[test]
fn mailbox_keeps_order_behind_queued_output() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    chat.channel_mut().push("handler's").unwrap();
    peer.push("a").unwrap();
    peer.clone().push("b").unwrap();
    peer.push("").unwrap();
    peer.push("c").unwrap();
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(sent(&mut chat), ["handler's", "a", "b", "c"]);
    assert!(collect(&mut mailbox, &mut chat).is_pending());
}

// O1
#[test]
fn mailbox_keeps_its_rest_above_the_mark() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    for chunk in ["aaaa", "bbbb", "cccc", "dddd"] {
        peer.push(chunk).unwrap();
    }
    let mark = ProducerQueue::chunk_cost(4);
    assert!(mailbox.collect_up_to(mark, &mut chat, NOW, Waker::noop()).is_ready());
    assert_eq!(chat.channel_mut().queued(), 2 * mark, "at the mark one more is taken");
    assert!(mailbox.collect_up_to(mark, &mut chat, NOW, Waker::noop()).is_pending());
    peer.push("eeee").unwrap();
    assert_eq!(sent(&mut chat), ["aaaa", "bbbb"]);
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(sent(&mut chat), ["cccc", "dddd", "eeee"]);
}

// O1, O4
#[test]
fn mailbox_close_with_fits_when_full() {
    let (peer, mut mailbox) = mailbox(4);
    let mut chat = chat();
    peer.push("full").unwrap();
    assert_eq!(peer.push("."), Err(MailboxError::Full));
    assert_eq!(peer.close_with("last"), Ok(()));
    for refused in [peer.push(""), peer.close_with("again")] {
        assert_eq!(refused, Err(MailboxError::Closed));
    }
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, Waker::noop()).is_ready());
    assert!(!chat.channel_mut().is_closing(), "the last word is still to come");
    assert_eq!(sent(&mut chat), ["full"]);
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, Waker::noop()).is_ready());
    assert!(chat.channel_mut().is_closing());
    assert_eq!(sent(&mut chat), ["last"]);
}

// O2
#[test]
fn mailbox_does_not_copy_chunks() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    let large = Bytes::from(vec![b'x'; 100_000]);
    peer.push(large.clone()).unwrap();
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert_eq!(sent(&mut chat)[0].as_ptr(), large.as_ptr());
}

#[test]
fn mailbox_full_refuses_until_collected() {
    let (peer, mut mailbox) = mailbox(2 * ProducerQueue::chunk_cost(4));
    let mut chat = chat();
    peer.push("12345").unwrap();
    assert_eq!(peer.push("6789"), Err(MailboxError::Full));
    peer.push("678").unwrap();
    assert_eq!(peer.push("9"), Err(MailboxError::Full));
    peer.push("").unwrap();
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, Waker::noop()).is_ready());
    peer.push("9abcd").unwrap();
    assert_eq!(peer.push("efgh"), Err(MailboxError::Full));
}

#[test]
fn mailbox_empty_takes_one_chunk_of_any_size() {
    for capacity in [0, 3] {
        let (peer, mut mailbox) = mailbox(capacity);
        let mut chat = chat();
        for _ in 0..2 {
            peer.push("longer").unwrap();
            assert_eq!(peer.push("x"), Err(MailboxError::Full));
            assert!(collect(&mut mailbox, &mut chat).is_ready());
        }
        assert_eq!(sent(&mut chat), ["longer", "longer"]);
    }
}

// O4
#[test]
fn mailbox_close_comes_after_earlier_pushes() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    peer.push("a").unwrap();
    peer.push("b").unwrap();
    peer.close_when_done();
    assert_eq!(peer.push("c"), Err(MailboxError::Closed));
    assert!(peer.is_closed());

    assert!(mailbox.collect_up_to(0, &mut chat, NOW, Waker::noop()).is_ready());
    assert!(!chat.channel_mut().is_closing(), "b is still to come");
    assert_eq!(sent(&mut chat), ["a"]);
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, Waker::noop()).is_ready());
    assert!(chat.channel_mut().is_closing());
    assert_eq!(chat.channel_mut().push("handler's"), Err(PushError::Closing));
    assert_eq!(sent(&mut chat), ["b"]);
}

// O4
#[test]
fn mailbox_empty_closes_above_the_mark() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    chat.channel_mut().push("much").unwrap();
    peer.close_when_done();
    assert!(mailbox.collect_up_to(0, &mut chat, NOW, Waker::noop()).is_ready());
    assert!(chat.channel_mut().is_closing());
    assert_eq!(sent(&mut chat), ["much"]);
}

// O2
#[test]
fn mailbox_refuses_pushes_while_closing() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    let held = Arc::new(());
    peer.push(Bytes::from_owner(Holder(Arc::clone(&held)))).unwrap();
    chat.channel_mut().close_when_done();
    assert!(collect(&mut mailbox, &mut chat).is_pending());
    assert_eq!(peer.push("late"), Err(MailboxError::Closed));
    assert_eq!(Arc::strong_count(&held), 1);
}

// O3
#[test]
fn mailbox_closes_at_once_after_producer_error() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    chat.channel_mut().push("before").unwrap();
    chat.channel_mut().push_with_producer(FnProducer::new(|| Err(fmt::Error.into()))).unwrap();
    assert_eq!(chat.channel_mut().queue_mut().stage(&mut noop_context(), AMPLE).unwrap().remaining(), 6);
    peer.push("behind").unwrap();
    assert!(collect(&mut mailbox, &mut chat).is_pending());
    assert_eq!(peer.push("late"), Err(MailboxError::Closed));
}

#[test]
fn mailbox_dropped_frees_chunks_and_closes_handles() {
    let (peer, mailbox) = mailbox::<()>(AMPLE);
    let held = Arc::new(());
    for _ in 0..10 {
        peer.push(Bytes::from_owner(Holder(Arc::clone(&held)))).unwrap();
    }
    assert_eq!(Arc::strong_count(&held), 11);
    drop(mailbox);
    assert_eq!(Arc::strong_count(&held), 1);
    assert!(peer.is_closed());
    assert_eq!(peer.push("late"), Err(MailboxError::Closed));
    peer.close_when_done();
}

#[test]
fn mailbox_outlives_its_handles() {
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    peer.push("last words").unwrap();
    drop(peer);
    assert!(collect(&mut mailbox, &mut chat).is_ready());
    assert!(!chat.channel_mut().is_closing());
    assert_eq!(sent(&mut chat), ["last words"]);
}

/// Bytes whose owner is counted.
struct Holder(#[expect(dead_code, reason = "it is only held")] Arc<()>);

impl AsRef<[u8]> for Holder {
    fn as_ref(&self) -> &[u8] {
        b"held"
    }
}

#[test]
fn mailbox_drained_gives_its_memory_back() {
    assert!(size_of::<Shared>() <= 64, "{} bytes", size_of::<Shared>());
    let (peer, mut mailbox) = mailbox(AMPLE);
    let mut chat = chat();
    assert_eq!(mailbox.shared.lock().slots(), 0);
    for (pushes, kept) in [(1, 4), (4, 4), (100, 0)] {
        for _ in 0..pushes {
            peer.push("x").unwrap();
        }
        assert!(collect(&mut mailbox, &mut chat).is_ready());
        assert_eq!(mailbox.shared.lock().slots(), kept);
    }
}

#[test]
fn connection_handles_compare_by_connection() {
    let (ann, _mailbox_of_ann) = mailbox::<()>(AMPLE);
    let (bob, _mailbox_of_bob) = mailbox::<()>(AMPLE);
    assert_eq!(ann, ann.clone());
    assert_ne!(ann, bob);
    assert_eq!(HashSet::from([ann.clone(), bob, ann]).len(), 2);
}

#[test]
fn mailbox_debug_shows_lengths_and_no_bytes() {
    let (peer, mailbox) = mailbox::<()>(64);
    peer.push("a secret").unwrap();
    assert_eq!(format!("{peer:?}"), "ConnectionHandle { state: Open, waiting: 104, capacity: 64 }");
    assert_eq!(format!("{mailbox:?}"), "Mailbox { state: Open, waiting: 104, capacity: 64 }");
}

#[test]
fn mailbox_and_handle_are_send_and_sync() {
    fn is_send_and_sync<T: Send + Sync>(_: &T) {}
    let (peer, mailbox) = mailbox::<()>(AMPLE);
    is_send_and_sync(&peer);
    is_send_and_sync(&mailbox);
}
