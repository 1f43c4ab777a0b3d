//! The errors of `next_frame` for frames that are not whole.

use asynchat_core::{BoxError, Channel, Config, End, Error, Handler, Terminator};

use super::peer;
use crate::adapters::{Adapter, PullConnection};
use crate::harness::faulty::{FaultPlan, Faulty};

/// Each frame that is too long is reported once, under every cut, and the good frames around it are returned.
// L1, L2
pub fn connection_continues_after_a_frame_too_long<A: Adapter>() {
    let input = b"exactly8\r\ntoo long!\r\nok\r\nmuch too long indeed\r\n\r\nlast\r\n";
    let config = Config::default().with_max_frame_len(8);
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

/// Lines end in CR, in LF or in CRLF, under every cut, and a body behind a CRLF begins behind its LF.
// F14
pub fn connection_reads_lines_of_any_end<A: Adapter>() {
    let input = b"unix\nnet\r\n\r\nmac\r5\r\n\nbodyend\r";
    for cut in 1..=input.len() {
        let stream = Faulty::new(FaultPlan::new(input, cut)).0;
        let mut connection = A::connect_faulty(stream, Terminator::universal_newline(), Config::default());
        let mut frames = Vec::new();
        while let Some(frame) = connection.next_frame().unwrap() {
            match &*frame {
                b"5" => connection.set_terminator(5u64),
                b"\nbody" => connection.set_terminator(Terminator::universal_newline()),
                line => frames.push(line.escape_ascii().to_string()),
            }
        }
        assert_eq!(frames, ["unix", "net", "", "mac", "end"], "cut {cut}");
        assert_eq!(connection.end(), Some(End::Clean));
    }
}

/// A count above the limit is refused before a byte of it has come. Its end is reported, and the stream goes on behind
/// it.
// L6, L7
pub fn connection_goes_on_behind_a_refused_count<A: Adapter>() {
    let input = b"$12\r\nAAAAAAAAAAAA\r\nPING\r\n$5\r\n";
    let config = Config::default().with_max_frame_len(8);
    for cut in 1..=input.len() {
        let mut connection = A::connect_faulty(Faulty::new(FaultPlan::new(input, cut)).0, b"\r\n", config.clone());
        assert_eq!(connection.next_frame(), Ok(Some(b"$12".to_vec())));
        connection.set_terminator(12u64);
        for skipped in [None, Some(12)] {
            let Err(Error::FrameTooLong(error)) = connection.next_frame() else { panic!("cut {cut}") };
            assert_eq!(error.skipped_len(), skipped);
        }
        connection.set_terminator(b"\r\n");
        for line in [&b""[..], b"PING", b"$5"] {
            assert_eq!(connection.next_frame(), Ok(Some(line.to_vec())));
        }
        // The end of the stream in front of an announced body is no clean end.
        connection.set_terminator(5u64);
        assert_eq!(connection.next_frame(), Err(Error::Truncated(End::Short { missing: 5 })));
        assert_eq!(connection.end(), Some(End::Short { missing: 5 }));
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

/// A mail server with a small limit: it answers 552 to a mail that is too long, and reads commands again.
#[derive(Default)]
struct Mail {
    command: Vec<u8>,
    in_mail: bool,
}

impl Mail {
    fn end_mail(&mut self, answer: String, channel: &mut Channel) -> Result<(), BoxError> {
        self.in_mail = false;
        channel.set_terminator(b"\r\n");
        Ok(channel.push(answer)?)
    }
}

impl Handler for Mail {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\r\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        if !self.in_mail {
            self.command.extend_from_slice(data);
        }
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if self.in_mail {
            return self.end_mail("250 queued\r\n".into(), channel);
        }
        let command = String::from_utf8(std::mem::take(&mut self.command))?;
        channel.push(format!("ran {command}\r\n"))?;
        match command.as_str() {
            "DATA" => {
                self.in_mail = true;
                channel.set_terminator(b"\r\n.\r\n");
            }
            "QUIT" => channel.close_when_done(),
            _ => {}
        }
        Ok(())
    }

    fn frame_too_long(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }

    fn frame_skipped(&mut self, len: u64, channel: &mut Channel) -> Result<(), BoxError> {
        self.end_mail(format!("552 {len} bytes\r\n"), channel)
    }
}

/// The commands behind a mail that is too long are run, and the lines of the mail are not.
// L6
pub fn server_runs_commands_behind_a_long_mail<A: Adapter>() {
    const SESSION: &[u8] = b"DATA\r\nMAIL RSET\r\nRSET\r\n.\r\nRSET\r\nQUIT\r\n";
    let config = Config::default().with_max_frame_len(8);
    let serving = A::serve(config, 4, |_| Mail::default());
    for cut in 0..=SESSION.len() {
        let client = peer::connect(serving.address());
        let (begin, rest) = SESSION.split_at(cut);
        peer::send_in_pieces(&client, [begin, rest]);
        let answers = peer::read_to_end(&client);
        let expected = b"ran DATA\r\n552 15 bytes\r\nran RSET\r\nran QUIT\r\n";
        assert_eq!(answers.escape_ascii().to_string(), expected.escape_ascii().to_string(), "cut {cut}");
    }
    serving.stop();
}
