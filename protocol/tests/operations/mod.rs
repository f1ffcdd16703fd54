//! Anything that may happen to a session, sensible or not, written in four bytes an operation: so
//! that property tests can shrink a sequence, and a fuzzer can vary one.

use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use bytestring::ByteString;
use encke_protocol::engine::{Claim, Leg, Mode, Opening, Packet, Via};
use encke_protocol::socket::{Args, Slot, event};
use encke_protocol::{
    CloseReason, Config, DecodeError, Layer, Limits, Message, Outgoing, Session, Sid, Time,
};

use crate::driver::{Driver, Flush, SID, Seen, duplex_leg};

/// What clients say, and what they should not.
const TEXTS: [&str; 40] = [
    "2probe",
    "5",
    "3",
    "3probe",
    "6",
    "1",
    "4",
    "4text",
    "4é",
    "4\u{1f600}",
    "",
    "0{}",
    "2",
    "2prob",
    "5x",
    "6x",
    "1x",
    "3x",
    "7",
    "b",
    "bAQI=",
    "bAQI",
    "b=",
    "é",
    "40",
    "40/a,",
    "40/b,{\"a\":1}",
    "40[]",
    "41",
    "41/a,",
    "42[\"e\",1]",
    "42/a,1[\"e\"]",
    "430[1]",
    "43/a,1[]",
    "44{}",
    HEADER,
    "461-1[{\"_placeholder\":true,\"num\":0}]",
    "452-2[\"e\",{\"_placeholder\":true,\"num\":1}]",
    "42[\"connect\"]",
    "42{}",
];

/// A packet that an attachment has to follow.
const HEADER: &str = "451-[\"e\",{\"_placeholder\":true,\"num\":0}]";

/// An operation, and whether the driver flushes after it.
pub(crate) type Written = [u8; 4];

/// Longer than anything that a session waits for here.
const LONG: Duration = Duration::from_secs(60);

/// A session's whole life: the driver fails if a rule is broken, and this if the session does not
/// end by itself, which `end` helps it with, or does anything after that.
pub(crate) fn live(setup: Written, operations: &[Written], end: u8, after: &[Written]) {
    let mut driver = start(setup);
    for operation in operations {
        apply(&mut driver, *operation);
    }
    driver.flush();
    driver.release();
    match end % 3 {
        0 => driver.close(CloseReason::ServerClose),
        1 => driver.abort(CloseReason::Shutdown),
        _ => {}
    }
    driver.run_until(driver.now() + LONG);
    assert!(driver.take_seen().contains(&Seen::Over));
    for operation in after {
        apply(&mut driver, *operation);
    }
}

/// A session, as four bytes choose it.
fn start([kind, interval, timeout, packets]: Written) -> Driver {
    let opening = if kind & 1 == 0 {
        Opening::Polling
    } else {
        Opening::WebSocket
    };
    let layer = if kind & 2 == 0 {
        Layer::Bare
    } else {
        Layer::SocketIo
    };
    let flush = if kind & 4 == 0 {
        Flush::Ready
    } else {
        Flush::All
    };
    let config = Config {
        ping_interval: ms(interval),
        ping_timeout: ms(timeout),
        upgrade_timeout: ms(kind),
        connect_timeout: ms(interval ^ timeout),
        upgrades: kind & 0x18 != 0,
        limits: Limits {
            packets_per_poll: usize::from(packets % 4) + 1,
            ..Limits::default()
        },
        ..Config::default()
    };
    Driver::new(opening, layer, config, flush)
}

/// A duration that is not nothing.
fn ms(byte: u8) -> Duration {
    Duration::from_millis(u64::from(byte) + 1)
}

/// Does one operation.
fn apply(driver: &mut Driver, [kind, which, what, how]: Written) {
    let leg = leg(driver, which);
    match kind % 32 {
        0..=2 => driver.run_until(driver.now() + ms(what)),
        // Too late for what was due.
        3 => driver.sleep(ms(what)),
        4 => driver.timeout(),
        5..=7 => drop(driver.poll()),
        8 | 9 => drop(driver.candidate()),
        10 => driver.packet(Via::Leg(leg), packet(0, how)),
        11 => driver.packet(Via::Leg(leg), packet(1, how)),
        12 => driver.packet(Via::Leg(leg), packet(what, how)),
        13 => say(driver, packet(what, how)),
        14 => drop(driver.begin_post()),
        15 if driver.is_posting() && what < 64 => driver.lose_post(),
        15 => driver.end_post(),
        16 => driver.cut(leg),
        17 if what < 64 => driver.lose(leg, CloseReason::TransportClose),
        18 => driver.set_room(leg, usize::from(what % 4)),
        19 | 20 => say(driver, packet(2, how)),
        21 => driver.hold(),
        22 => driver.release(),
        23 if what < 32 => driver.close(CloseReason::ServerClose),
        24 if what < 32 => driver.abort(CloseReason::BufferFull),
        25 => act(driver, which, what),
        26..=29 => converse(driver, which, what),
        _ => send(driver, what),
    }
    if how % 4 != 0 {
        driver.flush();
    }
}

