//! The other end of a connection, with std's own sockets. Every call has a timeout, so that a scenario fails rather
//! than hangs.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::time::Duration;

use socket2::{Domain, SockRef, Socket, Type};

/// Longer than any call that is not stuck, and shorter than a scenario's timeout.
const IO_TIMEOUT: Duration = Duration::from_secs(30);

/// Connects a client.
pub fn connect(address: SocketAddr) -> TcpStream {
    bounded(TcpStream::connect(address).unwrap())
}

/// Connects a client with a small receive buffer, so that unread data waits at the sender.
pub fn connect_with_small_buffer(address: SocketAddr, room: usize) -> TcpStream {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_recv_buffer_size(room).unwrap();
    socket.connect(&address.into()).unwrap();
    bounded(socket.into())
}

/// Returns the two ends of a connection over loopback.
pub fn pair() -> (TcpStream, TcpStream) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let client = connect(listener.local_addr().unwrap());
    (client, bounded(listener.accept().unwrap().0))
}

/// Sends the pieces, each in a packet of its own.
pub fn send_in_pieces<'d>(mut stream: &TcpStream, pieces: impl IntoIterator<Item = &'d [u8]>) {
    for piece in pieces {
        stream.write_all(piece).unwrap();
    }
}

/// Ends this side's stream (half-close).
pub fn half_close(stream: &TcpStream) {
    stream.shutdown(Shutdown::Write).unwrap();
}

/// Resets the connection.
pub fn reset(stream: TcpStream) {
    SockRef::from(&stream).set_linger(Some(Duration::ZERO)).unwrap();
    drop(stream);
}

/// Sends a request, and reads its answer.
pub fn ask(stream: &TcpStream, request: &str, answer: &str) {
    send_in_pieces(stream, [request.as_bytes()]);
    assert_eq!(read_exactly(stream, answer.len()).escape_ascii().to_string(), answer.escape_default().to_string());
}

/// Waits until the other end has closed or reset the connection.
pub fn assert_closed(mut stream: &TcpStream) {
    if let Err(error) = stream.read_to_end(&mut Vec::new()) {
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    }
}

/// Reads to the end of the stream.
pub fn read_to_end(mut stream: &TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    stream.read_to_end(&mut all).unwrap();
    all
}

/// Reads exactly `count` bytes.
pub fn read_exactly(mut stream: &TcpStream, count: usize) -> Vec<u8> {
    let mut bytes = vec![0; count];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

/// Returns bytes that differ from their neighbours, so that a lost, doubled or moved byte is seen.
pub fn pattern(count: usize) -> Vec<u8> {
    // 251 is prime, so that the pattern never coincides with a buffer's size.
    (0..=250).cycle().take(count).collect()
}

fn bounded(stream: TcpStream) -> TcpStream {
    stream.set_nodelay(true).unwrap();
    stream.set_read_timeout(Some(IO_TIMEOUT)).unwrap();
    stream.set_write_timeout(Some(IO_TIMEOUT)).unwrap();
    stream
}
