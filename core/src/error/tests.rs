use alloc::string::ToString;

use super::*;

// C4
#[test]
fn error_says_who_is_to_blame() {
    let cases = [
        (Error::from(FrameTooLong::new(8)), Blame::Peer),
        (Error::SentTooSlowly, Blame::Peer),
        (Error::ReadTooSlowly, Blame::Peer),
        (Error::Idle, Blame::Peer),
        (Error::Truncated(End::MidFrame), Blame::Peer),
        (Error::protocol("no verb"), Blame::Peer),
        (Error::handler("disk full"), Blame::Handler),
        (Error::producer("file gone"), Blame::Producer),
        (Error::transport("reset"), Blame::Transport),
        (Error::config("read_size is 0"), Blame::Driver),
        (Error::Aborted, Blame::Driver),
    ];
    for (error, blame) in cases {
        assert_eq!(error.blame(), blame, "{error}");
    }
}

#[test]
fn error_names_the_setting_of_its_limit() {
    let cases = [
        (Error::SentTooSlowly, "(Config::min_input_rate)"),
        (Error::ReadTooSlowly, "(Config::min_output_rate)"),
        (Error::Idle, "(Config::idle_timeout)"),
    ];
    for (error, setting) in cases {
        assert!(error.to_string().ends_with(setting), "{error}");
    }
}

#[test]
fn error_leaves_its_cause_to_source() {
    let cases = [
        (Error::protocol("cause"), "the peer violated the protocol"),
        (Error::handler("cause"), "the handler failed"),
        (Error::producer("cause"), "a producer failed"),
        (Error::transport("cause"), "the transport failed"),
    ];
    for (error, text) in cases {
        let source = core::error::Error::source(&error).map(ToString::to_string);
        assert_eq!((error.to_string().as_str(), source.as_deref()), (text, Some("cause")));
    }
}

// C4
#[test]
fn handler_error_may_blame_the_peer() {
    let returned: BoxError = Error::protocol("no verb").into();
    assert_eq!(Error::handler(returned).blame(), Blame::Peer);
}

// C4
#[test]
fn error_equals_its_clones_alone() {
    let error = Error::handler("disk full");
    assert_eq!(error, error.clone());
    assert_ne!(error, Error::handler("disk full"));
    assert_eq!(Error::SentTooSlowly, Error::SentTooSlowly);
    assert_ne!(Error::SentTooSlowly, Error::ReadTooSlowly);
}

#[test]
fn error_is_small() {
    assert!(size_of::<Error>() <= 16, "{}", size_of::<Error>());
}

#[cfg(feature = "std")]
#[test]
fn io_error_keeps_its_kind_there_and_back() {
    use std::io;
    let there = Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
    assert_eq!(io::Error::from(there).kind(), io::ErrorKind::BrokenPipe);
    for timed_out in [Error::SentTooSlowly, Error::ReadTooSlowly, Error::Idle] {
        assert_eq!(io::Error::from(timed_out).kind(), io::ErrorKind::TimedOut);
    }
}

#[cfg(feature = "std")]
#[test]
fn io_error_is_that_of_the_transport_alone() {
    use std::io;
    const EIO: i32 = 5;
    let hung_up = || io::Error::from_raw_os_error(EIO);
    assert_eq!(Error::from(hung_up()).io_error().and_then(io::Error::raw_os_error), Some(EIO));
    assert!(Error::call_timeout().io_error().is_some());
    for other in [Error::handler(hung_up()), Error::producer(hung_up()), Error::transport("no io::Error")] {
        assert!(other.io_error().is_none(), "{other}");
    }
}

#[cfg(feature = "std")]
#[test]
fn error_tells_call_timeouts_from_others() {
    use std::io::{self, ErrorKind};
    let timeout = Error::call_timeout();
    assert!(timeout.is_call_timeout());
    assert_eq!(io::Error::from(timeout).kind(), ErrorKind::TimedOut);
    for other in [Error::ReadTooSlowly, Error::Idle, io::Error::from(ErrorKind::TimedOut).into()] {
        assert!(!other.is_call_timeout(), "{other}");
    }
}
