//! The methods that every `Connection` has, and the documentation of those that wait. The asynchronous and the blocking
//! `Connection` are two types, since one waits with futures and the other waits in its calls; all else stands here once.

/// Writes the methods that do not wait, over a field `inner` that is a
/// [`PollConnection`](crate::drive::PollConnection). For adapters.
///
/// The links of their documentation are to the names that the root of core and the root of an adapter have in common.
#[doc(hidden)]
#[macro_export]
macro_rules! connection_methods {
    (reader) => {
        /// Returns the part of a frame that had arrived before [`Error::Truncated`](crate::Error::Truncated).
        pub fn partial(&self) -> &[u8] {
            self.inner.frame()
        }

        /// Returns how the stream ended, once all of it has been returned.
        pub fn end(&self) -> Option<$crate::exports::End> {
            self.inner.end()
        }

        /// Sets what ends the frame, from the first byte on that has not been returned.
        pub fn set_terminator(&mut self, terminator: impl Into<$crate::exports::Terminator>) {
            self.inner.frames_mut().set_terminator(terminator);
        }

        /// Returns what ends the frame now. A count is the number of bytes that are still missing.
        pub fn terminator(&self) -> &$crate::exports::Terminator {
            self.inner.frames().terminator()
        }

        /// Returns which member of a [`Terminator::AnyOf`](crate::Terminator::AnyOf) matched last, counted from 0.
        pub fn matched(&self) -> usize {
            self.inner.frames().matched()
        }
    };
    (writer) => {
        /// Queues bytes to be sent: a `&'static str`, a `String`, a `Vec<u8>` or `Bytes`. They are sent by
        /// [`flush`](Self::flush), or while input is waited for.
        ///
        /// # Errors
        ///
        /// [`PushError`](crate::PushError) after [`close`](Self::close) was begun, or once the output has failed. The bytes are dropped.
        pub fn push(&mut self, data: impl Into<::bytes::Bytes>) -> Result<(), $crate::exports::PushError> {
            self.inner.queue_mut().push(data)
        }

        /// Queues a producer. It is asked for more only as fast as the peer reads: backpressure reaches it.
        ///
        /// # Errors
        ///
        /// As for [`push`](Self::push).
        pub fn push_with_producer(
            &mut self,
            producer: impl $crate::exports::Producer + Send + 'static,
        ) -> Result<(), $crate::exports::PushError> {
            self.inner.queue_mut().push_with_producer(producer)
        }

        /// Queues a reply that is sent later, from any task or thread. It keeps its place: what is pushed behind it waits for
        /// it. [`flush`](Self::flush) and [`close`](Self::close) wait for it too, and no timeout bounds the wait.
        ///
        /// # Errors
        ///
        /// As for [`push`](Self::push).
        pub fn push_deferred(&mut self) -> Result<$crate::exports::Deferred, $crate::exports::PushError> {
            self.inner.queue_mut().push_deferred()
        }

        /// Returns what the output that waits to be sent costs in memory, in bytes. Check it, and flush, if you push a
        /// lot.
        ///
        /// It is above the number of bytes: each chunk adds `ProducerQueue::CHUNK_COST`.
        pub fn queued(&self) -> usize {
            self.inner.queue().queued()
        }
    };
    (whole $stream:ty) => {
        /// Makes a connection with the default bounds: a whole frame has at most 64 KiB.
        pub fn new(stream: $stream, terminator: impl Into<$crate::exports::Terminator>) -> Self {
            Self::with_config(stream, terminator, $crate::exports::Config::default())
        }

        /// Returns the stream.
        pub fn get_ref(&self) -> &$stream {
            $crate::drive::IoWrapper::get_ref(self.inner.transport())
        }

        /// Takes the stream back, to use it in another way: for TLS after STARTTLS, or as a tunnel.
        ///
        /// # Errors
        ///
        /// `IntoInnerError`, which has the connection, if input was read and not
        /// returned, or output was not sent. Before TLS such input may come from an attacker (CVE-2011-0411): do not
        /// trust it.
        pub fn into_inner(self) -> Result<$stream, $crate::drive::IntoInnerError<Self>> {
            let (unread, unsent) = (self.inner.unread(), self.inner.queue().unsent_len());
            if unread > 0 || unsent > 0 {
                return Err($crate::drive::IntoInnerError::new(self, unread, unsent));
            }
            Ok(self.into_parts().stream)
        }

        /// Takes the connection apart: the stream, and by name what would otherwise be lost.
        pub fn into_parts(self) -> $crate::drive::Parts<$stream> {
            self.inner.into_parts().map_stream($crate::drive::IoWrapper::into_inner)
        }
    };
}

