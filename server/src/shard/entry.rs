use std::rc::Rc;
use std::sync::Arc;

use encke_protocol::engine::{Leg, Refusal};
use encke_protocol::socket::Slot;
use encke_protocol::{Session, Sid, Time};
use tokio::sync::oneshot;
use tokio_util::time::delay_queue;

use super::member::Member;
use super::outlet::Outlet;
use crate::absences::Absence;
use crate::bare::Bare;
use crate::gauge::Gauge;
use crate::handshake::{Handshake, Transport};
use crate::mail::{PostAnswer, Posted};

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
    /// While its client is away.
    pub(super) absence: Option<Absence>,
}

/// What came from the client and is not handled yet.
#[derive(Default)]
pub(super) struct Inbox {
    pub(super) bytes: usize,
    /// Whether nothing more is read for now.
    pub(super) held: bool,
    /// The POST that is answered, or in a resume session taken, when reading goes on.
    pub(super) post: Option<Waiting>,
}

/// A POST that the client waits for.
pub(super) enum Waiting {
    Taken(oneshot::Sender<Result<PostAnswer, Refusal>>),
    Untaken(Posted),
}

impl Waiting {
    /// Answers a client whose session is over, or which has sent another: that it is over it learns
    /// from the next request.
    pub(super) fn let_go(self, count: u64) {
        let _ = match self {
            Self::Taken(reply) => reply.send(Ok(PostAnswer::Ok)),
            Self::Untaken(posted) => posted.reply.send(Ok(PostAnswer::Conflict(count))),
        };
    }
}

impl Entry {
    /// The transport that carries it now, if there is one.
    pub(super) fn carrier(&self) -> Option<Transport> {
        let leg = self.session.engine().leg()?;
        let mut legs = self.legs.iter();
        let outlet = legs.find_map(|(number, outlet)| (*number == leg).then_some(outlet))?;
        Some(outlet.transport())
    }

    /// Whether its client has so much to read that it is to lose volatile events, in which case it
    /// is away or has more than `most` bytes before it.
    pub(super) fn is_behind(&self, most: usize) -> bool {
        let engine = self.session.engine();
        if !engine.is_resumable() {
            return self.gauge.used() > most;
        }
        let pending: usize = self.legs.iter().map(|(_, outlet)| outlet.pending()).sum();
        engine.is_detached() || engine.unwritten() + pending > most
    }

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
