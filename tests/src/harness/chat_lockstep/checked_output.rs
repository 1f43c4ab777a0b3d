//! The output that a chat must send, in order.

use std::collections::VecDeque;

use asynchat_core::Deferred;

/// The output that was pushed and not sent, and the replies that were deferred.
#[derive(Debug, Default)]
pub(super) struct CheckedOutput {
    parts: VecDeque<Part>,
    replies: VecDeque<(usize, Deferred)>,
    next: usize,
}

#[derive(Debug)]
enum Part {
    Bytes(Vec<u8>),
    /// The deferred reply of this number.
    Waiting(usize),
}

impl CheckedOutput {
    /// Returns this many bytes, which differ from those before and behind.
    pub(super) fn next(&self, length: usize) -> Vec<u8> {
        vec![b'a' + u8::try_from(self.next % 26).unwrap_or_default(); length]
    }

    /// Notes that [`next`](Self::next) was pushed, or refused.
    pub(super) fn pushed(&mut self, length: usize, accepted: bool) {
        if accepted {
            self.parts.push_back(Part::Bytes(self.next(length)));
        }
        self.next += 1;
    }

    /// Notes that a reply was deferred, or refused.
    pub(super) fn deferred(&mut self, reply: Option<Deferred>) {
        if let Some(reply) = reply {
            self.parts.push_back(Part::Waiting(self.next));
            self.replies.push_back((self.next, reply));
        }
        self.next += 1;
    }

    /// Sends the deferred reply at this place among those that wait, if there are any.
    pub(super) fn answer(&mut self, which: usize, length: usize) {
        if self.replies.is_empty() {
            return;
        }
        let Some((number, reply)) = self.replies.remove(which % self.replies.len()) else { return };
        let bytes = self.next(length);
        self.next += 1;
        let place = self.parts.iter_mut().find(|part| matches!(part, Part::Waiting(waiting) if *waiting == number));
        // The end of the chat drops the places too.
        assert!(place.is_some() || reply.is_closed(), "its place is gone");
        if let Some(place) = place {
            *place = Part::Bytes(bytes.clone());
        }
        reply.send(bytes);
    }

    /// Returns whether a deferred reply waits.
    pub(super) fn has_replies(&self) -> bool {
        !self.replies.is_empty()
    }

    pub(super) fn discard(&mut self) {
        self.parts.clear();
    }

    /// Checks that these bytes come next, and takes them.
    pub(super) fn take(&mut self, sent: &[u8]) {
        for byte in sent {
            self.skip_empty();
            match self.parts.front_mut() {
                Some(Part::Bytes(bytes)) => assert_eq!(bytes.pop(), Some(*byte), "output in another order"),
                part => panic!("{byte} was sent before {part:?}"),
            }
        }
        self.skip_empty();
    }

    fn skip_empty(&mut self) {
        while let Some(Part::Bytes(bytes)) = self.parts.front()
            && bytes.is_empty()
        {
            self.parts.pop_front();
        }
    }

    /// Returns whether everything was sent. Up to the last [`take`](Self::take).
    pub(super) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// Returns whether a deferred reply comes next. Up to the last [`take`](Self::take).
    pub(super) fn is_pending(&self) -> bool {
        matches!(self.parts.front(), Some(Part::Waiting(_)))
    }
}
