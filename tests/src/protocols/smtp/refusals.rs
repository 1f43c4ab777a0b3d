//! The refusals that a client has got since its last stored message.

use super::reply::{self, Reply};

/// The recipients above the limit of a message that are no refusals yet, as in Postfix.
const FREE_EXCESS_RECIPIENTS: u32 = 1000;

/// Counts the refusals of a session.
#[derive(Debug, Default)]
pub(super) struct Refusals {
    count: u32,
    excess_recipients: u32,
}

impl Refusals {
    /// Counts a reply, if it is a refusal: 5yz, or 452 to a recipient far above the limit. Any other 4yz is the server's
    /// own trouble.
    pub(super) fn note(&mut self, reply: Reply) {
        let is_excess = reply == reply::TOO_MANY_RECIPIENTS;
        self.excess_recipients = self.excess_recipients.saturating_add(u32::from(is_excess));
        if reply.starts_with('5') || (is_excess && self.excess_recipients > FREE_EXCESS_RECIPIENTS) {
            self.count = self.count.saturating_add(1);
        }
    }

    /// Forgets the refusals, after a message was stored.
    pub(super) fn forgive(&mut self) {
        *self = Self::default();
    }

    pub(super) fn count(&self) -> u32 {
        self.count
    }
}
