//! Whoever has guessed or stolen a sid harms at most that one session, whatever the numbers.

use encke::{Data, Encke};
use serde_json::{Value, json};
use support::http::{Request, Response, fetch};
use support::ws::{Message, WebSocket};
use support::{Guest, Host, Nomad, Transport, at, serve};

/// Numbers that are none.
const MALFORMED: [&str; 13] = [
    "-1",
    "-9223372036854775808",
    "9007199254740992",
    "9223372036854775808",
    "18446744073709551616",
    "99999999999999999999999999999999999999999999",
    "x",
    "",
    "01",
    "+1",
    "1e3",
    "0x1",
    "%00",
];
/// The highest that there is, and others that no session has come to.
const HUGE: [&str; 3] = ["9007199254740991", "4294967296", "1000"];

fn start() -> Host {
    let io = Encke::builder().build();
    io.of("/")
        .on("echo", async |Data(value): Data<Value>| value);
    serve(&io)
}

/// Those who have nothing to do with it: of every kind.
struct Others {
    guests: Vec<Guest>,
    nomads: Vec<Nomad>,
    served: u64,
}

impl Others {
    async fn connect(host: &Host) -> Self {
        let mut nomads = Vec::new();
        for transport in Transport::ALL {
            nomads.push(Nomad::connect(host, transport).await);
        }
        Self {
            guests: Guest::on_all(host).await,
            nomads,
            served: 0,
        }
    }

    async fn assert_served(&mut self) {
        self.served += 1;
        let served = self.served;
        let (echo, answer) = (json!(["echo", served]), json!([served]));
        for guest in &mut self.guests {
            assert_eq!(guest.call(&echo).await, answer);
        }
        for nomad in &mut self.nomads {
            assert_eq!(nomad.call(&echo).await, answer);
        }
    }
}

/// The code of the `1` that an answer consists of, if it does.
fn refusal(text: &str) -> Option<u64> {
    let why: Value = serde_json::from_str(text.strip_prefix('1')?).expect("JSON");
    why["code"].as_u64()
}

/// What is asked as a leg by polling.
async fn poll(nomad: &Nomad, query: &str) -> Response {
    fetch(&Request::get(&nomad.session.target("polling", query))).await
}

/// What is asked as a leg by WebSocket: the first packet.
async fn socket(nomad: &Nomad, query: &str) -> String {
    let request = nomad.session.socket_request(query);
    let opened = WebSocket::request(&request).await;
    opened.expect("refusals are in band").text().await
}

async fn post(nomad: &Nomad, query: &str) -> Response {
    let target = nomad.session.target("polling", query);
    fetch(&Request::post(&target, "42[\"echo\",0]")).await
}

#[tokio::test]
async fn a_number_that_is_none_changes_nothing() {
    let host = start();
    let mut others = Others::connect(&host).await;
    let mut victim = Nomad::connect(&host, Transport::Polling).await;
    for number in MALFORMED {
        at(host.address(), async {
            let leg = victim.leg() + 1;
            for query in [
                format!("&leg={number}&recv=0"),
                format!("&leg={leg}&recv={number}"),
            ] {
                let answer = poll(&victim, &query).await;
                assert_eq!(answer.status, 200, "{query}: {answer:?}");
                assert_eq!(refusal(answer.text()), Some(3), "{query}");
                let first = socket(&victim, &query).await;
                assert_eq!(refusal(&first), Some(3), "{query}");
            }
            for query in [
                format!("&recv={number}&seq=2"),
                format!("&recv=0&seq={number}"),
            ] {
                post(&victim, &query).await.assert_error(3);
            }
            for packet in [
                format!("5{number},0"),
                format!("5{leg},{number}"),
                format!("5{leg}"),
                format!("5{leg},0,{number}"),
            ] {
                let mut probe = victim.session.probe().await;
                probe.send_text(&packet).await;
                assert_eq!(probe.closed().await, 1000, "{packet}");
            }
        })
        .await;
        assert_eq!(victim.call(&json!(["echo", 1])).await, json!([1]));
        others.assert_served().await;
    }
}

