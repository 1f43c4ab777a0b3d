//! The number of bytes that the peer of a TCP connection has not acknowledged. Linux knows it, and std does not return it.
//!
//! `ioctl(SIOCOUTQ)` and `getsockopt(TCP_INFO)` return it too, but no safe function of a crate calls them. The diagnosis
//! sockets of Linux, on which `ss` is built, return it in a message: see sock_diag(7). No file is opened here: an adapter
//! gives the socket, and core has the format.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::net::{IpAddr, SocketAddr};
use std::io::{Read, Write};
use std::sync::Mutex;

use crate::sync;

/// A socket for diagnosis, for all threads: a request and its answer take about 2 µs.
static DIAGNOSIS: Mutex<Option<Box<dyn Netlink>>> = Mutex::new(None);

trait Netlink: Read + Write + Send {}

impl<N: Read + Write + Send> Netlink for N {}

const REQUEST: u32 = 72;
/// The place of the send queue (`idiag_wqueue`) in an answer.
const SEND_QUEUE: usize = 76;
const SOCK_DIAG_BY_FAMILY: u16 = 20;
const NLM_F_REQUEST: u16 = 1;
const IPPROTO_TCP: u8 = 6;
const AF_INET: u8 = 2;
const AF_INET6: u8 = 10;

/// Returns how many bytes of a TCP connection were written and not acknowledged by the peer's system: the send queue of the
/// kernel, which `SIOCOUTQ` returns too. `None` if Linux does not say, or on another system. For adapters.
///
/// `cookie` is the socket's `SO_COOKIE`, by which another socket with these addresses is told apart. `open` opens a
/// non-blocking socket of `AF_NETLINK`, `SOCK_DGRAM` and `NETLINK_SOCK_DIAG`. It is called once in a process, unless it
/// fails.
pub fn tcp_unacknowledged<N: Read + Write + Send + 'static>(
    local: SocketAddr,
    peer: SocketAddr,
    cookie: u64,
    open: impl FnOnce() -> std::io::Result<N>,
) -> Option<u64> {
    let mut diagnosis = sync::lock(&DIAGNOSIS);
    // Taken, so that a socket that fails is not used again: an answer that is late would be taken for another's.
    let mut netlink = match diagnosis.take() {
        Some(netlink) => netlink,
        None => Box::new(open().ok()?),
    };
    let mut answer = [0; 512];
    netlink.write_all(&request(local, peer, cookie)).ok()?;
    let len = netlink.read(&mut answer).ok()?;
    *diagnosis = Some(netlink);
    send_queue(answer.get(..len)?)
}

/// A `nlmsghdr` and an `inet_diag_req_v2`.
fn request(local: SocketAddr, peer: SocketAddr, cookie: u64) -> Vec<u8> {
    let mut message = Vec::with_capacity(REQUEST as usize);
    message.extend(REQUEST.to_ne_bytes());
    message.extend(SOCK_DIAG_BY_FAMILY.to_ne_bytes());
    message.extend(NLM_F_REQUEST.to_ne_bytes());
    message.extend([0; 8]);
    let family = if local.is_ipv4() { AF_INET } else { AF_INET6 };
    message.extend([family, IPPROTO_TCP, 0, 0]);
    // In any state.
    message.extend(u32::MAX.to_ne_bytes());
    message.extend(local.port().to_be_bytes());
    message.extend(peer.port().to_be_bytes());
    for address in [local.ip(), peer.ip()] {
        match address {
            IpAddr::V4(address) => {
                message.extend(address.octets());
                message.extend([0; 12]);
            }
            IpAddr::V6(address) => message.extend(address.octets()),
        }
    }
    let interface = if let SocketAddr::V6(local) = local { local.scope_id() } else { 0 };
    message.extend(interface.to_ne_bytes());
    for word in [cookie & u64::from(u32::MAX), cookie >> 32] {
        message.extend((word as u32).to_ne_bytes());
    }
    message
}

/// Reads a `nlmsghdr` and an `inet_diag_msg`.
fn send_queue(answer: &[u8]) -> Option<u64> {
    let kind = u16::from_ne_bytes(answer.get(4..6)?.try_into().ok()?);
    if kind != SOCK_DIAG_BY_FAMILY {
        return None;
    }
    let len = answer.get(SEND_QUEUE..)?.first_chunk()?;
    Some(u64::from(u32::from_ne_bytes(*len)))
}

/// Makes the functions of an adapter for its TCP sockets, over the crate `socket2`. For adapters: the crate is theirs,
/// since core has no socket.
#[doc(hidden)]
#[macro_export]
macro_rules! tcp_functions {
    () => {
        /// Returns how many bytes the peer's system has not acknowledged.
        #[cfg(target_os = "linux")]
        fn unacknowledged(socket: &socket2::SockRef<'_>) -> Option<u64> {
            const AF_NETLINK: i32 = 16;
            const NETLINK_SOCK_DIAG: i32 = 4;
            let local = socket.local_addr().ok()?.as_socket()?;
            let peer = socket.peer_addr().ok()?.as_socket()?;
            $crate::drive::tcp_unacknowledged(local, peer, socket.cookie().ok()?, || {
                let kind = socket2::Type::DGRAM.nonblocking();
                socket2::Socket::new(AF_NETLINK.into(), kind, Some(NETLINK_SOCK_DIAG.into()))
            })
        }

        #[cfg(not(target_os = "linux"))]
        fn unacknowledged(_: &socket2::SockRef<'_>) -> Option<u64> {
            None
        }

        /// Makes the close of the socket a reset.
        fn reset(socket: &socket2::SockRef<'_>) {
            // It fails if the connection is gone already.
            let _ = socket.set_linger(Some(std::time::Duration::ZERO));
        }

        /// Returns the error of a connection on which nothing is read and written. A write of no byte would report it too,
        /// but calls it an error that this end has shut down its write side.
        fn error(socket: &socket2::SockRef<'_>) -> Option<std::io::Error> {
            socket.take_error().unwrap_or_else(Some)
        }
    };
}
