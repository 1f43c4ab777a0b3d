//! The lines in front of a message (RFC 5321 §4.4).

use std::fmt::{self, Write};
use std::net::IpAddr;
use std::time::SystemTime;

use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use super::transaction::Transaction;

/// The part of the session that the trace of a message names.
pub(super) struct Session<'s> {
    /// The name of this server.
    pub(super) host: &'s str,
    /// The name that the client has given.
    pub(super) client: &'s str,
    pub(super) peer: Option<IpAddr>,
    /// The protocol of RFC 3848: `SMTP`, `ESMTP` or `ESMTPS`.
    pub(super) protocol: &'s str,
}

/// Writes `Return-Path`, a `Delivered-To` for each recipient, and `Received`. The sender and the recipients are printable
/// ASCII, so none of them adds a line.
pub(super) fn write_trace(
    out: &mut String,
    session: &Session<'_>,
    transaction: &Transaction,
    now: SystemTime,
) -> fmt::Result {
    let reverse_path = transaction.reverse_path.as_deref().unwrap_or_default();
    write!(out, "Return-Path: <{reverse_path}>\r\n")?;
    for recipient in &transaction.recipients {
        write!(out, "Delivered-To: {recipient}\r\n")?;
    }
    write!(out, "Received: from {}", session.client)?;
    match session.peer.map(|peer| peer.to_canonical()) {
        Some(IpAddr::V4(peer)) => write!(out, " ([{peer}])")?,
        Some(IpAddr::V6(peer)) => write!(out, " ([IPv6:{peer}])")?,
        None => {}
    }
    write!(out, "\r\n\tby {} with {}", session.host, session.protocol)?;
    // With several recipients, each would learn of the others.
    if let [recipient] = transaction.recipients.as_slice() {
        write!(out, "\r\n\tfor <{recipient}>")?;
    }
    let date = OffsetDateTime::from(now).format(&Rfc2822).map_err(|_| fmt::Error)?;
    write!(out, ";\r\n\t{date}\r\n")
}
