use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use super::*;
use crate::harness::random::Random;

thread_local! {
    static ELAPSED: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    static START: Instant = Instant::now();
}

/// A keyspace whose clock stands still until the test advances it.
fn keyspace() -> Keyspace {
    Keyspace::new(Clock::new(|| START.with(|start| *start) + ELAPSED.get()))
}

fn advance(keys: &mut Keyspace, milliseconds: u64) {
    ELAPSED.set(ELAPSED.get() + Duration::from_millis(milliseconds));
    keys.begin();
}

fn set(keys: &mut Keyspace, key: &str, expiry: Expiry) {
    keys.set(key.as_bytes(), Value::copy_from(b"value"), expiry);
}

#[test]
fn key_expires_at_its_deadline() {
    let mut keys = keyspace();
    let later = keys.now() + 1000;
    set(&mut keys, "key", Expiry::At(later));
    set(&mut keys, "other", Expiry::Never);
    advance(&mut keys, 999);
    assert!(keys.contains(b"key"));
    set(&mut keys, "key", Expiry::Keep);
    keys.update(b"key", |value| value.append(b"!"));
    assert_eq!(keys.deadline(b"key"), Some(Some(later)));
    advance(&mut keys, 1);
    assert!(!keys.contains(b"key"));
    assert_eq!((keys.len(), keys.len_with_deadline()), (1, 0));
    // A key that is set again does not expire.
    let later = keys.now() + 1000;
    set(&mut keys, "key", Expiry::At(later));
    set(&mut keys, "key", Expiry::Never);
    advance(&mut keys, 5000);
    assert_eq!((keys.len(), keys.len_with_deadline()), (2, 0));
}

#[test]
fn key_with_a_deadline_that_has_passed_is_removed() {
    let mut keys = keyspace();
    let now = keys.now();
    set(&mut keys, "key", Expiry::At(now));
    assert_eq!(keys.len(), 0);
    set(&mut keys, "key", Expiry::Never);
    keys.set_deadline(b"key", Some(now - 1));
    assert_eq!((keys.len(), keys.len_with_deadline()), (0, 0));
}

#[test]
fn expired_keys_are_neither_counted_nor_listed() {
    let mut keys = keyspace();
    let soon = keys.now() + 10;
    for number in 0..1000 {
        set(&mut keys, &format!("expires:{number}"), Expiry::At(soon + number));
        set(&mut keys, &format!("stays:{number}"), Expiry::Never);
    }
    advance(&mut keys, 509);
    assert_eq!(keys.len(), 1500);
    assert_eq!(keys.keys().filter(|key| key.starts_with(b"expires:")).count(), 500);
    advance(&mut keys, 500);
    assert_eq!(keys.scan(0, usize::MAX).0.count(), 1000);
}

#[test]
fn command_removes_a_bounded_number_of_expired_keys() {
    let mut keys = keyspace();
    let soon = keys.now() + 10;
    for number in 0..100 {
        set(&mut keys, &format!("{number}"), Expiry::At(soon));
    }
    advance(&mut keys, 10);
    assert_eq!(keys.entries.len(), 100 - Keyspace::EXPIRED_PER_COMMAND);
    assert!((0..100).all(|number| !keys.contains(format!("{number}").as_bytes())));
    assert!(keys.entries.is_empty() && keys.deadlines.is_empty());
}

#[test]
fn scan_returns_each_key_that_stays() {
    for seed in 0..200 {
        let mut random = Random::new(seed);
        let mut keys = keyspace();
        let stays = random.up_to(50);
        for number in 0..stays {
            set(&mut keys, &format!("stays:{number}"), Expiry::Never);
            set(&mut keys, &format!("goes:{number}"), Expiry::Never);
        }
        let mut found = BTreeSet::new();
        let mut cursor = 0;
        let mut calls = 0;
        loop {
            let (some, next) = keys.scan(cursor, 1 + random.up_to(9));
            found.extend(some.filter(|key| key.starts_with(b"stays:")).map(<[u8]>::to_vec));
            cursor = next;
            if cursor == 0 {
                break;
            }
            calls += 1;
            assert!(calls <= 100, "the scan ends");
            for _ in 0..random.up_to(4) {
                let number = random.up_to(50);
                match random.up_to(1) {
                    0 => drop(keys.remove(format!("goes:{number}").as_bytes())),
                    _ => set(&mut keys, &format!("comes:{number}"), Expiry::Never),
                }
            }
        }
        assert_eq!(found.len(), stays, "seed {seed}");
    }
}

#[test]
fn watch_notes_each_change_of_its_key() {
    let changes: [fn(&mut Keyspace); 7] = [
        |keys| set(keys, "key", Expiry::Keep),
        |keys| drop(keys.remove(b"key")),
        |keys| assert_eq!(keys.update(b"key", |value| value.append(b"!")), 6),
        |keys| keys.set_deadline(b"key", Some(Milliseconds::MAX)),
        |keys| assert!(keys.rename(b"key", b"other")),
        |keys| assert!(keys.rename(b"other", b"key")),
        |keys| drop(keys.take_entries()),
    ];
    for (index, change) in changes.iter().enumerate() {
        let mut keys = keyspace();
        set(&mut keys, "key", Expiry::Never);
        set(&mut keys, "other", Expiry::Never);
        let watch = Watch::default();
        assert!(keys.watch(b"key", 1, &watch));
        assert!(!keys.watch(b"key", 1, &watch), "once");
        keys.get(b"key");
        set(&mut keys, "another", Expiry::Never);
        assert!(!watch.is_dirty(), "{index}");
        change(&mut keys);
        assert!(watch.is_dirty(), "{index}");
    }
    let mut keys = keyspace();
    let watch = Watch::default();
    keys.watch(b"key", 1, &watch);
    keys.unwatch(b"key", 1);
    set(&mut keys, "key", Expiry::Never);
    assert!(!watch.is_dirty());
}

#[test]
fn watch_notes_that_its_key_has_expired() {
    let mut keys = keyspace();
    let soon = keys.now() + 10;
    set(&mut keys, "key", Expiry::At(soon));
    set(&mut keys, "before", Expiry::At(soon - 5));
    advance(&mut keys, 5);
    let (watch, of_missing) = (Watch::default(), Watch::default());
    keys.watch(b"key", 1, &watch);
    keys.watch(b"before", 2, &of_missing);
    advance(&mut keys, 5);
    keys.contains(b"key");
    keys.contains(b"before");
    assert!(watch.is_dirty());
    assert!(!of_missing.is_dirty(), "it had expired before");
}
