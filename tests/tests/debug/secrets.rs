//! Each public type with a secret in it.

use std::convert::Infallible;
use std::io::Cursor;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::num::NonZeroUsize;
use std::sync::mpsc::channel;
use std::task::Waker;
use std::thread;
use std::time::Duration;

use asynchat_blocking::Server;
use asynchat_core::chat::IdleChat;
use asynchat_core::drive::{
    Drive, Driver, Ended, IntoInnerError, IoWrapper, LentCopy, Parts, Peer, PollConnection, ReuniteError, ServedBy,
    ServerOptions, SplitConnection, mailbox,
};
use asynchat_core::{
    BoxError, Channel, Chat, Config, Delimiter, DelimiterSet, Event, FnProducer, Framer, Frames, Handler, Input,
    IterProducer, Producer, ProducerQueue, ReadProducer, ReceiveBuffer, SimpleProducer, StreamProducer, Terminator,
    deferred,
};
use asynchat_tests::harness::mock::{ManualClock, MockTransport, PollConnectionHarness};
use asynchat_tests::harness::noop_context;
use asynchat_tokio::codec::{DecoderHandler, FramesCodec};
use asynchat_tokio::{TokioClock, TokioIo};
use bytes::{Bytes, BytesMut};
use smol::stream;
use tokio_util::codec::{Decoder, LinesCodec};

use crate::{SECRET, check, secrets};

/// A handler that keeps what it got, and shows it: many derive `Debug`.
#[derive(Debug, Default)]
struct Collecting {
    data: Vec<u8>,
}

impl Handler for Collecting {
    fn handle_connect(&mut self, channel: &mut Channel) -> Result<(), BoxError> {
        channel.set_terminator(b"\n");
        Ok(())
    }

    fn collect_incoming_data(&mut self, data: &[u8], channel: &mut Channel) -> Result<(), BoxError> {
        self.data.extend_from_slice(data);
        channel.push(data.to_vec())?;
        channel.push_with_producer(SimpleProducer::new(data.to_vec()))?;
        channel.push_slice(data)?;
        check("core Channel", channel);
        Ok(())
    }

    fn found_terminator(&mut self, _: &mut Channel) -> Result<(), BoxError> {
        Ok(())
    }
}

fn input() -> String {
    format!("{0}\n{0}\nSECR", secrets(1000))
}

/// A stream that shows what it holds, as many streams in memory do.
fn stream() -> Cursor<Vec<u8>> {
    Cursor::new(input().into_bytes())
}

// C20
#[test]
fn codec_shows_lengths() {
    let mut codec = FramesCodec::new(Frames::new(b"\r\n"));
    assert!(codec.decode(&mut BytesMut::from(input().as_bytes())).unwrap().is_none());
    check("adapter-tokio FramesCodec", &codec);
    let mut handler = DecoderHandler::new(LinesCodec::new(), |_: String, _: &mut Channel| Ok(()));
    let mut chat = Chat::new(&mut handler, Config::default());
    chat.handle_input(Duration::ZERO, &mut Input::new(input().as_bytes())).unwrap();
    drop(chat);
    check("adapter-tokio DecoderHandler", &handler);
}

// C20
#[test]
fn framing_shows_lengths() {
    let bytes = input();
    let mut input = Input::new(bytes.as_bytes());
    // A delimiter that begins as the secret does, so that some of it is held back.
    let mut framer = Framer::new(b"SECRE\n");
    while let Some(event) = framer.next_event(&mut input) {
        check("core Event", &event);
        check("core Input", &input);
        check("core Framer", &framer);
    }
    assert_eq!(framer.held(), 4);
    check("core Framer", &framer);
    assert_eq!(format!("{:?}", Event::Data(SECRET.as_bytes())), "Data { len: 6 }");

    let mut frames = Frames::new(b"\n");
    let mut input = Input::new(bytes.as_bytes());
    while frames.next_frame(&mut input).is_some() {
        check("core Frames", &frames);
    }
    check("core Frames", &frames);

    let mut received = ReceiveBuffer::new(b"\n");
    received.extend_from_slice(bytes.as_bytes());
    check("core ReceiveBuffer", &received);
    assert!(received.next_frame().is_some());
    check("core ReceiveBuffer", &received);
}

