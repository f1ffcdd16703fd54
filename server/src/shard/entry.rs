use std::rc::Rc;
use std::sync::Arc;

use encke_protocol::engine::{Leg, Refusal};
use encke_protocol::socket::Slot;
use encke_protocol::{Session, Sid, Time};
use tokio::sync::oneshot;
use tokio_util::time::delay_queue;

use super::member::Member;
use super::outlet::Outlet;
use crate::bare::Bare;
use crate::gauge::Gauge;
use crate::handshake::{Handshake, Transport};

/// A session in its shard.
pub(super) struct Entry {
    pub(super) generation: u32,
    /// Names it in log lines, where its sid must not be.
    pub(super) number: u64,
    pub(super) sid: Sid,
    pub(super) opened: Time,
    pub(super) session: Session,
    pub(super) transport: Transport,
    pub(super) handshake: Handshake,
    /// What the client has yet to read.
    pub(super) gauge: Arc<Gauge>,
    /// The legs that are not over; there are rarely more than two.
    pub(super) legs: Vec<(Leg, Outlet)>,
    pub(super) members: Vec<Rc<Member>>,
    /// Of a bare session, instead of members.
    pub(super) bare: Option<Rc<Bare>>,
    /// When the shard will look at its deadlines, which may be before the next one.
    pub(super) timer: Option<(delay_queue::Key, Time)>,
    /// Whether it is in the list of those with something to flush.
    pub(super) dirty: bool,
    pub(super) inbox: Inbox,
}

/// What came from the client and is not handled yet.
#[derive(Default)]
pub(super) struct Inbox {
    pub(super) bytes: usize,
    /// Whether nothing more is read for now.
    pub(super) held: bool,
    /// The POST that is answered when reading goes on.
    pub(super) post: Option<oneshot::Sender<Result<(), Refusal>>>,
}

impl Entry {
    pub(super) fn outlet(&mut self, leg: Leg) -> Option<&mut Outlet> {
        let found = self.legs.iter_mut().find(|(number, _)| *number == leg);
        found.map(|(_, outlet)| outlet)
    }

    pub(super) fn take_outlet(&mut self, leg: Leg) -> Option<Outlet> {
        let at = self.legs.iter().position(|(number, _)| *number == leg)?;
        Some(self.legs.swap_remove(at).1)
    }

    pub(super) fn member(&self, slot: Slot) -> Option<&Rc<Member>> {
        self.members.iter().find(|member| member.ident.slot == slot)
    }

    pub(super) fn take_member(&mut self, slot: Slot) -> Option<Rc<Member>> {
        let at = self
            .members
            .iter()
            .position(|member| member.ident.slot == slot)?;
        Some(self.members.swap_remove(at))
    }
}
