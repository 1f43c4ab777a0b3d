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
mod tests;
