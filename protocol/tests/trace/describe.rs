use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encke_protocol::engine::{Leg, LegEnd, Packet};
use encke_protocol::socket::{Args, Slot, SocketEvent};
use encke_protocol::{Event, Message, Outgoing};
use serde_json::{Value, json};

use crate::driver::Seen;

/// What was seen, as traces write it. On polls packets are records; `slots` are the sockets that
/// were asked for, in order.
pub(crate) fn describe(seen: Seen, polls: &BTreeSet<Leg>, slots: &[Slot]) -> Value {
    let number = |slot| slots.iter().position(|known| *known == slot);
    match seen {
        Seen::Opened(leg) => json!({"opened": leg.number()}),
        Seen::Refused(refusal) => json!({"refused": refusal.code()}),
        Seen::Packet(leg, packet) => {
            let packet = describe_packet(&packet, polls.contains(&leg));
            json!({"leg": leg.number(), "packet": packet})
        }
        Seen::End(leg, end) => {
            let end = match end {
                LegEnd::Answered => "answered",
                LegEnd::Dismissed => "dismissed",
                LegEnd::Replaced => "replaced",
                LegEnd::Silent => "silent",
                LegEnd::Closed(reason) => reason.as_str(),
            };
            json!({"leg": leg.number(), "end": end})
        }
        Seen::Event(Event::Message(Message::Text(text))) => json!({"message": &*text}),
        Seen::Event(Event::Message(Message::Binary(bytes))) => json!({"message": binary(&bytes)}),
        Seen::Event(Event::Socket(SocketEvent::Connect { slot, nsp, auth })) => {
            let auth = auth.as_deref().map(parse);
            json!({"connect": number(slot), "nsp": &*nsp, "auth": auth})
        }
        Seen::Event(Event::Socket(SocketEvent::Event {
            slot,
            name,
            args,
            ack,
        })) => {
            let mut data = values(&args);
            data.insert(0, json!(&*name));
            json!({"event": number(slot), "data": data, "id": ack})
        }
        Seen::Event(Event::Socket(SocketEvent::Ack { slot, id, args })) => {
            json!({"ack": number(slot), "id": id, "data": values(&args)})
        }
        Seen::Event(Event::Socket(SocketEvent::Leave { slot })) => json!({"leave": number(slot)}),
        Seen::Expired(slot, id) => json!({"expired": number(slot), "id": id}),
        Seen::Closed(reason) => json!({"closed": reason.as_str()}),
        Seen::Over => json!("over"),
    }
}

fn describe_packet(packet: &Packet<Outgoing>, is_record: bool) -> Value {
    match packet {
        Packet::Message(message) if !message.is_text() && !is_record => binary(message.body()),
        other => json!(std::str::from_utf8(&other.record()).unwrap()),
    }
}

fn binary(bytes: &[u8]) -> Value {
    json!({"$binary": STANDARD.encode(bytes)})
}

fn parse(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// Arguments, with attachments in place of what stands for them.
fn values(args: &Args) -> Vec<Value> {
    let place = |value: Value| match value.get("num") {
        Some(num) if value["_placeholder"] == true => {
            let num = usize::try_from(num.as_u64().unwrap()).unwrap();
            binary(&args.attachments()[num])
        }
        _ => value,
    };
    args.iter().map(|text| place(parse(text))).collect()
}