// C20
#[test]
fn delimiters_are_shown_escaped() {
    let delimiter = Delimiter::from(b"\r\n\xff");
    assert_eq!(format!("{delimiter:?}"), r#"Delimiter("\r\n\xff")"#);
    check("core Delimiter", &delimiter);
    check("core Terminator", &Terminator::from(b"\r\n"));
    check("core DelimiterSet", &DelimiterSet::new(["\n", "\r\n"]).expect("each can match"));
}

// C20
#[test]
fn output_shows_lengths() {
    let mut queue = ProducerQueue::new();
    queue.push(secrets(1000)).expect("the queue is open");
    queue.push_slice(SECRET.as_bytes()).expect("the queue is open");
    queue.push_with_producer(SimpleProducer::new(SECRET)).expect("the queue is open");
    check("core ProducerQueue", &queue);
    check("core Transmit", &queue.stage(&mut noop_context(), 100).expect("no producer fails"));

    let simple = || SimpleProducer::with_chunk_size(secrets(1000), NonZeroUsize::MIN);
    check("core SimpleProducer", &simple());
    let mut tail = simple().with_tail(SECRET);
    check("core WithTail", &tail);
    let _ = tail.more_now();
    check("core WithTail", &tail);
    let mut mapped = simple().map_chunks(|chunk| [chunk, Bytes::from_static(SECRET.as_bytes())]);
    let _ = mapped.more_now();
    check("core MapChunks", &mapped);
    check("core IterProducer", &IterProducer::new([SECRET]));
    check("core FnProducer", &FnProducer::new(|| Ok(Some(Bytes::from_static(SECRET.as_bytes())))));
    let mut read = ReadProducer::new(stream());
    let _ = read.more_now();
    check("core ReadProducer", &read);
    let (reply, mut producer) = deferred();
    check("core Deferred", &reply);
    reply.send(SECRET);
    check("core DeferredProducer", &producer);
    let _ = producer.more_now();
    check("core DeferredProducer", &producer);
    let stream = stream::once(Ok::<_, Infallible>(SECRET));
    check("core StreamProducer", &StreamProducer::new(stream));
}

// C20
#[test]
fn chat_shows_neither_handler_nor_bytes() {
    let bytes = input();
    let mut chat = Chat::new(Collecting::default(), Config::default());
    let _ = chat.handle_input(Duration::ZERO, &mut Input::new(bytes.as_bytes()));
    assert!(chat.handler().data.len() > 1000 && chat.channel().queued() > 1000);
    check("core Chat", &chat);
    check("core Channel", chat.channel());
    let _ = chat.poll_transmit(&mut noop_context());
    check("core IdleChat", &IdleChat::new(chat));
}

// C20
#[test]
fn mailbox_shows_lengths() {
    let (handle, mut mailbox) = mailbox(100_000);
    handle.push(secrets(1000)).expect("it is empty");
    check("core ConnectionHandle", &handle);
    check("core Mailbox", &mailbox);
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    check("core Caller", &mailbox.caller());
    check("core Peer", &Peer::new(address, address, mailbox.caller()));

    let mut chat = Chat::new(Collecting::default(), Config::default());
    let _ = chat.handle_connect(Duration::ZERO);
    let _ = mailbox.poll_collect(&mut chat, Duration::ZERO, Waker::noop());
    check("core Chat", &chat);

    let mut connections = ServerOptions::new(1).connections::<()>();
    let accepted = connections.accept(address, address, ServedBy::Code);
    accepted.handle.push(secrets(1000)).expect("it is empty");
    check("core AcceptedConnection", &accepted);
}

// C20
#[test]
fn incoming_shows_lengths() {
    let (sender, incoming) = channel();
    let server = Server::bind("127.0.0.1:0").expect("a port");
    let (address, shutdown) = (server.local_addr().expect("it is bound"), server.shutdown_handle());
    let serving = thread::spawn(|| server.serve_with(move |_, incoming| drop(sender.send(incoming))));
    let client = TcpStream::connect(address).expect("it listens");
    let accepted = incoming.recv().expect("the client");
    accepted.handle().push(secrets(1000)).expect("it is empty");
    check("adapter-blocking Incoming", &accepted);
    drop((accepted, client));
    shutdown.shutdown();
    serving.join().expect("no panic").expect("no error");

    let (sender, incoming) = channel();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let server = asynchat_tokio::Server::bind("127.0.0.1:0").await.expect("a port");
        let (address, shutdown) = (server.local_addr().expect("it is bound"), server.shutdown_handle());
        let client = TcpStream::connect(address).expect("it listens");
        let stop = shutdown.clone();
        let serve = move |_, incoming| {
            let sent = sender.send(incoming);
            stop.shutdown();
            async move { drop(sent) }
        };
        server.serve_with(serve).await.expect("no error");
        drop(client);
    });
    let accepted = incoming.recv().expect("the client");
    check("core Incoming", &accepted);
}

