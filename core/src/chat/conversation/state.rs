//! What there is of a conversation beside its handler; and between two frames, what is remaining_len of that.

use alloc::boxed::Box;
use core::cell::OnceCell;
use core::ops::{Deref, DerefMut};
use core::time::Duration;

use super::{Phase, ReadState};
use crate::chat::channel::{Channel, IdleState};
use crate::chat::min_rate::RateClock;

/// All that changes while a conversation goes on.
#[derive(Debug)]
pub(super) struct State {
    pub(super) channel: Channel,
    pub(super) phase: Phase,
    pub(super) read_state: ReadState,
    /// Above the high-water mark, and not yet below the low one again.
    pub(super) paused: bool,
    /// A call of the handler has begun and not returned: if that lasts, it has panicked.
    pub(super) calling: bool,
    /// The transport has output that it has not sent on.
    pub(super) unflushed: bool,
    pub(super) now: Duration,
    pub(super) inbound: RateClock,
    pub(super) outbound: RateClock,
    /// Bytes of input taken since the inbound clock was last told.
    pub(super) received: u64,
    /// How much output the outbound clock has been told of.
    pub(super) sent: u64,
}

impl State {
    fn new(channel: Channel) -> Self {
        Self {
            channel,
            phase: Phase::New,
            read_state: ReadState::Sending,
            paused: false,
            calling: false,
            unflushed: false,
            now: Duration::ZERO,
            inbound: RateClock::default(),
            outbound: RateClock::default(),
            received: 0,
            sent: 0,
        }
    }

    /// What it can be made of again; `None` while there is more to it. The time is not kept: whoever drives a
    /// conversation tells it before anything else.
    fn idle_state(&mut self) -> Option<IdleState> {
        let idle = matches!((&self.phase, self.read_state), (Phase::Open, ReadState::Sending))
            && !(self.paused || self.calling || self.unflushed)
            && self.inbound.deadline().or(self.outbound.deadline()).is_none();
        if idle { self.channel.idle_state() } else { None }
    }
}

/// A [`State`] that is in memory only while there is something to it.
///
/// Connections are idle for nearly all of their time, and servers have many of them. An idle one knows its terminator and
/// its limit, and that is all; so at rest it takes up a sixth of what it does awake.
#[derive(Debug)]
pub(super) struct Sleeper {
    /// Empty at rest. Looking at it wakes it.
    awake: OnceCell<Box<State>>,
    /// What it is made of when it wakes; of no meaning while it is awake.
    idle_state: IdleState,
}

impl Sleeper {
    pub(super) fn new(channel: Channel) -> Self {
        let awake = OnceCell::new();
        let _ = awake.set(Box::new(State::new(channel)));
        Self { awake, idle_state: IdleState::default() }
    }

    pub(super) fn rest(&mut self) {
        if let Some(idle_state) = self.awake.get_mut().and_then(|state| state.idle_state()) {
            self.idle_state = idle_state;
            self.awake.take().into_iter().for_each(spare::keep);
        }
    }

    #[cold]
    fn woken(&self) -> Box<State> {
        let mut state = spare::take().unwrap_or_else(|| Box::new(State::new(Channel::new(0))));
        state.channel.wake(&self.idle_state);
        state.phase = Phase::Open;
        state.now = Duration::ZERO;
        state.received = 0;
        state.sent = state.channel.queue().consumed();
        state
    }
}

impl Deref for Sleeper {
    type Target = State;

    #[inline]
    fn deref(&self) -> &State {
        self.awake.get_or_init(|| self.woken())
    }
}

impl DerefMut for Sleeper {
    #[inline]
    fn deref_mut(&mut self) -> &mut State {
        let _ = Self::deref(self);
        #[expect(clippy::expect_used, reason = "looking at it has woken it")]
        self.awake.get_mut().expect("it is awake")
    }
}

/// The memory of the last of the thread's conversations that went to rest, for the next that wakes: mostly they take
/// turns, and then nothing is allocated.
#[cfg(feature = "std")]
mod spare {
    use alloc::boxed::Box;
    use core::cell::Cell;

    use super::State;

    std::thread_local! {
        static SPARE: Cell<Option<Box<State>>> = const { Cell::new(None) };
    }

    pub(super) fn keep(state: Box<State>) {
        // While the thread is ending there may be no place remaining_len; and what was there before is dropped outside of it.
        let _ = SPARE.try_with(|place| place.replace(Some(state)));
    }

    pub(super) fn take() -> Option<Box<State>> {
        SPARE.try_with(Cell::take).ok().flatten()
    }
}