#[tokio::test]
async fn a_packet_with_such_a_number_ends_its_own_session() {
    let host = start();
    let mut others = Others::connect(&host).await;
    for number in MALFORMED.into_iter().chain(HUGE) {
        for kind in ["7", "8"] {
            let mut victim = Nomad::connect(&host, Transport::WebSocket).await;
            let packet = format!("{kind}{number}");
            victim.socket().send_text(&packet).await;
            assert_eq!(victim.farewell().await.0, 1002, "{packet}");
            let code = victim.socket().message().await;
            assert_eq!(code, Message::Closed(1002), "{packet}");
            // In a POST as well.
            let victim = Nomad::connect(&host, Transport::Polling).await;
            at(host.address(), async {
                let recv = victim.received();
                // What is taken of the body before is not taken back.
                victim.session.post(recv, None, &packet).await;
                let gone = victim.session.touch(victim.leg() + 1, recv).await;
                assert_eq!(refusal(&gone), Some(1), "{packet}");
            })
            .await;
        }
        others.assert_served().await;
    }
}

#[tokio::test]
async fn a_number_that_is_too_high_ends_its_own_session_or_is_refused() {
    let host = start();
    let mut others = Others::connect(&host).await;
    for number in HUGE {
        // More messages than were ever sent.
        for transport in Transport::ALL {
            let victim = Nomad::connect(&host, transport).await;
            at(host.address(), async {
                let query = format!("&leg={}&recv={number}", victim.leg() + 1);
                let first = match transport {
                    Transport::Polling => poll(&victim, &query).await.text().to_owned(),
                    Transport::WebSocket => socket(&victim, &query).await,
                };
                assert_eq!(refusal(&first), Some(1002), "{query}");
            })
            .await;
        }
        // Messages that are ahead of those that came.
        let mut victim = Nomad::connect(&host, Transport::Polling).await;
        let ahead = at(
            host.address(),
            post(&victim, &format!("&recv=1&seq={number}")),
        )
        .await;
        assert_eq!((ahead.status, ahead.text()), (409, "71"), "{number}");
        assert_eq!(victim.call(&json!(["echo", 1])).await, json!([1]));
        let beyond = format!("&recv={number}");
        let beyond = at(host.address(), post(&victim, &beyond)).await;
        assert_eq!(beyond.status, 400, "{beyond:?}");
        // A leg that nobody can follow.
        let taken = Nomad::connect(&host, Transport::Polling).await;
        at(host.address(), async {
            let query = format!("&leg={number}&recv=1&wait=0");
            assert_eq!(poll(&taken, &query).await.text(), "71\x1e6");
            let lower = poll(&taken, "&leg=2&recv=1").await;
            assert_eq!(refusal(lower.text()), Some(409));
        })
        .await;
        let taken = Nomad::connect(&host, Transport::Polling).await;
        at(host.address(), async {
            let mut probe = taken.session.probe().await;
            probe.send_text(&format!("5{number},{number}")).await;
            assert_eq!(refusal(&probe.text().await), Some(1002), "{number}");
            assert_eq!(probe.closed().await, 1002, "{number}");
            let gone = taken.session.touch(2, 1).await;
            assert_eq!(refusal(&gone), Some(1));
        })
        .await;
        others.assert_served().await;
    }
}

#[tokio::test]
async fn a_sid_that_was_guessed_is_none() {
    let host = start();
    let mut others = Others::connect(&host).await;
    let victim = Nomad::connect(&host, Transport::WebSocket).await;
    let sid = victim.session.sid().to_owned();
    let mut guesses: Vec<String> = vec![
        "0".repeat(sid.len()),
        "x".repeat(10_000),
        sid[..sid.len() - 1].to_owned(),
        format!("{sid}A"),
        format!("{sid}%00"),
        sid.to_uppercase(),
        sid.to_lowercase(),
        format!("%20{sid}"),
        "..%2F".to_owned(),
        "%ff%fe".to_owned(),
        "-1".to_owned(),
    ];
    guesses.retain(|guess| *guess != sid);
    for guess in guesses {
        at(host.address(), async {
            let target = |transport: &str, query: &str| {
                let start = format!("/socket.io/?EIO=4&transport={transport}");
                format!("{start}&sid={guess}{query}")
            };
            let answer = fetch(&Request::get(&target("polling", "&leg=1&recv=0"))).await;
            assert_eq!(refusal(answer.text()), Some(1), "{guess}");
            let leg = target("websocket", "&leg=1&recv=0");
            let first = WebSocket::open(&leg).await.text().await;
            assert_eq!(refusal(&first), Some(1), "{guess}");
            let body = Request::post(&target("polling", "&recv=0&seq=1"), "41");
            fetch(&body).await.assert_error(1);
            let plain = fetch(&Request::get(&target("polling", ""))).await;
            plain.assert_error(1);
        })
        .await;
        others.assert_served().await;
    }
}
