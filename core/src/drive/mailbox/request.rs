/// A request to a connection that is not a push or a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Request {
    /// The server shuts down.
    Shutdown,
    /// Replaces a shutdown that was not collected.
    Abort,
}
