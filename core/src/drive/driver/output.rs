//! The output of a driver, for the loop that writes.

use core::task::Context;

use super::turn::Turn;
use crate::chat::Handler;
use crate::drive::transport::Clock;
use crate::drive::writer::Output;
use crate::error::BoxError;
use crate::output::Transmit;

impl<C: Clock, H: Handler> Output for Turn<'_, C, H> {
    fn wrote(&mut self, len: usize) {
        self.is_now_current = false;
        self.budget.spend_bytes(len);
        self.held.wrote(len as u64);
        if let Some(record) = self.server_record() {
            record.sent(len);
        }
    }

    fn is_turn_over(&self) -> bool {
        self.budget.is_spent()
    }

    fn wants_write(&self) -> bool {
        self.chat.wants_write()
    }

    fn transmit(&mut self, cx: &mut Context<'_>) -> Transmit<'_> {
        self.chat.poll_transmit(cx)
    }

    fn is_unflushed(&self) -> bool {
        self.chat.is_unflushed() && !self.chat.is_closed()
    }

    fn set_unflushed(&mut self, unflushed: bool) {
        self.chat.set_unflushed(unflushed);
    }

    fn wants_shutdown(&self) -> bool {
        self.chat.wants_shutdown()
    }

    fn handle_shutdown(&mut self, error: Option<BoxError>) {
        self.chat.handle_shutdown(self.clock.now());
        if let Some(error) = error {
            // While lingering, an error of the transport is an end like any other. After `Channel::finish`, input that has
            // arrived is still delivered.
            let _ = self.chat.handle_write_error(self.clock.now(), error);
        }
    }

    fn handle_write_error(&mut self, error: BoxError) {
        let _ = self.chat.handle_write_error(self.clock.now(), error);
    }
}
