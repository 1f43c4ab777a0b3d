use super::fuzz_input::FuzzInput;
use crate::harness::receive_buffer_lockstep::ReceiveBufferLockstep;

/// Checks that any order of calls on a `ReceiveBuffer` gives what the oracle says, while bytes are appended to those that
/// are unread, and owned frames are kept and dropped.
///
/// # Panics
///
/// Where they differ.
pub fn receive_buffer(data: &[u8]) {
    let mut fuzz = FuzzInput::new(data);
    let limits = [0, fuzz.below(48), 64, 300, 700, 4096, usize::MAX];
    let specs = fuzz.specs(4);
    let stream = fuzz.blocks(&specs);
    let mut rest = &stream[..];
    let mut lockstep = ReceiveBufferLockstep::new(&specs[0], limits[fuzz.below(limits.len())]);
    while !fuzz.is_empty() {
        match fuzz.below(32) {
            0..=4 => {
                lockstep.next_frame();
            }
            5..=8 => lockstep.next_frame_owned(),
            9..=13 => lockstep.next_event(),
            14 => lockstep.skip_frame(),
            15..=18 => lockstep.set_terminator(&specs[fuzz.below(specs.len())]),
            19 => lockstep.set_max_frame_len(limits[fuzz.below(limits.len())]),
            20 => lockstep.discard_input(),
            21 => lockstep.drop_kept(fuzz.below(256)),
            22..=25 => lockstep.extend_from_slice(take(&mut rest, fuzz.up_to(1000))),
            26..=28 => lockstep.read(take(&mut rest, fuzz.up_to(1000)), fuzz.up_to(5000)),
            29 => lockstep.set_eof_ends_frame(fuzz.below(2) == 1),
            30 => lockstep.discard(),
            _ => lockstep.finish(),
        }
    }
    lockstep.extend_from_slice(rest);
    lockstep.finish();
}

fn take<'b>(rest: &mut &'b [u8], length: usize) -> &'b [u8] {
    let (taken, behind) = rest.split_at(length.min(rest.len()));
    *rest = behind;
    taken
}