// C20
#[test]
fn driver_shows_neither_stream_nor_bytes() {
    let config = Config::default().with_high_water(0).with_low_water(0);
    let chat = Chat::new(Collecting::default(), config.clone());
    let mut transport = MockTransport::default();
    transport.send(input());
    transport.set_write_window(10);
    let mut driver = Driver::new(ManualClock::default(), chat);
    let mut read_buffer = Vec::new();
    let _ = driver.poll(&mut std::task::Context::from_waker(Waker::noop()), &mut transport, &mut read_buffer);
    assert!(format!("{driver:?}").contains("Undelivered"), "some input is left over: {driver:?}");
    check("core Driver", &driver);

    let drive = Drive::<TokioIo<Cursor<Vec<u8>>>, TokioClock, _>::new(stream(), Collecting::default(), config);
    check("core Drive", &drive);
}

// C20
#[test]
fn connection_shows_neither_stream_nor_bytes() {
    let mut harness = PollConnectionHarness::new(b"\n", Config::default());
    harness.transport.send(input());
    harness.transport.set_write_window(10);
    harness.connection.queue_mut().push(secrets(1000)).expect("the queue is open");
    assert!(harness.poll_frame().is_ready());
    check("core PollConnection", &harness.connection);
    let parts: Parts<MockTransport> = harness.connection.into_parts();
    check("core Parts", &parts);

    let mut connection = asynchat_tokio::Connection::new(stream(), b"\n");
    connection.push(secrets(1000)).expect("the queue is open");
    check("core Connection", &connection);
    check("core IntoInnerError", &IntoInnerError::new(connection, 1, 1));

    let mut connection = asynchat_blocking::Connection::new(stream(), b"\n");
    connection.push(secrets(10)).expect("the queue is open");
    let _ = connection.next_frame();
    check("adapter-blocking Connection", &connection);
    let parts = connection.into_parts();
    check("core Parts", &parts);
    check("core Ended", &Ended::Upgrade(parts));

    check("adapter-tokio TokioIo", &TokioIo::new(stream()));
    check("adapter-async-std FuturesIo", &asynchat_async_std::FuturesIo::new(stream()));
}

// C20
#[test]
fn halves_show_neither_stream_nor_bytes() {
    let connection = asynchat_tokio::Connection::with_unread(stream(), input(), b"\n");
    let (reader, mut writer) = connection.into_split();
    writer.push(secrets(1000)).expect("the queue is open");
    check("core ReadHalf", &reader);
    check("core WriteHalf", &writer);
    check("core ReuniteError", &ReuniteError::new(reader, writer));

    let connection = asynchat_blocking::Connection::with_unread(stream(), input(), b"\n");
    let (mut reader, mut writer) = connection.into_split();
    writer.push(secrets(1000)).expect("the queue is open");
    assert!(reader.next_frame().is_ok_and(|frame| frame.is_some()));
    check("adapter-blocking ReadHalf", &reader);
    check("adapter-blocking WriteHalf", &writer);

    let shared = SplitConnection::new(PollConnection::with_unread(
        MockTransport::default(),
        ManualClock::default(),
        input().as_bytes(),
        b"\n",
        Config::default(),
    ));
    check("core SplitConnection", &shared);
    let mut lent = LentCopy::default();
    lent.copy(SECRET.as_bytes());
    check("core LentCopy", &lent);
}
