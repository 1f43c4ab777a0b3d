use asynchat_core::{End, Error, FrameTooLong, Frames, Input};
use bytes::{Bytes, BytesMut};
use tokio_util::codec::{Decoder, Encoder};

/// [`Frames`] as a `Decoder` and `Encoder` of tokio-util.
///
/// An item is a frame without its delimiter, or [`FrameTooLong`]. The latter is an item and not an error, because
/// `FramedRead` ends its stream after an error, and would strand the good frames behind that one. The next item is the
/// frame behind it.
///
/// The terminator can change between two items: `framed.decoder_mut().frames_mut().set_terminator(…)`. It takes effect at
/// the first byte behind the last frame.
///
/// The encoder copies bytes as they are. A delimiter is a part of them.
///
/// # The end of the stream
///
/// After [`Frames::set_eof_ends_frame`] the end of the stream ends the last frame, as in `LinesCodec`. By default a frame
/// that is cut is an error, [`Error::Truncated`].
///
/// # Examples
///
/// Lines and counted bodies:
///
/// ```
/// use asynchat_tokio::Frames;
/// use asynchat_tokio::codec::FramesCodec;
/// use futures_util::{SinkExt, StreamExt};
/// use tokio::io::AsyncWriteExt;
/// use tokio_util::codec::Framed;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (stream, mut peer) = tokio::io::duplex(64);
/// peer.write_all(b"much too long a line\r\n5\r\nhello").await?;
///
/// let mut framed = Framed::new(stream, FramesCodec::new(Frames::with_max_len(b"\r\n", 10)));
/// assert!(framed.next().await.ok_or("no frame")??.is_err(), "that frame is too long");
/// assert_eq!(framed.next().await.ok_or("no frame")???, "5");
/// framed.codec_mut().frames_mut().set_terminator(5u64);
/// assert_eq!(framed.next().await.ok_or("no frame")???, "hello");
/// framed.send("OK\r\n").await?;
/// # Ok(())
/// # }
/// ```
///
/// # Complexity
///
/// Linear in the bytes, for every cut (F11): what was searched is not searched again. A frame that lies whole in the buffer
/// of `Framed` shares its memory, and one that came in several reads is copied once.
#[derive(Debug, Clone)]
pub struct FramesCodec {
    frames: Frames,
}

impl FramesCodec {
    /// Creates a codec of these frames.
    pub fn new(frames: Frames) -> Self {
        Self { frames }
    }

    /// Returns the frames.
    pub fn frames(&self) -> &Frames {
        &self.frames
    }

    /// Returns the frames, to set the terminator or the limit.
    pub fn frames_mut(&mut self) -> &mut Frames {
        &mut self.frames
    }
}

impl Decoder for FramesCodec {
    type Item = Result<Bytes, FrameTooLong>;
    type Error = Error;

    fn decode(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, Error> {
        let mut input = Input::new(src);
        let found = self.frames.next_frame(&mut input).map(|found| found.map(|frame| place(frame, src)));
        let taken = src.len() - input.remaining().len();
        let taken = src.split_to(taken);
        Ok(found.map(|found| {
            found.map(|place| match place {
                Place::Input { at, len } => taken.freeze().slice(at..at + len),
                Place::Elsewhere(frame) => frame,
            })
        }))
    }

    fn decode_eof(&mut self, src: &mut BytesMut) -> Result<Option<Self::Item>, Error> {
        if let Some(item) = self.decode(src)? {
            return Ok(Some(item));
        }
        match self.frames.finish() {
            (rest, End::Clean) => Ok((!rest.is_empty()).then(|| Ok(Bytes::copy_from_slice(rest)))),
            (_, end) => Err(Error::Truncated(end)),
        }
    }
}

impl<T: AsRef<[u8]>> Encoder<T> for FramesCodec {
    type Error = Error;

    fn encode(&mut self, item: T, dst: &mut BytesMut) -> Result<(), Error> {
        dst.extend_from_slice(item.as_ref());
        Ok(())
    }
}

/// Where a frame is.
enum Place {
    Input { at: usize, len: usize },
    Elsewhere(Bytes),
}

/// Finds a frame in the input. [`Frames`] lends it from there if it lies whole in it.
fn place(frame: &[u8], input: &[u8]) -> Place {
    let (len, range) = (frame.len(), input.as_ptr_range());
    match frame.as_ptr().addr().checked_sub(range.start.addr()) {
        Some(at) if at + len <= input.len() => Place::Input { at, len },
        _ => Place::Elsewhere(Bytes::copy_from_slice(frame)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Items = Vec<Result<Bytes, FrameTooLong>>;

    /// Decodes a stream in pieces of this length, and its end.
    fn decode(mut codec: FramesCodec, stream: &[u8], piece: usize) -> (Items, Result<(), Error>) {
        let (mut items, mut src) = (Vec::new(), BytesMut::new());
        for piece in stream.chunks(piece) {
            src.extend_from_slice(piece);
            while let Some(item) = codec.decode(&mut src).unwrap() {
                items.push(item);
            }
            assert!(src.is_empty(), "nothing is searched twice");
        }
        let end = loop {
            match codec.decode_eof(&mut src) {
                Ok(Some(item)) => items.push(item),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        (items, end)
    }

    fn lines() -> FramesCodec {
        FramesCodec::new(Frames::with_max_len(b"\r\n", 8))
    }

    // F1, L1, L2
    #[test]
    fn frames_codec_decodes_alike_under_every_cut() {
        let stream = b"one\r\n\r\nmuch too long\r\n12345678\r\nlast\r\n";
        let (whole, end) = decode(lines(), stream, stream.len());
        assert_eq!(end, Ok(()));
        let seen: Vec<_> = whole.iter().map(|item| item.as_deref().ok()).collect();
        assert_eq!(seen, [Some(&b"one"[..]), Some(b""), None, Some(b"12345678"), Some(b"last")]);
        for piece in 1..stream.len() {
            assert_eq!(decode(lines(), stream, piece), (whole.clone(), Ok(())), "pieces of {piece}");
        }
    }

    // L9
    #[test]
    fn frames_codec_ends_the_last_frame_on_request() {
        for piece in 1..6 {
            let (items, end) = decode(lines(), b"one\r\ntwo", piece);
            assert_eq!((items, end), (vec![Ok("one".into())], Err(Error::Truncated(End::MidFrame))));
            let mut codec = lines();
            codec.frames_mut().set_eof_ends_frame(true);
            assert_eq!(decode(codec, b"one\r\ntwo", piece), (vec![Ok("one".into()), Ok("two".into())], Ok(())));
        }
    }

    // L4
    #[test]
    fn frames_codec_shares_whole_frames() {
        let mut src = BytesMut::from("one\r\ntwo\r\n");
        let start = src.as_ptr();
        let frame = lines().decode(&mut src).unwrap().unwrap().unwrap();
        assert_eq!((frame.as_ptr(), frame), (start, "one".into()));
    }

    #[test]
    fn frames_codec_encodes_bytes_as_they_are() {
        let mut dst = BytesMut::new();
        lines().encode("250 OK\r\n", &mut dst).unwrap();
        lines().encode(vec![0], &mut dst).unwrap();
        assert_eq!(dst, "250 OK\r\n\0");
    }
}
