use alloc::collections::VecDeque;

use super::*;

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// An entry of the backlog.
#[derive(Clone, Copy, PartialEq)]
enum Waiting {
    Peer,
    /// Closed by its peer before it was accepted.
    GivenUp,
}

/// A listener on a system with few descriptors, the loop of a server, and a clock that jumps.
struct World {
    acceptor: Acceptor,
    now: Duration,
    backlog: VecDeque<Waiting>,
    free_descriptors: usize,
    lifetime: Duration,
    /// The ends of the open connections, the earliest in front.
    ends: VecDeque<Duration>,
    attempts: usize,
    served: usize,
}

impl World {
    fn new(descriptors: usize, backlog: impl IntoIterator<Item = Waiting>) -> Self {
        Self {
            acceptor: Acceptor::new(1_000_000),
            now: Duration::from_secs(1000),
            backlog: backlog.into_iter().collect(),
            free_descriptors: descriptors,
            lifetime: millis(5),
            ends: VecDeque::new(),
            attempts: 0,
            served: 0,
        }
    }

    /// Runs the server until `end`, or until nothing is left to happen.
    fn run_until(&mut self, end: Duration) {
        loop {
            self.acceptor.handle_timeout(self.now);
            while self.ends.front().is_some_and(|end| *end <= self.now) {
                self.ends.pop_front();
                self.free_descriptors += 1;
                self.acceptor.handle_closed();
                self.accept_backlog();
            }
            self.accept_backlog();
            let next = [self.ends.front().copied(), self.acceptor.poll_timeout()].into_iter().flatten().min();
            match next {
                Some(next) if next <= end => {
                    assert!(next > self.now, "the clock stands still: the loop spins");
                    self.now = next;
                }
                _ => break,
            }
        }
        self.now = self.now.max(end);
    }

    fn accept_backlog(&mut self) {
        while self.acceptor.wants_accept() && !self.backlog.is_empty() {
            self.attempts += 1;
            if self.free_descriptors == 0 {
                self.acceptor.handle_accept_error(AcceptError::Resources);
            } else if self.backlog.pop_front() == Some(Waiting::GivenUp) {
                self.acceptor.handle_accept_error(AcceptError::Connection);
            } else {
                self.free_descriptors -= 1;
                self.served += 1;
                self.ends.push_back(self.now + self.lifetime);
                self.acceptor.handle_accepted();
            }
        }
    }
}

#[test]
fn acceptor_out_of_descriptors_does_not_spin() {
    let mut world = World::new(64, [Waiting::Peer; 10_000]);
    let began = world.now;
    world.run_until(began + Duration::from_secs(60));
    assert_eq!(world.served, 10_000);
    assert_eq!(world.acceptor.open_connections(), 0);
    // Each connection costs the attempt that gets it, and at most one in vain after another has ended.
    assert!(world.attempts <= 2 * 10_000, "{} attempts", world.attempts);
}

#[test]
fn acceptor_serves_a_flood_as_connections_end() {
    let mut world = World::new(64, [Waiting::Peer; 10_000]);
    let began = world.now;
    // 157 rounds of 64 connections that take 5 ms each.
    world.run_until(began + millis(157 * 5));
    assert_eq!(world.served, 10_000);
}

#[test]
fn acceptor_recovers_from_descriptor_shortage_within_a_second() {
    // Someone else in this process holds them all.
    let mut world = World::new(0, [Waiting::Peer; 10_000]);
    let began = world.now;
    world.run_until(began + Duration::from_secs(60));
    assert_eq!(world.served, 0);
    assert!(world.attempts <= 2 * 60 + 8, "{} attempts", world.attempts);

    world.free_descriptors = 64;
    world.run_until(world.now + Duration::from_secs(1));
    assert!(world.served >= 64, "{} served", world.served);
}

#[test]
fn acceptor_clears_an_abandoned_backlog_within_a_second() {
    let mut world = World::new(64, [Waiting::GivenUp; 4096]);
    world.backlog.push_back(Waiting::Peer);
    world.run_until(world.now + Duration::from_secs(1));
    assert_eq!(world.served, 1);
}

#[test]
fn acceptor_backs_off_from_a_failing_listener() {
    let mut world = World::new(64, core::iter::repeat_n(Waiting::GivenUp, 100_000));
    let began = world.now;
    world.run_until(began + Duration::from_secs(1));
    assert!((4096..=13_000).contains(&world.attempts), "{} attempts", world.attempts);
}

#[test]
fn acceptor_backoff_doubles_to_500_ms() {
    let mut acceptor = Acceptor::new(8);
    let mut now = Duration::ZERO;
    for length in [10, 20, 40, 80, 160, 320, 500, 500] {
        acceptor.handle_accept_error(AcceptError::Resources);
        now += millis(length);
        assert_eq!(acceptor.poll_timeout(), Some(now));
        acceptor.handle_timeout(now - millis(1));
        assert!(!acceptor.wants_accept());
        acceptor.handle_timeout(now);
        assert!(acceptor.wants_accept());
        assert_eq!(acceptor.poll_timeout(), None);
    }
    acceptor.handle_accepted();
    acceptor.handle_accept_error(AcceptError::Resources);
    assert_eq!(acceptor.poll_timeout(), Some(now + millis(10)));
}

