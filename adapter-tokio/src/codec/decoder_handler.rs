use std::{any, fmt};

use asynchat_core::{BoxError, Channel, End, Error, Handler};
use bytes::BytesMut;
use tokio_util::codec::Decoder;

/// A [`Handler`] made of a `Decoder` of tokio-util, and a function that is called with each item.
///
/// So a protocol that has a decoder gets the server of this crate: backpressure, timeouts, graceful shutdown. An error of
/// the decoder ends the connection and blames the peer ([`Error::Protocol`]), and one of the function blames the handler.
///
/// At the end of the peer's stream, `decode_eof` is called until it has no more items. Then the connection closes when all
/// output is sent.
///
/// # Limits
///
/// - The decoder's buffer holds what was read and not decoded, at most
///   [`Config::max_frame_len`](asynchat_core::Config::max_frame_len) bytes behind a call of the decoder that found no item;
///   above that the connection ends with [`Error::FrameTooLong`].
/// - All items of one read, at most [`Config::read_size`](asynchat_core::Config::read_size) bytes, are handled before
///   backpressure acts. The items of a read are also what [`Channel::pause`] does not hold back.
/// - The stream has no frames, so that [`Config::min_input_rate`](asynchat_core::Config::min_input_rate) does not apply. A
///   peer that is silent is cut off after [`Config::idle_timeout`](asynchat_core::Config::idle_timeout).
///
/// # Examples
///
/// A server of frames with a length in front:
///
/// ```
/// use asynchat_tokio::codec::DecoderHandler;
/// use asynchat_tokio::{Config, drive};
/// use tokio::io::{AsyncReadExt, AsyncWriteExt};
/// use tokio_util::codec::LengthDelimitedCodec;
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let handler = DecoderHandler::new(LengthDelimitedCodec::new(), |frame, channel| {
///     channel.push(format!("{} bytes\n", frame.len()))?;
///     Ok(())
/// });
/// let (mut client, stream) = tokio::io::duplex(64);
/// let server = tokio::spawn(drive(stream, handler, Config::default()));
/// client.write_all(b"\0\0\0\x02hi\0\0\0\x05hello").await?;
/// client.shutdown().await?;
/// let mut answers = String::new();
/// client.read_to_string(&mut answers).await?;
/// assert_eq!(answers, "2 bytes\n5 bytes\n");
/// server.await??;
/// # Ok(())
/// # }
/// ```
pub struct DecoderHandler<D, F> {
    decoder: D,
    on_item: F,
    buffer: BytesMut,
}

impl<D, F> DecoderHandler<D, F>
where
    D: Decoder,
    D::Error: Into<BoxError>,
    F: FnMut(D::Item, &mut Channel) -> Result<(), BoxError>,
{
    /// Creates a handler that calls `on_item` with each item of the decoder.
    pub fn new(decoder: D, on_item: F) -> Self {
        Self { decoder, on_item, buffer: BytesMut::new() }
    }

    /// Calls the function with the items that `decode` finds, until there is none or the connection is closing.
    fn deliver(
        &mut self,
        channel: &mut Channel,
        mut decode: impl FnMut(&mut D, &mut BytesMut) -> Result<Option<D::Item>, D::Error>,
    ) -> Result<(), BoxError> {
        while !channel.is_closing() {
            match decode(&mut self.decoder, &mut self.buffer).map_err(Error::protocol)? {
                Some(item) => (self.on_item)(item, channel)?,
                None => return Ok(()),
            }
        }
        Ok(())
    }
}

impl<D, F> Handler for DecoderHandler<D, F>
where
    D: Decoder,
    D::Error: Into<BoxError>,
    F: FnMut(D::Item, &mut Channel) -> Result<(), BoxError>,
{
    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        self.buffer.extend_from_slice(data);
        self.deliver(channel, D::decode)?;
        if self.buffer.len() > channel.max_frame_len() {
            // The default of `frame_too_long` has the error.
            return self.frame_too_long(channel);
        }
        Ok(())
    }

    /// Not called: no terminator is set, unless the function sets one, which means nothing here.
    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn handle_eof(&mut self, _: End, channel: &mut Channel) -> Result<(), BoxError> {
        self.deliver(channel, D::decode_eof)?;
        channel.close_when_done();
        Ok(())
    }
}

/// Shows the type of the decoder, which may hold what a peer sent, and the bytes that are buffered (C20).
impl<D, F> fmt::Debug for DecoderHandler<D, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DecoderHandler")
            .field("decoder", &any::type_name::<D>())
            .field("buffered", &self.buffer.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::task::{Context, Waker};
    use std::time::Duration;

    use asynchat_core::{Blame, Chat, Config, Input};
    use bytes::Buf;
    use tokio_util::codec::LinesCodec;

    use super::*;

    const NOW: Duration = Duration::ZERO;

    /// A chat whose handler answers each line with its length, and closes at an empty one.
    fn chat(codec: LinesCodec, config: Config) -> Chat<impl Handler> {
        let handler = DecoderHandler::new(codec, |line: String, channel: &mut Channel| {
            if line.is_empty() {
                channel.close_when_done();
                return Ok(());
            }
            Ok(channel.push(format!("{}\n", line.len()))?)
        });
        Chat::new(handler, config)
    }

    fn output(chat: &mut Chat<impl Handler>) -> String {
        let mut staged = chat.poll_transmit(&mut Context::from_waker(Waker::noop()));
        let len = staged.remaining();
        String::from_utf8(staged.copy_to_bytes(len).to_vec()).unwrap()
    }

    // F1
    #[test]
    fn decoder_handler_answers_alike_under_every_cut() {
        let stream = b"one\nthree\nlast one";
        for piece in 1..=stream.len() {
            let mut chat = chat(LinesCodec::new(), Config::default());
            for piece in stream.chunks(piece) {
                chat.handle_input(NOW, &mut Input::new(piece)).unwrap();
            }
            chat.handle_eof(NOW).unwrap();
            assert_eq!(output(&mut chat), "3\n5\n8\n", "pieces of {piece}");
            assert!(chat.wants_shutdown());
        }
    }

    // C2
    #[test]
    fn decoder_handler_delivers_no_item_after_close() {
        let mut chat = chat(LinesCodec::new(), Config::default());
        chat.handle_input(NOW, &mut Input::new(b"one\n\nthree\n")).unwrap();
        assert_eq!(output(&mut chat), "3\n");
        assert!(chat.wants_shutdown());
    }

    // C4
    #[test]
    fn decoder_handler_blames_the_peer_for_malformed_input() {
        let mut chat = chat(LinesCodec::new_with_max_length(4), Config::default());
        let error = chat.handle_input(NOW, &mut Input::new(b"too long\n")).unwrap_err();
        assert_eq!(error.blame(), Blame::Peer);
    }

    // L3
    #[test]
    fn decoder_handler_bounds_its_buffer() {
        let mut chat = chat(LinesCodec::new(), Config::default().with_max_frame_len(100));
        chat.handle_input(NOW, &mut Input::new(&[b'x'; 100])).unwrap();
        let error = chat.handle_input(NOW, &mut Input::new(b"x")).unwrap_err();
        assert!(matches!(error, Error::FrameTooLong(_)) && error.blame() == Blame::Peer, "{error}");
    }

    // C20
    #[test]
    fn decoder_handler_debug_shows_no_input() {
        let mut handler = DecoderHandler::new(LinesCodec::new(), |_: String, _: &mut Channel| Ok(()));
        handler.buffer.extend_from_slice(b"secret");
        let shown = format!("{handler:?}");
        assert!(shown.contains("buffered: 6") && !shown.contains("secret"), "{shown}");
    }
}
