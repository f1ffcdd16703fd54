//! The application's look at clients that come back.

use std::sync::Arc;

use encke::{CloseReason, Encke, Handshake, Reject, Socket};
use serde_json::json;
use support::engine::Polling;
use support::http::{Request, fetch};
use support::ws::{Message, WebSocket, handshake};
use support::{Arrivals, Heard, Host, Nomad, Transport, at, log, serve, until};
use tokio::sync::Notify;

const PATH: &str = "/socket.io/";

struct Stage {
    io: Encke,
    host: Host,
    arrivals: Arrivals,
    heard: Heard,
    gate: Arc<Notify>,
}

impl Stage {
    /// Refuses whoever has no cookie, and takes time for those whose cookie says so.
    fn set() -> Self {
        let (log, heard) = log();
        let gate = Arc::new(Notify::new());
        let shut = Arc::clone(&gate);
        let io = Encke::builder()
            .allow_resume(move |request: Handshake| {
                let (log, gate) = (log.clone(), Arc::clone(&shut));
                async move {
                    let cookie = request.header("cookie").unwrap_or("no cookie");
                    let agent = request.header("user-agent").unwrap_or("nobody");
                    let transport = request.transport().as_str();
                    let leg = request.query_value("leg");
                    let leg = leg.as_deref().unwrap_or("no leg");
                    log.say(format!("{transport} {leg} {agent} {cookie}"));
                    match cookie {
                        "no cookie" => Err(Reject::new("your login has run out").data("secret")),
                        "slow" => {
                            gate.notified().await;
                            Ok(())
                        }
                        _ => Ok(()),
                    }
                }
            })
            .build();
        let arrivals = Arrivals::of(&io);
        let host = serve(&io);
        Self {
            io,
            host,
            arrivals,
            heard,
            gate,
        }
    }

    async fn connect(&mut self, transport: Transport) -> (Nomad, Socket) {
        let nomad = Nomad::connect(&self.host, transport).await;
        (nomad, self.arrivals.next().await.socket)
    }

    /// A client that has gone, and for which something is kept.
    async fn absent(&mut self) -> (Nomad, Socket) {
        let (mut nomad, socket) = self.connect(Transport::WebSocket).await;
        nomad.leave();
        until("the absence to be noticed", async || {
            self.io.sessions().await;
            (!socket.attached()).then_some(())
        })
        .await;
        socket.emit("kept", &1).expect("there is room");
        (nomad, socket)
    }
}

/// The request with what a browser sends now.
fn as_browser(request: Request, cookie: &str) -> Request {
    request
        .header("Cookie", cookie)
        .header("User-Agent", "browser")
}

async fn open(request: &Request) -> WebSocket {
    let socket = WebSocket::request(request).await;
    socket.expect("refusals are in band")
}

const REFUSAL: &str = r#"1{"code":403,"message":"your login has run out"}"#;

