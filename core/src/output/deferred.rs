use alloc::boxed::Box;
use alloc::sync::Arc;
use core::sync::atomic::{AtomicUsize, Ordering};
use core::task::{Context, Poll, Waker, ready};
use core::{fmt, mem};
use std::sync::Mutex;

use bytes::Bytes;

use crate::error::{BoxError, Error};
use crate::output::exclusive::Exclusive;
use crate::output::producer::Producer;
use crate::output::queue::ProducerQueue;
use crate::sync;

/// Creates a reply that is sent later: the [`Deferred`] sends it, from any task or thread, and the [`DeferredProducer`]
/// keeps its place in a queue.
///
/// [`Channel::push_deferred`](crate::chat::Channel::push_deferred) does both in one call, and costs less memory. This
/// function is for a reply that is wrapped, as by [`with_tail`](Producer::with_tail).
///
/// # Examples
///
/// ```
/// use core::task::{Context, Poll, Waker};
///
/// use asynchat_core::{Producer, ProducerQueue, deferred};
///
/// let cx = &mut Context::from_waker(Waker::noop());
/// let mut queue = ProducerQueue::new();
/// let (reply, producer) = deferred();
/// queue.push_with_producer(producer.with_tail("\r\n"))?;
/// queue.push("behind")?;
/// assert!(queue.poll_next_chunk(cx).is_pending());
///
/// std::thread::spawn(|| reply.send("250 OK")).join().unwrap();
/// for expected in ["250 OK", "\r\n", "behind"] {
///     assert_eq!(queue.poll_next_chunk(cx)?, Poll::Ready(Some(expected.into())));
/// }
/// # Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
/// ```
pub fn deferred() -> (Deferred, DeferredProducer) {
    let (deferred, place) = Deferred::new(None);
    (deferred, DeferredProducer(Source::Waiting(place)))
}

/// A reply that is sent later, from any task or thread. [`Channel::push_deferred`](crate::chat::Channel::push_deferred) has
/// kept its place in the output.
///
/// A reply is answered once: [`send`](Self::send), [`send_producer`](Self::send_producer) and [`skip`](Self::skip) take
/// the `Deferred`. Replies may be answered in any order; they are sent in the order of the pushes.
///
/// # Drop
///
/// A `Deferred` that is dropped without an answer fails the connection when its turn comes, with an error that blames the
/// handler. A peer that pipelines requests would otherwise take the next reply for this one. A panic of the task that was
/// to answer is found this way too. Call [`skip`](Self::skip) if there is really nothing to send.
///
/// # After the end
///
/// An answer for a connection that has ended is dropped without an error. Before an expensive one, ask
/// [`is_closed`](Self::is_closed).
///
/// # Examples
///
/// ```
/// use asynchat_core::{BoxError, Channel, Handler};
///
/// struct Lookup;
///
/// impl Handler for Lookup {
/// #   fn collect_incoming_data(&mut self, _: &[u8], _: &mut Channel) -> Result<(), BoxError> { Ok(()) }
///     fn found_terminator(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
///         let reply = channel.push_deferred()?;
///         std::thread::spawn(move || reply.send("found\r\n"));
///         Ok(())
///     }
/// }
/// ```
pub struct Deferred {
    shared: Arc<Shared>,
}

impl Deferred {
    /// Creates a reply and its place in a queue. The costs of an answer are added to `answered`.
    pub(super) fn new(answered: Option<Arc<AtomicUsize>>) -> (Self, Place) {
        let shared = Arc::new(Shared { state: Mutex::new(State::Waiting(None)), answered });
        (Self { shared: Arc::clone(&shared) }, Place(shared))
    }

    /// Answers with bytes, and wakes the connection if it waits for them. Empty bytes send nothing.
    ///
    /// The bytes are not copied. While they wait for their turn they count in
    /// [`queued`](crate::output::ProducerQueue::queued) like a pushed chunk. Many replies that wait at once can exceed the
    /// high-water mark by all of their answers: for large ones there is [`send_producer`](Self::send_producer).
    pub fn send(self, data: impl Into<Bytes>) {
        self.shared.answer(State::Data(data.into()));
    }

    /// Answers with a producer, for a reply that is large or has parts that come later. It costs little memory until
    /// its turn comes, if it makes its chunks then or shares them: an [`IterProducer`](crate::output::IterProducer) of
    /// a head, a shared [`Bytes`] and a tail copies none of them.
    pub fn send_producer(self, producer: impl Producer + Send + 'static) {
        self.shared.answer(State::Producer(Box::new(Exclusive::new(producer))));
    }