/// One of the newest legs, more often than not; else any, or one that never was.
fn leg(driver: &Driver, which: u8) -> Leg {
    let newest = usize::from(which % 4);
    let leg = match which {
        0..224 => driver.legs().iter().nth_back(newest),
        224..248 => driver.legs().iter().nth(newest),
        _ => None,
    };
    leg.copied().unwrap_or(*UNKNOWN)
}

/// A leg that no session here comes to.
static UNKNOWN: LazyLock<Leg> = LazyLock::new(|| {
    let (now, mut out) = (Time::ZERO, Vec::new());
    let config = Config::default().into();
    let (opening, mode, layer) = (Opening::Polling, Mode::Plain, Layer::Bare);
    let (mut session, _) = Session::new(now, SID, opening, mode, layer, config);
    let mut come = || {
        let leg = session.handle_socket(now, &Claim::NONE, &mut out);
        let leg = leg.expect("the only one");
        session.handle_lost(now, leg, CloseReason::TransportError, &mut out);
        leg
    };
    for _ in 0..10_000 {
        come();
    }
    come()
});

fn packet(what: u8, how: u8) -> Result<Packet, DecodeError> {
    match TEXTS.get(usize::from(what % 48)) {
        Some(text) => Packet::decode_record(&ByteString::from_static(text)),
        None => {
            let bytes = Bytes::from(vec![how; usize::from(how % 8)]);
            Ok(Packet::Message(Message::Binary(bytes)))
        }
    }
}

/// A packet comes by the session's own transport.
fn say(driver: &mut Driver, packet: Result<Packet, DecodeError>) {
    if let Some(leg) = duplex_leg(driver.session().engine()) {
        driver.packet(Via::Leg(leg), packet);
    } else if driver.is_posting() || driver.begin_post() {
        driver.packet(Via::Post, packet);
        driver.end_post();
    }
}

fn send(driver: &mut Driver, what: u8) {
    let (number, _) = driver.session().engine().counts();
    let message = if what & 1 == 0 {
        Outgoing::text(&number.to_string()).expect("digits")
    } else {
        Outgoing::binary(&number.to_be_bytes())
    };
    driver.send_message(&message);
}

/// What an application may do in namespaces.
fn act(driver: &mut Driver, which: u8, what: u8) {
    let slots: Vec<Slot> = driver.stays().slots().collect();
    let Some(slot) = slots.iter().nth_back(usize::from(which % 4)).copied() else {
        return;
    };
    let is_asked = driver.stays().is_asked(slot);
    match what % 4 {
        0 if is_asked => driver.accept(slot, Sid::from_bytes([which; 16])),
        0 => driver.leave(slot),
        1 if is_asked => driver.refuse(slot, "no"),
        _ => emit(driver, slot, which, what),
    }
}

/// An event with an attachment, that is to be answered.
fn emit(driver: &mut Driver, slot: Slot, which: u8, what: u8) {
    let id = u64::from(what % 4);
    let args = Args::from_json("[{\"_placeholder\":true,\"num\":0}]").expect("JSON");
    let args = args.attach(vec![Bytes::from(vec![which])]).expect("JSON");
    let packet = event("/", Some(id), "e", &args).expect("JSON");
    driver.emit(slot, &packet, Some((id, ms(which))));
}

/// What makes sense next in the main namespace, from either side.
fn converse(driver: &mut Driver, which: u8, what: u8) {
    let text = |text: &str| Packet::decode_record(&ByteString::from(text));
    let slot = driver.stays().slots().last();
    match slot.filter(|slot| driver.stays().is_present(*slot)) {
        None => say(driver, text("40")),
        Some(slot) if driver.stays().is_asked(slot) => {
            driver.accept(slot, Sid::from_bytes([which; 16]));
        }
        Some(slot) => match what % 8 {
            0 => say(driver, text("41")),
            1 => driver.leave(slot),
            2 => say(driver, text(HEADER)),
            3 => say(driver, text("bAQI=")),
            4 => emit(driver, slot, which, what),
            5 => say(driver, text(&format!("43{}[]", which % 4))),
            6 => say(driver, text("421[\"e\"]")),
            _ => {
                say(driver, text(HEADER));
                say(driver, text("bAQI="));
            }
        },
    }
}
