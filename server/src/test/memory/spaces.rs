//! Socket.IO as a client speaks it: what comes is sorted by namespaces.

use std::collections::{BTreeMap, VecDeque};
use std::rc::Weak;

use bytes::Bytes;
use encke_protocol::client::End;
use encke_protocol::socket::{Args, Packet};
use encke_protocol::{Fault, Limits, Message};
use serde::Deserialize;
use serde_json::Value;

use super::failure::{Failure, Over};
use super::heard::{Heard, Question, Sender};

/// The namespaces of a session, as its client knows them.
pub(super) struct Spaces {
    by_name: BTreeMap<String, Space>,
    limits: Limits,
    /// A packet whose attachments are yet to come.
    partial: Option<Partial>,
    /// What answers are sent by.
    sender: Weak<dyn Sender>,
}

struct Partial {
    packet: Packet,
    missing: usize,
    attachments: Vec<Bytes>,
}

/// One namespace.
#[derive(Default)]
pub(super) struct Space {
    pub(super) stage: Stage,
    /// All that was heard.
    pub(super) heard: Vec<Heard>,
    /// The same without what the test has taken.
    pub(super) unasked: VecDeque<Heard>,
    /// Answers that nobody has taken yet.
    pub(super) acks: BTreeMap<u64, Args>,
    pub(super) next_ack: u64,
}

#[derive(Default)]
pub(super) enum Stage {
    #[default]
    Joining,
    Joined {
        id: String,
    },
    Refused {
        message: String,
        data: Option<Value>,
    },
    Over(Over),
}

/// What a server says of a socket that it has made.
#[derive(Deserialize)]
struct Joined {
    sid: String,
}

/// Why a client may not join.
#[derive(Deserialize)]
struct Refusal {
    message: String,
    data: Option<Value>,
}

impl Space {
    /// Why nothing comes any more, if that is so.
    pub(super) fn failure(&self) -> Option<Failure> {
        match &self.stage {
            Stage::Joining | Stage::Joined { .. } => None,
            Stage::Refused { message, data } => Some(Failure::Refused {
                message: message.clone(),
                data: data.clone(),
            }),
            Stage::Over(over) => Some(Failure::Over(over.clone())),
        }
    }

    fn end(&mut self, over: &Over) {
        if let Stage::Joining | Stage::Joined { .. } = self.stage {
            self.stage = Stage::Over(over.clone());
        }
    }
}

impl Spaces {
    pub(super) fn new(sender: Weak<dyn Sender>) -> Self {
        Self {
            by_name: BTreeMap::new(),
            limits: Limits {
                max_attachments: usize::MAX,
                ..Limits::default()
            },
            partial: None,
            sender,
        }
    }

    /// The namespace of this name, which the client has asked to join before.
    pub(super) fn get(&mut self, name: &str) -> &mut Space {
        self.by_name.entry(name.to_owned()).or_default()
    }

    /// The client asks to join. False if it is there, or has asked.
    pub(super) fn enter(&mut self, name: &str) -> bool {
        let Some(space) = self.by_name.get_mut(name) else {
            self.by_name.insert(name.to_owned(), Space::default());
            return true;
        };
        let is_out = matches!(space.stage, Stage::Refused { .. } | Stage::Over(_));
        if is_out {
            space.stage = Stage::Joining;
        }
        is_out
    }

    /// The session is over, for whatever reason.
    pub(super) fn end(&mut self, end: &End) {
        self.end_all(&Over::Session(end.clone()));
    }

    fn end_all(&mut self, over: &Over) {
        for space in self.by_name.values_mut() {
            space.end(over);
        }
    }

    /// A message came.
    pub(super) fn handle_message(&mut self, message: Message) {
        if let Err(fault) = self.handle(message) {
            self.end_all(&Over::BrokenServer(fault.to_string()));
        }
    }

    fn handle(&mut self, message: Message) -> Result<(), Fault> {
        match (message, self.partial.take()) {
            (Message::Text(text), None) => {
                let packet = Packet::decode(&text, &self.limits)?;
                match packet {
                    Packet::Event { attachments, .. } | Packet::Ack { attachments, .. }
                        if attachments > 0 =>
                    {
                        self.partial = Some(Partial {
                            packet,
                            missing: attachments,
                            attachments: Vec::new(),
                        });
                    }
                    packet => self.take(packet),
                }
            }
            (Message::Binary(bytes), Some(mut partial)) => {
                partial.attachments.push(bytes);
                partial.missing -= 1;
                if partial.missing > 0 {
                    self.partial = Some(partial);
                } else {
                    let mut packet = partial.packet;
                    if let Packet::Event { args, .. } | Packet::Ack { args, .. } = &mut packet {
                        *args = std::mem::take(args).attach(partial.attachments)?;
                    }
                    self.take(packet);
                }
            }
            (Message::Text(_), Some(_)) | (Message::Binary(_), None) => {
                self.end_all(&Over::BrokenServer("a message out of turn".to_owned()));
            }
        }
        Ok(())
    }

    /// A packet is whole.
    fn take(&mut self, packet: Packet) {
        let sender = Weak::clone(&self.sender);
        match packet {
            Packet::Connect { nsp, auth } => {
                let joined: Option<Joined> = auth.and_then(|auth| serde_json::from_str(&auth).ok());
                let space = self.get(&nsp);
                if let (Stage::Joining, Some(Joined { sid: id })) = (&space.stage, joined) {
                    space.stage = Stage::Joined { id };
                }
            }
            Packet::ConnectError { nsp, data } => {
                let refusal = data.and_then(|data| serde_json::from_str(&data).ok());
                let Refusal { message, data } = refusal.unwrap_or_else(|| Refusal {
                    message: String::new(),
                    data: None,
                });
                self.get(&nsp).stage = Stage::Refused { message, data };
            }
            Packet::Disconnect { nsp } => self.get(&nsp).end(&Over::Disconnected),
            Packet::Event {
                nsp,
                id,
                name,
                args,
                ..
            } => {
                let question = id.map(|id| Question {
                    id,
                    namespace: nsp.to_string(),
                    sender,
                });
                let space = self.get(&nsp);
                let heard = Heard {
                    name: name.to_string(),
                    args,
                    question,
                };
                space.heard.push(heard.clone());
                space.unasked.push_back(heard);
            }
            Packet::Ack { nsp, id, args, .. } => {
                self.get(&nsp).acks.insert(id, args);
            }
        }
    }
}
