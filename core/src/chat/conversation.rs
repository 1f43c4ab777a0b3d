mod delivery;
mod endings;
mod getters;
mod idle;
mod state;

use alloc::sync::Arc;
use core::task::Context;
use core::time::Duration;
use core::{any, fmt};

use crate::chat::channel::Channel;
use crate::chat::config::Config;
use crate::chat::handler::Handler;
use crate::error::{BoxError, Error};
use crate::framing::Input;
use crate::invariant::difference;
use crate::output::Transmit;
pub use idle::IdleChat;
use idle::Memory;
use state::{Phase, ReadState, State, UserCode};

/// A [`Handler`] with its [`Channel`], and every decision about its connection that needs no I/O: asynchat's
/// `async_chat` without the socket.
///
/// The owner of the transport drives it: an adapter, a test, or a loop of your own. No method blocks or reads a clock,
/// and the only code that it calls is the handler's and that of producers.
///
/// # The five families of methods
///
/// | family | purpose | methods |
/// |---|---|---|
/// | `handle_*`, `set_*` | the driver reports an event | [`handle_connect`](Self::handle_connect), [`handle_input`](Self::handle_input), [`handle_eof`](Self::handle_eof), [`handle_timeout`](Self::handle_timeout), [`handle_shutdown`](Self::handle_shutdown), [`handle_upgrade`](Self::handle_upgrade), [`handle_write_error`](Self::handle_write_error), [`handle_transport_error`](Self::handle_transport_error), [`set_unflushed`](Self::set_unflushed), [`set_unacknowledged`](Self::set_unacknowledged), [`handle_wake`](Self::handle_wake) |
/// | commands | the owner wants something | [`call`](Self::call), [`request_shutdown`](Self::request_shutdown), [`abort`](Self::abort), [`refuse_upgrade`](Self::refuse_upgrade) |
/// | `poll_*` | the driver asks for work | [`poll_transmit`](Self::poll_transmit), [`poll_timeout`](Self::poll_timeout) |
/// | `wants_*`, `is_*`, `outcome` | the driver asks for the state | [`wants_read`](Self::wants_read), [`wants_resume`](Self::wants_resume), [`wants_write`](Self::wants_write), [`wants_error`](Self::wants_error), [`wants_shutdown`](Self::wants_shutdown), [`wants_upgrade`](Self::wants_upgrade), [`wants_reset`](Self::wants_reset), [`is_unflushed`](Self::is_unflushed), [`is_closed`](Self::is_closed), [`outcome`](Self::outcome) |
/// | access | the parts | [`handler`](Self::handler), [`handler_mut`](Self::handler_mut), [`channel`](Self::channel), [`channel_mut`](Self::channel_mut), [`config`](Self::config) |
///
/// # The run loop
///
/// A driver repeats this round. [`Driver`](crate::drive::Driver) is this loop, and `examples/run_loop.rs` is this loop
/// over a socket of `std::net`.
///
/// ```text
/// 1. now = the current time, before the transport is asked for anything
/// 2. handle_connect(now), handle_wake(now)
/// 3. wants_resume?    handle_input(now, the input that was left over, or an empty one)
/// 4. wants_write?     poll_transmit, write unless it is empty, advance by the bytes that were written; then flush
/// 5. wants_shutdown?  once flushed, shut down the write side, handle_shutdown(the current time)
///    wants_upgrade?   handle_upgrade(the input that was left over); the stream and these bytes are handed over
/// 6. wants_read, and no input is left over?
///                     read, then handle_input(the current time, the bytes), and keep what is left over;
///                     at the end of the stream handle_eof(the current time)
/// 7. handle_timeout(now)
/// 8. outcome?         the connection has ended; wants_reset? reset the transport, and do not close it gracefully
/// 9. nothing to do?   wait until the transport is ready, until the waker is woken, or until poll_timeout
/// ```
///
/// There is something to do if step 3 or 5 asks for it, or step 4 or 6 does and the transport is ready. Ask again in
/// step 9: the handler may have pushed output in step 6 or 7, as at a timer. [`wants_read`](Self::wants_read) and
/// [`wants_write`](Self::wants_write) do not say whether the transport is ready. A loop over edge-triggered readiness,
/// as that of the crate mio, remembers it until a call would block.
///
/// Output comes before input, so that a greeting is sent before the first read. After an error of a write or a flush, the
/// driver calls [`handle_write_error`](Self::handle_write_error) with the current time, and goes on: input that has
/// arrived is still read and delivered. After an error of a read it calls
/// [`handle_transport_error`](Self::handle_transport_error), and goes on with step 7. A transport that buffers also needs
/// [`set_unflushed`](Self::set_unflushed), and one whose system says how much the peer has not acknowledged
/// [`set_unacknowledged`](Self::set_unacknowledged). Step 4 may write several times, but has to leave for step 6: two
/// peers that both send before they read would wait for each other otherwise.
///
/// A producer of output may have no chunk yet, as a deferred reply has not. It is pending, and
/// [`wants_write`](Self::wants_write) is false until [`handle_wake`](Self::handle_wake). A loop without tasks gives
/// [`poll_transmit`](Self::poll_transmit) a waker that ends the wait of step 9.
///
/// A loop that shares its thread with other connections has two more duties. It gives its turn away after some bytes, and
/// after some calls of the handler: [`limit_calls`](Self::limit_calls). And it waits for an error of the transport while
/// neither step 4 nor step 6 would report one: [`wants_error`](Self::wants_error).
///
/// # Time
///
/// `now` is a monotonic time since any fixed origin, the same origin in all calls. So is the result of
/// [`poll_timeout`](Self::poll_timeout).
///
/// - [`handle_timeout`](Self::handle_timeout) takes the time from before the read. Bytes that arrived before it are
///   delivered before the peer is judged: a peer is not cut off because this task ran late.
/// - After a wait that has lasted longer than it should have, the driver goes through the whole round before it judges.
/// - The other calls take the current time. A grace period that begins there then lasts in full, even if the round had
///   to wait for the read, for a handler or for the processor.
///
/// # States
///
/// ```text
/// new
///  │ handle_connect, or the first of handle_input and handle_eof
///  ▼
/// open        delivers events, unless the queue is above its high-water mark or the channel is paused
///  │ Channel::close_when_done
///  ▼
/// draining    sends the queued output, drops input
///  │ handle_shutdown, once wants_shutdown
///  ▼
/// lingering   drops input; left out if the peer has ended its stream, or if Config::linger is zero
///  │ handle_eof, or handle_timeout after Config::linger, or an error of the transport
///  ▼
/// closed      outcome is there, the handler's handle_close was called
/// ```
///
/// An error or an abort in `open` or `draining` leads to `closed` and drops the output. An error of the transport in
/// `new` leads to `closed` without any call of the handler.
///
/// [`Channel::finish`] leaves the chat `open`: it shuts down the write side once, and goes on delivering.
/// [`Channel::upgrade_when_done`] sends the queued output and takes no input; [`handle_upgrade`](Self::handle_upgrade) then
/// leads to `closed` without a call of the handler.
///
/// # Errors
///
/// The first error is final. Each later `handle_*` call does nothing and returns it again, and so does
/// [`outcome`](Self::outcome): a driver may check for errors in one place.
///
/// # Examples
///
/// A connection without a transport. The [module's page](crate::chat) has a handler that does more.
///
/// ```
/// use std::task::{Context, Waker};
/// use std::time::Duration;
/// use asynchat_core::{Chat, Channel, Config, Handler, BoxError, Input};
/// use bytes::Buf;
///
/// struct Echo;
///
/// impl Handler for Echo {
///     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         channel.set_terminator(b"\n");
///         Ok(())
///     }
///     fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
///         Ok(channel.push(data.to_vec())?)
///     }
///     fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         Ok(channel.push("\n")?)
///     }
/// }
///
/// let now = Duration::from_secs(1);
/// let mut chat = Chat::new(Echo, Config::default());
/// chat.handle_connect(now)?;
/// chat.handle_input(now, &mut Input::new(b"hel"))?;
/// chat.handle_input(now, &mut Input::new(b"lo\nbye"))?;
/// chat.handle_eof(now)?;
///
/// let mut staged = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
/// assert_eq!(staged.copy_to_bytes(staged.remaining()), "hello\nbye");
/// assert!(chat.wants_shutdown());
/// chat.handle_shutdown(now);
/// assert_eq!(chat.outcome(), Some(Ok(())));
/// # Ok::<(), asynchat_core::Error>(())
/// ```
pub struct Chat<H: Handler> {
    handler: H,
    config: Arc<Config>,
    memory: Memory,
}