#[tokio::test]
async fn it_is_asked_when_a_client_returns_and_not_before() {
    let mut stage = Stage::set();
    // Nothing of this would be allowed.
    let (mut nomad, socket) = stage.connect(Transport::Polling).await;
    for round in 0..5 {
        socket.emit("e", &round).expect("there is room");
        assert_eq!(nomad.event().await, json!(["e", round]));
        nomad.confirm().await;
        nomad.emit(&json!(["nobody handles this"])).await;
    }
    // A leg that takes the place of one that is there.
    for transport in [Transport::WebSocket, Transport::Polling] {
        nomad.come_back(transport).await;
    }
    let (mut absent, of_absent) = stage.absent().await;
    absent.emit(&json!(["nobody handles this"])).await;
    absent.confirm().await;
    assert!(of_absent.connected());
    stage.heard.assert_silent();

    let kept = "\x1e42[\"kept\",1]";
    at(stage.host.address(), async {
        let session = &absent.session;
        let poll = session.poll_request(1, absent.received());
        let answer = fetch(&as_browser(poll, "first")).await;
        assert!(answer.text().ends_with(kept), "{answer:?}");
        stage.heard.expect(&["polling 1 browser first"]).await;
        // It is there again.
        session.touch(2, absent.received() + 1).await;
        stage.heard.assert_silent();
    })
    .await;

    let (absent, _) = stage.absent().await;
    at(stage.host.address(), async {
        let query = format!("&leg=1&recv={}", absent.received());
        let request = absent.session.socket_request(&query);
        let mut socket = open(&as_browser(request, "second")).await;
        assert_eq!(socket.text().await, "71");
        assert_eq!(socket.text().await, r#"42["kept",1]"#);
        stage.heard.expect(&["websocket 1 browser second"]).await;
    })
    .await;
    stage.heard.assert_silent();
}

#[tokio::test]
async fn it_is_asked_about_a_websocket_that_may_take_over() {
    let mut stage = Stage::set();
    let (nomad, socket) = stage.connect(Transport::Polling).await;
    at(stage.host.address(), async {
        let request = as_browser(nomad.session.socket_request(""), "third");
        let mut probe = open(&request).await;
        stage
            .heard
            .expect(&["websocket no leg browser third"])
            .await;
        probe.send_text("2probe").await;
        assert_eq!(probe.text().await, "3probe");
        let upgrade = format!("5{},{}", nomad.leg() + 1, nomad.received());
        probe.send_text(&upgrade).await;
        assert_eq!(probe.text().await, "71");
        stage.heard.assert_silent();
        // Before the WebSocket is dropped.
        assert!(socket.attached());
    })
    .await;
    // Not of a plain session, which can not come back.
    at(stage.host.address(), async {
        let session = Polling::open(PATH).await;
        let mut probe = session.probe().await;
        probe.send_text("5").await;
        probe.send_text("40").await;
        assert!(probe.text().await.starts_with("40"));
    })
    .await;
    stage.heard.assert_silent();
}

#[tokio::test]
async fn a_client_that_is_refused_is_told_and_gets_nothing() {
    let mut stage = Stage::set();
    for transport in Transport::ALL {
        let (nomad, socket) = stage.absent().await;
        let recv = nomad.received();
        at(stage.host.address(), async {
            match transport {
                Transport::Polling => assert_eq!(nomad.session.poll(1, recv).await, REFUSAL),
                Transport::WebSocket => {
                    let mut leg = nomad.session.socket(1, recv).await;
                    assert_eq!(leg.text().await, REFUSAL);
                    assert_eq!(leg.message().await, Message::Closed(1000));
                }
            }
        })
        .await;
        let asked = format!("{} 1 nobody no cookie", asked_as(transport));
        stage.heard.expect(&[&*asked]).await;
        let reason = stage.arrivals.gone(&socket).await;
        assert_eq!(reason, CloseReason::NotAuthorized);
        assert!(!socket.connected());
        let gone = at(stage.host.address(), nomad.session.touch(2, recv)).await;
        assert!(gone.starts_with(r#"1{"code":1,"#), "{gone}");
    }
    assert_eq!(stage.io.counts().sessions, 0);
    stage.heard.assert_silent();
}

const fn asked_as(transport: Transport) -> &'static str {
    match transport {
        Transport::Polling => "polling",
        Transport::WebSocket => "websocket",
    }
}

#[tokio::test]
async fn a_websocket_that_is_refused_ends_the_session_of_its_poll() {
    let mut stage = Stage::set();
    let (nomad, socket) = stage.connect(Transport::Polling).await;
    at(stage.host.address(), async {
        let (leg, recv) = (nomad.leg() + 1, nomad.received());
        let mut parked = nomad.session.park(leg, recv).await;
        until("the poll to wait", async || {
            let older = nomad.session.touch(leg - 1, recv).await;
            older.starts_with(r#"1{"code":409"#).then_some(())
        })
        .await;
        let request = nomad.session.socket_request("");
        let mut probe = open(&request).await;
        assert_eq!(probe.text().await, REFUSAL);
        assert_eq!(probe.closed().await, 1000);
        let told = parked.response().await;
        assert!(told.text().starts_with(r#"1{"code":403,"#), "{told:?}");
    })
    .await;
    let reason = stage.arrivals.gone(&socket).await;
    assert_eq!(reason, CloseReason::NotAuthorized);
}

#[tokio::test]
async fn a_request_that_comes_late_or_is_none_is_not_asked_about() {
    let mut stage = Stage::set();
    let (mut nomad, socket) = stage.connect(Transport::WebSocket).await;
    for _ in 0..3 {
        nomad.come_back(Transport::WebSocket).await;
    }
    nomad.leave();
    until("the absence to be noticed", async || {
        stage.io.sessions().await;
        (!socket.attached()).then_some(())
    })
    .await;
    at(stage.host.address(), async {
        let (session, recv) = (&nomad.session, nomad.received());
        for query in [
            format!("&leg=2&recv={recv}"),
            "&leg=4".to_owned(),
            "&leg=x&recv=0".to_owned(),
        ] {
            let answer = fetch(&Request::get(&session.target("polling", &query))).await;
            let refused = [r#"1{"code":409,"#, r#"1{"code":3,"#];
            let is_refused = refused.iter().any(|one| answer.text().starts_with(one));
            assert!(is_refused, "{query}: {answer:?}");
        }
        let no_leg = fetch(&Request::get(&session.target("polling", ""))).await;
        no_leg.assert_error(3);
    })
    .await;
    stage.heard.assert_silent();
    assert!(socket.connected());
}

#[tokio::test]
async fn what_happens_while_it_thinks_counts() {
    let mut stage = Stage::set();
    // The session ends.
    let (nomad, socket) = stage.absent().await;
    let recv = nomad.received();
    let poll = as_browser(nomad.session.poll_request(1, recv), "slow");
    at(stage.host.address(), async {
        let ended = async {
            stage.heard.expect(&["polling 1 browser slow"]).await;
            nomad.session.post_taken(recv, None, "1").await;
            let reason = stage.arrivals.gone(&socket).await;
            assert_eq!(reason, CloseReason::TransportClose);
            stage.gate.notify_one();
        };
        let (answer, ()) = tokio::join!(fetch(&poll), ended);
        let refused = answer.text();
        assert!(refused.starts_with(r#"1{"code":1,"#), "{refused}");
    })
    .await;
    // Another leg comes.
    let (nomad, socket) = stage.absent().await;
    let recv = nomad.received();
    let query = format!("&leg=1&recv={recv}");
    let slow = as_browser(nomad.session.socket_request(&query), "slow");
    at(stage.host.address(), async {
        let newer = async {
            stage.heard.expect(&["websocket 1 browser slow"]).await;
            assert!(
                !socket.attached(),
                "it was let in before it was asked about"
            );
            let poll = as_browser(nomad.session.poll_request(2, recv), "fourth");
            let answer = fetch(&poll).await;
            assert!(answer.text().ends_with(r#"42["kept",1]"#), "{answer:?}");
            stage.gate.notify_one();
        };
        let (mut late, ()) = tokio::join!(open(&slow), newer);
        let refused = late.text().await;
        assert!(refused.starts_with(r#"1{"code":409,"#), "{refused}");
    })
    .await;
    assert!(socket.connected());
    // A client that does not wait for the answer is not there.
    let (nomad, socket) = stage.absent().await;
    stage.heard.expect(&["polling 2 browser fourth"]).await;
    let target = nomad.session.target("websocket", "&leg=1&recv=1");
    at(stage.host.address(), async {
        let mut connection = support::http::Connection::open().await;
        let request = as_browser(handshake(&target), "slow");
        connection.send(&request).await;
        stage.heard.expect(&["websocket 1 browser slow"]).await;
    })
    .await;
    stage.gate.notify_one();
    // The server may find out only when it has let it in.
    until("it to be gone", async || (!socket.attached()).then_some(())).await;
    let recv = nomad.received();
    let poll = as_browser(nomad.session.poll_request(2, recv), "fifth");
    let answer = at(stage.host.address(), fetch(&poll)).await;
    assert!(answer.text().ends_with(r#"42["kept",1]"#), "{answer:?}");
    assert!(socket.connected());
}
