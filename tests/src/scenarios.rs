//! The one list of integration scenarios that every adapter runs. The macro [`scenarios!`](crate::scenarios!) makes a
//! test of each.
//!
//! A scenario is a plain function over an [`Adapter`](crate::adapters::Adapter), and proves the clauses of the contract
//! that it cites. No scenario sleeps until something has happened; it waits for the event itself, and
//! [`run_with_timeout`] ends a scenario that waits in vain.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "support for tests: a failure here fails the test")]

use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

pub mod abort;
pub mod backpressure;
pub mod blame;
pub mod cancel;
pub mod closing;
pub mod conversation;
pub mod duplex;
pub mod echo;
pub mod faults;
pub mod flood;
pub mod frames;
pub mod idle;
pub mod mailbox;
pub mod min_rate;
pub mod observer;
pub mod output;
pub mod pause;
pub mod peer;
pub mod pending;
pub mod pull;
pub mod serve_with;
pub mod server;
pub mod shutdown;
pub mod sockets;
pub mod split;
pub mod store;
pub mod upgrade;

/// Far longer than any scenario takes, even on a busy machine. A scenario that takes longer hangs.
const SCENARIO_TIMEOUT: Duration = Duration::from_secs(90);

/// Runs a scenario on its own thread, which has the test's name, and fails if it does not return in time.
///
/// # Panics
///
/// If the scenario panics, or hangs.
pub fn run_with_timeout(path: &str, scenario: fn()) {
    // The path without the crate's name.
    let (_, name) = path.split_once("::").expect("a path");
    let (done, returned) = channel::<()>();
    let running = std::thread::Builder::new().name(name.to_owned()).spawn(move || {
        // Dropped when the scenario returns or panics.
        let _done = done;
        scenario();
    });
    if returned.recv_timeout(SCENARIO_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
        panic!("{name} hangs: no result within {SCENARIO_TIMEOUT:?}");
    }
    if let Err(panic) = running.expect("a thread").join() {
        std::panic::resume_unwind(panic);
    }
}

/// Returns whether `ASYNCHAT_FULL=1` asks for the full numbers, rather than those that a debug build handles in a second.
pub fn is_full_run() -> bool {
    std::env::var_os("ASYNCHAT_FULL").is_some_and(|value| value == "1")
}

