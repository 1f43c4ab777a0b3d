//! Cancel safety: futures that are dropped and created again.

use std::time::Duration;

use asynchat_core::{Config, Error};

use super::conversation::{EchoHandler, INPUTS, expected};
use super::faults::{ConnectionLog, converse, expected_frames};
use crate::adapters::{Adapter, CancelConnection, CancelDrive, OwnedEvent, PullConnection};
use crate::harness::faulty::{FaultPlan, Faulty};

fn config() -> Config {
    Config::default().with_linger(Duration::from_secs(30))
}

/// Drops each future after a number of polls, with every operation pending once, under every cut.
// C8
pub fn connection_futures_are_cancel_safe<A: Adapter>()
where
    A::Faulty: CancelConnection,
{
    for input in INPUTS {
        let (frames, output, _) = expected_frames(input);
        for polls in 1..5 {
            for cut in 1..=input.len() {
                let plan = FaultPlan::new(input, cut).pending_once();

                let (stream, log) = Faulty::new(plan.clone());
                let mut connection = A::connect_faulty(stream, b"\r\n", config());
                connection.drop_after(polls);
                let ConnectionLog { frames: received, read_error, write_error, .. } = converse(&mut connection);
                assert_eq!((&received, read_error, write_error), (&frames, None, None), "{polls} polls, {plan:?}");
                assert_eq!(log.snapshot().written, output, "{polls} polls, {plan:?}");
                assert!(log.snapshot().shut_down);

                let mut connection = A::connect_faulty(Faulty::new(plan.clone()).0, b"\r\n", config());
                connection.drop_after(polls);
                let mut events = Vec::new();
                while let Some(event) = connection.next_event().unwrap() {
                    match event {
                        OwnedEvent::Data(data) => events.extend(data),
                        OwnedEvent::Terminator => events.extend(b"\r\n"),
                    }
                }
                assert_eq!(events, input, "{polls} polls, {plan:?}");
            }
        }
    }
}

/// The bytes that a dropped `next_frame` had read are unread: `into_parts` returns them, `next_event` returns them, and
/// the next `next_frame` uses them.
// C5, C8
pub fn connection_keeps_partial_frame_of_cancelled_future<A: Adapter>()
where
    A::Faulty: CancelConnection,
{
    let input = b"one\r\ntwo\r\r";
    for polls in 1..=input.len() {
        let after = |polls| {
            let (stream, log) = Faulty::new(FaultPlan::new(input, 1).pending_once());
            let mut connection = A::connect_faulty(stream, b"\r\n", config());
            let cancelled = connection.cancel_next_frame(polls);
            (connection, log.snapshot().read, cancelled)
        };
        let (connection, read, cancelled) = after(polls);
        if !cancelled {
            assert_eq!(read, 5, "the frame was complete");
            continue;
        }
        assert_eq!(connection.into_parts().unread, input.get(..read).unwrap());

        let (connection, read, _) = after(polls);
        match connection.into_inner() {
            Ok(_) => assert_eq!(read, 0),
            Err(refused) => assert_eq!(refused.unread, read),
        }

        let (mut connection, ..) = after(polls);
        assert_eq!(connection.next_frame(), Ok(Some(b"one".to_vec())));

        let (mut connection, ..) = after(polls);
        let mut events = Vec::new();
        while let Some(event) = connection.next_event().unwrap() {
            match event {
                OwnedEvent::Data(data) => events.extend(data),
                OwnedEvent::Terminator => events.extend(b"\r\n"),
            }
        }
        assert_eq!(events, input);
    }
}

/// A `drive` that is dropped after any number of polls calls `handle_close` once with `Aborted`, and everything that it
/// delivered until then is correct.
// C1, C4
pub fn drive_tells_its_handler_when_dropped<A: CancelDrive>() {
    let [input, ..] = INPUTS;
    let (events, output) = expected(input, true);
    for polls in 1.. {
        let (stream, log) = Faulty::new(FaultPlan::new(input, 2).pending_once());
        let (handler, call_log) = EchoHandler::new();
        let outcome = A::drive_for(stream, handler, config(), polls);
        let (call_log, record) = (call_log.lock().unwrap().clone(), log.snapshot());
        assert_eq!(call_log.out_of_order, [""; 0], "{polls} polls");
        assert_eq!(call_log.closes, [outcome.clone().unwrap_or(Err(Error::Aborted))], "{polls} polls");
        assert!(events.starts_with(&call_log.events) && output.starts_with(&record.written), "{polls} polls");
        if outcome.is_some() {
            assert_eq!((call_log.events, record.written), (events, output));
            break;
        }
    }
}
