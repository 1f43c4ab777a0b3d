//! The methods that every `Connection` has, and the documentation of those that wait. The asynchronous and the blocking
//! `Connection` are two types, since one waits with futures and the other waits in its calls; all else stands here once.

/// Writes the methods that do not wait, over two methods `connection` and `connection_mut`: they return a
/// [`PollConnection`](crate::drive::PollConnection), or the guard of one that two halves share. For adapters.
///
/// `reader` and `writer` are for a whole connection and for its halves, `whole` is for a whole one only.
///
/// The links of their documentation are to the names that the root of core and the root of an adapter have in common.
#[doc(hidden)]
#[macro_export]
macro_rules! connection_methods {
    (reader) => {
        /// Returns how the stream ended, once all of it has been returned.
        pub fn end(&self) -> Option<$crate::exports::End> {
            self.connection().end()
        }

        /// Sets what ends the frame, from the first byte on that has not been returned.
        ///
        /// The part of a frame that came before a timeout, which `partial` shows, counts as returned: it begins the frame,
        /// and is not searched for the new delimiter. If one of several delimiters may come, wait for all of them:
        /// [`Terminator::any_of`](crate::Terminator::any_of).
        pub fn set_terminator(&mut self, terminator: impl $crate::exports::IntoTerminator) {
            self.connection_mut().frames_mut().set_terminator(terminator);
        }

        /// Returns which member of a [`Terminator::AnyOf`](crate::Terminator::AnyOf) matched last, counted from 0.
        pub fn matched(&self) -> usize {
            self.connection().frames().matched()
        }

        /// Sets the most bytes of data that a frame may have, from the present frame on: less before a login than behind
        /// it. A frame that was reported as too long stays so.
        pub fn set_max_frame_len(&mut self, max_len: usize) {
            self.connection_mut().set_max_frame_len(max_len);
        }

        /// Returns the most bytes of data that a frame may have.
        pub fn max_frame_len(&self) -> usize {
            self.connection().frames().max_len()
        }

        /// Sets whether the end of the stream also ends the last frame under a delimiter, as `BufRead::lines` has it. By
        /// default a cut frame is an error, which shows what came.
        pub fn set_eof_ends_frame(&mut self, eof_ends_frame: bool) {
            self.connection_mut().frames_mut().set_eof_ends_frame(eof_ends_frame);
        }

        /// Returns how many bytes were read and not returned, those of an unfinished frame included.
        pub fn unread(&self) -> usize {
            self.connection().unread()
        }

        /// Drops the input that was read and not returned: stale input, such as an answer that nobody waits for any more.
        /// If it ends in the middle of a frame, the rest of that frame is skipped when it comes, so that the next frame is
        /// a whole one. The terminator stays.
        ///
        /// Input that has not been read yet is not dropped: it may be in the socket, or on its way.
        pub fn discard_input(&mut self) {
            self.connection_mut().discard_input();
        }
    };
    (writer) => {
        /// Queues bytes to be sent: a `&'static str`, a `String`, a `Vec<u8>` or `Bytes`. They are sent by
        /// [`flush`](Self::flush), or while input is waited for. No byte is copied.
        ///
        /// # Errors
        ///
        /// [`PushError`](crate::PushError) after [`close`](Self::close) or [`finish`](Self::finish) was begun, or once the
        /// output has failed; [`flush`](Self::flush) then returns the reason. The bytes are dropped.
        pub fn push(&mut self, data: impl Into<::bytes::Bytes>) -> Result<(), $crate::exports::PushError> {
            self.connection_mut().queue_mut().push(data)
        }

        /// Queues a copy of borrowed bytes. For small answers: thousands of them share a buffer.
        ///
        /// # Errors
        ///
        /// As for [`push`](Self::push).
        pub fn push_slice(&mut self, data: &[u8]) -> Result<(), $crate::exports::PushError> {
            self.connection_mut().queue_mut().push_slice(data)
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
            self.connection_mut().queue_mut().push_with_producer(producer)
        }

        /// Queues a reply that is sent later, from any task or thread. It keeps its place: what is pushed behind it
        /// waits for it. [`flush`](Self::flush) and [`close`](Self::close) wait for it too, and no timeout bounds the
        /// wait.
        ///
        /// The memory of many replies at once is as for `Channel::push_deferred`.
        ///
        /// # Errors
        ///
        /// As for [`push`](Self::push).
        pub fn push_deferred(&mut self) -> Result<$crate::exports::Deferred, $crate::exports::PushError> {
            self.connection_mut().queue_mut().push_deferred()
        }

        /// Returns what the output that waits to be sent costs in memory, in bytes. Check it, and flush, if you push a
        /// lot.
        ///
        /// It is above the number of bytes: each chunk adds `ProducerQueue::CHUNK_COST`.
        pub fn queued(&self) -> usize {
            self.connection().queue().queued()
        }
    };
    (whole $stream:ty) => {
        /// Makes a connection with the default bounds: a whole frame has at most 64 KiB.
        pub fn new(stream: $stream, terminator: impl $crate::exports::IntoTerminator) -> Self {
            Self::with_config(stream, terminator, $crate::exports::Config::default())
        }

        /// Makes a connection in mid-stream: another layer has read ahead, such as the one that took a PROXY header or an
        /// HTTP upgrade off, and `unread` is what it read. That is returned first. The bytes are copied.
        pub fn with_unread(
            stream: $stream,
            unread: impl AsRef<[u8]>,
            terminator: impl $crate::exports::IntoTerminator,
        ) -> Self {
            Self::with_unread_and_config(stream, unread, terminator, $crate::exports::Config::default())
        }

        /// Returns the part of a frame that has arrived, if the last call returned no frame: after
        /// [`Error::Truncated`](crate::Error::Truncated), after an error of the transport, and after a timeout, even if
        /// that dropped the future. After [`Error::FrameTooLong`](crate::Error::FrameTooLong) it is the beginning of
        /// that frame, as long as the limit. Otherwise the frame that was returned last, or nothing if that was returned
        /// owned.
        ///
        /// Bytes that are held back as the possible beginning of the delimiter are not in it, unless the stream has ended.
        pub fn partial(&self) -> &[u8] {
            self.connection().partial()
        }

        /// Returns what ends the frame now. A count is the number of bytes that are still missing.
        pub fn terminator(&self) -> &$crate::exports::Terminator {
            self.connection().frames().terminator()
        }

        /// Returns the stream.
        pub fn get_ref(&self) -> &$stream {
            $crate::drive::IoWrapper::get_ref(self.connection().transport())
        }

        /// Returns the stream, mutably: for its settings. To read or write it loses bytes, or puts them out of order.
        pub fn get_mut(&mut self) -> &mut $stream {
            $crate::drive::IoWrapper::get_mut(self.connection_mut().transport_mut())
        }

        /// Closes the connection at once: drops the stream, the output that is queued and the input that was not returned.
        /// If output was unsent, the socket is reset, so that the peer does not take what came for all there is.
        ///
        /// A [handle](Self::handle) does the same from elsewhere.
        pub fn abort(mut self) {
            self.connection_mut().abort();
        }

        /// Takes the stream back, to use it in another way: for TLS after STARTTLS, or as a tunnel.
        ///
        /// # Errors
        ///
        /// `IntoInnerError`, which has the connection, if input was read and not
        /// returned, or output was not sent. Before TLS such input may come from an attacker (CVE-2011-0411): do not
        /// trust it.
        pub fn into_inner(mut self) -> Result<$stream, $crate::drive::IntoInnerError<Self>> {
            // Others may have pushed since the last wait.
            self.connection_mut().collect_rest();
            let (unread, unsent) = (self.connection().unread(), self.connection().queue().unsent_len());
            if unread > 0 || unsent > 0 {
                return Err($crate::drive::IntoInnerError::new(self, unread, unsent));
            }
            Ok(self.into_parts().stream)
        }

        /// Takes the connection apart: the stream, and by name what would otherwise be lost.
        pub fn into_parts(self) -> $crate::drive::Parts<$stream> {
            self.into_poll_connection().into_parts().map_stream($crate::drive::IoWrapper::into_inner)
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
         - That of the transport, after everything that arrived before it. A reset by the peer is one, also if a write was \
         told of it."
    };
    (skip_frame) => {
        "Skips the present frame, or the next one if none has begun: waits for its end, and returns its length in bytes. \
         `None` at the end of the stream. After [`Error::FrameTooLong`](crate::Error::FrameTooLong) this says where that \
         frame ends, for a protocol whose next terminator depends on it.\n\n\
         # Errors\n\n\
         As for [`next_frame`](Self::next_frame), without [`Error::FrameTooLong`](crate::Error::FrameTooLong)."
    };
    (next_frame_owned) => {
        "Waits for the next whole frame as [`next_frame`](Self::next_frame) does, and returns it owned, so that the \
         connection can be used while the frame is.\n\n\
         A frame of at least an eighth of the read buffer (8 KiB by default), and one that came in parts, is not copied. A \
         shorter one is copied, so that a frame that is kept keeps at most eight times its length alive.\n\n\
         # Errors\n\n\
         As for [`next_frame`](Self::next_frame)."
    };
    (finish) => {
        "Ends the output: sends everything that was pushed, and shuts down the write side (half-close), so that the peer \
         sees the end of its input. Input is read meanwhile as for [`flush`](Self::flush), and afterwards until the peer \
         ends its stream too. A later push is refused.\n\n\
         # Errors\n\n\
         As for [`flush`](Self::flush)."
    };
    (handle) => {
        "Returns a handle on this connection, for other tasks and threads: they push to it, close it and abort it. Data \
         that they push is sent while this end waits for input, flushes or closes. It is bounded by \
         [`Config::mailbox_capacity`](crate::Config::mailbox_capacity).\n\n\
         After `close_when_done` of the handle there is no further frame: once all is sent, \
         the next call finds the end of the stream. After `abort` every call fails with \
         [`Error::Aborted`](crate::Error::Aborted); then drop the connection, which closes it."
    };
    (into_split) => {
        "Splits the connection into a half that reads and a half that writes, for two tasks or threads.\n\n\
         The stream can be any, since it is not cloned: the halves take turns at it, and wait for it at the same time."
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
         dropped, and there is no further frame.\n\n\
         # Errors\n\n\
         As for [`flush`](Self::flush)."
    };
    (drive) => {
        "Drives a [`Handler`](crate::Handler) over one connection, from connect to close, and returns how it ended. \
         [`Drive`] says what it promises. After [`Channel::upgrade_when_done`](crate::Channel::upgrade_when_done) it \
         returns the stream: [`Ended`](crate::Ended). To go on with the same handler, drive `&mut handler`.\n\n\
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
         [`with_config`](asynchat_core::drive::Connection::with_config), \
         [`with_unread`](asynchat_core::drive::Connection::with_unread) |\n\
         | read | [`next_frame`](asynchat_core::drive::Connection::next_frame), \
         [`next_frame_owned`](asynchat_core::drive::Connection::next_frame_owned), \
         [`skip_frame`](asynchat_core::drive::Connection::skip_frame), \
         [`next_event`](asynchat_core::drive::Connection::next_event), \
         [`set_terminator`](asynchat_core::drive::Connection::set_terminator), \
         [`set_max_frame_len`](asynchat_core::drive::Connection::set_max_frame_len), \
         [`discard_input`](asynchat_core::drive::Connection::discard_input), \
         [`partial`](asynchat_core::drive::Connection::partial), [`end`](asynchat_core::drive::Connection::end) |\n\
         | write | [`push`](asynchat_core::drive::Connection::push), \
         [`push_slice`](asynchat_core::drive::Connection::push_slice), \
         [`push_with_producer`](asynchat_core::drive::Connection::push_with_producer), \
         [`push_deferred`](asynchat_core::drive::Connection::push_deferred), \
         [`flush`](asynchat_core::drive::Connection::flush), [`queued`](asynchat_core::drive::Connection::queued) |\n\
         | in two tasks | [`into_split`](asynchat_core::drive::Connection::into_split), \
         [`handle`](asynchat_core::drive::Connection::handle) |\n\
         | end | [`close`](asynchat_core::drive::Connection::close), \
         [`finish`](asynchat_core::drive::Connection::finish), \
         [`abort`](asynchat_core::drive::Connection::abort), \
         [`into_inner`](asynchat_core::drive::Connection::into_inner), \
         [`into_parts`](asynchat_core::drive::Connection::into_parts) |"
    };
    (server) => {
        "Its methods and its promises: [`asynchat_core::drive::Server`].\n\n\
         | to | methods |\n\
         |---|---|\n\
         | listen | [`bind`](asynchat_core::drive::Server::bind), \
         [`from_listener`](asynchat_core::drive::Server::from_listener), \
         [`with_listener`](asynchat_core::drive::Server::with_listener), \
         [`local_addr`](asynchat_core::drive::Server::local_addr) |\n\
         | configure | [`with_config`](asynchat_core::drive::Server::with_config), \
         [`with_connection_limit`](asynchat_core::drive::Server::with_connection_limit), \
         [`with_drain_timeout`](asynchat_core::drive::Server::with_drain_timeout), \
         [`with_admission`](asynchat_core::drive::Server::with_admission) |\n\
         | watch | [`with_observer`](asynchat_core::drive::Server::with_observer) |\n\
         | serve | [`serve`](asynchat_core::drive::Server::serve), \
         [`serve_with`](asynchat_core::drive::Server::serve_with) |\n\
         | shut down | [`shutdown_handle`](asynchat_core::drive::Server::shutdown_handle) |"
    };
}
