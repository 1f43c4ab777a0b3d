//! The one list of scenarios that every adapter has to live through: [`scenarios!`](crate::scenarios!) makes tests of it.
//!
//! A scenario is a plain function over an [`Adapter`](crate::adapters::Adapter); what it proves is the project's contract,
//! whose clauses it names. Nothing here sleeps to let something happen: whatever happens is waited for, and
//! `within` ends what waits in vain.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "support for tests: whatever fails here fails the test")]

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

pub mod blame;
pub mod cancel;
pub mod closing;
pub mod conversation;
pub mod duplex;
pub mod echo;
pub mod faults;
pub mod flood;
pub mod frames;
pub mod mailbox;
pub mod min_rate;
pub mod output;
pub mod peer;
pub mod pressure;
pub mod server;
pub mod upgrade;

/// No scenario takes so long, not even on a machine that is busy with others; one that does has come to a halt.
const PATIENCE: Duration = Duration::from_secs(90);

/// Runs a scenario on a thread of its own, named as the test is, and fails if it does not return.
///
/// # Panics
///
/// If the scenario does, or takes for ever.
pub fn within_reason(path: &str, scenario: fn()) {
    // All but the name of the crate.
    let (_, name) = path.split_once("::").expect("a path");
    let (done, returned) = channel::<()>();
    let running = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Dropped when the scenario returns, or panics.
        let _done = done;
        scenario();
    });
    if returned.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
        panic!("{name} has come to a halt");
    }
    if let Err(panic) = running.expect("a thread").join() {
        std::panic::resume_unwind(panic);
    }
}

/// The full numbers were asked for, `ASYNCHAT_FULL=1`, rather than those that a debug build does in a second.
pub fn in_full() -> bool {
    std::env::var_os("ASYNCHAT_FULL").is_some_and(|value| value == "1")
}

/// Makes a test of each scenario, for one adapter. `scenarios!(Tokio)` is what all adapters have to live through;
/// `scenarios!(Tokio, futures)` is what those with futures have to beside.
#[macro_export]
macro_rules! scenarios {
    ($adapter:ty) => {
        $crate::scenarios! { @each $adapter:
            blame::a_connections_producer_fails_its_output_alone,
            blame::a_failure_is_told_once_with_whose_fault_it_was,
            closing::a_connections_linger_is_bounded,
            closing::close_when_done_ends_the_events,
            closing::closing_loses_no_output,
            closing::the_calls_come_in_order,
            closing::the_end_of_the_stream_is_an_event_at_every_byte,
            closing::the_linger_is_bounded,
            duplex::a_connection_closes_before_its_peer_reads,
            duplex::a_handler_reads_while_it_writes,
            duplex::two_connections_flush_before_they_read,
            echo::a_conversation_is_the_same_under_every_cut,
            faults::a_connection_survives_or_fails_once,
            faults::a_conversation_survives_or_fails_once,
            faults::a_silent_stream_is_given_up,
            flood::a_flood_of_connects_neither_stops_nor_spins_a_server,
            frames::a_cut_frame_is_told_and_shown,
            frames::a_frame_too_long_is_not_the_end,
            mailbox::a_full_mailbox_is_told,
            mailbox::a_push_behind_much_output_arrives,
            mailbox::a_push_from_elsewhere_reaches_an_idle_connection,
            output::a_connections_pushes_leave_in_one_write,
            output::large_pushes_leave_uncopied_beside_small_ones,
            output::pushes_between_two_writes_leave_in_one,
            min_rate::slow_peers_are_cut_off_and_good_ones_served,
            pressure::a_reader_that_does_not_read_is_not_read_from,
            server::a_connect_that_is_reset_harms_nothing,
            server::a_panicking_handler_ends_its_own_connection,
            server::a_panicking_handler_for_drops_that_connection,
            server::a_shutdown_drains,
            server::connections_above_the_limit_wait,
            upgrade::a_stream_is_not_taken_back_from_under_unread_input,
            upgrade::parts_name_what_is_unread,
            upgrade::a_socket_taken_back_goes_on,
        }
    };
    ($adapter:ty, futures) => {
        $crate::scenarios! { @each $adapter:
            cancel::a_drive_that_is_dropped_tells_its_handler,
            cancel::every_future_can_be_dropped_and_made_anew,
            cancel::part_of_a_frame_survives_its_future,
        }
    };
    (@each $adapter:ty: $($module:ident::$scenario:ident,)*) => {$(
        #[test]
        fn $scenario() {
            $crate::scenarios::within_reason(
                concat!(module_path!(), "::", stringify!($scenario)),
                $crate::scenarios::$module::$scenario::<$adapter>,
            );
        }
    )*};
}
