use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use asynchat_core::drive::{Half, PollConnection, SplitConnection};
use asynchat_core::{Config, Error};
use asynchat_tests::harness::mock::{CountingWaker, ManualClock, MockTransport};

pub(crate) type Connection = PollConnection<MockTransport, ManualClock>;

/// Two tasks that have a half each.
pub(crate) struct Halves {
    pub(crate) shared: SplitConnection<MockTransport, ManualClock>,
    pub(crate) transport: MockTransport,
    pub(crate) clock: ManualClock,
    pub(crate) reader: Task,
    pub(crate) writer: Task,
}

pub(crate) struct Task {
    half: Half,
    wakes: Arc<CountingWaker>,
    waker: Waker,
}

impl Task {
    fn new(half: Half) -> Self {
        let (wakes, waker) = CountingWaker::new();
        Self { half, wakes, waker }
    }

    pub(crate) fn take_woken(&self) -> bool {
        self.wakes.take_woken()
    }
}

impl Halves {
    pub(crate) fn new(config: Config) -> Self {
        Self::with_transport(MockTransport::default(), config)
    }

    pub(crate) fn with_transport(transport: MockTransport, config: Config) -> Self {
        let clock = ManualClock::default();
        let connection = PollConnection::new(transport.clone(), clock.clone(), b"\n", config);
        let shared = SplitConnection::new(connection);
        Self { shared, transport, clock, reader: Task::new(Half::Reader), writer: Task::new(Half::Writer) }
    }

    pub(crate) fn push(&self, bytes: impl Into<Vec<u8>>) {
        assert_eq!(self.shared.lock().queue_mut().push(bytes.into()), Ok(()));
    }

    pub(crate) fn poll_frame(&self) -> Poll<Result<Option<Vec<u8>>, Error>> {
        self.poll(&self.reader, |connection, cx| {
            let found = connection.poll_frame(cx, &mut Vec::new());
            found.map_ok(|found| found.then(|| connection.frame().to_vec()))
        })
    }

    pub(crate) fn poll_flush(&self) -> Poll<Result<(), Error>> {
        self.poll(&self.writer, |connection, cx| connection.poll_flush(cx, &mut Vec::new()))
    }

    pub(crate) fn poll_finish(&self) -> Poll<Result<(), Error>> {
        self.poll(&self.writer, |connection, cx| connection.poll_finish(cx, &mut Vec::new()))
    }

    pub(crate) fn poll_close(&self) -> Poll<Result<(), Error>> {
        self.poll(&self.writer, |connection, cx| connection.poll_close(cx, &mut Vec::new()))
    }

    fn poll<R>(&self, task: &Task, poll: impl FnOnce(&mut Connection, &mut Context<'_>) -> Poll<R>) -> Poll<R> {
        self.shared.poll(task.half, &Context::from_waker(&task.waker), poll)
    }
}
