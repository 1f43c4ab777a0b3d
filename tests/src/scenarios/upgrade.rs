//! Taking the stream back from a connection, to continue with another protocol (STARTTLS).

use std::io::Read;
use std::thread;

use asynchat_core::Config;

use super::peer;
use crate::adapters::{Adapter, PullConnection};
use crate::harness::faulty::{FaultPlan, Faulty};

const LINE: &[u8] = b"STARTTLS\r\n";
const INJECTED: &[u8] = b"MAIL FROM:<eve>\r\nRCPT\r";

/// Returns a connection that has returned the line, and has read `injected` more bytes with it.
fn after_the_line<A: Adapter>(injected: usize) -> A::Faulty {
    let input = [LINE, INJECTED.get(..injected).unwrap(), b"not read yet"].concat();
    let stream = Faulty::new(FaultPlan::new(&input, LINE.len() + injected)).0;
    let mut connection = A::connect_faulty(stream, b"\r\n", Config::default());
    assert_eq!(connection.next_frame(), Ok(Some(b"STARTTLS".to_vec())));
    connection
}

/// For every number of unread bytes.
// C5
pub fn connection_into_inner_refuses_unread_input<A: Adapter>() {
    for injected in 0..=INJECTED.len() {
        match after_the_line::<A>(injected).into_inner() {
            Ok(mut stream) => {
                assert_eq!(injected, 0, "the stream was returned despite {injected} unread bytes");
                let mut rest = String::new();
                stream.read_to_string(&mut rest).unwrap();
                assert_eq!(rest, "not read yet");
            }
            Err(refused) => {
                assert_eq!((refused.unread, refused.unsent), (injected, 0));
                let mut connection = refused.connection;
                if injected >= 17 {
                    assert_eq!(
                        connection.next_frame(),
                        Ok(Some(b"MAIL FROM:<eve>".to_vec())),
                        "the connection is unchanged"
                    );
                }
            }
        }
    }
    let mut connection = after_the_line::<A>(0);
    connection.push("220 go ahead\r\n").unwrap();
    let refused = connection.into_inner().map(drop).expect_err("output is unsent");
    assert_eq!((refused.unread, refused.unsent), (0, 14));
    let mut connection = refused.connection;
    connection.flush().unwrap();
    // The flush may have read ahead; the parts contain what it read.
    let parts = connection.into_parts();
    let mut rest = parts.unread.to_vec();
    { parts.stream }.read_to_end(&mut rest).unwrap();
    assert_eq!((rest, parts.unsent), (b"not read yet".to_vec(), 0));
}

/// Byte for byte: whole frames, a partial frame, and the bytes that are held back as a prefix of the delimiter.
// C5
pub fn connection_into_parts_returns_unread_input<A: Adapter>() {
    for injected in 0..=INJECTED.len() {
        let parts = after_the_line::<A>(injected).into_parts();
        assert_eq!(parts.unread, INJECTED.get(..injected).unwrap());
        assert_eq!(parts.unsent, 0);

        // Reads one event, where one is available without a read. Bytes that were returned are not unread.
        let mut connection = after_the_line::<A>(injected);
        let returned = match injected {
            0 => 0,
            len => {
                assert!(connection.next_event().unwrap().is_some());
                len.min(15)
            }
        };
        assert_eq!(connection.into_parts().unread, INJECTED.get(returned..injected).unwrap(), "{injected}");
    }
}

/// Over a real socket: the bytes that arrive later are read from the stream itself.
// C5
pub fn connection_into_parts_returns_a_working_socket<A: Adapter>() {
    let (client, server) = peer::pair();
    let client_thread = thread::spawn(move || {
        peer::send_in_pieces(&client, [LINE]);
        assert_eq!(peer::read_exactly(&client, 4), b"220\n");
        peer::send_in_pieces(&client, [&b"another protocol"[..]]);
        peer::half_close(&client);
    });
    let mut connection = A::connect(server, b"\r\n", Config::default());
    assert_eq!(connection.next_frame(), Ok(Some(b"STARTTLS".to_vec())));
    connection.push("220\n").unwrap();
    // A flush may read ahead. `into_inner` would then refuse; `into_parts` returns what was read.
    connection.flush().unwrap();
    let parts = connection.into_parts();
    let rest = [parts.unread.to_vec(), peer::read_to_end(&parts.stream)].concat();
    assert_eq!(rest, b"another protocol");
    client_thread.join().unwrap();
}
