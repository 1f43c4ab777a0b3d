//! A conversation over real sockets.

use asynchat_core::Config;

use super::conversation::{EchoHandler, INPUTS, expected};
use super::peer;
use crate::adapters::Adapter;

/// Changes the terminator from a delimiter to a count to none, under every two-way cut by the client, and byte by byte.
// F1, F6, F8, O1
pub fn server_answers_the_same_under_every_cut<A: Adapter>() {
    let serving = A::serve(Config::default(), 16, |_| EchoHandler::new().0);
    for input in INPUTS {
        let (_, output) = expected(input, true);
        for cut in 0..=input.len() {
            let client = peer::connect(serving.address());
            if cut == 0 {
                peer::send_in_pieces(&client, input.chunks(1));
            } else {
                let (head, tail) = input.split_at(cut);
                peer::send_in_pieces(&client, [head, tail]);
            }
            peer::half_close(&client);
            assert_eq!(peer::read_to_end(&client), output, "cut at {cut}");
        }
    }
    serving.stop();
}
