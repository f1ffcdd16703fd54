use std::collections::VecDeque;

use bytestring::ByteString;
use encke_protocol::client::Exchange;
use encke_protocol::engine::Leg;

/// One request on its way, and what comes of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Wire {
    /// The client's handle, as long as it hears of it.
    pub(crate) client: Option<Exchange>,
    pub(crate) kind: Kind,
    /// What is asked for, as it stands in the query.
    pub(crate) query: ByteString,
    pub(crate) stage: Stage,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Kind {
    Get,
    Post { body: ByteString },
    Socket,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Stage {
    /// It has not arrived.
    Going,
    /// A GET waits at the server, with the packets that were put on it.
    Waiting { leg: Leg, records: Vec<ByteString> },
    /// The answer is on its way.
    Answered { status: u16, body: ByteString },
    /// A WebSocket that the server has accepted.
    Open(Stream),
}

/// Both directions of a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Stream {
    /// `None` if the server has no use for it.
    pub(crate) leg: Option<Leg>,
    pub(crate) up: VecDeque<ByteString>,
    pub(crate) down: VecDeque<Down>,
    /// Whether the client has closed it, behind what is under way.
    pub(crate) is_client_done: bool,
    /// Whether the server has closed it, behind what is under way.
    pub(crate) is_server_done: bool,
    /// Whether it is cut: nothing comes down any more, and what is under way up may yet arrive.
    pub(crate) is_cut: bool,
}

/// What comes down a WebSocket.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Down {
    /// 101.
    Opened,
    Text(ByteString),
    /// A Close frame.
    Closed(u16),
}

impl Wire {
    pub(crate) fn going(client: Exchange, kind: Kind, query: String) -> Self {
        Self {
            client: Some(client),
            kind,
            query: query.into(),
            stage: Stage::Going,
        }
    }

    /// The server's name for it.
    pub(crate) fn leg(&self) -> Option<Leg> {
        match &self.stage {
            Stage::Waiting { leg, .. } => Some(*leg),
            Stage::Open(stream) => stream.leg,
            Stage::Going | Stage::Answered { .. } => None,
        }
    }

    /// Whether nothing can come of it any more.
    pub(crate) fn is_over(&self) -> bool {
        match &self.stage {
            Stage::Going | Stage::Waiting { .. } => false,
            Stage::Answered { .. } => self.client.is_none(),
            Stage::Open(stream) => {
                let is_leg = stream.leg.is_some() && !stream.is_server_done;
                let goes = stream.leg.is_some() && !stream.up.is_empty();
                let comes = self.client.is_some() && !stream.down.is_empty();
                !is_leg && !goes && !comes
            }
        }
    }
}
