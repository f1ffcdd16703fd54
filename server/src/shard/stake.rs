use std::cell::{Cell, Ref, RefCell};

use encke_protocol::Sid;
use encke_protocol::socket::Offset;

use crate::recovery::Claim;
use crate::room::Room;

/// What a member has when its client may come back after its connection was lost.
pub(super) struct Stake {
    pub(super) pid: Sid,
    /// The last event that was sent to it.
    last: Cell<Option<Offset>>,
    /// Until it is let in: what it has come back for.
    claim: RefCell<Option<Claim>>,
    /// Once its connection is lost, until its last handler is done.
    left: RefCell<Option<Left>>,
}

/// A member as it was when its connection was lost.
pub(super) struct Left {
    pub(super) rooms: Vec<Room>,
    /// The position up to which it was sent what was for it.
    pub(super) seen: u64,
}

impl Stake {
    pub(super) fn new(pid: Sid, claim: Option<Claim>) -> Self {
        Self {
            pid,
            last: Cell::new(claim.as_ref().map(|claim| claim.offset)),
            claim: RefCell::new(claim),
            left: RefCell::default(),
        }
    }

    pub(super) fn last(&self) -> Option<Offset> {
        self.last.get()
    }

    /// An event is on its way to the member.
    pub(super) fn note(&self, offset: Offset) {
        self.last.set(Some(offset));
    }

    pub(super) fn claims(&self) -> bool {
        self.claim.borrow().is_some()
    }

    /// Held for a look.
    pub(super) fn claim(&self) -> Ref<'_, Option<Claim>> {
        self.claim.borrow()
    }

    pub(super) fn take_claim(&self) -> Option<Claim> {
        self.claim.borrow_mut().take()
    }

    /// The member is let in, and sent what it has missed, up to this event if there is one.
    pub(super) fn go_on(&self, last: Option<Offset>) {
        // Dropped once the borrow is over: values of the application's are in it.
        let claim = self.take_claim();
        if last.is_some() {
            self.last.set(last);
        }
        drop(claim);
    }

    pub(super) fn leave(&self, left: Left) {
        self.left.replace(Some(left));
    }

    pub(super) fn take_left(&self) -> Option<Left> {
        self.left.borrow_mut().take()
    }
}