/// Shows the type of the handler, lengths and states. It shows no byte, and not the handler, which may hold what a peer
/// sent (C20).
impl<H: Handler> fmt::Debug for Chat<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Chat")
            .field("handler", &format_args!("{}", any::type_name::<H>()))
            .field("config", &self.config)
            .field("memory", &self.memory)
            .finish()
    }
}

impl<H: Handler> Chat<H> {
    /// Creates the chat of a new connection. The terminator is [`None`](crate::framing::Terminator::None) until the
    /// handler sets one. Connections can share a config as an [`Arc`].
    ///
    /// If the config does not pass [`Config::check`], the connection has ended with [`Error::Config`], without any call of
    /// the handler: [`outcome`](Self::outcome) and every `handle_*` call return it.
    pub fn new(handler: H, config: impl Into<Arc<Config>>) -> Self {
        let config = config.into();
        let mut state = State::new(Channel::new(config.max_frame_len));
        if let Err(error) = config.check() {
            state.phase = Phase::Ended(Err(error.into()));
            state.channel.closed();
        }
        Self { handler, config, memory: Memory::awake(state) }
    }

    /// Reports that the connection is established. Only the first call reaches the handler. The calls that report input
    /// do this first if it was left out.
    ///
    /// # Errors
    ///
    /// The handler's error, or the earlier error that ended the connection.
    pub fn handle_connect(&mut self, now: Duration) -> Result<(), Error> {
        let (handler, config, state) = self.parts();
        state.advance_to(now);
        if matches!(state.phase, Phase::New) {
            state.phase = Phase::Open;
            state.idle_since = state.now;
            state.call_apart(handler, H::handle_connect)?;
        }
        state.settle(handler, config);
        state.result()
    }

