use alloc::vec;
use core::convert::Infallible;
use core::task::Waker;
use core::time::Duration;

use bytes::Buf;

use super::*;
use crate::chat::{Channel, Config};
use crate::error::BoxError;
use crate::output::Transmit;

/// A transport that takes `room` bytes, and forgets its waker if it is flushed while a write is pending.
#[derive(Default)]
struct Forgetful {
    room: usize,
    taken: usize,
    flushed: usize,
    wakes: bool,
}

impl Transport for Forgetful {
    type Error = Infallible;

    fn poll_read(&mut self, _: &mut Context<'_>, _: &mut [u8]) -> Poll<Result<usize, Infallible>> {
        Poll::Pending
    }

    fn poll_write(&mut self, _: &mut Context<'_>, output: &Transmit<'_>) -> Poll<Result<usize, Infallible>> {
        self.wakes = self.room == 0;
        if self.wakes {
            return Poll::Pending;
        }
        let len = self.room.min(output.remaining());
        self.room -= len;
        self.taken += len;
        Poll::Ready(Ok(len))
    }

    fn poll_flush(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.wakes = false;
        self.flushed = self.taken;
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

struct Timeless;

impl Clock for Timeless {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn poll_alarm(&mut self, _: &mut Context<'_>, _: Option<Duration>) -> Poll<()> {
        Poll::Pending
    }
}

struct Pushes(usize);

impl Handler for Pushes {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        Ok(channel.push(vec![0; self.0])?)
    }

    fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

// O1, C9
#[test]
fn driver_never_flushes_during_a_pending_write() {
    let mut driver = Driver::new(Timeless, Chat::new(Pushes(1000), Config::default()));
    let mut transport = Forgetful::default();
    let mut cx = Context::from_waker(Waker::noop());
    while transport.taken < 1000 {
        transport.room = 100;
        assert!(driver.poll(&mut cx, &mut transport, &mut Vec::new()).is_pending());
        assert!(transport.taken == 1000 || transport.wakes, "the driver waits for a transport that has lost its waker");
    }
    assert_eq!(transport.flushed, 1000);
}
