//! The marks between which the queue goes up and down, and its share of a memory budget (O9).

use super::PollConnection;

impl<T, C> PollConnection<T, C> {
    /// Returns whether a caller that pushes has to wait for the queue.
    pub(super) fn is_above_high_water(&mut self) -> bool {
        let mark = self.config.high_water.min(self.update_share());
        self.outbox.queue.queued() > mark
    }

    /// Returns whether a caller that waits for the queue has to go on waiting.
    pub(super) fn is_above_low_water(&mut self) -> bool {
        let share = self.update_share();
        self.outbox.queue.queued() > self.config.low_water.min(share / 2)
    }

    /// Tells the memory budget what the queue costs. Returns the most that it may cost now.
    pub(super) fn update_share(&mut self) -> usize {
        let Some(budget) = &self.config.memory_budget else { return usize::MAX };
        self.charge.set(Some(budget), self.outbox.queue.queued());
        budget.share()
    }
}
