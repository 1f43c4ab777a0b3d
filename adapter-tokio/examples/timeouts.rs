//! An idle timeout and a limit for a whole connection, each with a last word, and a ping at intervals that never lands
//! within a body.
//!
//! ```text
//! cargo run -p asynchat-tokio --example timeouts -- 127.0.0.1:7030 1 300 20
//! nc 127.0.0.1 7030
//! ```
//!
//! `BODY` is answered with a body in pieces, any other line with `ok`. The further arguments are times in seconds: the interval
//! of the pings (30), the idle timeout (20), and the limit for a whole connection (600).
//!
//! A ping is traffic, so a connection with pings is idle only if the idle timeout is the shorter of the two. A client that is
//! gone without a word does not take them, and is found by `Config::min_output_rate`.

use std::mem;
use std::time::{Duration, Instant};

use asynchat_tokio::{BoxError, Caller, Channel, Config, Handler, Server, Timeout};

const PIECES: usize = 10;
const PIECE_INTERVAL: Duration = Duration::from_millis(300);

struct Session {
    caller: Caller<Self>,
    ping_interval: Duration,
    ends_at: Instant,
    line: Vec<u8>,
    /// A body has begun and not ended.
    in_body: bool,
    /// The timer went off within a body.
    timer_is_due: bool,
}

impl Session {
    /// A connection has one timer: it is set to the earlier of two times.
    fn set_timer(&self, channel: &mut Channel) {
        let time_left = self.ends_at.saturating_duration_since(Instant::now());
        channel.set_timer(Some(self.ping_interval.min(time_left)));
    }

    fn send_piece(&mut self, number: usize, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push(format!("piece {number} of {PIECES}\n"))?;
        if number == PIECES {
            self.in_body = false;
            channel.resume();
            if mem::take(&mut self.timer_is_due) {
                self.handle_timer(channel)?;
            }
        }
        Ok(())
    }
}

/// Stands for a body that takes a while to make.
async fn send_body(caller: Caller<Session>) {
    for number in 1..=PIECES {
        tokio::time::sleep(PIECE_INTERVAL).await;
        if caller.call_when_ready(move |session, channel| session.send_piece(number, channel)).await.is_err() {
            return; // the connection has ended
        }
    }
}

impl Handler for Session {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        self.set_timer(channel);
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], _: &mut Channel) -> Result<(), BoxError> {
        self.line.extend_from_slice(data);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if mem::take(&mut self.line).trim_ascii_end() != b"BODY" {
            return Ok(channel.push("ok\n")?);
        }
        self.in_body = true;
        // The answer to the next line must not land within the body either.
        channel.pause();
        tokio::spawn(send_body(self.caller.clone()));
        Ok(())
    }

    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if self.in_body {
            self.timer_is_due = true; // `send_piece` comes back
        } else if self.ends_at <= Instant::now() {
            channel.push("bye: the time of this connection is over\n")?;
            channel.close_when_done();
        } else {
            channel.push("ping\n")?;
            self.set_timer(channel);
        }
        Ok(())
    }

    fn handle_timeout(&mut self, timeout: Timeout, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push(match timeout {
            Timeout::Idle => "bye: idle\n",
            // `Timeout::Frame`: a line has begun, and does not end.
            _ => "bye: a line came too slowly\n",
        })?;
        channel.close_when_done();
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:7030".into());
    // 136 years at most, so that the end of a connection is a time that the clock can have. At least a second, or the pings
    // would follow each other without a pause.
    let mut seconds = |default| -> Result<Duration, BoxError> {
        let seconds: u32 = arguments.next().map_or(Ok(default), |seconds| seconds.parse())?;
        Ok(Duration::from_secs(seconds.max(1).into()))
    };
    let (ping_interval, idle_timeout, limit) = (seconds(30)?, seconds(20)?, seconds(600)?);
    let server = Server::bind(address).await?.with_config(Config::default().with_idle_timeout(idle_timeout));
    println!("listening on {}", server.local_addr()?);
    let session = move |caller| Session {
        caller,
        ping_interval,
        ends_at: Instant::now() + limit,
        line: Vec::new(),
        in_body: false,
        timer_is_due: false,
    };
    Ok(server.serve(move |peer| session(peer.caller().clone())).await?)
}
