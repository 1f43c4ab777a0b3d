use alloc::sync::Arc;
use core::fmt;
use core::sync::atomic::{AtomicUsize, Ordering};

/// A limit for the output that many connections hold together, such as all those of a server.
///
/// [`Config::high_water`](crate::chat::Config::high_water) bounds one connection. A thousand of them, each with a peer
/// that does not read, hold a thousand times as much. With a budget, a connection may hold at most four times the output
/// for which there is room left. Above that it is not read: no event is delivered to it until its peer has taken output.
/// So nobody notices the budget while there is plenty of room; when it runs out, those that hold the most are stopped
/// first, and one that holds little is served. This is the dynamic threshold of switches with a shared buffer (A. Choudhury
/// and E. Hahne, 1998).
///
/// Clones share the limit. All connections whose [`Config`](crate::chat::Config) has a clone are counted together.
///
/// # What counts
///
/// Output in the queue of a connection, by its cost: [`Channel::queued`](crate::chat::Channel::queued). Each mailbox has
/// a bound of its own, and so has the input of a frame. A handler has to bound what it keeps.
///
/// # Bound
///
/// A connection is counted whenever it has added 4 KiB, and once a turn; and it may hold 1 KiB in any case. So the sum
/// exceeds the limit by at most 5 KiB and one answer for each connection.
///
/// # Complexity
///
/// One atomic addition whenever a connection is counted that has changed what it holds. No lock is taken, and no
/// connection wakes another one.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Config, MemoryBudget};
///
/// let budget = MemoryBudget::new(64 * 1024 * 1024);
/// let config = Config::default().with_memory_budget(budget.clone());
/// // … serve with this configuration, and read at any time:
/// assert_eq!(budget.used(), 0);
/// ```
#[derive(Clone)]
pub struct MemoryBudget(Arc<Shared>);

struct Shared {
    limit: usize,
    used: AtomicUsize,
}

impl MemoryBudget {
    /// The smallest share: an answer of one line finds room in any case.
    const MIN_SHARE: usize = 1024;

    /// The share in units of the room that is left. A connection alone may take four fifths of the limit.
    const SHARE_OF_ROOM: usize = 4;

    /// The cost that a connection may add before it is counted again.
    pub(crate) const QUANTUM: usize = 4 * 1024;

    /// Makes a budget of this many bytes.
    pub fn new(limit: usize) -> Self {
        Self(Arc::new(Shared { limit, used: AtomicUsize::new(0) }))
    }

    /// Returns the limit in bytes.
    pub fn limit(&self) -> usize {
        self.0.limit
    }

    /// Returns the cost in bytes of what all connections hold now.
    pub fn used(&self) -> usize {
        self.0.used.load(Ordering::Relaxed)
    }

    /// Returns the most that one connection may hold now.
    pub(crate) fn share(&self) -> usize {
        let room = self.limit().saturating_sub(self.used());
        room.saturating_mul(Self::SHARE_OF_ROOM).max(Self::MIN_SHARE)
    }
}

impl fmt::Debug for MemoryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBudget").field("limit", &self.limit()).field("used", &self.used()).finish()
    }
}

/// Two budgets are equal if they are the same one.
impl PartialEq for MemoryBudget {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for MemoryBudget {}

/// The share of a [`MemoryBudget`] that one connection holds. Dropping it gives the share back.
#[derive(Debug, Default)]
pub(crate) struct Charge(Option<(MemoryBudget, usize)>);

impl Charge {
    /// Sets what the connection holds.
    #[inline]
    pub(crate) fn set(&mut self, budget: Option<&MemoryBudget>, cost: usize) {
        if cost != self.0.as_ref().map_or(0, |(_, charged)| *charged) {
            self.change(budget, cost);
        }
    }

    #[cold]
    fn change(&mut self, budget: Option<&MemoryBudget>, cost: usize) {
        match &mut self.0 {
            Some((budget, charged)) if cost > 0 => {
                // Wraps never: what is taken away was added before, and no sum of allocations exceeds `usize`.
                budget.0.used.fetch_add(cost.wrapping_sub(*charged), Ordering::Relaxed);
                *charged = cost;
            }
            _ => {
                self.release();
                if let Some(budget) = budget.filter(|_| cost > 0) {
                    budget.0.used.fetch_add(cost, Ordering::Relaxed);
                    self.0 = Some((budget.clone(), cost));
                }
            }
        }
    }

    fn release(&mut self) {
        if let Some((budget, charged)) = self.0.take() {
            budget.0.used.fetch_sub(charged, Ordering::Relaxed);
        }
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.release();
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::*;

    // O9
    #[test]
    fn memory_budget_counts_what_is_held() {
        let budget = MemoryBudget::new(100_000);
        assert_eq!(budget.share(), 400_000);
        let (mut one, mut other) = (Charge::default(), Charge::default());
        one.set(Some(&budget), 60_000);
        other.set(Some(&budget), 30_000);
        assert_eq!((budget.used(), budget.share()), (90_000, 40_000));
        other.set(Some(&budget), 50_000);
        assert_eq!((budget.used(), budget.share()), (110_000, MemoryBudget::MIN_SHARE));
        one.set(Some(&budget), 0);
        assert_eq!((budget.used(), budget.share()), (50_000, 200_000));
        drop(other);
        assert_eq!(budget.used(), 0);
    }

    /// Connections that grow in turn, as far as they may, never exceed the limit by more than the last step of each.
    // O9
    #[test]
    fn memory_budget_holds_for_any_number() {
        for count in [1, 2, 10, 1000] {
            let budget = MemoryBudget::new(1_000_000);
            let mut held: Vec<_> = (0..count).map(|_| (Charge::default(), 0)).collect();
            for _ in 0..1_000_000 / MemoryBudget::QUANTUM {
                for (charge, cost) in &mut held {
                    if *cost + MemoryBudget::QUANTUM <= budget.share() {
                        *cost += MemoryBudget::QUANTUM;
                        charge.set(Some(&budget), *cost);
                    }
                }
            }
            assert!((700_000..=1_000_000).contains(&budget.used()), "{count}: {budget:?}");
        }
    }

    #[test]
    fn charge_without_a_budget_holds_nothing() {
        let mut charge = Charge::default();
        charge.set(None, 10);
        assert!(charge.0.is_none());
    }
}
