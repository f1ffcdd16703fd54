use bytes::Bytes;
use bytestring::ByteString;

use super::ack::Acks;
use super::{Args, Encoded, Packet, connect, connect_recoverable, disconnect};
use crate::{Fault, Limits, Message, ProtocolError, Sid, Time};

/// One stay of a client in a namespace. Joining again gives a new number, so that an answer to
/// the former stay can not be taken for one to the present.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Slot(u32);

/// What a client did, decoded and allowed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocketEvent {
    /// It asks to join. Answer with [`Sockets::accept`] or [`Sockets::refuse`].
    Connect {
        /// The stay this begins, if it is accepted.
        slot: Slot,
        /// The namespace, with its leading `/`.
        nsp: ByteString,
        /// The JSON object given as credentials.
        auth: Option<ByteString>,
    },
    /// It emitted an event.
    Event {
        /// To which of its sockets.
        slot: Slot,
        /// The event.
        name: ByteString,
        /// The arguments behind the name.
        args: Args,
        /// Where an answer is to go, if one is asked for.
        ack: Option<u64>,
    },
    /// It answered an event that waited for it.
    Ack {
        /// Which of its sockets.
        slot: Slot,
        /// The id that the event was sent with.
        id: u64,
        /// The answer.
        args: Args,
    },
    /// It left a namespace, joined or asked for.
    Leave {
        /// Which of its sockets is over.
        slot: Slot,
    },
}

