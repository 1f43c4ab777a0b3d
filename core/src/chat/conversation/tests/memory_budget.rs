use super::*;
use crate::chat::memory_budget::MemoryBudget;

/// A chat that has queued this many bytes for a peer that does not read.
fn holding(budget: &MemoryBudget, bytes: usize) -> Chat<Quiet> {
    let config = Config::default().with_memory_budget(budget.clone());
    let mut chat = Chat::new(Quiet, config);
    chat.handle_connect(NOW).unwrap();
    chat.channel_mut().push(vec![b'x'; bytes]).unwrap();
    chat.poll_timeout();
    chat
}

fn take(chat: &mut Chat<Quiet>, bytes: usize) {
    chat.poll_transmit(&mut noop_context()).advance(bytes);
    chat.poll_timeout();
}

// O9
#[test]
fn memory_budget_stops_those_that_hold_the_most() {
    let budget = MemoryBudget::new(140_000);
    let mut large = holding(&budget, 100_000);
    let mut small = holding(&budget, 10_000);
    assert!(large.wants_read() && small.wants_read(), "there is room: {budget:?}");
    let mut other = holding(&budget, 20_000);
    large.poll_timeout();
    small.poll_timeout();
    assert!(!large.wants_read(), "there is room for less than 10,000, and it has more than 40,000");
    assert!(small.wants_read() && other.wants_read());

    // An event that was read before is put off, and delivered when the peer has taken enough.
    let mut input = Input::new(b"a line\r\n");
    large.handle_input(NOW, &mut input).unwrap();
    assert_eq!(input.remaining().len(), 8);
    take(&mut large, 70_000);
    assert!(large.wants_resume() && large.wants_read());
    take(&mut other, 20_000);
    take(&mut small, 10_000);
    take(&mut large, 30_000);
    assert_eq!(budget.used(), 0);
}

// O9
#[test]
fn memory_budget_is_given_back_at_the_end() {
    let budget = MemoryBudget::new(1_000);
    let dropped = holding(&budget, 10_000);
    let mut aborted = holding(&budget, 10_000);
    let mut failed = holding(&budget, 10_000);
    assert!(budget.used() > 30_000);
    drop(dropped);
    aborted.abort();
    let _ = failed.handle_write_error(NOW, "broken pipe");
    let _ = failed.handle_eof(NOW);
    assert_eq!(budget.used(), 0);
}

// O9
#[test]
fn memory_budget_is_given_back_by_an_idle_chat() {
    let budget = MemoryBudget::new(1_000);
    let mut connection = IdleChat::new(holding(&budget, 10_000));
    take(connection.wake(NOW), 10_000);
    assert!(connection.try_idle());
    assert_eq!(budget.used(), 0);
}
