use alloc::sync::Arc;
use alloc::task::Wake;
use core::task::{Context, Poll, Waker};
use std::sync::Mutex;

use super::Half;
use crate::drive::poll_connection::PollConnection;
use crate::drive::transport::{Clock, Transport};
use crate::sync;

/// The wakers of two tasks that poll one connection, and the waker that its transport is given in their place, which wakes
/// both.
///
/// The transport may have one waker for both directions. If it were given those of the tasks, the one that polled last
/// would replace that of the other, which would wait for ever.
#[derive(Debug)]
pub(crate) struct HalfWakers {
    registered: Arc<Registered>,
    /// Wakes what is registered. Made once, so that no poll allocates.
    waker: Waker,
}

impl Default for HalfWakers {
    fn default() -> Self {
        let registered = Arc::<Registered>::default();
        Self { waker: Arc::clone(&registered).into(), registered }
    }
}

impl HalfWakers {
    /// Polls for one half, and wakes the other if the poll has done work for it.
    pub(crate) fn poll<T: Transport, C: Clock, R>(
        &self,
        half: Half,
        cx: &Context<'_>,
        connection: &mut PollConnection<T, C>,
        poll: impl FnOnce(&mut PollConnection<T, C>, &mut Context<'_>) -> Poll<R>,
    ) -> Poll<R> {
        // Before the poll: what happens right after it must find the waker.
        self.registered.register(half, cx.waker());
        let before = (connection.input_mark(), connection.output_mark());
        let result = poll(connection, &mut Context::from_waker(&self.waker));
        let worked_for_other = match half {
            Half::Reader => before.1 != connection.output_mark(),
            Half::Writer => before.0 != connection.input_mark(),
        };
        if worked_for_other {
            self.registered.wake_half(half.other());
        }
        if result.is_ready() {
            self.registered.forget(half);
        }
        result
    }

    /// Polls once for no half.
    pub(super) fn poll_for_nobody(&self, poll: impl FnOnce(&mut Context<'_>)) {
        poll(&mut Context::from_waker(&self.waker));
    }

    /// Wakes both.
    pub(super) fn wake(&self) {
        self.waker.wake_by_ref();
    }
}

impl Half {
    fn other(self) -> Self {
        match self {
            Self::Reader => Self::Writer,
            Self::Writer => Self::Reader,
        }
    }
}

#[derive(Debug, Default)]
struct Registered(Mutex<Slots>);

#[derive(Debug, Default)]
struct Slots {
    reader: Option<Waker>,
    writer: Option<Waker>,
}

impl Slots {
    fn of(&mut self, half: Half) -> &mut Option<Waker> {
        match half {
            Half::Reader => &mut self.reader,
            Half::Writer => &mut self.writer,
        }
    }
}

// Wakers are woken and dropped outside of the lock: that runs code of the runtime.
impl Registered {
    fn register(&self, half: Half, waker: &Waker) {
        let replaced = sync::register(sync::lock(&self.0).of(half), waker);
        drop(replaced);
    }

    fn forget(&self, half: Half) {
        let forgotten = sync::lock(&self.0).of(half).take();
        drop(forgotten);
    }

    fn wake_half(&self, half: Half) {
        let waker = sync::lock(&self.0).of(half).take();
        sync::wake(waker);
    }
}

impl Wake for Registered {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        let Slots { reader, writer } = core::mem::take(&mut *sync::lock(&self.0));
        reader.into_iter().chain(writer).for_each(Waker::wake);
    }
}
