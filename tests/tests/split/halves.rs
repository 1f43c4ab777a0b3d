//! The end of one half, as the other sees it.

use std::task::Poll;

use asynchat_core::{Config, Error};

use crate::harness::Halves;

// C18, O1
#[test]
fn half_dropped_with_output_lets_the_reader_send_it() {
    let halves = Halves::new(Config::default());
    halves.transport.set_write_window(2);
    halves.push("last words");
    assert!(halves.poll_frame().is_pending());
    halves.shared.finish_on_drop();
    assert!(halves.reader.take_woken() && halves.poll_frame().is_pending());
    halves.transport.set_write_window(usize::MAX);
    assert!(halves.reader.take_woken() && halves.poll_frame().is_pending());
    assert_eq!(*halves.transport.written(), *b"last words");
    assert!(halves.transport.is_shut_down());
    halves.transport.send("a\n");
    assert_eq!(halves.poll_frame(), Poll::Ready(Ok(Some(b"a".to_vec()))), "it reads on");
}

// C18
#[test]
fn half_dropped_without_output_ends_it_at_once() {
    let halves = Halves::new(Config::default());
    halves.shared.finish_on_drop();
    assert!(halves.transport.is_shut_down());
}

// C16
#[test]
fn half_that_aborts_ends_the_other() {
    let halves = Halves::new(Config::default());
    halves.transport.set_write_window(0);
    halves.push("unsent");
    assert!(halves.poll_frame().is_pending() && halves.poll_flush().is_pending());
    halves.shared.abort();
    assert!(halves.reader.take_woken() && halves.writer.take_woken());
    assert_eq!(halves.poll_frame(), Poll::Ready(Err(Error::Aborted)));
    assert_eq!(halves.poll_flush(), Poll::Ready(Err(Error::Aborted)));
    assert!(halves.transport.was_reset());
}

// C4
#[test]
fn halves_both_notice_a_broken_transport() {
    let halves = Halves::new(Config::default());
    halves.transport.set_write_window(0);
    halves.push("unsent");
    assert!(halves.poll_frame().is_pending() && halves.poll_flush().is_pending());
    halves.transport.reset();
    assert!(halves.reader.take_woken() && halves.writer.take_woken());
    assert!(matches!(halves.poll_frame(), Poll::Ready(Err(Error::Transport(_)))));
    assert!(matches!(halves.poll_flush(), Poll::Ready(Err(Error::Transport(_)))));
}

// C9, O6
#[test]
fn half_reads_while_the_other_is_above_its_mark() {
    let halves = Halves::new(Config::default().with_high_water(100).with_low_water(10));
    halves.transport.set_write_window(0);
    for round in 0..10 {
        halves.push(vec![b'x'; 1000]);
        halves.transport.send(format!("{round}\n"));
        assert_eq!(halves.poll_frame(), Poll::Ready(Ok(Some(round.to_string().into_bytes()))));
    }
}

// C5
#[test]
fn halves_make_a_connection_again() {
    let halves = Halves::new(Config::default());
    halves.transport.send("a\nb\n");
    assert_eq!(halves.poll_frame(), Poll::Ready(Ok(Some(b"a".to_vec()))));
    let other = halves.shared.clone();
    assert!(other.is_same(&halves.shared));
    assert!(!other.is_same(&Halves::new(Config::default()).shared));
    let still_shared = halves.shared.try_into_inner().expect_err("there is another clone");
    drop(other);
    let connection = still_shared.try_into_inner().expect("it is the last one");
    assert_eq!(connection.into_parts().unread, "b\n");
}
