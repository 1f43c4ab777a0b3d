//! Taking the stream back, to go on with it in another way.

use std::io::Read;
use std::thread;

use asynchat_core::Config;

use super::peer;
use crate::adapters::{Adapter, Pull};
use crate::harness::faulty::{FaultPlan, Faulty};

const LINE: &[u8] = b"STARTTLS\r\n";
const INJECTED: &[u8] = b"MAIL FROM:<eve>\r\nRCPT\r";

/// A connection that has returned the line, with so many of the injected bytes read together with it.
fn after_the_line<A: Adapter>(injected: usize) -> A::Faulty {
    let input = [LINE, INJECTED.get(..injected).unwrap(), b"not read yet"].concat();
    let stream = Faulty::new(FaultPlan::new(&input, LINE.len() + injected)).0;
    let mut connection = A::connect_faulty(stream, b"\r\n", Config::default());
    assert_eq!(connection.next_frame(), Ok(Some(b"STARTTLS".to_vec())));
    connection
}

/// However much of it there is.
// C5
pub fn connection_into_inner_refuses_unread_input<A: Adapter>() {
    for injected in 0..=INJECTED.len() {
        match after_the_line::<A>(injected).into_inner() {
            Ok(mut stream) => {
                assert_eq!(injected, 0, "the stream was taken back from under {injected} bytes");
                let mut rest = String::new();
                stream.read_to_string(&mut rest).unwrap();
                assert_eq!(rest, "not read yet");
            }
            Err(refused) => {
                assert_eq!((refused.unread, refused.unsent), (injected, 0));
                let mut connection = refused.connection;
                if injected >= 17 {
                    assert_eq!(connection.next_frame(), Ok(Some(b"MAIL FROM:<eve>".to_vec())), "it is as it was");
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
    // While it flushed it may have read, which has to be seen as well.
    let parts = connection.into_parts();
    let mut rest = parts.unread.to_vec();
    { parts.stream }.read_to_end(&mut rest).unwrap();
    assert_eq!((rest, parts.unsent), (b"not read yet".to_vec(), 0));
}

/// By name, and byte for byte: whole frames, a part of one, and what is held back as the beginning of a delimiter.
// C5
pub fn connection_into_parts_returns_unread_input<A: Adapter>() {
    for injected in 0..=INJECTED.len() {
        let parts = after_the_line::<A>(injected).into_parts();
        assert_eq!(parts.unread, INJECTED.get(..injected).unwrap());
        assert_eq!(parts.unsent, 0);

        // Looked at event by event, as far as there are some without reading more: what was returned is not unread.
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

/// Over a real socket: what comes later is the stream's own.
// C5
pub fn connection_into_parts_returns_a_working_socket<A: Adapter>() {
    let (client, server) = peer::pair();
    let speaking = thread::spawn(move || {
        peer::send_in_pieces(&client, [LINE]);
        assert_eq!(peer::read_exactly(&client, 4), b"220\n");
        peer::send_in_pieces(&client, [&b"another protocol"[..]]);
        peer::half_close(&client);
    });
    let mut connection = A::connect(server, b"\r\n", Config::default());
    assert_eq!(connection.next_frame(), Ok(Some(b"STARTTLS".to_vec())));
    connection.push("220\n").unwrap();
    // A flush may read ahead; then it would be refused, and the parts have it.
    connection.flush().unwrap();
    let parts = connection.into_parts();
    let rest = [parts.unread.to_vec(), peer::read_to_end(&parts.stream)].concat();
    assert_eq!(rest, b"another protocol");
    speaking.join().unwrap();
}