#[test]
fn acceptor_closed_connection_ends_pause_not_backoff() {
    let mut acceptor = Acceptor::new(8);
    acceptor.handle_accepted();
    acceptor.handle_accept_error(AcceptError::Resources);
    acceptor.handle_closed();
    assert!(acceptor.wants_accept());
    acceptor.handle_accept_error(AcceptError::Resources);
    assert_eq!(acceptor.poll_timeout(), Some(millis(20)));
}

#[test]
fn acceptor_few_failed_connections_cause_no_backoff() {
    let mut acceptor = Acceptor::new(8);
    for _ in 0..127 {
        acceptor.handle_accept_error(AcceptError::Connection);
        assert!(acceptor.wants_accept());
    }
    acceptor.handle_accepted();
    acceptor.handle_accept_error(AcceptError::Connection);
    assert!(acceptor.wants_accept(), "the success between them breaks the row");
}

#[test]
fn acceptor_stale_time_allows_one_early_attempt() {
    let mut acceptor = Acceptor::new(8);
    let now = Duration::from_secs(9);
    acceptor.handle_accept_error(AcceptError::Resources);
    acceptor.handle_timeout(now);
    assert!(acceptor.wants_accept());
    acceptor.handle_accept_error(AcceptError::Resources);
    acceptor.handle_timeout(now);
    assert!(!acceptor.wants_accept());
}

#[test]
fn acceptor_ignores_time_that_goes_backwards() {
    let mut acceptor = Acceptor::new(8);
    acceptor.handle_timeout(Duration::from_secs(9));
    acceptor.handle_timeout(Duration::from_secs(1));
    acceptor.handle_accept_error(AcceptError::Resources);
    assert_eq!(acceptor.poll_timeout(), Some(millis(9_010)));
}

#[test]
fn acceptor_limit_holds_until_one_closes() {
    let mut acceptor = Acceptor::new(3);
    for _ in 0..3 {
        assert!(acceptor.wants_accept());
        acceptor.handle_accepted();
    }
    assert!(!acceptor.wants_accept());
    acceptor.handle_closed();
    assert!(acceptor.wants_accept());
    acceptor.handle_accepted();
    assert!(!acceptor.wants_accept());
}

#[test]
fn acceptor_closing_waits_for_its_connections() {
    let mut acceptor = Acceptor::new(8);
    acceptor.handle_accepted();
    acceptor.handle_accept_error(AcceptError::Resources);
    acceptor.close();
    assert!(acceptor.is_closing() && !acceptor.wants_accept() && !acceptor.is_drained());
    assert_eq!(acceptor.poll_timeout(), Some(millis(30_000)));

    // Both had been under way.
    acceptor.handle_accepted();
    acceptor.handle_accept_error(AcceptError::Resources);
    assert_eq!(acceptor.poll_timeout(), Some(millis(30_000)));
    acceptor.handle_closed();
    assert!(!acceptor.is_drained());
    acceptor.handle_closed();
    assert!(acceptor.is_drained());
}

// C17
#[test]
fn closing_acceptor_aborts_after_the_drain_timeout() {
    let mut acceptor = Acceptor::new(8).with_drain_timeout(millis(5000));
    acceptor.handle_accepted();
    acceptor.handle_accepted();
    acceptor.handle_timeout(millis(1000));
    assert!(!acceptor.poll_abort());
    acceptor.close();
    acceptor.handle_timeout(millis(2000));
    acceptor.close();
    assert_eq!(acceptor.poll_timeout(), Some(millis(6000)), "the second call does nothing");
    acceptor.handle_timeout(millis(5999));
    assert!(!acceptor.poll_abort());
    acceptor.handle_timeout(millis(6000));
    assert!(acceptor.poll_abort() && !acceptor.poll_abort(), "once");
    assert_eq!(acceptor.poll_timeout(), Some(millis(7000)));
    acceptor.handle_closed();
    assert!(!acceptor.is_drained());
    acceptor.handle_timeout(millis(7000));
    assert!(acceptor.is_drained(), "a handler does not return");
}

// C17
#[test]
fn acceptor_without_drain_timeout_waits_for_ever() {
    let mut acceptor = Acceptor::new(8).with_drain_timeout(Duration::MAX);
    acceptor.handle_timeout(millis(1));
    acceptor.handle_accepted();
    acceptor.close();
    acceptor.handle_timeout(Duration::MAX - millis(1));
    assert!(!acceptor.poll_abort() && !acceptor.is_drained());
}

#[test]
fn dead_listener_closes_the_acceptor() {
    let mut acceptor = Acceptor::new(8);
    acceptor.handle_accepted();
    acceptor.handle_accept_error(AcceptError::Listener);
    assert!(acceptor.is_closing() && !acceptor.wants_accept() && !acceptor.is_drained());
    acceptor.handle_closed();
    assert!(acceptor.is_drained());
}

// F13
#[test]
fn acceptor_panics_under_no_order_of_calls() {
    let mut acceptor = Acceptor::new(usize::MAX);
    acceptor.handle_closed();
    assert_eq!(acceptor.open_connections(), 0);
    acceptor.handle_timeout(Duration::MAX);
    acceptor.handle_accept_error(AcceptError::Resources);
    acceptor.handle_timeout(Duration::MAX);
    assert!(acceptor.wants_accept(), "at the end of time a pause has no length");
    acceptor.close();
    acceptor.close();
    acceptor.handle_closed();
    assert!(acceptor.is_drained());
}
