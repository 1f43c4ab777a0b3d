use alloc::boxed::Box;
use core::cell::Cell;
use core::panic::AssertUnwindSafe;
use std::panic::{catch_unwind, resume_unwind};

use super::*;

/// Counts the calls of `handle_close`, and panics in it as a poisoned lock would.
struct Fragile<'c>(&'c Cell<usize>);

impl Handler for Fragile<'_> {
    fn collect_incoming_data(&mut self, _: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push_with_producer(FnProducer::new(|| resume_unwind(Box::new("a panic of the producer"))))?)
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_close(&mut self, _: Result<(), &Error>) {
        self.0.set(self.0.get() + 1);
    }
}

// C19
#[test]
fn handler_is_not_called_after_its_producer_panicked() {
    for drops_while_unwinding in [true, false] {
        let closes = Cell::new(0);
        let mut chat = Chat::new(Fragile(&closes), Config::default());
        feed(&mut chat, b"x").unwrap();
        if drops_while_unwinding {
            assert!(catch_unwind(AssertUnwindSafe(move || transmit(&mut chat))).is_err());
        } else {
            assert!(catch_unwind(AssertUnwindSafe(|| transmit(&mut chat))).is_err());
            assert!(chat.handle_input(NOW, &mut Input::new(b"y")).is_err());
            assert_eq!(transmit(&mut chat), "");
            assert_eq!(chat.outcome().and_then(Result::err).map(Error::blame), Some(Blame::Producer));
            drop(chat);
        }
        assert_eq!(closes.get(), 0);
    }
}

// C19
#[test]
fn handler_is_not_called_by_a_drop_while_unwinding() {
    for idle in [false, true] {
        let closes = Cell::new(0);
        let mut chat = Chat::new(Fragile(&closes), Config::default());
        chat.handle_connect(NOW).unwrap();
        let mut chat = IdleChat::new(chat);
        assert!(!idle || chat.try_idle());
        let unwound = catch_unwind(AssertUnwindSafe(move || {
            let _chat = chat;
            resume_unwind(Box::new("a panic of the transport"))
        }));
        assert_eq!((unwound.is_err(), closes.get()), (true, 0));
    }
}
