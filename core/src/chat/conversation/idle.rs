use alloc::boxed::Box;
use core::fmt;
use core::time::Duration;

use super::Chat;
use super::state::State;
use crate::chat::channel::{Channel, IdleState};
use crate::chat::handler::Handler;

/// A [`Chat`] that gives back its memory while it is idle: for a driver that has many connections.
///
/// A connection is idle for nearly all of its life: it is between two frames, has no output, and waits for nothing but
/// the peer. All that an idle chat has to keep is its terminator, its frame limit and the time since when it is idle.
/// It takes at most 64 bytes beside its handler then, a tenth of the memory of a chat that is awake. Its only deadlines
/// are that of [`Config::idle_timeout`](crate::chat::Config::idle_timeout), and the [timer](Channel::set_timer):
/// [`poll_timeout`](Self::poll_timeout).
///
/// The driver calls [`wake`](Self::wake) at the beginning of a turn, as the only way to the chat, and
/// [`try_idle`](Self::try_idle) before it waits.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
/// use asynchat_core::chat::IdleChat;
/// use asynchat_core::{Chat, Config, Input};
/// # use asynchat_core::{BoxError, Channel, Handler};
/// # struct Count;
/// # impl Handler for Count {
/// #     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
/// #         channel.set_terminator(b"\n");
/// #         Ok(())
/// #     }
/// #     fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
/// #         Ok(())
/// #     }
/// #     fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
/// #         Ok(())
/// #     }
/// # }
///
/// let mut connection = IdleChat::new(Chat::new(Count, Config::default()));
/// let now = Duration::from_secs(1);
/// connection.wake(now).handle_input(now, &mut Input::new(b"one\ntw"))?;
/// assert!(!connection.try_idle(), "a frame has begun");
/// let now = Duration::from_secs(2);
/// connection.wake(now).handle_input(now, &mut Input::new(b"o\n"))?;
/// assert!(connection.try_idle());
/// # Ok::<(), asynchat_core::Error>(())
/// ```
pub struct IdleChat<H: Handler> {
    // Woken in place. Two types that are made of each other by value would have to be moved out of the driver and back:
    // the handler would be copied twice a turn, and its panic would leave the driver without a chat.
    chat: Chat<H>,
}

impl<H: Handler> IdleChat<H> {
    /// Stores a chat. It stays awake until [`try_idle`](Self::try_idle).
    pub fn new(chat: Chat<H>) -> Self {
        Self { chat }
    }

    /// Returns the chat, awake and as it was. `now` is the current time, as for [`Chat::handle_connect`].
    ///
    /// # Complexity
    ///
    /// Constant. Allocates if the chat was idle; with the feature `std` it takes the memory of the last chat of this
    /// thread that became idle, so that connections which take turns allocate nothing.
    pub fn wake(&mut self, now: Duration) -> &mut Chat<H> {
        self.chat.memory.wake(now);
        &mut self.chat
    }

    /// Returns whether the output waits for a producer: [`Chat::is_output_pending`]. An idle chat has no output.
    pub fn is_output_pending(&self) -> bool {
        match &self.chat.memory {
            Memory::Awake(state) => state.is_output_pending(),
            Memory::Idle(_) => false,
        }
    }

    /// Gives back the memory that an idle chat does not need. Returns whether the chat is idle; one that is not stays
    /// as it is.
    ///
    /// A chat is idle between two frames, with no output queued, unflushed or unacknowledged, no deadline but those of the
    /// idle timeout and of the handler's timer, not paused, and neither side closing.
    pub fn try_idle(&mut self) -> bool {
        self.chat.memory.try_idle()
    }

    /// Returns the deadline for the next [`Chat::handle_timeout`], or `None`. An idle chat is not woken by this call.
    pub fn poll_timeout(&mut self) -> Option<Duration> {
        match &self.chat.memory {
            Memory::Awake(_) => self.chat.poll_timeout(),
            Memory::Idle(idle_state) => {
                let timeout = self.chat.config.idle_timeout;
                let idle = timeout.map(|timeout| idle_state.idle_since().saturating_add(timeout));
                [idle, idle_state.timer().deadline()].into_iter().flatten().min()
            }
        }
    }
}

/// Shows what [`Chat`] shows (C20).
impl<H: Handler> fmt::Debug for IdleChat<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("IdleChat").field(&self.chat).finish()
    }
}

/// The memory of a [`Chat`] beside its handler. Only an [`IdleChat`] contains a chat whose memory is idle.
#[derive(Debug)]
pub(super) enum Memory {
    Awake(Box<State>),
    Idle(IdleState),
}

impl Memory {
    pub(super) fn awake(state: State) -> Self {
        Self::Awake(Box::new(state))
    }

    #[inline]
    pub(super) fn state(&self) -> &State {
        match self {
            Self::Awake(state) => state,
            Self::Idle(_) => never_lent(),
        }
    }

    #[inline]
    pub(super) fn state_mut(&mut self) -> &mut State {
        match self {
            Self::Awake(state) => state,
            Self::Idle(_) => never_lent(),
        }
    }

