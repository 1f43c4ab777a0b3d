//! The stub for systems without /proc.

use std::io;

pub(crate) fn allow_descriptors(_: usize) -> Result<(), String> {
    Err("resident memory is read from /proc, which only Linux has".into())
}

pub(crate) fn settled(_: u32) -> io::Result<usize> {
    Err(io::ErrorKind::Unsupported.into())
}
