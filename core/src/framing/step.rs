use crate::framing::delimiter_set::Prefix;

/// An event, by where its bytes lie. Good until the framer is called again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Step {
    /// So many of the first unread bytes of the input are data.
    Input {
        len: usize,
    },
    Carried {
        from: usize,
        len: usize,
    },
    Held {
        held: Prefix,
        len: usize,
    },
    Terminator,
    /// There is data, but the limit allows none.
    TooLong,
}
