//! The three times of a connection: an idle timeout with a last word, a ping at intervals, and a limit of the whole.
//!
//! Any line is answered with `ok`. `BODY` is answered with a body in ten pieces, 300 milliseconds apart; a ping that
//! falls into it is sent behind it.
//!
//! The arguments are the address and three times in seconds: the interval of pings (30), the idle timeout (20), and the
//! limit (600). A ping is traffic: if its interval is the shorter of the two, no connection is ever idle.
//!
//! ```sh
//! cargo run -p asynchat-async-std --features smol --example smol_timeouts -- 127.0.0.1:7004 30 5 20
//! cargo run -p asynchat-async-std --features smol --example smol_timeouts -- 127.0.0.1:7004 1 5 20
//! ```
//!
//! Try: `nc 127.0.0.1 7004`; be silent, or type `BODY`.

use std::time::{Duration, Instant};

use asynchat_async_std::smol::Server;
use asynchat_async_std::{BoxError, Caller, Channel, Config, Handler, Peer, Timeout};
use smol::Timer;

const PIECES: usize = 10;
const PIECE_INTERVAL: Duration = Duration::from_millis(300);

struct Timeouts {
    caller: Caller<Self>,
    line: Vec<u8>,
    ping_interval: Duration,
    /// The end of the connection.
    ends_at: Instant,
    /// A body has begun and not ended.
    in_body: bool,
    /// The time for a ping came within a body.
    owes_ping: bool,
}

impl Timeouts {
    /// Sets the one timer of the connection to the earlier of two times.
    fn set_timer(&self, channel: &mut Channel) {
        let left = self.ends_at.saturating_duration_since(Instant::now());
        channel.set_timer(Some(self.ping_interval.min(left)));
    }

    fn send_piece(&mut self, number: usize, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push(format!("piece {number} of {PIECES}\n"))?;
        self.in_body = number < PIECES;
        if !self.in_body {
            // The next request was held back meanwhile.
            channel.resume();
            if std::mem::take(&mut self.owes_ping) {
                channel.push("ping\n")?;
            }
        }
        Ok(())
    }
}

async fn send_body(caller: Caller<Timeouts>) {
    for number in 1..=PIECES {
        // An error says that the connection has ended.
        if caller.call_when_ready(move |handler, channel| handler.send_piece(number, channel)).await.is_err() {
            return;
        }
        Timer::after(PIECE_INTERVAL).await;
    }
}

impl Handler for Timeouts {
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
        if std::mem::take(&mut self.line).trim_ascii() != b"BODY" {
            return Ok(channel.push("ok\n")?);
        }
        self.in_body = true;
        channel.pause();
        smol::spawn(send_body(self.caller.clone())).detach();
        Ok(())
    }

    fn handle_timer(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        if self.ends_at <= Instant::now() {
            // Within a body even the last word would be taken for a piece of it.
            if !self.in_body {
                channel.push("bye: the time of this connection is over\n")?;
            }
            channel.close_when_done();
            return Ok(());
        }
        self.set_timer(channel);
        if self.in_body {
            self.owes_ping = true;
            return Ok(());
        }
        Ok(channel.push("ping\n")?)
    }

    fn handle_timeout(&mut self, timeout: Timeout, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push(match timeout {
            Timeout::Idle => "bye: idle\n",
            _ => "bye: a line came too slowly\n",
        })?;
        channel.close_when_done();
        Ok(())
    }
}

fn main() -> Result<(), BoxError> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "127.0.0.1:7004".into());
    // 136 years at most, so that the end of a connection is a time that the clock can have. At least a second, or the pings
    // would follow each other without a pause.
    let mut seconds = |default| -> Result<Duration, BoxError> {
        let seconds: u32 = arguments.next().map_or(Ok(default), |seconds| seconds.parse())?;
        Ok(Duration::from_secs(seconds.max(1).into()))
    };
    let (ping_interval, idle_timeout, limit) = (seconds(30)?, seconds(20)?, seconds(600)?);
    smol::block_on(async {
        let server = Server::bind(address).await?.with_config(Config::default().with_idle_timeout(idle_timeout));
        println!("listening on {}", server.local_addr()?);
        let handler_for = move |peer: Peer<_, _>| Timeouts {
            caller: peer.caller().clone(),
            line: Vec::new(),
            ping_interval,
            ends_at: Instant::now() + limit,
            in_body: false,
            owes_ping: false,
        };
        Ok(server.serve(handler_for).await?)
    })
}
