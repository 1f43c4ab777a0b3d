//! Futures that are dropped and made anew.

use std::time::Duration;

use asynchat_core::{Config, Error};

use super::conversation::{INPUTS, Talk, expected};
use super::faults::{Heard, converse, expected_frames};
use crate::adapters::{Abandon, Adapter, Cancel, Pull, Pulled};
use crate::harness::faulty::{Faulty, Plan};

fn config() -> Config {
    Config { linger: Duration::from_secs(30), ..Config::default() }
}

/// After each number of polls, with every operation pending before it is done, in pieces of every size.
// C8
pub fn connection_futures_are_cancel_safe<A: Adapter>()
where
    A::Faulty: Cancel,
{
    for input in INPUTS {
        let (frames, output, _) = expected_frames(input);
        for polls in 1..5 {
            for cut in 1..=input.len() {
                let plan = Plan::new(input, cut).hesitant();

                let (stream, log) = Faulty::new(plan.clone());
                let mut connection = A::connect_faulty(stream, b"\r\n", config());
                connection.drop_after(polls);
                let Heard { frames: heard, reading, writing, .. } = converse(&mut connection);
                assert_eq!((&heard, reading, writing), (&frames, None, None), "{polls} polls, {plan:?}");
                assert_eq!(log.so_far().written, output, "{polls} polls, {plan:?}");
                assert!(log.so_far().shut_down);

                let mut connection = A::connect_faulty(Faulty::new(plan.clone()).0, b"\r\n", config());
                connection.drop_after(polls);
                let mut events = Vec::new();
                while let Some(event) = connection.next_event().unwrap() {
                    match event {
                        Pulled::Data(data) => events.extend(data),
                        Pulled::Terminator => events.extend(b"\r\n"),
                    }
                }
                assert_eq!(events, input, "{polls} polls, {plan:?}");
            }
        }
    }
}

/// What a dropped `next_frame` had collected is unread: it is handed over by name, given out by `next_event`, and is
/// there when `next_frame` is called again.
// C5, C8
pub fn connection_keeps_partial_frame_of_cancelled_future<A: Adapter>()
where
    A::Faulty: Cancel,
{
    let input = b"one\r\ntwo\r\r";
    for polls in 1..=input.len() {
        let after = |polls| {
            let (stream, log) = Faulty::new(Plan::new(input, 1).hesitant());
            let mut connection = A::connect_faulty(stream, b"\r\n", config());
            let gave_up = connection.give_up_a_frame(polls);
            (connection, log.so_far().read, gave_up)
        };
        let (connection, read, gave_up) = after(polls);
        if !gave_up {
            assert_eq!(read, 5, "the frame was there");
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
                Pulled::Data(data) => events.extend(data),
                Pulled::Terminator => events.extend(b"\r\n"),
            }
        }
        assert_eq!(events, input);
    }
}

/// A `drive` dropped after any poll tells its handler that it was given up, once, and has delivered nothing wrong by then.
// C1, C4
pub fn drive_tells_its_handler_when_dropped<A: Abandon>() {
    let [input, ..] = INPUTS;
    let (events, output) = expected(input, true);
    for polls in 1.. {
        let (stream, log) = Faulty::new(Plan::new(input, 2).hesitant());
        let (talk, story) = Talk::new();
        let outcome = A::drive_for(stream, talk, config(), polls);
        let (story, record) = (story.lock().unwrap().clone(), log.so_far());
        assert_eq!(story.out_of_turn, [""; 0], "{polls} polls");
        assert_eq!(story.closes, [outcome.clone().unwrap_or(Err(Error::Aborted))], "{polls} polls");
        assert!(events.starts_with(&story.events) && output.starts_with(&record.written), "{polls} polls");
        if outcome.is_some() {
            assert_eq!((story.events, record.written), (events, output));
            break;
        }
    }
}