    fn wake(&mut self, now: Duration) {
        if let Self::Idle(_) = self {
            let state = spare::take().unwrap_or_else(|| Box::new(State::new(Channel::new(0))));
            let idle = core::mem::replace(self, Self::Awake(state));
            if let (Self::Idle(idle_state), Self::Awake(state)) = (idle, self) {
                state.wake(idle_state, now);
            }
        }
    }

    fn try_idle(&mut self) -> bool {
        if let Self::Awake(state) = self
            && let Some(idle_state) = state.take_idle_state()
            && let Self::Awake(state) = core::mem::replace(self, Self::Idle(idle_state))
        {
            spare::keep(state);
        }
        matches!(self, Self::Idle(_))
    }
}

#[cold]
#[expect(clippy::unreachable, reason = "the only way to an idle chat is `IdleChat::wake`, after which it is awake")]
fn never_lent() -> ! {
    unreachable!("an idle chat is never lent")
}

/// The memory of this thread's chat that became idle last, for the next one that wakes. Mostly they take turns, and
/// then nothing is allocated.
#[cfg(feature = "std")]
mod spare {
    use alloc::boxed::Box;
    use core::cell::Cell;

    use super::State;

    std::thread_local! {
        static SPARE: Cell<Option<Box<State>>> = const { Cell::new(None) };
    }

    pub(super) fn keep(state: Box<State>) {
        // Fails while the thread is ending. The earlier spare is dropped after the call, outside of the thread local.
        let _ = SPARE.try_with(|spare| spare.replace(Some(state)));
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
    use bytes::Buf;

    use super::*;
    use crate::chat::config::Config;
    use crate::error::{BoxError, Error};
    use crate::framing::{Input, Terminator};
    use crate::output::IterProducer;
    use crate::output::noop_context;

    const NOW: Duration = Duration::ZERO;

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// Sends back what it receives.
    #[derive(Default)]
    struct Echo {
        closed: Option<Error>,
        rung: bool,
    }

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

        fn handle_timer(&mut self, _: &mut Channel) -> Result<(), BoxError> {
            self.rung = true;
            Ok(())
        }

        fn handle_close(&mut self, outcome: Result<(), &Error>) {
            self.closed = outcome.err().cloned();
        }
    }

    impl<H: Handler> Chat<H> {
        fn takes(&mut self, input: &[u8]) {
            self.handle_input(NOW, &mut Input::new(input)).unwrap();
        }

        fn sends(&mut self, output: &str) {
            let mut staged = self.poll_transmit(&mut noop_context());
            assert_eq!(staged.copy_to_bytes(staged.remaining()), output);
        }
    }

    /// A chat that has had an exchange.
    fn used<H: Handler>(handler: H) -> IdleChat<H> {
        let mut connection = IdleChat::new(Chat::new(handler, Config::default()));
        let chat = connection.wake(NOW);
        chat.takes(b"a line;");
        chat.sends("a line");
        connection
    }

    // F14
    #[test]
    fn idle_chat_drops_lf_of_last_line_end() {
        let mut connection = used(Echo::default());
        connection.wake(NOW).channel_mut().set_terminator(Terminator::universal_newline());
        for (input, output) in [(&b"mac\r"[..], "mac"), (b"\nnet\r", "net"), (b"\n", ""), (b"\n\r", "")] {
            assert!(connection.try_idle());
            let chat = connection.wake(NOW);
            chat.takes(input);
            assert_eq!(chat.channel().matched(), 0);
            if !output.is_empty() {
                chat.sends(output);
            }
        }
        assert!(connection.try_idle());
    }

    #[test]
    fn idle_chat_wakes_as_it_was() {
        let mut connection = used(Echo::default());
        connection.wake(NOW).channel_mut().set_max_frame_len(9);
        assert!(connection.try_idle() && connection.try_idle());
        let chat = connection.wake(NOW);
        assert_eq!((chat.channel().matched(), chat.channel().max_frame_len()), (1, 9));
        assert!(matches!(chat.channel().terminator(), Terminator::AnyOf(_)));
        assert!(chat.wants_read() && !chat.wants_write() && !chat.is_closed());
        assert!(connection.try_idle());
        let chat = connection.wake(NOW);
        chat.takes(b"another\r\n");
        chat.sends("another");
    }

    #[test]
    fn idle_chat_leaves_nothing_to_the_next_one() {
        let (mut one, mut other) = (used(Echo::default()), used(Echo::default()));
        one.wake(NOW).channel_mut().set_terminator(3u64);
        one.wake(NOW).channel_mut().set_max_frame_len(7);
        assert!(other.try_idle() && one.try_idle());
        let channel = other.wake(NOW).channel();
        assert!(matches!(channel.terminator(), Terminator::AnyOf(_)));
        assert_eq!(channel.max_frame_len(), Config::default().max_frame_len);
        let channel = one.wake(NOW).channel();
        assert_eq!(channel.terminator(), &Terminator::Count(3));
        assert_eq!(channel.max_frame_len(), 7);
    }