    /// Delivers the events in the input, until the input is used up, the queue is above its high-water mark, or the channel
    /// is [paused](Channel::pause).
    ///
    /// The rest that remains in `input` has to come first in the next call, when [`wants_resume`](Self::wants_resume)
    /// asks for it. After [`Channel::close_when_done`] all input is taken and dropped. After
    /// [`Channel::upgrade_when_done`] none is taken: the rest belongs to [`handle_upgrade`](Self::handle_upgrade).
    ///
    /// # Errors
    ///
    /// The error that ended the connection, now or earlier.
    pub fn handle_input(&mut self, now: Duration, input: &mut Input<'_>) -> Result<(), Error> {
        self.handle_connect(now)?;
        let (handler, config, state) = self.parts();
        let before = input.remaining().len();
        if before > state.left_over {
            state.channel.input_arrived(difference(before, state.left_over));
        }
        // `discard_buffers` may have been called from outside: what had been read by then comes first.
        if state.channel.take_discards_input() {
            state.channel.drop_input(input, state.left_over);
        }
        let result = state.deliver(handler, config, input);
        state.left_over = input.remaining().len();
        result
    }

    /// Lets the handler be called at most this many times for input, until the next call of this method: so that a loop
    /// can give its turn to other connections (fairness). Without this call there is no limit.
    ///
    /// The events that were put off remain in the input, as above the high-water mark, and
    /// [`wants_resume`](Self::wants_resume) asks for them. A look that finds no event counts as a call.
    pub fn limit_calls(&mut self, calls: u32) {
        self.memory.state_mut().calls_left = calls;
    }

