//! The limits of time.

use std::time::Duration;
use std::{env, io};

use asynchat_core::{Config, MinRate};

/// The time that an idle connection is kept between two requests: 75 seconds, as in nginx. Kestrel keeps it for 130
/// seconds, Apache for 5.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// The variable of [`config_from_env`].
const SECONDS: &str = "HTTP_SECONDS";

/// Returns the limits for a server of HTTP: the default, with [`KEEP_ALIVE`] as the idle timeout.
///
/// A connection is idle between two requests alone. From its beginning, and within a request,
/// [`Config::min_input_rate`] bounds the time: 30 seconds, and more while 240 bytes a second arrive.
pub fn config() -> Config {
    Config::default().with_idle_timeout(KEEP_ALIVE)
}

/// Returns [`config`], with the environment variable `HTTP_SECONDS` for both times, if it is set: so a test with real
/// clients does not take minutes.
///
/// # Errors
///
/// Fails if the variable is not a number of seconds above 0.
pub fn config_from_env() -> io::Result<Config> {
    let Ok(value) = env::var(SECONDS) else { return Ok(config()) };
    let seconds = value.parse().ok().filter(|seconds| *seconds > 0).map(Duration::from_secs);
    let seconds = seconds.ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidInput, format!("{SECONDS} is no number of seconds: {value}"))
    })?;
    Ok(config().with_idle_timeout(seconds).with_min_input_rate(MinRate::default().with_grace(seconds)))
}