    #[test]
    fn idle_chat_refuses_a_busy_chat() {
        type Act = fn(&mut Chat<Echo>);
        let busy: [(&str, Act); 10] = [
            ("a frame has begun", |chat| {
                chat.takes(b"x");
                chat.sends("x");
            }),
            ("bytes are held", |chat| chat.takes(b"\r")),
            ("output waits", |chat| chat.channel_mut().push("x").unwrap()),
            ("a producer waits", |chat| {
                chat.channel_mut().push_with_producer(IterProducer::new(["x"])).unwrap();
            }),
            ("the transport is not flushed", |chat| chat.set_unflushed(true)),
            ("a frame is owed", |chat| chat.channel_mut().expect_frame()),
            ("it is paused", |chat| chat.channel_mut().pause()),
            ("it is closing", |chat| chat.channel_mut().close_when_done()),
            ("the peer has closed", |chat| chat.handle_eof(NOW).unwrap()),
            ("it has ended", |chat| drop(chat.handle_transport_error("reset"))),
        ];
        assert!(!IdleChat::new(Chat::new(Echo::default(), Config::default())).try_idle(), "it is not connected");
        for (why, act) in busy {
            let mut connection = used(Echo::default());
            act(connection.wake(NOW));
            assert!(!connection.try_idle(), "{why}");
        }
    }

    // C6
    #[test]
    fn idle_chat_counts_from_the_time_it_wakes() {
        let mut connection = used(Echo::default());
        connection.wake(NOW).handle_timeout(Duration::from_secs(1000)).unwrap();
        assert!(connection.try_idle());
        let chat = connection.wake(Duration::from_secs(2000));
        chat.channel_mut().expect_frame();
        let grace = Config::default().min_input_rate.unwrap().grace;
        assert_eq!(chat.poll_timeout(), Some(Duration::from_secs(2000) + grace));
    }

    // C11
    #[test]
    fn idle_chat_has_a_deadline_while_idle() {
        let mut connection = used(Echo::default());
        connection.wake(NOW).handle_timeout(Duration::from_secs(7)).unwrap();
        let deadline = Some(Duration::from_secs(7 + 300));
        assert_eq!(connection.poll_timeout(), deadline);
        assert!(connection.try_idle());
        assert_eq!(connection.poll_timeout(), deadline);
        // It stays the same when it wakes for nothing.
        let chat = connection.wake(Duration::from_secs(100));
        chat.handle_timeout(Duration::from_secs(100)).unwrap();
        assert_eq!(chat.poll_timeout(), deadline);
        assert!(connection.try_idle());
        assert_eq!(connection.poll_timeout(), deadline);
        let outcome = connection.wake(Duration::from_secs(307)).handle_timeout(Duration::from_secs(307));
        assert_eq!(outcome, Err(Error::Idle));
    }

    // C13
    #[test]
    fn idle_chat_keeps_its_timer() {
        let mut connection = used(Echo::default());
        let odd = Duration::from_nanos(1_234_567_891);
        connection.wake(odd).handle_timeout(odd).unwrap();
        connection.wake(odd).channel_mut().set_timer(Some(seconds(60)));
        assert!(!connection.try_idle(), "it was not started");
        assert_eq!(connection.poll_timeout(), Some(odd + seconds(60)));
        // It is kept to a millisecond, and rounded up.
        let kept = Duration::from_millis(1235) + seconds(60);
        for _ in 0..2 {
            assert!(connection.try_idle());
            assert_eq!(connection.poll_timeout(), Some(kept));
            connection.wake(odd + seconds(1));
        }
        connection.wake(kept).handle_timeout(kept).unwrap();
        assert!(connection.wake(NOW).handler().rung && connection.try_idle());
        // The time since when it is idle is kept to a millisecond.
        assert_eq!(connection.poll_timeout(), Some(Duration::from_millis(1235) + seconds(300)));
        // The memory of one chat leaves no timer to the next.
        let mut other = used(Echo::default());
        other.wake(NOW).channel_mut().set_timer(Some(seconds(1)));
        assert_eq!(other.poll_timeout(), Some(seconds(1)));
        assert!(other.try_idle());
        connection.wake(NOW).channel_mut().set_timer(None);
        assert_eq!(connection.poll_timeout(), Some(Duration::from_millis(1235) + seconds(300)));
    }

    // C1
    #[test]
    fn idle_chat_that_is_dropped_is_aborted() {
        let mut echo = Echo::default();
        let mut connection = used(&mut echo);
        assert!(connection.try_idle());
        drop(connection);
        assert_eq!(echo.closed, Some(Error::Aborted));
    }

    #[test]
    fn idle_chat_is_small() {
        struct Stateless;

        impl Handler for Stateless {
            fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
                Ok(())
            }

            fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
                Ok(())
            }
        }

        assert!(size_of::<IdleChat<Stateless>>() <= 64, "{}", size_of::<IdleChat<Stateless>>());
    }
}
