//! Who is there, and how they hear of each other.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use asynchat_core::drive::{ConnectionHandle, MailboxError};
use asynchat_core::{IterProducer, Producer};
use bytes::Bytes;

use super::nick::Nick;

/// One room, as all the connections that come into it share it. A clone is the same room.
///
/// # Examples
///
/// ```
/// use asynchat_core::drive::Peer;
/// use asynchat_tests::protocols::chat_room::{ChatHandler, Room};
///
/// let room = Room::new();
/// // What a server is given to make its handlers with.
/// let handler_for = move |peer: Peer| ChatHandler::new(room.clone(), peer);
/// # let _ = handler_for;
/// ```
#[derive(Clone, Default)]
pub struct Room {
    /// Nothing is done under the lock but to look at this and to change it. Whoever speaks takes a clone, and pushes
    /// without the lock; whoever comes or goes meanwhile makes a new list.
    members: Arc<Mutex<Members>>,
}

/// In the order of their folded nicks.
type Members = Arc<Vec<Arc<Member>>>;

struct Member {
    nick: Nick,
    handle: ConnectionHandle,
}

impl Room {
    /// A room in which nobody is.
    pub fn new() -> Self {
        Self::default()
    }

    /// How many are in the room.
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nobody is in the room.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Lets somebody in, and tells the others. `None` if the nick is taken.
    pub(super) fn join(&self, nick: Nick, handle: ConnectionHandle) -> Option<Seat> {
        let member = Arc::new(Member { nick, handle });
        let all = {
            let mut members = self.lock();
            let Err(place) = find(&members, &member.nick) else { return None };
            Arc::make_mut(&mut members).insert(place, Arc::clone(&member));
            Arc::clone(&members)
        };
        let seat = Seat { room: self.clone(), member };
        self.tell(&all, &seat.member, format!("* {} has joined\r\n", seat.member.nick));
        Some(seat)
    }

    /// Puts a line into the mailboxes of all but the one it comes from. Whoever has no room for it is dropped, and those
    /// who are left are told of that, for which some of them may have no room either.
    fn tell(&self, all: &[Arc<Member>], speaker: &Arc<Member>, line: String) {
        let line = Bytes::from(line);
        let others = all.iter().filter(|member| !Arc::ptr_eq(member, speaker));
        let mut slow: Vec<_> = others.filter(|member| member.is_too_slow_for(&line)).map(Arc::clone).collect();
        while let Some(member) = slow.pop() {
            // Of those that find it slow at the same time, one drops it.
            let Some(rest) = self.remove(&member) else { continue };
            // It may have ended in the meantime, which is as well.
            let _ = member.handle.close_with("* you read too slowly, and have been dropped\r\n");
            let notice = Bytes::from(format!("* {} reads too slowly, and has been dropped\r\n", member.nick));
            slow.extend(rest.iter().filter(|member| member.is_too_slow_for(&notice)).map(Arc::clone));
        }
    }

    /// Takes somebody out, and says who is left; `None` if that has been done before.
    fn remove(&self, member: &Arc<Member>) -> Option<Members> {
        let mut members = self.lock();
        let place = find(&members, &member.nick).ok().filter(|&place| Arc::ptr_eq(&members[place], member))?;
        // What is taken out is dropped by whoever asked for it, who has a clone.
        Arc::make_mut(&mut members).remove(place);
        Some(Arc::clone(&members))
    }

    /// Nothing can panic while the list is half changed, so a poisoned lock is as good as any.
    fn lock(&self) -> MutexGuard<'_, Members> {
        self.members.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn find(members: &[Arc<Member>], nick: &Nick) -> Result<usize, usize> {
    members.binary_search_by(|member| member.nick.folded().cmp(nick.folded()))
}

impl Member {
    /// Tells it, if there is room for it. Whoever has gone of itself will say so of itself.
    fn is_too_slow_for(&self, line: &Bytes) -> bool {
        self.handle.push(line.clone()) == Err(MailboxError::Full)
    }
}

/// Shows how many there are, never who.
impl fmt::Debug for Room {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Room").field("members", &self.len()).finish()
    }
}

/// A place in the room. Whoever gives it up, in whatever way, has left.
#[derive(Debug)]
pub(super) struct Seat {
    room: Room,
    member: Arc<Member>,
}

impl Seat {
    pub(super) fn nick(&self) -> &Nick {
        &self.member.nick
    }

    /// Says something to the others; to nobody, if this one has been dropped.
    pub(super) fn say(&self, text: &str) {
        let all = Arc::clone(&self.room.lock());
        if find(&all, self.nick()).is_ok_and(|place| Arc::ptr_eq(&all[place], &self.member)) {
            self.room.tell(&all, &self.member, format!("{}: {text}\r\n", self.nick()));
        }
    }

    /// The names of all who are there, made as they are sent.
    pub(super) fn names(&self) -> impl Producer + use<> {
        let all = Arc::clone(&self.room.lock());
        let count = all.len();
        IterProducer::new((0..count).map(move |index| format!("* {} is here\r\n", all[index].nick)))
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        if let Some(rest) = self.room.remove(&self.member) {
            self.room.tell(&rest, &self.member, format!("* {} has left\r\n", self.member.nick));
        }
    }
}

impl fmt::Debug for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Member").field("nick", &self.nick).field("handle", &self.handle).finish()
    }
}
