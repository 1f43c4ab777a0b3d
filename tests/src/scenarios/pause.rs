//! Handlers that pause the delivery of events, and timers.

use std::sync::mpsc::{Sender, channel};
use std::thread;
use std::time::Duration;

use asynchat_core::drive::Caller;
use asynchat_core::{Blame, BoxError, Channel, Config, End, Error, Handler, MinRate};

use super::peer;
use crate::adapters::{Adapter, Settings, any_port};

/// Longer than the grace periods of these scenarios.
const PAUSE: Duration = Duration::from_millis(400);

/// Grace periods that end within a pause.
fn impatient() -> Config {
    let rate = Some(MinRate::new(1, PAUSE / 4));
    Config::default().with_min_input_rate(rate).with_idle_timeout(PAUSE / 4)
}

/// Pauses in the middle of each line, and writes down what it is told.
struct Pauses {
    told: String,
    /// Resume after this time.
    timer: Option<Duration>,
    pauses: Sender<()>,
    outcomes: Sender<Result<(), Error>>,
}

impl Handler for Pauses {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        assert!(!channel.is_paused());
        self.told.push_str(std::str::from_utf8(data)?);
        channel.pause();
        channel.set_timer(self.timer);
        Ok(self.pauses.send(())?)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        assert!(!channel.is_paused());
        self.told.push('|');
        Ok(())
    }

    fn handle_eof(&mut self, end: End, channel: &mut Channel) -> Result<(), BoxError> {
        assert_eq!((channel.is_paused(), end), (false, End::Clean));
        channel.push(std::mem::take(&mut self.told))?;
        channel.close_when_done();
        Ok(())
    }

    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.told.push('.');
        channel.resume();
        Ok(())
    }

    fn handle_shutdown(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.outcomes.send(outcome.map_err(Clone::clone));
    }
}

/// No clock of the peer's input runs while the handler pauses, and the timer does. The end of the stream comes last.
// C12, C13
pub fn server_pause_stops_the_clocks_of_input<A: Adapter>() {
    let ((pauses, _paused), (outcomes, ended)) = (channel(), channel());
    let serving = A::serve(impatient(), 4, move |_| Pauses {
        told: String::new(),
        timer: Some(PAUSE),
        pauses: pauses.clone(),
        outcomes: outcomes.clone(),
    });
    let client = peer::connect(serving.address());
    peer::send_in_pieces(&client, [&b"one\ntwo\n"[..]]);
    peer::half_close(&client);
    assert_eq!(peer::read_to_end(&client), b"one.|two.|");
    drop(client);
    assert_eq!(ended.recv(), Ok(Ok(())));
    serving.stop();
}

/// Ends its output at once, pauses behind each line, and tells the lines at the end.
struct Finishes {
    told: String,
    ended: Sender<(String, Result<(), Error>)>,
}

impl Handler for Finishes {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        channel.push("hello")?;
        channel.finish();
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.told.push_str(std::str::from_utf8(data)?);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.pause();
        channel.set_timer(Some(PAUSE / 4));
        Ok(())
    }

    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        self.told.push('.');
        channel.resume();
        Ok(())
    }

    fn handle_eof(&mut self, _: End, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_close(&mut self, outcome: Result<(), &Error>) {
        let _ = self.ended.send((std::mem::take(&mut self.told), outcome.map_err(Clone::clone)));
    }
}

/// A connection that has ended its own output pauses as any other: neither its own end nor that of the peer is an error.
// C12, C18
pub fn server_pauses_after_its_output_has_ended<A: Adapter>() {
    let (sender, ended) = channel();
    let serving = A::serve(Config::default(), 4, move |_| Finishes { told: String::new(), ended: sender.clone() });
    let client = peer::connect(serving.address());
    assert_eq!(peer::read_to_end(&client), b"hello");
    peer::send_in_pieces(&client, [&b"one\ntwo\n"[..]]);
    peer::half_close(&client);
    assert_eq!(ended.recv(), Ok(("one.two.".to_owned(), Ok(()))));
    drop(client);
    serving.stop();
}

/// A paused connection notices that its peer has reset it, although it does not read.
// C12, C4
pub fn server_notices_a_reset_while_paused<A: Adapter>() {
    let ((pauses, paused), (outcomes, ended)) = (channel(), channel());
    let serving = A::serve(Config::default(), 4, move |_| Pauses {
        told: String::new(),
        timer: None,
        pauses: pauses.clone(),
        outcomes: outcomes.clone(),
    });
    let client = peer::connect(serving.address());
    peer::send_in_pieces(&client, [&b"one\ntwo\n"[..]]);
    paused.recv().unwrap();
    peer::reset(client);
    let error = ended.recv().unwrap().unwrap_err();
    assert_eq!(error.blame(), Blame::Transport, "{error:?}");
    serving.stop();
}

/// A drain timeout aborts a connection that stays paused.
// C12, C17
pub fn server_shutdown_aborts_a_paused_connection<A: Adapter>() {
    let ((pauses, paused), (outcomes, ended)) = (channel(), channel());
    let settings = Settings { drain_timeout: Duration::from_millis(50), ..Settings::default() };
    let serving = A::serve_on(any_port(), settings, move |_| Pauses {
        told: String::new(),
        timer: None,
        pauses: pauses.clone(),
        outcomes: outcomes.clone(),
    });
    let client = peer::connect(serving.address());
    peer::send_in_pieces(&client, [&b"one\n"[..]]);
    paused.recv().unwrap();
    serving.stop();
    assert_eq!(ended.recv(), Ok(Err(Error::Aborted)));
}

const INTERVAL: Duration = Duration::from_millis(20);

/// Sends bodies in pieces, each in a call of its own, and a ping at intervals: never within a body.
#[derive(Default)]
struct Feed {
    in_body: bool,
    owes_ping: bool,
}

impl Feed {
    fn send_piece(&mut self, piece: &'static str, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push(piece)?;
        self.in_body = !piece.ends_with(']');
        if !self.in_body && std::mem::take(&mut self.owes_ping) {
            channel.push("P")?;
        }
        Ok(())
    }
}

impl Handler for Feed {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_timer(Some(INTERVAL));
        Ok(())
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_timer(Some(INTERVAL));
        if self.in_body {
            self.owes_ping = true;
            return Ok(());
        }
        Ok(channel.push("P")?)
    }
}

/// The timer of an idle connection goes off again and again; and while a body is sent in pieces, no ping lands in it.
// C13, C14
pub fn server_timer_pings_between_bodies<A: Adapter>() {
    const PINGS: usize = 5;

    let (callers, accepted) = channel::<Caller<Feed>>();
    let serving = A::serve(Config::default(), 4, move |peer| {
        callers.send(peer.caller().clone()).unwrap();
        Feed::default()
    });
    let client = peer::connect(serving.address());
    assert_eq!(peer::read_exactly(&client, PINGS), [b'P'; PINGS]);
    let caller = accepted.recv().unwrap();
    let sending = thread::spawn(move || {
        for piece in ["[", "one", "two", "three", "]"].into_iter().cycle() {
            if caller.call_blocking(move |feed, channel| feed.send_piece(piece, channel)).is_err() {
                return;
            }
        }
    });
    let (mut pings, mut in_body) = (0, false);
    while pings < PINGS || in_body {
        let byte = peer::read_exactly(&client, 1);
        match byte[0] {
            b'[' => in_body = true,
            b']' => in_body = false,
            b'P' => {
                assert!(!in_body, "a ping within a body");
                pings += 1;
            }
            _ => assert!(in_body),
        }
    }
    drop(client);
    sending.join().unwrap();
    serving.stop();
}
