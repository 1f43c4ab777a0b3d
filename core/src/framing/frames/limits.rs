//! The limit on frames, changed in mid-stream; the part of a frame that has come; and input that is dropped.

use alloc::vec::Vec;

use super::Frames;
use crate::framing::input::Input;

impl Frames {
    /// Sets the most bytes of data that a frame may have, the present one included, unless that was too long already.
    pub fn set_max_frame_len(&mut self, max_len: usize) {
        self.limit.set_max_len(max_len);
        self.refresh();
    }

    /// Returns the part of the present frame that [`next_frame`](Frames::next_frame) has buffered. Bytes that may begin a
    /// delimiter are not part of it.
    pub fn partial(&self) -> &[u8] {
        if self.limit.len() > 0 { &self.buffer } else { &[] }
    }

    /// Drops all of the input, and the part of the present frame that had come before it. The terminator stays.
    ///
    /// The next frame begins behind a terminator: if the input ends in the middle of a frame, the rest of that frame is
    /// skipped when it comes.
    pub fn discard_input(&mut self, input: &mut Input<'_>) {
        while self.find_event(input).is_some() {}
        self.buffer = Vec::new();
        if self.framer.is_mid_frame() || self.framer.held() > 0 || self.limit.is_skipping() {
            let _ = self.limit.exceed();
        } else {
            self.limit.end_frame();
        }
        self.refresh();
    }
}