/// The namespaces of one session.
///
/// ```text
///           CONNECT            accept
///   (none) ---------> Asked -----------> Joined
///      ^                | refuse, `41`      | `41`, leave
///      +----------------+-------------------+
/// ```
///
/// Spec: Socket.IO 5, Exchange protocol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Sockets {
    stays: Vec<Stay>,
    partial: Option<Box<Partial>>,
    /// Until when a first namespace must be joined; none once one was.
    connect_by: Option<Time>,
    next: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Stay {
    slot: Slot,
    nsp: ByteString,
    stage: Stage,
    acks: Acks,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Stage {
    Asked,
    Joined,
}

/// A binary packet whose attachments have not all come.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Partial {
    slot: Slot,
    kind: PartialKind,
    args: Args,
    missing: usize,
    attachments: Vec<Bytes>,
    /// Of the text and of what has come.
    bytes: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum PartialKind {
    Event { name: ByteString, ack: Option<u64> },
    Ack { id: u64 },
}

impl Sockets {
    /// The socket layer of a session that has to join its first namespace until `connect_by`.
    pub const fn new(connect_by: Time) -> Self {
        Self {
            stays: Vec::new(),
            partial: None,
            connect_by: Some(connect_by),
            next: 0,
        }
    }

    /// Takes the next message of the session.
    ///
    /// # Errors
    ///
    /// Whatever is no Socket.IO packet, or not at this point; the session is then to be closed.
    pub fn handle_message(
        &mut self,
        message: Message,
        limits: &Limits,
    ) -> Result<Option<SocketEvent>, Fault> {
        match (message, self.partial.take()) {
            (Message::Binary(bytes), Some(partial)) => {
                self.handle_attachment(partial, bytes, limits)
            }
            (Message::Binary(_), None) => Err(ProtocolError::UnannouncedBinary.into()),
            (Message::Text(_), Some(_)) => Err(ProtocolError::MissingAttachment.into()),
            (Message::Text(text), None) => {
                let packet = Packet::decode(&text, limits)?;
                self.handle_packet(packet, text.len(), limits)
            }
        }
    }

    fn handle_packet(
        &mut self,
        packet: Packet,
        bytes: usize,
        limits: &Limits,
    ) -> Result<Option<SocketEvent>, Fault> {
        let (slot, kind, args, missing) = match packet {
            Packet::Connect { nsp, auth } => return self.handle_connect(&nsp, auth).map(Some),
            Packet::Disconnect { nsp } => {
                let slot = self.find(&nsp).ok_or(ProtocolError::NotJoined)?.slot;
                self.stays.retain(|stay| stay.slot != slot);
                return Ok(Some(SocketEvent::Leave { slot }));
            }
            Packet::ConnectError { .. } => return Err(ProtocolError::ServerOnly.into()),
            Packet::Event {
                nsp,
                id,
                name,
                args,
                attachments,
            } => {
                let kind = PartialKind::Event { name, ack: id };
                (self.joined(&nsp)?, kind, args, attachments)
            }
            Packet::Ack {
                nsp,
                id,
                args,
                attachments,
            } => (
                self.joined(&nsp)?,
                PartialKind::Ack { id },
                args,
                attachments,
            ),
        };
        if missing == 0 {
            return Ok(self.complete(slot, kind, args));
        }
        if bytes > limits.max_inbound {
            return Err(ProtocolError::TooLarge.into());
        }
        self.partial = Some(Box::new(Partial {
            slot,
            kind,
            args,
            missing,
            attachments: Vec::new(),
            bytes,
        }));
        Ok(None)
    }

    fn handle_connect(
        &mut self,
        nsp: &ByteString,
        auth: Option<ByteString>,
    ) -> Result<SocketEvent, Fault> {
        if self.find(nsp).is_some() {
            return Err(ProtocolError::DuplicateConnect.into());
        }
        let slot = Slot(self.next);
        self.next = self.next.wrapping_add(1);
        // A copy, since a slice would keep the whole packet, credentials included, in memory.
        let nsp = if nsp == "/" {
            ByteString::from_static("/")
        } else {
            ByteString::from(String::from(&**nsp))
        };
        self.stays.push(Stay {
            slot,
            nsp: nsp.clone(),
            stage: Stage::Asked,
            acks: Acks::default(),
        });
        Ok(SocketEvent::Connect { slot, nsp, auth })
    }

    fn handle_attachment(
        &mut self,
        mut partial: Box<Partial>,
        bytes: Bytes,
        limits: &Limits,
    ) -> Result<Option<SocketEvent>, Fault> {
        partial.bytes = partial.bytes.saturating_add(bytes.len());
        if partial.bytes > limits.max_inbound {
            return Err(ProtocolError::TooLarge.into());
        }
        partial.attachments.push(bytes);
        if partial.attachments.len() < partial.missing {
            self.partial = Some(partial);
            return Ok(None);
        }
        let args = partial.args.attach(partial.attachments)?;
        Ok(self.complete(partial.slot, partial.kind, args))
    }

    /// Nothing comes of a packet whose socket is gone, or of an ack that nobody waits for.
    fn complete(&mut self, slot: Slot, kind: PartialKind, args: Args) -> Option<SocketEvent> {
        let stay = self.stay(slot)?;
        match kind {
            PartialKind::Event { name, ack } => Some(SocketEvent::Event {
                slot,
                name,
                args,
                ack,
            }),
            PartialKind::Ack { id } => {
                stay.acks
                    .take(id)
                    .then_some(SocketEvent::Ack { slot, id, args })
            }
        }
    }

    /// Lets a client into the namespace it asked for; the packet tells it so. Nothing if it has
    /// left in the meantime.
    pub fn accept(&mut self, slot: Slot, sid: Sid) -> Option<Encoded> {
        let nsp = self.join(slot)?;
        Some(connect(&nsp, sid))
    }

    /// Lets a client in as [`Sockets::accept`] does, and tells it by which `pid` it may come back.
    pub fn accept_recoverable(&mut self, slot: Slot, sid: Sid, pid: Sid) -> Option<Encoded> {
        let nsp = self.join(slot)?;
        Some(connect_recoverable(&nsp, sid, pid))
    }

    fn join(&mut self, slot: Slot) -> Option<ByteString> {
        let stay = self.stay(slot)?;
        stay.stage = Stage::Joined;
        let nsp = stay.nsp.clone();
        self.connect_by = None;
        Some(nsp)
    }

    /// Forgets a client that may not join. Gives the namespace, for the packet that says why.
    pub fn refuse(&mut self, slot: Slot) -> Option<ByteString> {
        let at = self.stays.iter().position(|stay| stay.slot == slot)?;
        Some(self.stays.remove(at).nsp)
    }

    /// Ends a stay; the packet tells the client. Nothing if it was over.
    pub fn leave(&mut self, slot: Slot) -> Option<Encoded> {
        self.refuse(slot).map(|nsp| disconnect(&nsp))
    }

    /// From now on an ack with this id is taken, until the deadline. False if the stay is over.
    pub fn expect_ack(&mut self, slot: Slot, id: u64, until: Time) -> bool {
        match self.stay(slot) {
            Some(stay) => {
                stay.acks.expect(id, until);
                true
            }
            None => false,
        }
    }

    /// Whether an ack is being waited for.
    pub fn expects_ack(&self, slot: Slot) -> bool {
        let stay = self.stays.iter().find(|stay| stay.slot == slot);
        stay.is_some_and(|stay| !stay.acks.is_empty())
    }

    /// One of the acks that did not come in time; ask until there is none.
    pub fn take_expired(&mut self, now: Time) -> Option<(Slot, u64)> {
        self.stays
            .iter_mut()
            .find_map(|stay| stay.acks.take_expired(now).map(|id| (stay.slot, id)))
    }

    /// Whether the time to join a first namespace has passed.
    pub fn is_overdue(&self, now: Time) -> bool {
        self.connect_by.is_some_and(|until| until <= now)
    }

    /// When [`Sockets::take_expired`] or [`Sockets::is_overdue`] may say something new.
    pub fn deadline(&self) -> Option<Time> {
        let acks = self.stays.iter().filter_map(|stay| stay.acks.deadline());
        acks.chain(self.connect_by).min()
    }

    /// How many namespaces are joined or asked for.
    pub fn len(&self) -> usize {
        self.stays.len()
    }

    /// Whether no namespace is joined or asked for.
    pub fn is_empty(&self) -> bool {
        self.stays.is_empty()
    }

    fn find(&self, nsp: &str) -> Option<&Stay> {
        self.stays.iter().find(|stay| stay.nsp == nsp)
    }

    fn joined(&self, nsp: &str) -> Result<Slot, ProtocolError> {
        match self.find(nsp) {
            Some(Stay {
                stage: Stage::Joined,
                slot,
                ..
            }) => Ok(*slot),
            Some(Stay {
                stage: Stage::Asked,
                ..
            })
            | None => Err(ProtocolError::NotJoined),
        }
    }

    fn stay(&mut self, slot: Slot) -> Option<&mut Stay> {
        self.stays.iter_mut().find(|stay| stay.slot == slot)
    }
}
