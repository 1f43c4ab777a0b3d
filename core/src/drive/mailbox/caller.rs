use alloc::boxed::Box;
use core::any::{self, Any};
use core::fmt;
use core::marker::PhantomData;

use super::entry::Entry;
use super::{ConnectionHandle, MailboxError, waiting};
use crate::chat::Channel;
use crate::error::BoxError;

/// Calls the handler of a connection from other tasks and threads. A [`ConnectionHandle`] that knows the type of the
/// handler. Made by a server for each connection ([`Peer::caller`](crate::drive::Peer::caller)), or by
/// [`Mailbox::caller`](crate::drive::Mailbox::caller).
///
/// A call goes into the mailbox of the connection, behind everything that the same sender has pushed and called before. The
/// connection's own task makes it, between two events. So the handler needs no lock, and the call may do all that a handler
/// may: push, set the terminator, [resume](Channel::resume), close.
///
/// A caller may be cloned, is `Send` and `Sync` whatever the handler is, and does not keep the connection open.
///
/// # Examples
///
/// A handler that looks a line up elsewhere. While the work goes on it is paused, so that the answers keep the order of the
/// lines, and a peer that sends many lines waits (backpressure):
///
/// ```
/// use std::thread;
/// use asynchat_core::{BoxError, Channel, Handler};
/// use asynchat_core::drive::Caller;
///
/// struct Lookup {
///     key: Vec<u8>,
///     caller: Caller<Self>,
/// }
///
/// impl Handler for Lookup {
///     fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         channel.set_terminator(b"\n");
///         Ok(())
///     }
///
///     fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
///         self.key.extend_from_slice(data);
///         Ok(())
///     }
///
///     fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         channel.pause();
///         let (key, caller) = (std::mem::take(&mut self.key), self.caller.clone());
///         // Or a task of a runtime, which awaits the answer and then `call_when_ready`.
///         thread::spawn(move || {
///             let answer = format!("the value of {}\n", key.escape_ascii());
///             caller.call_blocking(|_, channel| {
///                 channel.push(answer)?;
///                 channel.resume();
///                 Ok(())
///             })
///         });
///         Ok(())
///     }
/// }
/// # use std::time::Duration;
/// # use asynchat_core::{Chat, Config, Input};
/// # let (_, mut mailbox) = asynchat_core::drive::mailbox(1024);
/// # let mut chat = Chat::new(Lookup { key: Vec::new(), caller: mailbox.caller() }, Config::default());
/// # let mut input = Input::new(b"one\ntwo\n");
/// # while !input.is_empty() || chat.channel().is_paused() {
/// #     chat.handle_input(Duration::ZERO, &mut input)?;
/// #     let _ = mailbox.poll_collect(&mut chat, Duration::ZERO, std::task::Waker::noop());
/// # }
/// # let mut staged = chat.poll_transmit(&mut std::task::Context::from_waker(std::task::Waker::noop()));
/// # let len = bytes::Buf::remaining(&staged);
/// # assert_eq!(bytes::Buf::copy_to_bytes(&mut staged, len), "the value of one\nthe value of two\n");
/// # Ok::<(), asynchat_core::Error>(())
/// ```
pub struct Caller<H> {
    handle: ConnectionHandle,
    /// Calls a handler, and has none: `Send` and `Sync` for every handler.
    handler: PhantomData<fn(&mut H)>,
}

impl<H: 'static> Caller<H> {
    pub(super) fn new(handle: ConnectionHandle) -> Self {
        Self { handle, handler: PhantomData }
    }

    /// Calls `f` with the handler and its channel, in the connection's own task, between two events of the peer. Never
    /// blocks.
    ///
    /// It runs also while the channel is [paused](Channel::pause), and waits while the output costs more than
    /// [`Config::low_water`](crate::chat::Config::low_water), as pushes do. An error of it ends the connection, and after
    /// its panic only `Drop` runs on the handler, as for any method of the handler. Like those, it must not block.
    ///
    /// It is dropped without being called if the connection ends or closes before.
    ///
    /// # Errors
    ///
    /// [`MailboxError::Full`] if something waits already, and the call would exceed the capacity of the mailbox. A call
    /// counts as at least [`ProducerQueue::PRODUCER_COST`](crate::output::ProducerQueue::PRODUCER_COST). A call that
    /// resumes the channel must not get lost in that way: use [`call_when_ready`](Self::call_when_ready).
    /// [`MailboxError::Closed`] if the connection has ended or is closing. `f` is dropped in both cases.
    ///
    /// `Ok` is no confirmation: the connection may end before the call.
    pub fn call(
        &self,
        f: impl FnOnce(&mut H, &mut Channel) -> Result<(), BoxError> + Send + 'static,
    ) -> Result<(), MailboxError> {
        self.handle.shared().push(Self::entry(f))
    }

    /// Calls `f` as [`call`](Self::call) does, once there is room in the mailbox.
    ///
    /// # Errors
    ///
    /// [`MailboxError::Closed`] if the connection has ended or is closing, now or while it waits.
    ///
    /// # Cancel safety
    ///
    /// A future that is dropped before it is ready has not called, and will not.
    pub async fn call_when_ready(
        &self,
        f: impl FnOnce(&mut H, &mut Channel) -> Result<(), BoxError> + Send + 'static,
    ) -> Result<(), MailboxError> {
        waiting::push_when_ready(self.handle.shared(), Self::entry(f)).await
    }

    /// Calls `f` as [`call`](Self::call) does, once there is room in the mailbox, and blocks this thread until then.
    /// Not for a handler, nor for a task: see [`ConnectionHandle::push_blocking`].
    ///
    /// # Errors
    ///
    /// As for [`call_when_ready`](Self::call_when_ready).
    pub fn call_blocking(
        &self,
        f: impl FnOnce(&mut H, &mut Channel) -> Result<(), BoxError> + Send + 'static,
    ) -> Result<(), MailboxError> {
        waiting::push_blocking(self.handle.shared(), Self::entry(f))
    }

    fn entry(f: impl FnOnce(&mut H, &mut Channel) -> Result<(), BoxError> + Send + 'static) -> Entry {
        Entry::Call(Box::new(move |handler: &mut dyn Any, channel: &mut Channel| match handler.downcast_mut() {
            Some(handler) => f(handler, channel),
            // A caller is made by the mailbox of its own handler.
            None => Err("a call for a handler of another type".into()),
        }))
    }
}

impl<H> Caller<H> {
    /// Returns the handle on the same connection, which does not know the type of the handler.
    pub fn handle(&self) -> &ConnectionHandle {
        &self.handle
    }
}

impl<H> Clone for Caller<H> {
    fn clone(&self) -> Self {
        Self { handle: self.handle.clone(), handler: PhantomData }
    }
}

/// Shows the type of the handler and how much waits, and no byte (C20).
impl<H> fmt::Debug for Caller<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Caller")
            .field("handler", &format_args!("{}", any::type_name::<H>()))
            .field("handle", &self.handle)
            .finish()
    }
}