    /// Answers with nothing: the reply is left out, and what was pushed behind it is sent.
    ///
    /// Also for requests that have no answer, such as those with memcached's `noreply`: a reply that is skipped once
    /// the work is done holds back a peer that sends them faster than they are worked on.
    pub fn skip(self) {
        self.send(Bytes::new());
    }

    /// Returns whether the answer would be dropped: the connection has ended, or its output was discarded.
    pub fn is_closed(&self) -> bool {
        matches!(*sync::lock(&self.shared.state), State::Closed)
    }
}

/// Fails the connection if there was no answer.
impl Drop for Deferred {
    fn drop(&mut self) {
        self.shared.answer(State::Abandoned);
    }
}

/// Shows the state, and no byte (C20).
impl fmt::Debug for Deferred {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deferred").field("is_closed", &self.is_closed()).finish()
    }
}

/// The producer of a [`Deferred`]: pending until the answer is there. [`deferred`] makes one.
///
/// Dropping it closes the `Deferred`.
pub struct DeferredProducer(Source);

enum Source {
    Waiting(Place),
    Producer(Box<Exclusive<dyn Producer + Send>>),
    Ended,
}

impl Producer for DeferredProducer {
    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, BoxError>> {
        if let Source::Waiting(place) = &self.0 {
            let answer = ready!(place.poll_answer(cx));
            self.0 = Source::Ended;
            match answer? {
                Answer::Data(data) => return Poll::Ready(Ok((!data.is_empty()).then_some(data))),
                Answer::Producer(producer) => self.0 = Source::Producer(producer),
            }
        }
        match &mut self.0 {
            Source::Producer(producer) => producer.get_mut().poll_more(cx),
            Source::Waiting(_) | Source::Ended => Poll::Ready(Ok(None)),
        }
    }
}

/// Shows the state, and no byte (C20).
impl fmt::Debug for DeferredProducer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("DeferredProducer").field(&matches!(self.0, Source::Waiting(_))).finish()
    }
}

/// The place of a [`Deferred`] in a queue. Dropping it closes the `Deferred`.
pub(super) struct Place(Arc<Shared>);

pub(super) enum Answer {
    Data(Bytes),
    Producer(Box<Exclusive<dyn Producer + Send>>),
}

impl Place {
    /// Takes the answer. A reply that was skipped is empty.
    pub(super) fn poll_answer(&self, cx: &mut Context<'_>) -> Poll<Result<Answer, BoxError>> {
        let mut state = sync::lock(&self.0.state);
        if let State::Waiting(waker) = &mut *state {
            let replaced = sync::register(waker, cx.waker());
            drop(state);
            drop(replaced);
            return Poll::Pending;
        }
        let answer = mem::replace(&mut *state, State::Closed);
        drop(state);
        Poll::Ready(match answer {
            State::Data(data) => Ok(Answer::Data(data)),
            State::Producer(producer) => Ok(Answer::Producer(producer)),
            State::Abandoned => Err(Error::handler("a deferred reply was dropped without an answer").into()),
            State::Waiting(_) | State::Closed => Ok(Answer::Data(Bytes::new())),
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let replaced = mem::replace(&mut *sync::lock(&self.0.state), State::Closed);
        // Outside of the lock: dropping an answer or a waker runs its owner's code.
        drop(replaced);
    }
}

struct Shared {
    state: Mutex<State>,
    /// The costs of the answers that the queue has not counted yet. `None` if no queue counts them.
    answered: Option<Arc<AtomicUsize>>,
}

enum State {
    Waiting(Option<Waker>),
    Data(Bytes),
    Producer(Box<Exclusive<dyn Producer + Send>>),
    Abandoned,
    /// The answer was taken, or is of no use any more.
    Closed,
}

impl Shared {
    /// Answers, unless there is an answer, or the place is gone.
    fn answer(&self, answer: State) {
        let mut state = sync::lock(&self.state);
        let State::Waiting(waker) = &mut *state else { return };
        let waker = waker.take();
        if let Some(answered) = &self.answered {
            // Under the lock, so that the queue sees the cost when it sees the answer.
            answered.fetch_add(answer.cost(), Ordering::Relaxed);
        }
        *state = answer;
        drop(state);
        sync::wake(waker);
    }
}

impl State {
    /// Returns what the answer costs as an entry of a queue.
    fn cost(&self) -> usize {
        match self {
            Self::Data(data) if !data.is_empty() => ProducerQueue::chunk_cost(data.len()),
            Self::Producer(producer) => ProducerQueue::boxed_cost(size_of_val(&**producer)),
            _ => 0,
        }
    }
}

#[cfg(test)]
mod tests;
