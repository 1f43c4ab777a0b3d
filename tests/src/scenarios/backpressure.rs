//! Backpressure: a peer that sends requests and does not read the answers.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread;

use asynchat_core::{BoxError, Channel, Config, Handler};

use super::peer;
use crate::adapters::Adapter;

const LINE: usize = 10_000;
const LINES: usize = 2_000;
const HIGH: usize = 256 * 1024;

/// Echoes lines, and records how many bytes are queued.
struct Echo {
    most: Arc<AtomicUsize>,
    paused: Sender<()>,
}

impl Handler for Echo {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        channel.push(data.to_vec())?;
        self.record_queued(channel);
        Ok(())
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.push("\n")?;
        self.record_queued(channel);
        Ok(())
    }
}

impl Echo {
    fn record_queued(&self, channel: &Channel) {
        self.most.fetch_max(channel.queued(), Ordering::SeqCst);
        if channel.queued() > HIGH {
            let _ = self.paused.send(());
        }
    }
}

/// A peer sends twenty megabytes of requests without reading the answers. The queue stays at the high water mark, and
/// the server stops reading. When the peer begins to read, no answer is missing.
// O6, O1
pub fn server_applies_backpressure_to_a_nonreading_peer<A: Adapter>() {
    let most = Arc::new(AtomicUsize::new(0));
    let (paused, pauses) = channel();
    let config = Config::default().with_high_water(HIGH).with_min_input_rate(None).with_min_output_rate(None);
    let serving = {
        let most = Arc::clone(&most);
        A::serve(config, 4, move |_| Echo { most: Arc::clone(&most), paused: paused.clone() })
    };
    let client = peer::connect(serving.address());
    let mut requests = peer::pattern(LINE * LINES);
    requests.iter_mut().filter(|byte| **byte == b'\n').for_each(|byte| *byte = b' ');
    requests.chunks_mut(LINE).for_each(|line| *line.last_mut().unwrap() = b'\n');
    let sender = {
        let (client, requests) = (client.try_clone().unwrap(), requests.clone());
        thread::spawn(move || {
            peer::send_in_pieces(&client, requests.chunks(64 * 1024));
            peer::half_close(&client);
        })
    };
    pauses.recv().unwrap();
    assert!(peer::read_to_end(&client) == requests, "all answers, in order");
    sender.join().unwrap();
    let most = most.load(Ordering::SeqCst);
    assert!(most <= HIGH + LINE, "at most one event above the high water mark: {most}");
    drop(client);
    serving.stop();
}
