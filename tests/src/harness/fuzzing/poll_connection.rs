use std::task::Poll;

use asynchat_core::drive::ConnectionHandle;
use asynchat_core::{Config, Event};

use super::fuzz_input::FuzzInput;
use crate::harness::mock::PollConnectionHarness;
use crate::oracle::TerminatorSpec;

/// A frame, an event or the length of a skipped frame, or `None` at the end of the stream.
type Found = Result<Option<String>, String>;

/// The bounds of the queue: low, so that it is often above them.
const HIGH_WATER: usize = 2000;

/// Checks that a connection which looks at what it has read before it polls, as every `Connection` does, gives what one
/// gives that only polls: the same input, output and errors, in the same order, whatever is pushed, set or ended meanwhile.
///
/// # Panics
///
/// Where they differ, or where input is handed out after an end.
pub fn poll_connection(data: &[u8]) {
    let mut fuzz = FuzzInput::new(data);
    let specs = fuzz.specs(4);
    let stream = fuzz.blocks(&specs);
    let mut rest = &stream[..];
    let mut config = Config::default().with_high_water(HIGH_WATER).with_low_water(HIGH_WATER / 2);
    (config.read_size, config.max_frame_len) = (1 + fuzz.up_to(2000), fuzz.up_to(1500));
    let mut pair = Pair::new(&specs[0], &config);
    while !fuzz.is_empty() {
        match fuzz.below(32) {
            0..=5 => pair.wait(Wait::Frame),
            6..=9 => pair.wait(Wait::Event),
            10 => pair.wait(Wait::Skip),
            11..=14 => {
                let (sent, behind) = rest.split_at(fuzz.up_to(1500).min(rest.len()));
                rest = behind;
                pair.both(|one| one.transport.send(sent));
            }
            15..=17 => {
                let spec = &specs[fuzz.below(specs.len())];
                pair.both(|one| one.connection.frames_mut().set_terminator(spec.terminator()));
            }
            18..=21 => {
                let answer = vec![b'<'; fuzz.up_to(HIGH_WATER * 3 / 2)];
                pair.both(|one| one.connection.queue_mut().push(answer.clone()).unwrap_or_default());
            }
            22 | 23 => {
                let window = [0, 1, 500, usize::MAX][fuzz.below(4)];
                pair.both(|one| one.transport.set_write_window(window));
            }
            24 | 25 => pair.flush(),
            26 => {
                let max_len = fuzz.up_to(1500);
                pair.both(|one| one.connection.set_max_frame_len(max_len));
            }
            27 => pair.both(|one| one.connection.discard_input()),
            28 => drop(pair.handles.each_ref().map(|handle| handle.push("handle"))),
            29 => match fuzz.below(6) {
                0 => pair.end(ConnectionHandle::close_when_done),
                1 => pair.end(ConnectionHandle::abort),
                2 => pair.both(|one| one.transport.send_eof()),
                3 => pair.both(|one| one.transport.reset()),
                4 => pair.both(|one| drop(one.poll_finish())),
                _ => pair.both(|one| drop(one.poll_close())),
            },
            30 => pair.both(|one| one.connection.frames_mut().set_eof_ends_frame(true)),
            _ => pair.compare(),
        }
    }
    pair.both(|one| one.transport.set_write_window(usize::MAX));
    pair.both(|one| one.transport.send(rest));
    pair.both(|one| one.transport.send_eof());
    for _ in 0..10 {
        pair.wait(Wait::Frame);
        pair.flush();
    }
    let [unread, expected] = pair.ones.map(|one| one.connection.into_parts().unread);
    assert_eq!(unread, expected);
}

#[derive(Clone, Copy)]
enum Wait {
    Frame,
    Event,
    Skip,
}

/// The one that looks before it polls, and the one that only polls.
struct Pair {
    ones: [PollConnectionHarness; 2],
    handles: [ConnectionHandle; 2],
    is_ended: bool,
}

impl Pair {
    fn new(spec: &TerminatorSpec, config: &Config) -> Self {
        let mut ones = [(); 2].map(|()| PollConnectionHarness::new(spec.terminator(), config.clone()));
        let handles = ones.each_mut().map(|one| one.connection.handle());
        Self { ones, handles, is_ended: false }
    }

    fn both(&mut self, call: impl Fn(&mut PollConnectionHarness)) {
        self.ones.iter_mut().for_each(call);
        self.compare();
    }

    /// Lets others end the connection: from now on there is no input (C2, C16).
    fn end(&mut self, end: fn(&ConnectionHandle)) {
        self.handles.iter().for_each(end);
        self.is_ended = true;
    }

    fn wait(&mut self, wait: Wait) {
        let [looking, polling] = &mut self.ones;
        let found = run(looking, |one| find_ready(one, wait).map_or_else(|| poll(one, wait), Poll::Ready));
        let expected = run(polling, |one| poll(one, wait));
        assert_eq!(found, expected, "the one that polls is on the right");
        assert!(!self.is_ended || !matches!(found, Poll::Ready(Ok(Some(_)))), "{found:?} after the end");
        self.compare();
    }

    fn flush(&mut self) {
        let [flushed, expected] = self
            .ones
            .each_mut()
            .map(|one| run(one, PollConnectionHarness::poll_flush).map_err(|error| error.to_string()));
        assert_eq!(flushed, expected, "the one that polls is on the right");
        self.compare();
    }

    fn compare(&mut self) {
        let [looking, polling] = self.ones.each_mut().map(|one| {
            let calls = one.transport.calls();
            let connection = &one.connection;
            let frame = connection.partial().to_vec();
            (frame, connection.unread(), connection.queue().queued(), connection.end(), calls.reads, calls.writes)
        });
        assert_eq!(looking, polling, "the one that polls is on the right");
        assert_eq!(*self.ones[0].transport.written(), *self.ones[1].transport.written());
    }
}

/// Polls for as long as it is woken.
fn run<R>(one: &mut PollConnectionHarness, mut poll: impl FnMut(&mut PollConnectionHarness) -> Poll<R>) -> Poll<R> {
    const MAX_POLLS: usize = 10_000;
    for _ in 0..MAX_POLLS {
        let polled = poll(one);
        if polled.is_ready() || !one.take_woken() {
            return polled;
        }
    }
    panic!("the connection is woken endlessly");
}

fn find_ready(one: &mut PollConnectionHarness, wait: Wait) -> Option<Found> {
    match wait {
        Wait::Frame => one
            .connection
            .find_ready_frame()
            .map(|ready| ready.map(|()| Some(frame(one))).map_err(|error| error.to_string())),
        Wait::Event => one
            .connection
            .find_ready_event()
            .map(|ready| ready.map(|()| Some(event(one))).map_err(|error| error.to_string())),
        Wait::Skip => None,
    }
}

fn poll(one: &mut PollConnectionHarness, wait: Wait) -> Poll<Found> {
    let found = match wait {
        Wait::Frame => one.poll_frame().map_ok(|found| found.map(|_| frame(one))),
        Wait::Event => one.poll_event().map_ok(|found| found.map(|_| event(one))),
        Wait::Skip => one.poll_skip_frame().map_ok(|found| found.map(|len| len.to_string())),
    };
    found.map_err(|error| error.to_string())
}

fn frame(one: &PollConnectionHarness) -> String {
    one.connection.frame().escape_ascii().to_string()
}

fn event(one: &PollConnectionHarness) -> String {
    match one.connection.event() {
        Event::Data(data) => data.escape_ascii().to_string(),
        Event::Terminator => "terminator".to_owned(),
    }
}
