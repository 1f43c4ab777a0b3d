use crate::framing::terminator::Terminator;

/// A value that says what ends a frame: the argument of every `set_terminator`.
///
/// Everything has it that converts into a [`Terminator`] and cannot fail to: a byte string literal, a `u64`, a
/// [`Delimiter`](crate::framing::Delimiter), a [`DelimiterSet`](crate::framing::DelimiterSet) and a `Terminator`. For
/// another value the compiler's message says what to write.
///
/// # Examples
///
/// ```
/// use asynchat_core::{Framer, IntoTerminator, Terminator};
///
/// fn framer_of(terminator: impl IntoTerminator) -> Framer {
///     Framer::new(terminator)
/// }
///
/// let body = [0; 3];
/// framer_of(b"\r\n");
/// framer_of(3); // a count
/// framer_of(Terminator::count(body.len()));
/// ```
///
/// A string may be empty, so it has to be tried:
///
/// ```compile_fail
/// asynchat_core::Framer::new("\r\n");
/// ```
///
/// ```
/// # use asynchat_core::{Framer, Terminator};
/// let boundary = String::from("--frontier");
/// Framer::new(Terminator::try_from(boundary.as_str())?);
/// # Ok::<(), asynchat_core::EmptyDelimiter>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say what ends a frame",
    label = "not a terminator",
    note = "a delimiter is a byte string literal: write `b\"\\r\\n\"`, not `\"\\r\\n\"`",
    note = "a count is a `u64`: write `Terminator::count(len)` for a `usize`",
    note = "for a string or bytes of which the length is not known, write `Terminator::try_from(bytes)?`"
)]
pub trait IntoTerminator: Into<Terminator> {}

// Not recommended, so that the message is about the trait and not about `From`.
#[diagnostic::do_not_recommend]
impl<T: Into<Terminator>> IntoTerminator for T {}
