//! The connections of the clients, on one thread: each of the busy ones has a batch of lines on its way at any time.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use rustix::event::epoll;

use crate::load::process::Process;

/// The lines of a batch, and the bytes of a line.
const DEPTH: u64 = 16;
const LINE: &[u8] = b"a line of the echo of 32 bytes..\n";

/// The connections to one server.
pub(crate) struct Clients {
    busy: Vec<Busy>,
    /// Connections that have exchanged a line once.
    _idle: Vec<TcpStream>,
    ready: rustix::fd::OwnedFd,
    batch: Vec<u8>,
    buffer: Vec<u8>,
}

struct Busy {
    connection: TcpStream,
    /// The bytes of the batch that have come back.
    received: usize,
    /// The batches that have come back in this run.
    batches: u64,
}

impl Clients {
    /// Connects `count` times. The first `busy` of them are those that are used.
    pub(crate) fn connect(server: &Process, count: usize, busy: usize) -> io::Result<Self> {
        let mut connections = (0..count).map(|_| server.connect()).collect::<io::Result<Vec<_>>>()?;
        let mut answer = [0; LINE.len()];
        for connection in &mut connections {
            connection.write_all(LINE)?;
            connection.read_exact(&mut answer)?;
        }
        let idle = connections.split_off(busy);
        let ready = epoll::create(epoll::CreateFlags::CLOEXEC)?;
        for (place, connection) in connections.iter().enumerate() {
            connection.set_nonblocking(true)?;
            epoll::add(&ready, connection, epoll::EventData::new_u64(place as u64), epoll::EventFlags::IN)?;
        }
        let busy = connections.into_iter().map(|connection| Busy { connection, received: 0, batches: 0 }).collect();
        let batch = LINE.repeat(DEPTH as usize);
        Ok(Self { busy, _idle: idle, ready, buffer: vec![0; batch.len()], batch })
    }

    /// Exchanges at least this many batches, over all busy connections together, each as fast as it is answered. Returns
    /// the lines of each connection.
    pub(crate) fn exchange(&mut self, batches: u64) -> io::Result<Vec<u64>> {
        for busy in &mut self.busy {
            busy.batches = 0;
            busy.send(&self.batch)?;
        }
        let (mut done, mut under_way) = (0, self.busy.len());
        let mut events = Vec::with_capacity(self.busy.len());
        while under_way > 0 {
            events.clear();
            epoll::wait(&self.ready, rustix::buffer::spare_capacity(&mut events), None)?;
            for event in &events {
                let busy = usize::try_from(event.data.u64()).ok().and_then(|place| self.busy.get_mut(place));
                let Some(busy) = busy else { continue };
                if !busy.receive(&mut self.buffer)? {
                    continue;
                }
                done += 1;
                if done < batches {
                    busy.send(&self.batch)?;
                } else {
                    under_way -= 1;
                }
            }
        }
        Ok(self.busy.iter().map(|busy| busy.batches * DEPTH).collect())
    }
}

impl Busy {
    /// Sends a batch. Its predecessor has come back, so that there is room for it.
    fn send(&mut self, batch: &[u8]) -> io::Result<()> {
        self.received = 0;
        self.connection.write_all(batch)
    }

    /// Reads, and returns whether the batch has come back.
    fn receive(&mut self, buffer: &mut [u8]) -> io::Result<bool> {
        let read = self.connection.read(&mut buffer[self.received..])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.received += read;
        let is_done = self.received == buffer.len();
        self.batches += u64::from(is_done);
        Ok(is_done)
    }
}
