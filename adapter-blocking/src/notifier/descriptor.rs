//! A descriptor that one thread makes ready to wake another, which waits for it in poll(2). One descriptor on every system.

#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) use event::Descriptor;
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) use loopback::Descriptor;

#[cfg(any(target_os = "linux", target_os = "android"))]
mod event {
    use std::io;

    use rustix::event::{EventfdFlags, eventfd};
    use rustix::fd::{AsFd, BorrowedFd, OwnedFd};

    /// An eventfd.
    #[derive(Debug)]
    pub(crate) struct Descriptor(OwnedFd);

    impl Descriptor {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self(eventfd(0, EventfdFlags::CLOEXEC | EventfdFlags::NONBLOCK)?))
        }

        /// Makes it ready until it is cleared. It cannot fail: the counter has 64 bits.
        pub(crate) fn signal(&self) {
            let _ = rustix::io::write(&self.0, &1u64.to_ne_bytes());
        }

        pub(crate) fn clear(&self) {
            let _ = rustix::io::read(&self.0, &mut [0; 8]);
        }

        pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }
}

#[cfg(any(test, not(any(target_os = "linux", target_os = "android"))))]
mod loopback {
    use std::io;
    use std::net::{Ipv4Addr, UdpSocket};

    use rustix::fd::{AsFd, BorrowedFd};

    /// A UDP socket that sends to itself: every system has it, and it takes one descriptor. It drops a datagram only while
    /// others wait in it, and is ready all the same.
    #[derive(Debug)]
    pub(crate) struct Descriptor(UdpSocket);

    impl Descriptor {
        pub(crate) fn new() -> io::Result<Self> {
            let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
            // Once connected, it receives datagrams of nobody else.
            socket.connect(socket.local_addr()?)?;
            socket.set_nonblocking(true)?;
            Ok(Self(socket))
        }

        /// Makes it ready until it is cleared.
        pub(crate) fn signal(&self) {
            let _ = self.0.send(&[1]);
        }

        pub(crate) fn clear(&self) {
            while self.0.recv(&mut [0]).is_ok() {}
        }

        pub(crate) fn as_fd(&self) -> BorrowedFd<'_> {
            self.0.as_fd()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};

    fn is_ready(descriptor: rustix::fd::BorrowedFd<'_>) -> bool {
        let now = Timespec::try_from(Duration::ZERO).unwrap();
        poll(&mut [PollFd::from_borrowed_fd(descriptor, PollFlags::IN)], Some(&now)).unwrap() == 1
    }

    macro_rules! assert_ready_from_signal_to_clear {
        ($module:ident) => {
            let descriptor = super::$module::Descriptor::new().unwrap();
            for signals in [1, 2, 3000] {
                assert!(!is_ready(descriptor.as_fd()));
                (0..signals).for_each(|_| descriptor.signal());
                assert!(is_ready(descriptor.as_fd()));
                descriptor.clear();
            }
            assert!(!is_ready(descriptor.as_fd()));
        };
    }

    #[test]
    fn descriptor_is_ready_from_signal_to_clear() {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        {
            assert_ready_from_signal_to_clear!(event);
        }
        assert_ready_from_signal_to_clear!(loopback);
    }
}
