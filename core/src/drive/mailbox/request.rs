/// A request to a connection that is not a push, made through its [`ConnectionHandle`](crate::drive::ConnectionHandle) or
/// by its server. [`Mailbox::take_request`](crate::drive::Mailbox::take_request) returns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Request {
    /// Call [`Chat::request_shutdown`](crate::chat::Chat::request_shutdown): the server shuts down.
    Shutdown,
    /// Call [`Chat::abort`](crate::chat::Chat::abort). Replaces a shutdown that was not collected.
    Abort,
}
