//! A client that pipelines lines and waits for their echo.

use std::io::{self, Read, Write};
use std::net::TcpStream;

use crate::load::process::Process;

/// Connections that are all given a batch of lines, and then all read from.
pub(crate) struct LineClient {
    connections: Vec<TcpStream>,
    batch: Vec<u8>,
    answer: Vec<u8>,
    lines: u64,
}

impl LineClient {
    /// Connects this many times. A batch has `depth` lines of `length` bytes and an LF.
    pub(crate) fn connect(server: &Process, connections: usize, depth: usize, length: usize) -> io::Result<Self> {
        let connections = (0..connections).map(|_| server.connect()).collect::<io::Result<Vec<_>>>()?;
        let mut batch = vec![b'x'; length];
        batch.push(b'\n');
        let batch = batch.repeat(depth);
        let lines = (connections.len() * depth) as u64;
        Ok(Self { connections, answer: vec![0; batch.len()], batch, lines })
    }

    /// Sends each connection a batch, and waits for all answers. Returns the number of lines.
    pub(crate) fn exchange(&mut self) -> io::Result<u64> {
        for connection in &mut self.connections {
            connection.write_all(&self.batch)?;
        }
        for connection in &mut self.connections {
            connection.read_exact(&mut self.answer)?;
            if self.answer != self.batch {
                return Err(io::Error::other("the server did not echo the lines"));
            }
        }
        Ok(self.lines)
    }
}
