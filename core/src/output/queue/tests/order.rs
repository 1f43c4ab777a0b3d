//! What goes out, and cut into what.

use super::*;

/// Marsaglia's xorshift: enough to cut streams at random, the same way in every run.
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
fn no_byte_is_lost_doubled_or_reordered_under_partial_writes_of_any_size() {
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
                3 if round % 2 == 0 => sent.extend(queue.next_chunk().unwrap().unwrap_or_default()),
                _ => {
                    let mut view = queue.stage(random.below(5000)).unwrap();
                    let taken = random.below(view.remaining() + 1);
                    sent.extend_from_slice(&view.pieces().concat()[..taken]);
                    view.advance(taken);
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
fn next_chunk_gives_chunks_as_they_were_pushed() {
    let mut queue = queue_of(&["a", "", "b"]);
    queue.push_with_producer(IterProducer::new(["c", "d"])).unwrap();
    let large = Bytes::from(vec![1; 5000]);
    queue.push(large.clone()).unwrap();
    for expected in ["a", "b", "c", "d"] {
        assert_eq!(queue.next_chunk().unwrap().unwrap(), expected);
    }
    assert_eq!(queue.next_chunk().unwrap().unwrap().as_ptr(), large.as_ptr());
    assert_eq!(queue.next_chunk().unwrap(), None);
}

// O1
#[test]
fn next_chunk_gives_what_is_staged_first() {
    let mut queue = queue_of(&["ab", "cd", "ef"]);
    queue.stage(3).unwrap().advance(1);
    assert_eq!(queue.next_chunk().unwrap().unwrap(), "bcd");
    assert_eq!(queue.next_chunk().unwrap().unwrap(), "ef");
}

// O7
#[test]
fn pushes_between_two_writes_leave_together() {
    let mut queue = queue_of(&["+PONG\r\n"; 100]);
    let view = queue.stage(AMPLE).unwrap();
    assert_eq!(view.chunk().len(), 700);
    assert_eq!(view.pieces().len(), 1);
}

// O7
#[test]
fn a_head_and_a_large_body_leave_in_one_vectored_write_and_the_body_is_not_copied() {
    let body = Bytes::from(vec![b'x'; 10_000]);
    let mut queue = queue_of(&["head\r\n", "\r\n"]);
    queue.push(body.clone()).unwrap();
    queue.push("trailer").unwrap();
    let mut view = queue.stage(AMPLE).unwrap();
    assert_eq!(view.pieces(), [b"head\r\n\r\n", &body[..], b"trailer"]);
    let pieces = view.pieces();
    let run = pieces[0].as_ptr_range();
    assert_eq!(run.end, pieces[2].as_ptr(), "one buffer serves both sides of the body");
    view.advance(8);
    assert_eq!(view.chunk().as_ptr(), body.as_ptr());
}

// O7
#[test]
fn small_chunks_join_a_run_that_is_partly_written() {
    let mut queue = queue_of(&["abc"]);
    queue.stage(AMPLE).unwrap().advance(1);
    queue.push("def").unwrap();
    assert_eq!(queue.stage(AMPLE).unwrap().chunk(), b"bcdef");
}

// O1, O7
#[test]
fn slices_are_staged_at_once_and_behind_entries_are_one_chunk() {
    let mut queue = ProducerQueue::new();
    queue.push_slice(b"ab").unwrap();
    queue.push_slice(b"cd").unwrap();
    assert_eq!((queue.staged_len(), queue.queued()), (4, 4));
    queue.push("ef").unwrap();
    queue.push_slice(b"gh").unwrap();
    queue.push_slice(b"").unwrap();
    queue.push_slice(b"ij").unwrap();
    assert_eq!((queue.staged_len(), queue.queued()), (4, 10));
    assert_eq!(staged(&mut queue, 1), b"abcd");
    for expected in ["abcd", "ef", "ghij"] {
        assert_eq!(queue.next_chunk().unwrap().unwrap(), expected);
    }
    assert_eq!((queue.next_chunk().unwrap(), queue.queued()), (None, 0));
}

// O3
#[test]
fn a_slice_waits_for_the_producer_before_it() {
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
fn a_long_run_of_slices_is_sent_from_where_it_was_collected() {
    let mut queue = queue_of(&["before"]);
    let slice = [b'x'; 100];
    for _ in 0..100 {
        queue.push_slice(&slice).unwrap();
    }
    assert_eq!(queue.stage(AMPLE).unwrap().pieces().iter().map(|piece| piece.len()).collect::<Vec<_>>(), [6, 10_000]);
}