/// The documentation that adapters share: of the methods that wait, and of the functions and type aliases that every
/// asynchronous adapter has. For adapters.
#[doc(hidden)]
#[macro_export]
macro_rules! shared_doc {
    (next_event) => {
        "Waits for the next event: data as it arrives, or the end of a frame. `None` at the end of the stream; \
         [`end`](Self::end) then says how it ended.\n\n\
         If an earlier call of [`next_frame`](Self::next_frame) was given up in mid-frame, the part that it had \
         collected comes first.\n\n\
         # Errors\n\n\
         That of the transport, after everything that arrived before it."
    };
    (next_frame) => {
        "Waits for the next whole frame, and returns it without its delimiter. `None` if the stream ended between two \
         frames.\n\n\
         Under [`Terminator::None`](crate::Terminator::None) the rest of the stream is one frame, of at most [`Config::max_frame_len`](crate::Config::max_frame_len) bytes.\n\n\
         # Errors\n\n\
         - [`Error::FrameTooLong`](crate::Error::FrameTooLong), once for each such frame. The next call continues behind it.\n\
         - [`Error::Truncated`](crate::Error::Truncated), once, if the stream ended within a frame. [`partial`](Self::partial) then has what \
         arrived of it.\n\
         - That of the transport, after everything that arrived before it."
    };
    (flush) => {
        "Sends everything that was pushed. Input is read meanwhile, up to [`Config::high_water`](crate::Config::high_water), so that two peers that \
         both send before they read do not deadlock.\n\n\
         # Errors\n\n\
         That of the transport or of a producer; the same again at every later call. Input can still be read."
    };
    (close) => {
        "Closes gracefully: sends everything that was pushed, shuts down the write side, and waits for the peer to close, \
         for [`Config::linger`](crate::Config::linger) at most, so that no output is lost to a reset. Input that arrives meanwhile is \
         dropped.\n\n\
         # Errors\n\n\
         As for [`flush`](Self::flush)."
    };
    (drive) => {
        "Drives a [`Handler`](crate::Handler) over one connection, from connect to close, and returns how it ended. \
         [`Drive`] says what it promises.\n\n\
         A stream that is not `Unpin` is passed as `Box::pin(stream)`.\n\n\
         # Cancel safety\n\n\
         Dropping the future drops the connection, without sending what is queued. The handler is given \
         [`Error::Aborted`](crate::Error::Aborted).\n\n\
         # Errors\n\n\
         The error that ended the conversation early, with the side that is to [blame](crate::Error::blame). The handler \
         is given the same.\n\n\
         # Panics\n\n\
         If the handler does."
    };
    (drive_with_mailbox) => {
        "Drives a handler as [`drive`] does, with a mailbox: other tasks push to the connection through its \
         [`ConnectionHandle`](crate::ConnectionHandle), and call its handler through its \
         [`Caller`](crate::Caller).\n\n\
         # Errors\n\n\
         As for [`drive`]."
    };
    (connection) => {
        "Its methods and its promises: [`asynchat_core::drive::Connection`].\n\n\
         | to | methods |\n\
         |---|---|\n\
         | make one | [`new`](asynchat_core::drive::Connection::new), \
         [`with_config`](asynchat_core::drive::Connection::with_config) |\n\
         | read | [`next_frame`](asynchat_core::drive::Connection::next_frame), \
         [`next_event`](asynchat_core::drive::Connection::next_event), \
         [`set_terminator`](asynchat_core::drive::Connection::set_terminator), \
         [`partial`](asynchat_core::drive::Connection::partial), [`end`](asynchat_core::drive::Connection::end) |\n\
         | write | [`push`](asynchat_core::drive::Connection::push), \
         [`push_with_producer`](asynchat_core::drive::Connection::push_with_producer), \
         [`push_deferred`](asynchat_core::drive::Connection::push_deferred), \
         [`flush`](asynchat_core::drive::Connection::flush), [`queued`](asynchat_core::drive::Connection::queued) |\n\
         | end | [`close`](asynchat_core::drive::Connection::close), \
         [`into_inner`](asynchat_core::drive::Connection::into_inner), \
         [`into_parts`](asynchat_core::drive::Connection::into_parts) |"
    };
    (server) => {
        "Its methods and its promises: [`asynchat_core::drive::Server`].\n\n\
         | to | methods |\n\
         |---|---|\n\
         | listen | [`bind`](asynchat_core::drive::Server::bind), \
         [`from_listener`](asynchat_core::drive::Server::from_listener), \
         [`local_addr`](asynchat_core::drive::Server::local_addr) |\n\
         | configure | [`with_config`](asynchat_core::drive::Server::with_config), \
         [`with_connection_limit`](asynchat_core::drive::Server::with_connection_limit), \
         [`with_drain_timeout`](asynchat_core::drive::Server::with_drain_timeout) |\n\
         | serve | [`serve`](asynchat_core::drive::Server::serve) |\n\
         | shut down | [`shutdown_handle`](asynchat_core::drive::Server::shutdown_handle) |"
    };
}
