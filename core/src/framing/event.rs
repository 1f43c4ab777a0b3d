use core::fmt;

/// The next part of a stream, as a [`Framer`](crate::framing::Framer) finds it in its input.
///
/// "More input is needed" is not an event: [`next_event`](crate::framing::Framer::next_event) then returns `None`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Event<'e> {
    /// Some bytes of the frame, at least one. A frame may come in any number of pieces; only their concatenation has a
    /// meaning. Borrowed from the input, or from the delimiter for bytes that had been held back as its beginning.
    Data(&'e [u8]),
    /// The frame is complete: a delimiter was found, or a count ran out.
    Terminator,
}

/// Shows the length of the data, and no byte of it (C20).
impl fmt::Debug for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Data(data) => f.debug_struct("Data").field("len", &data.len()).finish(),
            Self::Terminator => f.write_str("Terminator"),
        }
    }
}

/// Whether the stream ended between frames or inside one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// Between two frames, or under [`Terminator::None`](crate::framing::Terminator::None), where the end of the stream
    /// is the end of the data.
    Clean,
    /// After the first byte of a frame and before its delimiter.
    MidFrame,
    /// Before a count had run out.
    Short {
        /// The number of bytes that never came.
        missing: u64,
    },
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Clean => f.write_str("connection closed between two frames"),
            Self::MidFrame => f.write_str("connection closed in mid-frame: no delimiter"),
            Self::Short { missing } => write!(f, "connection closed in mid-frame: {missing} bytes missing"),
        }
    }
}
