//! The memory of queued output and of a mailbox, beside the marks that bound them.
//!
//! The figures are those of the allocator: what is requested, the old block of a growing buffer included.

use std::time::Duration;

use allocation_counter::measure;
use asynchat_core::drive::mailbox;
use asynchat_core::{BoxError, Channel, Chat, Config, Handler, Input, IterProducer, ProducerQueue, SimpleProducer};
use asynchat_tests::harness::noop_context;

/// A block that an allocator hands out for a chunk of one byte: 32 bytes in glibc. Counted for each allocation.
const MIN_BLOCK: u64 = 32;

type Answer = fn(&[u8], &mut Channel) -> Result<(), BoxError>;

/// Pushes an answer to each line, in the way that it was given.
struct Answering(Answer);

impl Handler for Answering {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        self.0(data, channel)
    }

    fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        // As the echo on the page of `Chat`.
        Ok(channel.push("\n")?)
    }
}

/// Sends lines until the chat is above its mark. Returns the most memory that was allocated, with [`MIN_BLOCK`] for
/// each allocation that was there at the same time.
fn memory_at_the_mark(answer: Answer, line: &[u8], config: &Config) -> u64 {
    let stream = line.repeat((64 << 20) / line.len());
    let mut paused = false;
    let taken = measure(|| {
        let mut chat = Chat::new(Answering(answer), config.clone());
        for chunk in stream.chunks(config.read_size) {
            let mut input = Input::new(chunk);
            assert_eq!(chat.handle_input(Duration::ZERO, &mut input), Ok(()));
            // A write that the peer does not take stages output all the same.
            let _ = chat.poll_transmit(&mut noop_context());
            if !input.is_empty() {
                paused = true;
                break;
            }
        }
    });
    assert!(paused, "the output of 64 MiB of lines is above every mark");
    taken.bytes_max + taken.count_max * MIN_BLOCK
}

// O6, O9
#[test]
fn queued_output_costs_at_most_twice_the_mark() {
    /// The memory of a chat, the first blocks of its buffers, and the bytes of one read that are answered.
    const CONSTANT: u64 = 4 * 1024;
    let answers: [(&str, Answer); 9] = [
        ("a chunk", |data, channel| Ok(channel.push(data.to_vec())?)),
        ("a formatted chunk", |data, channel| Ok(channel.push(format!("{}\r\n", data.escape_ascii()))?)),
        ("a slice", |data, channel| Ok(channel.push_slice(data)?)),
        ("a chunk and a slice", |data, channel| {
            channel.push(data.to_vec())?;
            Ok(channel.push_slice(data)?)
        }),
        ("a producer", |_, channel| Ok(channel.push_with_producer(IterProducer::new(["x"]))?)),
        ("a deferred reply", |_, channel| {
            // It waits for ever.
            std::mem::forget(channel.push_deferred()?);
            Ok(())
        }),
        ("an answered deferred reply", |data, channel| {
            channel.push_deferred()?.send(data.to_vec());
            Ok(())
        }),
        ("a reply behind a deferred one", |data, channel| {
            std::mem::forget(channel.push_deferred()?);
            channel.push_deferred()?.send(data.to_vec());
            Ok(())
        }),
        ("a producer of a copy", |data, channel| Ok(channel.push_with_producer(SimpleProducer::new(data.to_vec()))?)),
    ];
    for high_water in [16 * 1024, 256 * 1024] {
        let config = Config::default()
            .with_high_water(high_water)
            .with_low_water(high_water / 4)
            .with_write_size(high_water / 4);
        for line in [&b"x\n"[..], b"0123456789\n", &[b'x'; 300], &[b'x'; 2000]] {
            let line = [line, b"\n"].concat();
            for (name, answer) in answers {
                let memory = memory_at_the_mark(answer, &line, &config);
                let allowed = 2 * high_water as u64 + CONSTANT + 2 * line.len() as u64;
                assert!(memory <= allowed, "{name} for {} bytes: {memory} at a mark of {high_water}", line.len());
            }
        }
    }
}

// O9
#[test]
fn mailbox_costs_at_most_twice_its_capacity() {
    const CONSTANT: u64 = 1024;
    for capacity in [1024, 64 * 1024, 256 * 1024] {
        for len in [1, 30, 300, 3000] {
            let taken = measure(|| {
                let (handle, mailbox) = mailbox::<()>(capacity);
                while handle.push(vec![b'x'; len]).is_ok() {}
                drop(mailbox);
            });
            let memory = taken.bytes_max + taken.count_max * MIN_BLOCK;
            let allowed = 2 * capacity as u64 + CONSTANT + 2 * len as u64;
            assert!(memory <= allowed, "chunks of {len}: {memory} at a capacity of {capacity}");
        }
    }
}

// O8, O9
#[test]
fn deferred_reply_costs_what_it_allocates() {
    const COUNT: usize = 100_000;
    let taken = measure(|| {
        let mut queue = ProducerQueue::new();
        for _ in 0..COUNT {
            std::mem::forget(queue.push_deferred());
        }
        assert_eq!(queue.queued(), COUNT * ProducerQueue::DEFERRED_COST);
        std::mem::forget(queue);
    });
    // The memory at the end: the list of 2^17 slots, and an allocation for each reply.
    let each = taken.bytes_current / COUNT as i64;
    println!("{each} bytes for each deferred reply");
    assert!(each <= ProducerQueue::DEFERRED_COST as i64, "{each} bytes for each");
    assert_eq!(taken.count_current, COUNT as i64 + 2, "one allocation for each, the list and the count of answers");
}

// O9
#[test]
fn producer_costs_a_kibibyte_or_its_size() {
    let mut queue = ProducerQueue::new();
    let _ = queue.push_with_producer(IterProducer::new(["x"]));
    assert_eq!(queue.queued(), ProducerQueue::PRODUCER_COST);
    const { assert!(ProducerQueue::PRODUCER_COST >= 1024) };
    let large = [Some("x"); 10_000];
    let _ = queue.push_with_producer(IterProducer::new(large.into_iter().flatten()));
    assert!(queue.queued() > size_of_val(&large));
}
