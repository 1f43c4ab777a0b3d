//! The order of output, and how it is cut into chunks and slices.

use super::*;

/// Marsaglia's xorshift generator: random cuts, the same in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.checked_rem(bound as u64).unwrap() as usize
    }
}

// O1
#[test]
fn queue_keeps_every_byte_under_partial_writes() {
    let mut random = Random(0x9E37_79B9_7F4A_7C15);
    for round in 0..200 {
        let mut queue = ProducerQueue::new();
        let (mut expected, mut sent, mut next) = (Vec::new(), Vec::new(), 0_u8);
        let mut chunk = |random: &mut Random| {
            let longest = [4, 300, 3000][random.below(3)];
            let chunk: Vec<u8> = (0..random.below(longest))
                .map(|_| {
                    next = next.wrapping_add(31);
                    next
                })
                .collect();
            expected.extend_from_slice(&chunk);
            chunk
        };
        for _ in 0..60 {
            match random.below(6) {
                0 => {
                    let chunks: Vec<_> = (0..random.below(5)).map(|_| chunk(&mut random)).collect();
                    queue.push_with_producer(IterProducer::new(chunks)).unwrap();
                }
                1 | 2 => queue.push(chunk(&mut random)).unwrap(),
                3 if round % 2 == 0 => sent.extend(next_chunk(&mut queue).unwrap().unwrap_or_default()),
                _ => {
                    let mut view = queue.stage(&mut noop_context(), random.below(5000)).unwrap();
                    let written = random.below(view.remaining() + 1);
                    sent.extend_from_slice(&view.chunks().concat()[..written]);
                    view.advance(written);
                }
            }
        }
        while !queue.is_empty() {
            let all = staged(&mut queue, AMPLE);
            sent.extend_from_slice(&all);
            queue.advance(all.len());
        }
        assert!(sent == expected, "round {round}");
        assert_eq!(queue.queued(), 0);
    }
}

// O1
#[test]
fn queue_next_chunk_returns_chunks_as_pushed() {
    let mut queue = queue_of(&["a", "", "b"]);
    queue.push_with_producer(IterProducer::new(["c", "d"])).unwrap();
    let large = Bytes::from(vec![1; 5000]);
    queue.push(large.clone()).unwrap();
    for expected in ["a", "b", "c", "d"] {
        assert_eq!(next_chunk(&mut queue).unwrap().unwrap(), expected);
    }
    assert_eq!(next_chunk(&mut queue).unwrap().unwrap().as_ptr(), large.as_ptr());
    assert_eq!(next_chunk(&mut queue).unwrap(), None);
}

// O1
#[test]
fn queue_next_chunk_returns_staged_bytes_first() {
    let mut queue = queue_of(&["ab", "cd", "ef"]);
    queue.stage(&mut noop_context(), 3).unwrap().advance(1);
    assert_eq!(next_chunk(&mut queue).unwrap().unwrap(), "bcd");
    assert_eq!(next_chunk(&mut queue).unwrap().unwrap(), "ef");
}

// O7
#[test]
fn queue_pushes_between_writes_leave_together() {
    let mut queue = queue_of(&["+PONG\r\n"; 100]);
    let view = queue.stage(&mut noop_context(), AMPLE).unwrap();
    assert_eq!(view.chunk().len(), 700);
    assert_eq!(view.chunks().len(), 1);
}

// O7
#[test]
fn queue_stage_joins_head_and_uncopied_body() {
    let body = Bytes::from(vec![b'x'; 10_000]);
    let mut queue = queue_of(&["head\r\n", "\r\n"]);
    queue.push(body.clone()).unwrap();
    queue.push("trailer").unwrap();
    let mut view = queue.stage(&mut noop_context(), AMPLE).unwrap();
    assert_eq!(view.chunks(), [b"head\r\n\r\n", &body[..], b"trailer"]);
    let chunks = view.chunks();
    let run = chunks[0].as_ptr_range();
    assert_eq!(run.end, chunks[2].as_ptr(), "one buffer serves both sides of the body");
    view.advance(8);
    assert_eq!(view.chunk().as_ptr(), body.as_ptr());
}

// O7
#[test]
fn queue_stage_appends_to_partly_written_bytes() {
    let mut queue = queue_of(&["abc"]);
    queue.stage(&mut noop_context(), AMPLE).unwrap().advance(1);
    queue.push("def").unwrap();
    assert_eq!(queue.stage(&mut noop_context(), AMPLE).unwrap().chunk(), b"bcdef");
}

// O1, O7
#[test]
fn queue_push_slice_stages_unless_entries_wait() {
    let mut queue = ProducerQueue::new();
    queue.push_slice(b"ab").unwrap();
    queue.push_slice(b"cd").unwrap();
    assert_eq!((queue.staged_len(), queue.queued()), (4, 4));
    queue.push("ef").unwrap();
    queue.push_slice(b"gh").unwrap();
    queue.push_slice(b"").unwrap();
    queue.push_slice(b"ij").unwrap();
    assert_eq!(
        (queue.staged_len(), queue.queued()),
        (4, 4 + ProducerQueue::chunk_cost(2) + ProducerQueue::chunk_cost(4))
    );
    assert_eq!(staged(&mut queue, 1), b"abcd");
    for expected in ["abcd", "ef", "ghij"] {
        assert_eq!(next_chunk(&mut queue).unwrap().unwrap(), expected);
    }
    assert_eq!((next_chunk(&mut queue).unwrap(), queue.queued()), (None, 0));
}

// O3
#[test]
fn queue_push_slice_waits_for_earlier_producer() {
    let mut queue = ProducerQueue::new();
    let (producer, asked) = endless(b"x");
    queue.push_with_producer(producer).unwrap();
    queue.push_slice(b"never").unwrap();
    assert_eq!(asked.load(Ordering::Relaxed), 0);
    assert_eq!(staged(&mut queue, 3), b"xxx");
    queue.discard();
    queue.push_slice(b"at last").unwrap();
    assert_eq!(staged(&mut queue, 3), b"at last");
}

// O2
#[test]
fn queue_push_slice_joins_slices_without_copy() {
    let mut queue = queue_of(&["before"]);
    let slice = [b'x'; 100];
    for _ in 0..100 {
        queue.push_slice(&slice).unwrap();
    }
    assert_eq!(
        queue.stage(&mut noop_context(), AMPLE).unwrap().chunks().iter().map(|chunk| chunk.len()).collect::<Vec<_>>(),
        [6, 10_000]
    );
}
