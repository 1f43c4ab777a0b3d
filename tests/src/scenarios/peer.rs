//! The other end, with std's own sockets. All its calls are bounded in time, so that a scenario fails rather than hangs.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// Longer than anything that is not stuck, shorter than a scenario's own patience.
const IO_TIMEOUT: Duration = Duration::from_secs(30);

/// A client's socket.
pub fn connect(address: SocketAddr) -> TcpStream {
    bounded(TcpStream::connect(address).unwrap())
}

/// A client's socket with little room for what it has not read: the rest waits at the sender.
pub fn connect_with_small_buffer(address: SocketAddr, room: usize) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(room).unwrap();
    socket.connect(&address.into()).unwrap();
    bounded(socket.into())
}

/// The two ends of a connection over loopback.
pub fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = connect(listener.local_addr().unwrap());
    (client, bounded(listener.accept().unwrap().0))
}

/// Sends in pieces, each in a packet of its own.
pub fn send_in_pieces<'d>(mut stream: &TcpStream, pieces: impl IntoIterator<Item = &'d [u8]>) {
    for piece in pieces {
        stream.write_all(piece).unwrap();
    }
}

/// Sends the end of the stream.
pub fn half_close(stream: &TcpStream) {
    stream.shutdown(Shutdown::Write).unwrap();
}

/// Reads to the end of the stream.
pub fn read_to_end(mut stream: &TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    all
}

/// Reads so many bytes.
pub fn read_exactly(mut stream: &TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// Bytes of which each place can be told from its neighbours, so that none is lost, doubled or moved unseen.
pub fn pattern(count: usize) -> Vec<u8> {
    // 251 is prime, so that the pattern never falls in with a buffer's size.
    (0..=250).cycle().take(count).collect()
}

fn bounded(stream: TcpStream) -> TcpStream {
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(IO_TIMEOUT)).unwrap();
    stream.set_write_timeout(Some(IO_TIMEOUT)).unwrap();
    stream
}