#[cfg(not(feature = "std"))]
mod spare {
    use alloc::boxed::Box;

    use super::State;

    pub(super) fn keep(_: Box<State>) {}

    pub(super) fn take() -> Option<Box<State>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::super::Chat;
    use crate::chat::channel::Channel;
    use crate::chat::config::Config;
    use crate::chat::handler::Handler;
    use crate::error::BoxError;
    use crate::framing::Input;
    use crate::framing::Terminator;
    use bytes::Buf;
    use core::time::Duration;

    /// Says what has been said to it.
    #[derive(Default)]
    struct Echo;

    impl Handler for Echo {
        fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
            channel.set_terminator(Terminator::any_of(["\r\n", ";"])?);
            Ok(())
        }

        fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
            Ok(channel.push(data.to_vec())?)
        }

        fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }
    }

    impl Chat<Echo> {
        /// One that has had an exchange.
        fn used() -> Self {
            let mut chat = Self::new(Echo, Config::default());
            chat.takes(b"a line;");
            chat.sends("a line");
            chat
        }

        fn takes(&mut self, input: &[u8]) {
            self.handle_input(&mut Input::new(input)).unwrap();
        }

        fn sends(&mut self, output: &str) {
            let mut staged = self.poll_transmit();
            assert_eq!(staged.copy_to_bytes(staged.remaining()), output);
        }

        fn rests(&mut self) -> bool {
            self.rest();
            self.state.awake.get().is_none()
        }
    }

    #[test]
    fn an_idle_conversation_rests_and_wakes_as_it_was() {
        let mut chat = Chat::used();
        chat.channel_mut().set_max_frame_len(9);
        assert!(chat.rests() && chat.rests());
        assert_eq!((chat.channel().matched(), chat.channel().max_frame_len()), (1, 9));
        assert!(matches!(chat.channel().terminator(), Terminator::AnyOf(_)));
        assert!(chat.wants_read() && !chat.wants_write() && !chat.is_closed());
        assert!(chat.rests());
        chat.takes(b"another\r\n");
        chat.sends("another");
    }

    #[test]
    fn what_rested_has_no_part_in_what_wakes_next_in_its_place() {
        let (mut one, mut other) = (Chat::used(), Chat::used());
        one.channel_mut().set_terminator(3u64);
        one.channel_mut().set_max_frame_len(7);
        assert!(other.rests() && one.rests());
        assert!(matches!(other.channel().terminator(), Terminator::AnyOf(_)));
        assert_eq!(other.channel().max_frame_len(), Config::default().max_frame_len);
        assert_eq!(one.channel().terminator(), &Terminator::Count(3));
        assert_eq!(one.channel().max_frame_len(), 7);
    }

    #[test]
    fn nothing_rests_that_is_not_idle() {
        type Act = fn(&mut Chat<Echo>);
        let busy: [(&str, Act); 8] = [
            ("a frame has begun", |chat| {
                chat.takes(b"x");
                chat.sends("x");
            }),
            ("bytes are held", |chat| chat.takes(b"\r")),
            ("output waits", |chat| chat.channel_mut().push("x").unwrap()),
            ("a producer waits", |chat| {
                chat.channel_mut().push_with_producer(crate::output::IterProducer::new(["x"])).unwrap();
            }),
            ("a frame is owed", |chat| chat.channel_mut().expect_frame()),
            ("it is closing", |chat| chat.channel_mut().close_when_done()),
            ("the peer has hung up", |chat| chat.handle_eof().unwrap()),
            ("it has ended", |chat| drop(chat.handle_transport_error("reset"))),
        ];
        assert!(!Chat::new(Echo, Config::default()).rests(), "it has not begun");
        for (why, act) in busy {
            let mut chat = Chat::used();
            act(&mut chat);
            assert!(!chat.rests(), "{why}");
        }
    }

    // C6
    #[test]
    fn a_rest_makes_nobody_late() {
        let mut chat = Chat::used();
        chat.handle_timeout(Duration::from_secs(1000)).unwrap();
        assert!(chat.poll_timeout().is_none() && chat.rests());
        chat.handle_timeout(Duration::from_secs(2000)).unwrap();
        chat.takes(b"begun");
        let grace = Config::default().pace.unwrap().grace;
        assert_eq!(chat.poll_timeout(), Some(Duration::from_secs(2000) + grace));
    }

    #[test]
    fn at_rest_it_is_small() {
        assert!(size_of::<Chat<()>>() <= 72, "{}", size_of::<Chat<()>>());
    }

    impl Handler for () {
        fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }

        fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
            Ok(())
        }
    }
}
