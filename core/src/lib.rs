//! Framing as a pure state machine: switchable terminators in, lazy producers out.
#![no_std]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;