/// Makes a test of each scenario, for one adapter. `scenarios!(Tokio)` makes those that every adapter must pass;
/// `scenarios!(Tokio, futures)` makes those for adapters whose calls are futures.
#[macro_export]
macro_rules! scenarios {
    ($adapter:ty) => {
        $crate::scenarios! { @each $adapter:
            abort::handle_abort_ends_a_connection_in_any_state,
            backpressure::server_applies_backpressure_to_a_nonreading_peer,
            blame::connection_producer_error_fails_output_only,
            blame::drive_reports_each_failure_once_with_its_blame,
            closing::connection_close_lingers_for_a_bounded_time,
            closing::drive_calls_the_handler_in_order,
            closing::drive_delivers_no_event_after_close_when_done,
            closing::drive_finish_reads_the_answer,
            closing::drive_lingers_for_a_bounded_time,
            closing::server_close_loses_no_output,
            closing::server_delivers_eof_at_every_byte,
            closing::server_notices_a_reset_after_eof,
            duplex::connection_closes_before_its_peer_reads,
            duplex::connection_flushes_before_its_peer_reads,
            duplex::server_reads_while_it_writes,
            echo::server_answers_the_same_under_every_cut,
            faults::connection_survives_or_fails_once_per_fault,
            faults::drive_survives_or_fails_once_per_fault,
            faults::drive_times_out_on_a_stalled_stream,
            flood::server_survives_connect_flood_without_spinning,
            frames::connection_continues_after_a_frame_too_long,
            frames::connection_goes_on_behind_a_refused_count,
            frames::connection_reads_lines_of_any_end,
            frames::connection_reports_truncated_frame_once_with_its_data,
            frames::server_runs_commands_behind_a_long_mail,
            idle::server_ends_idle_connections_only,
            mailbox::mailbox_delivers_behind_output_above_low_water,
            mailbox::mailbox_push_reaches_an_idle_connection,
            mailbox::mailbox_refuses_pushes_when_full,
            min_rate::server_cuts_off_slow_peers_only,
            observer::metrics_count_connections,
            observer::observer_is_told_of_a_panic_once,
            observer::observer_is_told_of_aborts,
            observer::observer_is_told_of_code,
            observer::observer_is_told_of_handlers,
            observer::observer_is_told_of_unsent_output,
            output::connection_pushes_leave_in_one_vectored_write,
            output::drive_coalesces_small_pushes_into_one_write,
            output::drive_writes_large_pushes_without_copying,
            pause::server_notices_a_reset_while_paused,
            pause::server_pauses_after_its_output_has_ended,
            pause::server_pause_stops_the_clocks_of_input,
            pause::server_shutdown_aborts_a_paused_connection,
            pause::server_timer_pings_between_bodies,
            pending::connection_flush_waits_for_a_deferred_reply,
            pending::drive_blames_the_handler_for_a_forgotten_reply,
            pending::drive_waits_for_a_deferred_reply_after_eof,
            pending::drive_waits_for_a_deferred_reply_over_any_stream,
            pending::server_holds_back_the_source_of_a_stream,
            pending::server_reads_behind_a_pending_reply,
            pending::server_sends_deferred_replies_in_order,
            pending::server_times_out_no_peer_that_waits_for_a_reply,
            serve_with::serve_with_abort_ends_a_connection,
            serve_with::serve_with_aborts_after_the_drain_timeout,
            serve_with::serve_with_drives_a_handler,
            serve_with::serve_with_pulls_lines_from_a_connection,
            serve_with::serve_with_queues_connections_above_the_limit,
            serve_with::serve_with_shutdown_is_told_to_the_code,
            serve_with::serve_with_shutdown_is_told_to_the_handler,
            serve_with::serve_with_survives_panics,
            serve_with::server_refuses_connections_by_address,
            pull::connection_abort_resets_unsent_output,
            pull::connection_continues_unread_input,
            pull::connection_discards_stale_input,
            pull::connection_echoes_owned_frames,
            pull::connection_finishes_and_reads_the_answer,
            pull::connection_is_pushed_to_closed_and_aborted_by_handles,
            pull::connection_loop_is_bounded_by_its_marks,
            pull::connection_tells_a_reset_from_the_end,
            server::server_graceful_shutdown_drains_output,
            server::server_queues_connections_above_the_limit,
            server::server_survives_a_panicking_handler,
            server::server_survives_a_panicking_handler_factory,
            server::server_survives_panics_in_drops,
            server::server_survives_reset_connections,
            shutdown::server_shutdown_aborts_after_the_drain_timeout,
            shutdown::server_shutdown_lets_handlers_say_a_last_word,
            shutdown::server_shutdown_refuses_the_backlog,
            sockets::server_ends_when_its_listener_is_dead,
            sockets::server_refuses_a_wrong_config,
            sockets::server_sets_keepalive_on_accepted_sockets,
            split::halves_learn_of_each_others_end,
            split::halves_read_and_write_at_the_same_time,
            split::halves_reunited_send_what_handles_push,
            split::halves_send_a_lot_without_a_deadlock,
            split::halves_send_what_a_dropped_writer_has_pushed,
            split::halves_send_what_handles_push,
            store::call_reaches_an_idle_connection_in_order,
            store::call_that_panics_ends_its_connection_alone,
            store::mailbox_push_blocking_waits_for_room,
            store::server_answers_from_an_asynchronous_store,
            upgrade::connection_into_inner_refuses_unread_input,
            upgrade::connection_into_parts_returns_a_working_socket,
            upgrade::connection_into_parts_returns_unread_input,
            upgrade::drive_upgrade_fails_for_nonreading_peers,
            upgrade::drive_upgrade_hands_over_stream_and_unread,
            upgrade::drive_upgrade_keeps_its_handler,
            upgrade::server_refuses_an_upgrade,
            upgrade::serve_with_goes_on_above_an_upgrade,
        }
    };
    ($adapter:ty, futures) => {
        $crate::scenarios! { @each $adapter:
            cancel::connection_futures_are_cancel_safe,
            cancel::connection_keeps_partial_frame_of_cancelled_future,
            cancel::drive_tells_its_handler_when_dropped,
        }
    };
    (@each $adapter:ty: $($module:ident::$scenario:ident,)*) => {$(
        #[test]
        fn $scenario() {
            $crate::scenarios::run_with_timeout(
                concat!(module_path!(), "::", stringify!($scenario)),
                $crate::scenarios::$module::$scenario::<$adapter>,
            );
        }
    )*};
}
