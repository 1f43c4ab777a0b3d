//! Between this crate and `tokio_util::codec`: feature `codec`.
//!
//! | you have | and want | use |
//! |---|---|---|
//! | a program on `Framed` or `FramedRead` | frames under a terminator that can change, within a limit | [`FramesCodec`] |
//! | a `Decoder` that somebody wrote | the server, backpressure and timeouts of this crate | [`DecoderHandler`] |

mod decoder_handler;
mod frames_codec;

pub use decoder_handler::DecoderHandler;
pub use frames_codec::FramesCodec;
