use std::cell::{Ref, RefCell, RefMut};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use bytestring::ByteString;
use encke_protocol::CloseReason;
use encke_protocol::socket::Args;

use super::stake::Stake;
use crate::error::AckError;
use crate::gauge::MESSAGE_COST;
use crate::handlers::Handlers;
use crate::live::{Handle, Ident, Live};
use crate::order::{Answer, Answers};
use crate::socket::Socket;

/// A socket as its shard has it: what its handlers have yet to do, and the answers it owes.
///
/// Its session holds it while the client is there; the task that runs its handlers holds it until
/// they are done, and then it is gone.
pub(super) struct Member {
    pub(super) ident: Arc<Ident>,
    pub(super) live: Arc<Live>,
    pub(super) handlers: Arc<Handlers>,
    /// None if nothing is kept for clients that lose their connection.
    pub(super) stake: Option<Box<Stake>>,
    state: RefCell<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// What came, in order.
    pub(super) inbox: VecDeque<Work>,
    /// Whether a task works on the inbox.
    pub(super) running: bool,
    /// Handlers that run beside that task.
    pub(super) concurrent: usize,
    /// Answers that the application waits for, by the id of the ack.
    acks: BTreeMap<u64, Pending>,
}

struct Pending {
    answers: Answers,
    /// A handler of this session waits for it.
    own: bool,
}

/// Something for a handler.
pub(super) enum Work {
    Authorize,
    Connect,
    /// The client has lost its leg.
    Detach,
    /// The client is back.
    Resume,
    Event {
        name: ByteString,
        args: Args,
        ack: Option<u64>,
    },
    Disconnect(CloseReason),
}

impl Work {
    fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

impl Member {
    pub(super) fn new(
        ident: Ident,
        live: Live,
        handlers: Arc<Handlers>,
        stake: Option<Box<Stake>>,
    ) -> Self {
        Self {
            ident: Arc::new(ident),
            live: Arc::new(live),
            handlers,
            stake,
            state: RefCell::default(),
        }
    }

    pub(super) fn socket(&self) -> Socket {
        Socket::new(Handle::new(&self.ident, &self.live))
    }

    /// What work takes of the session's `max_inbound` until it is handled.
    pub(super) fn cost(&self, work: &Work) -> usize {
        match work {
            Work::Event { name, args, .. } => name.len() + args.byte_len() + MESSAGE_COST,
            Work::Authorize => self.live.auth.as_ref().map_or(0, |auth| auth.len()) + MESSAGE_COST,
            Work::Connect => MESSAGE_COST,
            // Not of the client's making; and of these no two wait side by side.
            Work::Detach | Work::Resume | Work::Disconnect(_) => 0,
        }
    }

    /// Adds work. True if a task has to be started for it.
    pub(super) fn push(&self, work: Work) -> bool {
        let mut state = self.state_mut();
        state.inbox.push_back(work);
        !std::mem::replace(&mut state.running, true)
    }

    /// Whether this is the last work that waits.
    pub(super) fn awaits(&self, work: &Work) -> bool {
        let state = self.state();
        state.inbox.back().is_some_and(|last| last.is_like(work))
    }

    /// Takes this work back if it is the last that waits.
    pub(super) fn take_back(&self, work: &Work) -> bool {
        let mut state = self.state_mut();
        let is_last = state.inbox.back().is_some_and(|last| last.is_like(work));
        if is_last {
            state.inbox.pop_back();
        }
        is_last
    }

    pub(super) fn expect_ack(&self, id: u64, answers: Answers, own: bool) {
        self.state_mut().acks.insert(id, Pending { answers, own });
    }

    /// An answer came, or will not come.
    pub(super) fn answer(&self, id: u64, result: Result<Args, AckError>) {
        let pending = self.state_mut().acks.remove(&id);
        if let Some(pending) = pending {
            self.tell(&pending, result);
        }
    }

    /// No answer will come any more.
    pub(super) fn drop_acks(&self) {
        let acks = std::mem::take(&mut self.state_mut().acks);
        for pending in acks.into_values() {
            self.tell(&pending, Err(AckError::Closed));
        }
    }

    /// Whether a handler of this session waits for this client's answer.
    pub(super) fn awaits_own_ack(&self) -> bool {
        let state = self.state();
        let mut acks = state.acks.values();
        acks.any(|pending| pending.own && !pending.answers.is_closed())
    }

    pub(super) fn state(&self) -> Ref<'_, State> {
        self.state.borrow()
    }

    /// Held for a change of a field, never while anything else is called.
    pub(super) fn state_mut(&self) -> RefMut<'_, State> {
        self.state.borrow_mut()
    }

    fn tell(&self, pending: &Pending, result: Result<Args, AckError>) {
        // Nobody waits any more: then nobody is told.
        let _ = pending.answers.send(Answer {
            from: self.ident.id,
            result,
        });
    }
}