    /// Reports that the peer has ended its stream, after all of it was given to [`handle_input`](Self::handle_input).
    ///
    /// Delivers held bytes as data, then calls [`Handler::handle_eof`]. While the queue is above its high-water mark,
    /// or the channel is [paused](Channel::pause), both wait for a later [`handle_input`](Self::handle_input).
    ///
    /// A system reports a reset by the peer once. If [`handle_write_error`](Self::handle_write_error) was told of it
    /// ([`ConnectionReset`](std::io::ErrorKind::ConnectionReset)), the end of the stream is that error, and
    /// [`Handler::handle_eof`] is not called.
    ///
    /// # Errors
    ///
    /// The error that ended the connection, now or earlier.
    pub fn handle_eof(&mut self, now: Duration) -> Result<(), Error> {
        self.handle_connect(now)?;
        let (handler, config, state) = self.parts();
        if state.read_state == ReadState::Sending {
            let is_reset = state.write_failure.as_ref().is_some_and(|failure| failure.error.is_reset());
            state.read_state = if is_reset { ReadState::FailurePending } else { ReadState::EofPending };
        }
        if let Phase::Lingering { .. } = state.phase {
            state.end(handler, Ok(()));
        }
        state.deliver(handler, config, &mut Input::new(&[]))
    }

    /// Acts on each deadline that was at or before `now`: calls [`Handler::handle_timer`], and judges the peer.
    ///
    /// A frame that comes too slowly, and a connection that is idle for too long, are reported to
    /// [`Handler::handle_timeout`], which may say a last word and close, or accept it. A slow reader, and a peer that does
    /// not close, end the connection at once.
    ///
    /// `now` has to be a time from before the transport was last asked for input; see [Time](Self#time). Periods that
    /// begin with something that was pushed or set through [`channel_mut`](Self::channel_mut) are counted from here, and
    /// [`Channel::abort`] through it takes effect here.
    ///
    /// # Errors
    ///
    /// The error that ended the connection, now or earlier: [`Error::ReadTooSlowly`] if the peer is below
    /// [`Config::min_output_rate`]; by default [`Error::SentTooSlowly`] if it is below [`Config::min_input_rate`], and
    /// [`Error::Idle`] after [`Config::idle_timeout`].
    pub fn handle_timeout(&mut self, now: Duration) -> Result<(), Error> {
        let (_, config, state) = self.parts();
        state.advance_to(now);
        state.update_clocks(config);
        self.handle_timeout_updated(now)
    }

    /// Does what [`handle_timeout`](Self::handle_timeout) does, behind a [`poll_timeout`](Self::poll_timeout) of the same
    /// round: the clocks are up to date.
    pub(crate) fn handle_timeout_updated(&mut self, now: Duration) -> Result<(), Error> {
        let (handler, config, state) = self.parts();
        match &mut state.phase {
            Phase::Lingering { .. } if state.outbound.has_passed(now) => state.end(handler, Err(Error::ReadTooSlowly)),
            // Lingering begins when the peer has everything: what it has not acknowledged may still get lost.
            Phase::Lingering { until } if *until <= now && state.unacknowledged > 0 => {
                *until = state.now.saturating_add(config.linger);
            }
            Phase::Lingering { until } if *until <= now => state.end(handler, Ok(())),
            Phase::Open => state.judge(handler, config, now)?,
            _ => {}
        }
        state.settle(handler, config);
        state.result()
    }

    /// Reports that the task was woken, for whatever reason: a producer that was pending is worth asking again, once. A
    /// driver calls it at the beginning of each turn, or of each round after a wait.
    ///
    /// An idle period begins here, if the connection has waited for a producer until now.
    pub fn handle_wake(&mut self, now: Duration) {
        let (_, _, state) = self.parts();
        state.advance_to(now);
        if state.channel.queue().is_front_pending() {
            state.idle_since = state.now;
            state.channel.queue_mut().ask_again();
        }
    }

    /// Sets whether the transport holds output that it has not sent, as one that encrypts or buffers may. The peer has
    /// to keep [`Config::min_output_rate`] until it is flushed.
    ///
    /// A driver sets it after each write and clears it after each flush. A transport that does not buffer needs
    /// neither.
    pub fn set_unflushed(&mut self, unflushed: bool) {
        self.memory.state_mut().unflushed = unflushed;
    }

    /// Sets how many of the written bytes the transport still holds, because the peer has not acknowledged them: the send
    /// queue of the kernel (`SIOCOUTQ` on Linux). Written is not taken: with a socket buffer of megabytes, a peer that
    /// reads nothing would otherwise never be late. [`Config::min_output_rate`] counts as progress what was written and is
    /// not held, and its clock runs while something is held.
    ///
    /// A driver sets it after each write, and again before [`handle_timeout`](Self::handle_timeout) and
    /// [`poll_timeout`](Self::poll_timeout). A transport that cannot say leaves it at 0.
    pub fn set_unacknowledged(&mut self, bytes: u64) {
        self.memory.state_mut().unacknowledged = bytes;
    }

