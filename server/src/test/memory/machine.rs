use std::collections::BTreeMap;
use std::sync::Arc;

use encke_protocol::client::{Client, Config, Exchange, Output, Request, Transport};
use encke_protocol::engine::{Packet, decode_payload};
use encke_protocol::{Outgoing, Time};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::act::{Act, Ask, Kind, Report};
use super::plain::Plain;
use crate::error::SendError;

/// A session of either sort. One that the server does not let resume becomes a plain one.
pub(super) enum Machine {
    Resume {
        client: Client,
        config: Arc<Config>,
        /// Requests that are under way.
        exchanges: BTreeMap<u64, Exchange>,
    },
    Plain(Plain),
}

impl Machine {
    pub(super) fn new(config: Config, is_plain: bool) -> Self {
        if is_plain {
            return Self::Plain(Plain::new(config.transport));
        }
        let config = Arc::new(config);
        Self::Resume {
            client: Client::new(Arc::clone(&config)),
            config,
            exchanges: BTreeMap::new(),
        }
    }

    pub(super) fn is_attached(&self) -> bool {
        match self {
            Self::Resume { client, .. } => client.is_attached(),
            Self::Plain(plain) => plain.is_attached(),
        }
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        match self {
            Self::Resume { client, .. } => client.deadline(),
            Self::Plain(plain) => plain.deadline(),
        }
    }

    pub(super) fn handle_start(&mut self, now: Time) -> Vec<Act> {
        let mut acts = Vec::new();
        match self {
            Self::Resume { .. } => return self.resume(|client, out| client.handle_start(now, out)),
            Self::Plain(plain) => plain.handle_start(now, &mut acts),
        }
        acts
    }

    pub(super) fn handle_timeout(&mut self, now: Time) -> Vec<Act> {
        let mut acts = Vec::new();
        match self {
            Self::Resume { .. } => {
                return self.resume(|client, out| client.handle_timeout(now, out));
            }
            Self::Plain(plain) => plain.handle_timeout(now, &mut acts),
        }
        acts
    }

    pub(super) fn handle_close(&mut self, now: Time) -> Vec<Act> {
        let mut acts = Vec::new();
        match self {
            Self::Resume { .. } => return self.resume(|client, out| client.handle_close(now, out)),
            Self::Plain(plain) => plain.handle_close(now, &mut acts),
        }
        acts
    }

    pub(super) fn handle_report(&mut self, now: Time, number: u64, report: Report) -> Vec<Act> {
        if let Self::Resume { client, config, .. } = self
            && client.terms().is_none()
            && is_plain(&report)
        {
            *self = Self::Plain(Plain::new(config.transport));
        }
        let mut acts = Vec::new();
        match self {
            Self::Plain(plain) => plain.handle_report(now, number, report, &mut acts),
            Self::Resume { exchanges, .. } => {
                let exchange = match &report {
                    Report::Opened | Report::Packet(_) => exchanges.get(&number).copied(),
                    Report::Answer { .. } | Report::Lost { .. } => exchanges.remove(&number),
                };
                let Some(exchange) = exchange else {
                    return acts;
                };
                return self.resume(|client, out| match report {
                    Report::Opened => client.handle_opened(now, exchange, out),
                    Report::Packet(packet) => client.handle_packet(now, exchange, packet, out),
                    Report::Answer { status, body } => {
                        client.handle_answer(now, exchange, status, &body, out);
                    }
                    Report::Lost { code, .. } => client.handle_lost(now, exchange, code, out),
                });
            }
        }
        acts
    }

    /// Sends the messages of a packet: all of them or, if they do not fit, none.
    pub(super) fn send(&mut self, now: Time, messages: &[Outgoing]) -> Result<Vec<Act>, SendError> {
        let max_payload = match self {
            Self::Resume { client, .. } => {
                let terms = client.terms().filter(|_| client.is_open());
                let terms = terms.ok_or(SendError::Closed)?;
                let cost: usize = messages.iter().map(Outgoing::cost).sum();
                if cost > terms.buffer.saturating_sub(client.retained()) {
                    return Err(SendError::Full);
                }
                terms.max_payload
            }
            Self::Plain(plain) if plain.is_open() => plain.max_payload(),
            Self::Plain(_) => return Err(SendError::Closed),
        };
        // The packet type counts, too.
        if messages.iter().any(|one| one.len() >= max_payload) {
            let why = "it is larger than the server takes";
            return Err(SendError::Invalid(why.to_owned()));
        }
        let mut acts = Vec::new();
        for message in messages.iter().cloned() {
            match self {
                Self::Plain(plain) => plain.send(message, &mut acts),
                Self::Resume { .. } => {
                    let mut sent = Ok(());
                    acts.extend(self.resume(|client, out| sent = client.send(now, message, out)));
                    sent.map_err(|_| SendError::Closed)?;
                }
            }
        }
        Ok(acts)
    }

    /// Calls into the state machine of a session that may be resumed.
    fn resume(&mut self, call: impl FnOnce(&mut Client, &mut Vec<Output>)) -> Vec<Act> {
        let Self::Resume {
            client, exchanges, ..
        } = self
        else {
            return Vec::new();
        };
        let mut out = Vec::new();
        call(client, &mut out);
        let act = |output| match output {
            Output::Start(exchange, request) => {
                let number = exchange.number();
                exchanges.insert(number, exchange);
                let query = client.query(&request);
                Some(Act::Start(Ask {
                    number,
                    query,
                    kind: kind(request),
                }))
            }
            Output::Write(exchange, packet) => Some(Act::Write(exchange.number(), packet)),
            Output::End(exchange) => {
                exchanges.remove(&exchange.number());
                Some(Act::End(exchange.number()))
            }
            Output::Opened => Some(Act::Opened),
            Output::Message(message) => Some(Act::Message(message)),
            Output::Detached | Output::Resumed => None,
            Output::Closed(end) => Some(Act::Closed(end)),
        };
        out.into_iter().filter_map(act).collect()
    }
}

fn kind(request: Request) -> Kind {
    let is_leg = !matches!(request, Request::Probe);
    match request.transport() {
        Transport::WebSocket => Kind::WebSocket { is_leg },
        Transport::Polling => match request {
            Request::Post { packets, .. } => Kind::Post(packets),
            Request::Handshake(_) | Request::Leg { .. } | Request::Probe => Kind::Get,
        },
    }
}

/// Whether a handshake was answered with a session that can not be resumed.
fn is_plain(report: &Report) -> bool {
    #[derive(Deserialize)]
    struct Open {
        resume: Option<IgnoredAny>,
    }
    let packet = match report {
        Report::Packet(Ok(packet)) => Some(packet.clone()),
        Report::Answer { status: 200, body } => decode_payload(body).next().and_then(Result::ok),
        _ => None,
    };
    let Some(Packet::Open(json)) = packet else {
        return false;
    };
    let open: Result<Open, _> = serde_json::from_str(&json);
    open.is_ok_and(|open| open.resume.is_none())
}
