//! The members of a room, and broadcasts to them.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asynchat_core::drive::{ConnectionHandle, MailboxError};
use asynchat_core::{IterProducer, Producer};
use bytes::Bytes;

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
/// let handler_for = move |peer: Peer| ChatHandler::new(room.clone(), peer);
/// # let _ = handler_for;
/// ```
#[derive(Clone, Default)]
pub struct Room {
    /// The lock is held only to read or to change this list. A broadcast clones the `Arc` and pushes without the lock;
    /// a join or leave in the meantime makes a new list (copy-on-write).
    members: Arc<Mutex<Members>>,
}

/// Sorted by lowercase nickname.
type Members = Arc<Vec<Arc<Member>>>;

struct Member {
    nickname: Nickname,
    handle: ConnectionHandle,
}

impl Room {
    /// Creates an empty room.
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of members.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Returns whether the room has no members.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a member and announces it to the others. Returns `None` if the nickname is taken.
    pub(super) fn join(&self, nickname: Nickname, handle: ConnectionHandle) -> Option<Membership> {
        let member = Arc::new(Member { nickname, handle });
        let members = {
            let mut members = self.lock();
            let Err(index) = find(&members, &member.nickname) else { return None };
            Arc::make_mut(&mut members).insert(index, Arc::clone(&member));
            Arc::clone(&members)
        };
        let membership = Membership { room: self.clone(), member };
        self.broadcast(&members, &membership.member, format!("* {} has joined\r\n", membership.member.nickname));
        Some(membership)
    }

    /// Pushes a line to the mailboxes of all members except the sender.
    ///
    /// Drops each member whose mailbox is full, and announces that to the members who are left. This notice can fill
    /// further mailboxes, whose members are then dropped too.
    fn broadcast(&self, members: &[Arc<Member>], sender: &Arc<Member>, line: String) {
        let line = Bytes::from(line);
        let others = members.iter().filter(|member| !Arc::ptr_eq(member, sender));
        let mut slow: Vec<_> = others.filter(|member| !member.try_push(&line)).map(Arc::clone).collect();
        while let Some(member) = slow.pop() {
            // Several broadcasts may find this member slow at the same time; the first to remove it drops it.
            let Some(rest) = self.remove(&member) else { continue };
            // An error means that the connection has ended already.
            let _ = member.handle.close_with("* you read too slowly, and have been dropped\r\n");
            let notice = Bytes::from(format!("* {} reads too slowly, and has been dropped\r\n", member.nickname));
            slow.extend(rest.iter().filter(|member| !member.try_push(&notice)).map(Arc::clone));
        }
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

impl Member {
    /// Pushes a line to the mailbox. Returns false if the mailbox is full. A connection that has ended counts as
    /// success, because it announces its own leave.
    fn try_push(&self, line: &Bytes) -> bool {
        self.handle.push(line.clone()) != Err(MailboxError::Full)
    }
}

/// Shows the number of members, never their nicknames.
impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("members", &self.len()).finish()
    }
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
    pub(super) fn say(&self, text: &str) {
        let members = Arc::clone(&self.room.lock());
        if find(&members, self.nickname()).is_ok_and(|index| Arc::ptr_eq(&members[index], &self.member)) {
            self.room.broadcast(&members, &self.member, format!("{}: {text}\r\n", self.nickname()));
        }
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
            self.room.broadcast(&rest, &self.member, format!("* {} has left\r\n", self.member.nickname));
        }
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("nickname", &self.nickname).field("handle", &self.handle).finish()
    }
}