    /// Calls a function with the handler and its channel, between two events, as if it were a method of the handler: its
    /// error ends the connection, and after its panic the handler is not called again. It may resume a channel that is
    /// [paused](Channel::pause).
    ///
    /// For code that others send to the connection's own task, as a mailbox does. The function is dropped without a call if
    /// the connection is closing or has ended. A call counts for [`limit_calls`](Self::limit_calls), but is not put off.
    ///
    /// # Errors
    ///
    /// The error of the function, or the earlier error that ended the connection.
    pub fn call(
        &mut self,
        now: Duration,
        function: impl FnOnce(&mut H, &mut Channel) -> Result<(), BoxError>,
    ) -> Result<(), Error> {
        self.handle_connect(now)?;
        let (handler, config, state) = self.parts();
        if matches!(state.phase, Phase::Open) && !state.channel.is_closing() {
            state.calls_left = state.calls_left.saturating_sub(1);
            state.call_apart(handler, function)?;
            state.settle(handler, config);
        }
        state.result()
    }

    /// Returns the output for the next write: up to [`Config::write_size`] and one chunk more, or everything that was
    /// pushed as [slices](Channel::push_slice). Advance it by the number of bytes that were written.
    ///
    /// Asks producers for more, up to one that is pending: that one wakes the task of `cx`, and is not asked again
    /// before [`handle_wake`](Self::handle_wake). The output is empty if there is none yet, or if a producer has
    /// failed, which ends the connection.
    ///
    /// At most 1 MiB and one chunk is made at once, whatever [`Config::write_size`] says.
    pub fn poll_transmit(&mut self, cx: &mut Context<'_>) -> Transmit<'_> {
        let (handler, config, state) = self.parts();
        if state.running.is_some() {
            let _ = state.stop_after_panic();
        }
        if state.wants_write() && !state.channel.queue().is_front_pending() {
            state.running = Some(UserCode::Producer);
            let staged = state.channel.queue_mut().stage(cx, config.stage_budget()).map(drop);
            state.running = None;
            if let Err(error) = staged {
                state.end(handler, Err(Error::producer(error)));
            }
        }
        self.memory.state_mut().channel.queue_mut().staged()
    }

    /// Returns the deadline for the next [`handle_timeout`](Self::handle_timeout), or `None`.
    pub fn poll_timeout(&mut self) -> Option<Duration> {
        let (_, config, state) = self.parts();
        state.update_clocks(config);
        state.deadline(config)
    }

    /// Returns what [`poll_timeout`](Self::poll_timeout) returned last, if nothing has been pushed, read or written since.
    #[cfg(feature = "std")]
    pub(crate) fn last_timeout(&mut self) -> Option<Duration> {
        self.memory.state().deadline(&self.config)
    }

    fn parts(&mut self) -> (&mut H, &Config, &mut State) {
        (&mut self.handler, &self.config, self.memory.state_mut())
    }
}

/// A chat that is dropped before its end calls [`Handler::handle_close`] with [`Error::Aborted`]: unless the handler or a
/// producer has panicked, and unless its thread unwinds. A second panic would abort the process (C19).
impl<H: Handler> Drop for Chat<H> {
    fn drop(&mut self) {
        if is_unwinding() {
            return;
        }
        match &mut self.memory {
            Memory::Awake(state) if state.running.is_some() || matches!(state.phase, Phase::New) => {}
            Memory::Awake(state) => state.end(&mut self.handler, Err(Error::Aborted)),
            Memory::Idle(_) => self.handler.handle_close(Err(&Error::Aborted)),
        }
    }
}

#[cfg(feature = "std")]
fn is_unwinding() -> bool {
    std::thread::panicking()
}

/// Without std there is no unwinding that could be asked for. The marks around the calls of user code remain.
#[cfg(not(feature = "std"))]
fn is_unwinding() -> bool {
    false
}

#[cfg(test)]
mod tests;
