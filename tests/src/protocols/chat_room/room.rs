//! The members of a room, and broadcasts to them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use asynchat_core::drive::ConnectionHandle;
use asynchat_core::{IterProducer, Producer};
use bytes::Bytes;

use super::member::{Delivery, Member, PATIENCE};
use super::nickname::Nickname;

/// A handle to one room, which all its connections share. A clone is the same room.
///
/// # Examples
///
/// ```
/// use asynchat_core::drive::Peer;
/// use asynchat_tests::protocols::chat_room::{ChatHandler, Room};
///
/// let room = Room::new();
/// // A server calls this for each connection.
/// let handler_for = move |peer: Peer<ChatHandler>| ChatHandler::new(room.clone(), peer);
/// # let _ = handler_for;
/// ```
#[derive(Clone)]
pub struct Room {
    /// The lock is held only to read or to change this list. A broadcast clones the `Arc` and pushes without the lock;
    /// a join or leave in the meantime makes a new list (copy-on-write).
    members: Arc<Mutex<Members>>,
    clock: fn() -> Instant,
    patience: Duration,
}

/// Sorted by lowercase nickname.
type Members = Arc<Vec<Arc<Member>>>;

impl Room {
    /// Creates an empty room.
    pub fn new() -> Self {
        Self::with_clock(Instant::now)
    }

    /// Creates an empty room that reads `clock`. The default is [`Instant::now`]. It is read only while a mailbox is
    /// full.
    pub fn with_clock(clock: fn() -> Instant) -> Self {
        Self { members: Arc::default(), clock, patience: PATIENCE }
    }

    /// Sets how long a member may miss lines, without taking a single one, before it is dropped. The default is
    /// [`PATIENCE`].
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns whether the room has no members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a member and announces it to the others. Returns `None` if the nickname is taken, or looks like one that is.
    ///
    /// # Complexity
    ///
    /// Linear in the number of members.
    pub(super) fn join(&self, nickname: Nickname, handle: ConnectionHandle) -> Option<Membership> {
        let member = Arc::new(Member::new(nickname, handle));
        let members = {
            let mut members = self.lock();
            if members.iter().any(|other| other.nickname.looks_like(&member.nickname)) {
                return None;
            }
            let (Ok(index) | Err(index)) = find(&members, &member.nickname);
            Arc::make_mut(&mut members).insert(index, Arc::clone(&member));
            Arc::clone(&members)
        };
        let membership = Membership { room: self.clone(), member };
        self.announce(&members, &membership.member, format!("* {} has joined\r\n", membership.member.nickname));
        Some(membership)
    }

    /// Pushes a notice about a member to the mailboxes of all others.
    fn announce(&self, members: &[Arc<Member>], about: &Arc<Member>, notice: String) {
        self.broadcast(members, about, None, notice);
    }

    /// Pushes a line to the mailboxes of all members but one. Returns how many of them missed it, because their mailboxes
    /// are full, or the speaker's share of them.
    ///
    /// Drops each member whose mailbox has been full for too long, and announces that to the members who are left. This
    /// notice can be too much for further members, who are then dropped too.
    fn broadcast(
        &self,
        members: &[Arc<Member>],
        except: &Arc<Member>,
        speaker: Option<&Arc<Member>>,
        line: String,
    ) -> usize {
        let line = Bytes::from(line);
        let mut missed = 0;
        let mut slow = Vec::new();
        for member in members.iter().filter(|member| !Arc::ptr_eq(member, except)) {
            match member.deliver(speaker, &line, self.clock, self.patience) {
                Delivery::Done => {}
                Delivery::Missed => missed += 1,
                Delivery::TooSlow => slow.push(Arc::clone(member)),
            }
        }
        while let Some(member) = slow.pop() {
            // Several broadcasts may find this member slow at the same time; the first to remove it drops it.
            let Some(rest) = self.remove(&member) else { continue };
            // An error means that the connection has ended already.
            let _ = member.handle.close_with("* you read too slowly, and have been dropped\r\n");
            let notice = Bytes::from(format!("* {} reads too slowly, and has been dropped\r\n", member.nickname));
            let is_too_slow =
                |member: &&Arc<Member>| member.deliver(None, &notice, self.clock, self.patience) == Delivery::TooSlow;
            slow.extend(rest.iter().filter(is_too_slow).map(Arc::clone));
        }
        missed
    }

    /// Removes a member and returns the members who are left, or `None` if it was removed before.
    fn remove(&self, member: &Arc<Member>) -> Option<Members> {
        let mut members = self.lock();
        let index = find(&members, &member.nickname).ok().filter(|&index| Arc::ptr_eq(&members[index], member))?;
        // The caller has a clone of the member, so it is not dropped under the lock.
        Arc::make_mut(&mut members).remove(index);
        Some(Arc::clone(&members))
    }

    /// Locks the list. A poisoned lock is safe to use: no panic can leave the list half changed.
    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(members: &[Arc<Member>], nickname: &Nickname) -> Result<usize, usize> {
    members.binary_search_by(|member| member.nickname.lowercase().cmp(nickname.lowercase()))
}

impl Default for Room {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows the number of members, never their nicknames.
impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("members", &self.len()).finish()
    }
}

/// The fate of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    /// Every other member has it, or gets it once it reads.
    ToAll,
    /// This many members missed it: their mailboxes are full.
    MissedBy(usize),
    /// Members missed it, and too many messages of the same member before it.
    InAFlood,
}

/// A place in a room. Dropping it removes the member and announces that it has left.
#[derive(Debug)]
pub(super) struct Membership {
    room: Room,
    member: Arc<Member>,
}

impl Membership {
    pub(super) fn nickname(&self) -> &Nickname {
        &self.member.nickname
    }

    /// Sends a message to the other members. Does nothing if this member has been dropped as too slow.
    pub(super) fn say(&self, text: &str) -> Said {
        let members = Arc::clone(&self.room.lock());
        if !self.is_member_of(&members) {
            return Said::ToAll;
        }
        let line = format!("{}: {text}\r\n", self.nickname());
        match self.room.broadcast(&members, &self.member, Some(&self.member), line) {
            0 => Said::ToAll,
            _ if self.member.is_flooding(self.room.clock) => Said::InAFlood,
            missed => Said::MissedBy(missed),
        }
    }

    fn is_member_of(&self, members: &Members) -> bool {
        find(members, self.nickname()).is_ok_and(|index| Arc::ptr_eq(&members[index], &self.member))
    }

    /// Returns a producer of the list of members, one line at a time.
    pub(super) fn list_members(&self) -> impl Producer + use<> {
        let members = Arc::clone(&self.room.lock());
        let count = members.len();
        IterProducer::new((0..count).map(move |index| format!("* {} is here\r\n", members[index].nickname)))
    }
}

impl Drop for Membership {
    fn drop(&mut self) {
        if let Some(rest) = self.room.remove(&self.member) {
            self.room.announce(&rest, &self.member, format!("* {} has left\r\n", self.member.nickname));
        }
    }
}
