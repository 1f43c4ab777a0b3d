/// Writes the methods of a [`Handler`](crate::chat::Handler) that forward to another handler: in the `impl` of a wrapper,
/// which cannot forget a method then, not even one that a later version of this crate adds.
///
/// `self => self.inner` is the handler that the calls go to. The methods behind `except` are left out: the wrapper has
/// them itself.
///
/// # Examples
///
/// ```
/// use asynchat_core::{BoxError, Channel, Handler, forward_handler};
///
/// /// Counts the frames of another handler.
/// struct Counted<H> {
///     inner: H,
///     frames: u64,
/// }
///
/// impl<H: Handler> Handler for Counted<H> {
///     forward_handler!(self => self.inner; except found_terminator);
///
///     fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         self.frames += 1;
///         self.inner.found_terminator(channel)
///     }
/// }
/// ```
#[macro_export]
macro_rules! forward_handler {
    ($self:ident => $inner:expr $(; except $($own:ident),+ $(,)?)?) => {
        $crate::forward_handler!(@handle_connect [$($($own)+)?] $self $inner);
        $crate::forward_handler!(@collect_incoming_data [$($($own)+)?] $self $inner);
        $crate::forward_handler!(@found_terminator [$($($own)+)?] $self $inner);
        $crate::forward_handler!(@frame_too_long [$($($own)+)?] $self $inner);
        $crate::forward_handler!(@frame_skipped [$($($own)+)?] $self $inner);
        $crate::forward_handler!(@handle_eof [$($($own)+)?] $self $inner);
        $crate::forward_handler!(@handle_timeout [$($($own)+)?] $self $inner);
        $crate::forward_handler!(@handle_timer [$($($own)+)?] $self $inner);
        $crate::forward_handler!(@handle_shutdown [$($($own)+)?] $self $inner);
        $crate::forward_handler!(@handle_close [$($($own)+)?] $self $inner);
    };

    // A method that the wrapper has itself.
    (@handle_connect [handle_connect $($own:ident)*] $self:ident $inner:expr) => {};
    (@collect_incoming_data [collect_incoming_data $($own:ident)*] $self:ident $inner:expr) => {};
    (@found_terminator [found_terminator $($own:ident)*] $self:ident $inner:expr) => {};
    (@frame_too_long [frame_too_long $($own:ident)*] $self:ident $inner:expr) => {};
    (@frame_skipped [frame_skipped $($own:ident)*] $self:ident $inner:expr) => {};
    (@handle_eof [handle_eof $($own:ident)*] $self:ident $inner:expr) => {};
    (@handle_timeout [handle_timeout $($own:ident)*] $self:ident $inner:expr) => {};
    (@handle_timer [handle_timer $($own:ident)*] $self:ident $inner:expr) => {};
    (@handle_shutdown [handle_shutdown $($own:ident)*] $self:ident $inner:expr) => {};
    (@handle_close [handle_close $($own:ident)*] $self:ident $inner:expr) => {};

    // Another one of those that the wrapper has.
    (@$method:ident [$other:ident $($own:ident)*] $self:ident $inner:expr) => {
        $crate::forward_handler!(@$method [$($own)*] $self $inner);
    };

    (@handle_connect [] $self:ident $inner:expr) => {
        fn handle_connect(
            &mut $self,
            channel: &mut $crate::chat::forwarded::Channel,
        ) -> ::core::result::Result<(), $crate::chat::forwarded::BoxError> {
            $crate::chat::forwarded::Handler::handle_connect(&mut $inner, channel)
        }
    };
    (@collect_incoming_data [] $self:ident $inner:expr) => {
        fn collect_incoming_data(
            &mut $self,
            data: &[u8],
            channel: &mut $crate::chat::forwarded::Channel,
        ) -> ::core::result::Result<(), $crate::chat::forwarded::BoxError> {
            $crate::chat::forwarded::Handler::collect_incoming_data(&mut $inner, data, channel)
        }
    };
    (@found_terminator [] $self:ident $inner:expr) => {
        fn found_terminator(
            &mut $self,
            channel: &mut $crate::chat::forwarded::Channel,
        ) -> ::core::result::Result<(), $crate::chat::forwarded::BoxError> {
            $crate::chat::forwarded::Handler::found_terminator(&mut $inner, channel)
        }
    };
    (@frame_too_long [] $self:ident $inner:expr) => {
        fn frame_too_long(
            &mut $self,
            channel: &mut $crate::chat::forwarded::Channel,
        ) -> ::core::result::Result<(), $crate::chat::forwarded::BoxError> {
            $crate::chat::forwarded::Handler::frame_too_long(&mut $inner, channel)
        }
    };
    (@frame_skipped [] $self:ident $inner:expr) => {
        fn frame_skipped(
            &mut $self,
            len: u64,
            channel: &mut $crate::chat::forwarded::Channel,
        ) -> ::core::result::Result<(), $crate::chat::forwarded::BoxError> {
            $crate::chat::forwarded::Handler::frame_skipped(&mut $inner, len, channel)
        }
    };
    (@handle_eof [] $self:ident $inner:expr) => {
        fn handle_eof(
            &mut $self,
            end: $crate::chat::forwarded::End,
            channel: &mut $crate::chat::forwarded::Channel,
        ) -> ::core::result::Result<(), $crate::chat::forwarded::BoxError> {
            $crate::chat::forwarded::Handler::handle_eof(&mut $inner, end, channel)
        }
    };
    (@handle_timeout [] $self:ident $inner:expr) => {
        fn handle_timeout(
            &mut $self,
            timeout: $crate::chat::forwarded::Timeout,
            channel: &mut $crate::chat::forwarded::Channel,
        ) -> ::core::result::Result<(), $crate::chat::forwarded::BoxError> {
            $crate::chat::forwarded::Handler::handle_timeout(&mut $inner, timeout, channel)
        }
    };
    (@handle_timer [] $self:ident $inner:expr) => {
        fn handle_timer(
            &mut $self,
            channel: &mut $crate::chat::forwarded::Channel,
        ) -> ::core::result::Result<(), $crate::chat::forwarded::BoxError> {
            $crate::chat::forwarded::Handler::handle_timer(&mut $inner, channel)
        }
    };
    (@handle_shutdown [] $self:ident $inner:expr) => {
        fn handle_shutdown(
            &mut $self,
            channel: &mut $crate::chat::forwarded::Channel,
        ) -> ::core::result::Result<(), $crate::chat::forwarded::BoxError> {
            $crate::chat::forwarded::Handler::handle_shutdown(&mut $inner, channel)
        }
    };
    (@handle_close [] $self:ident $inner:expr) => {
        fn handle_close(&mut $self, outcome: ::core::result::Result<(), &$crate::chat::forwarded::Error>) {
            $crate::chat::forwarded::Handler::handle_close(&mut $inner, outcome);
        }
    };
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    /// The names of the functions in the source of a trait or a macro.
    fn functions(source: &str) -> Vec<&str> {
        let after = source.lines().filter_map(|line| line.trim_start().strip_prefix("fn "));
        after.filter_map(|rest| rest.split_once('(')).map(|(name, _)| name).collect()
    }

    /// A method that is added to the trait has to be added to the macro.
    #[test]
    fn forward_handler_has_every_method_of_handler() {
        let (_, handler) = include_str!("handler.rs").split_once("\npub trait Handler {").unwrap();
        let (handler, _) = handler.split_once("\n}\n").unwrap();
        let (forward, _) = include_str!("forward_handler.rs").split_once("#[cfg(test)]").unwrap();
        assert_eq!(functions(forward), functions(handler));
        assert!(functions(handler).contains(&"handle_close"));
        for name in functions(handler) {
            // One line in the list of all, and one that leaves it out.
            assert_eq!(forward.matches(&alloc::format!("(@{name} [$($($own)+)?]")).count(), 1, "{name}");
            assert_eq!(forward.matches(&alloc::format!("(@{name} [{name} ")).count(), 1, "{name}");
        }
    }
}
