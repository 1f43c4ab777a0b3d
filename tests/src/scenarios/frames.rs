//! The errors of `next_frame` for frames that are not whole.

use asynchat_core::{Config, End, Error};

use crate::adapters::{Adapter, PullConnection};
use crate::harness::faulty::{FaultPlan, Faulty};

/// Each frame that is too long is reported once, under every cut, and the good frames around it are returned.
// L1, L2
pub fn connection_continues_after_a_frame_too_long<A: Adapter>() {
    let input = b"exactly8\r\ntoo long!\r\nok\r\nmuch too long indeed\r\n\r\nlast\r\n";
    let config = Config { max_frame_len: 8, ..Config::default() };
    for cut in 1..=input.len() {
        let mut connection = A::connect_faulty(Faulty::new(FaultPlan::new(input, cut)).0, b"\r\n", config.clone());
        let mut results = Vec::new();
        loop {
            match connection.next_frame() {
                Ok(Some(frame)) => results.push(String::from_utf8(frame).unwrap()),
                Ok(None) => break,
                Err(Error::FrameTooLong(too_long)) => results.push(too_long.to_string()),
                Err(error) => panic!("{error}"),
            }
        }
        let too_long = "frame too long: no delimiter within 8 bytes, or a larger count (Config::max_frame_len, Frames::with_max_len)";
        assert_eq!(results, ["exactly8", too_long, "ok", too_long, "", "last"], "cut {cut}");
        assert_eq!(connection.end(), Some(End::Clean));
    }
}

/// Reported once, with the data that had arrived, held bytes included.
// F9, C4
pub fn connection_reports_truncated_frame_once_with_its_data<A: Adapter>() {
    for cut in 1..10 {
        let stream = Faulty::new(FaultPlan::new(b"whole\r\npart\r", cut)).0;
        let mut connection = A::connect_faulty(stream, b"\r\n", Config::default());
        assert_eq!(connection.next_frame(), Ok(Some(b"whole".to_vec())));
        assert_eq!(connection.next_frame(), Err(Error::Truncated(End::MidFrame)));
        assert_eq!(connection.partial(), b"part\r");
        assert_eq!(connection.next_frame(), Ok(None), "once");
        assert_eq!(connection.end(), Some(End::MidFrame));

        let stream = Faulty::new(FaultPlan::new(b"12345", cut)).0;
        let mut connection = A::connect_faulty(stream, 8u64, Config::default());
        assert_eq!(connection.next_frame(), Err(Error::Truncated(End::Short { missing: 3 })));
        assert_eq!(connection.partial(), b"12345");
        assert_eq!(connection.next_frame(), Ok(None), "once");
    }
}
