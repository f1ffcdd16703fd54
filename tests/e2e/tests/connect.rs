//! Socket.IO's namespaces: joining, being refused, leaving.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use support::engine::Polling;
use support::{Client, Packet, Session, SocketPacket, Transport, within};

/// The JSON object behind a text packet's prefix.
fn object(packet: &Packet, prefix: &str) -> Value {
    match packet {
        Packet::Text(text) if text.starts_with(prefix) => {
            serde_json::from_str(&text[prefix.len()..]).expect("an object follows")
        }
        other => panic!("expected {prefix}{{…}}, found {other:?}"),
    }
}

#[tokio::test]
async fn connect_is_answered_with_a_sid_and_nothing_else() {
    for transport in Transport::ALL {
        for (connect, reply, greeting) in [
            ("40", "40", r#"42["auth",{}]"#),
            ("40{}", "40", r#"42["auth",{}]"#),
            (r#"40{"a":[1,null]}"#, "40", r#"42["auth",{"a":[1,null]}]"#),
            ("40/custom,", "40/custom,", r#"42/custom,["auth",{}]"#),
            ("40/custom", "40/custom,", r#"42/custom,["auth",{}]"#),
            (
                r#"40/custom,{"z":1,"a":"é"}"#,
                "40/custom,",
                r#"42/custom,["auth",{"z":1,"a":"é"}]"#,
            ),
            (
                "40/dynamic-101,",
                "40/dynamic-101,",
                r#"42/dynamic-101,["auth",{}]"#,
            ),
        ] {
            let mut session = Session::open(transport, "/socket.io/").await;
            session.send_text(connect).await;
            let answer = object(&session.expect().await, reply);
            let sid = answer["sid"].as_str().expect("sid is a string");
            assert_eq!(answer, json!({ "sid": sid }), "{connect}");
            assert_ne!(sid, session.sid(), "{connect}");
            assert_eq!(session.expect().await, Packet::text(greeting));
        }
    }
}

#[tokio::test]
async fn sid_differs_per_namespace() {
    for transport in Transport::ALL {
        let mut client = Client::over(Session::open(transport, "/relaxed/").await);
        let mut sids = vec![client.session.sid().to_owned()];
        for namespace in ["/", "/custom", "/dynamic-1", "/dynamic-2"] {
            sids.push(client.join(namespace).await);
        }
        sids.sort();
        sids.dedup();
        assert_eq!(sids.len(), 5, "{sids:?}");
    }
}

#[tokio::test]
async fn handshake_of_a_socket_is_known_to_its_handlers() {
    let session = Polling::open_with("/relaxed/", "&token=a%20b&empty=").await;
    let mut client = Client::over(Session::Polling(session));
    let auth = json!({ "user": "é" });
    let sid = client.join_with("/custom", &auth).await;
    let call = SocketPacket::event(r#"["handshake"]"#)
        .namespace("/custom")
        .id(7);
    client.send(&call).await;
    let ack = client.next().await;
    assert_eq!(
        (ack.kind, ack.namespace.as_str(), ack.id),
        (3, "/custom", Some(7))
    );
    let handshake = &ack.json()[0];
    assert_eq!(handshake["sid"], json!(sid));
    assert_eq!(handshake["nsp"], json!("/custom"));
    assert_eq!(handshake["auth"], auth);
    for (key, value) in [
        ("EIO", "4"),
        ("transport", "polling"),
        ("token", "a b"),
        ("empty", ""),
    ] {
        assert_eq!(handshake["query"][key], json!(value), "{handshake}");
    }
}

#[tokio::test]
async fn namespaces_share_a_session_and_keep_apart() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.join("/custom").await;
        client.join("/dynamic-9").await;
        for namespace in ["/dynamic-9", "/", "/custom", "/"] {
            let event = SocketPacket::event(r#"["message",1]"#).namespace(namespace);
            client.send(&event).await;
            let echo = client.event_in(namespace).await;
            assert_eq!(echo, json!(["message-back", 1]));
        }
    }
}

#[tokio::test]
async fn unknown_namespace_is_refused() {
    for transport in Transport::ALL {
        let mut client = Client::over(Session::open(transport, "/relaxed/").await);
        for namespace in [
            "/unknown",
            "/dynamic-",
            "/dynamic-1a",
            "/customs",
            "/Custom",
        ] {
            client.session.send_text(&format!("40{namespace},")).await;
            let refusal = client.session.expect().await;
            let expected = format!(r#"44{namespace},{{"message":"Invalid namespace"}}"#);
            assert_eq!(refusal, Packet::Text(expected));
        }
        client.join("/").await;
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn refused_client_may_try_again() {
    for transport in Transport::ALL {
        let mut client = Client::over(Session::open(transport, "/relaxed/").await);
        for auth in [
            json!({}),
            json!({ "token": "wrong" }),
            json!({ "token": null }),
            json!({ "token": ["secret"] }),
            json!({ "Token": "secret" }),
        ] {
            let error = client.refused("/auth", &auth).await;
            let data = json!({ "code": "E_AUTH", "retry": false });
            let expected = json!({ "message": "not authorized", "data": data });
            assert_eq!(error, expected, "{auth}");
        }
        let auth = json!({ "token": "secret" });
        client.join_with("/auth", &auth).await;
        let event = SocketPacket::event(r#"["message"]"#).namespace("/auth");
        client.send(&event).await;
        assert_eq!(client.event_in("/auth").await, json!(["message-back"]));
    }
}

#[tokio::test]
async fn refusal_leaves_other_namespaces_alone() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.refused("/auth", &json!({})).await;
        client.refused("/unknown", &json!({})).await;
        client.assert_quiet().await;
    }
}

/// Of `/socket.io/`, less what a coarse clock may be early.
const CONNECT_TIMEOUT: Duration = Duration::from_millis(995);

#[tokio::test]
async fn session_that_joins_nothing_is_closed() {
    for transport in Transport::ALL {
        let begun = Instant::now();
        let mut session = Session::open(transport, "/socket.io/").await;
        // Its pings are answered.
        session.ended().await;
        assert!(begun.elapsed() >= CONNECT_TIMEOUT, "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn refused_connects_do_not_prolong_the_wait() {
    for transport in Transport::ALL {
        let begun = Instant::now();
        let mut session = Session::open(transport, "/socket.io/").await;
        let tries = ["40/unknown,", r#"40/auth,{"token":"wrong"}"#];
        // Another try follows each refusal, for as long as there are refusals.
        session.send_text(tries[0]).await;
        let mut refusals = 0;
        within("the session to be closed", async {
            while let Some(packet) = session.next().await {
                assert!(matches!(&packet, Packet::Text(text) if text.starts_with("44/")));
                refusals += 1;
                let again = Packet::text(tries[refusals % 2]);
                session.offend(&[again]).await;
            }
        })
        .await;
        assert!(refusals > 0);
        assert!(begun.elapsed() >= CONNECT_TIMEOUT, "{:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn session_that_joined_in_time_is_not_closed() {
    for transport in Transport::ALL {
        let begun = Instant::now();
        let mut session = Session::open(transport, "/socket.io/").await;
        session.send_text("40/custom,").await;
        while begun.elapsed() < CONNECT_TIMEOUT * 3 / 2 {
            // Mostly pings, whose answers keep the session alive.
            let packet = session.packet().await.expect("the session is alive");
            if packet == Packet::text("2") {
                session.send_text("3").await;
            }
        }
        session.send_text(r#"42/custom,["message"]"#).await;
        let echo = Packet::text(r#"42/custom,["message-back"]"#);
        assert_eq!(session.expect().await, echo);
    }
}

#[tokio::test]
async fn disconnect_leaves_the_transport_open() {
    for transport in Transport::ALL {
        let mut client = Client::over(Session::open(transport, "/relaxed/").await);
        client.join("/custom").await;
        let first = client.join("/").await;
        client.send_text("1").await;
        let echo = SocketPacket::event(r#"["message"]"#).namespace("/custom");
        client.send(&echo).await;
        assert_eq!(client.event_in("/custom").await, json!(["message-back"]));
        let second = client.join("/").await;
        assert_ne!(first, second);
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn client_may_disconnect_and_connect_in_one_breath() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for _ in 0..10 {
            let breath = [Packet::text("41"), Packet::text("40")];
            client.session.send(&breath).await;
            let answer = client.session.expect().await;
            object(&answer, "40");
            assert_eq!(client.event().await, json!(["auth", {}]));
        }
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn disconnect_leaves_other_namespaces_alone() {
    for transport in Transport::ALL {
        for disconnect in ["1/custom,", "1/custom"] {
            let mut client = Client::connect(transport, "/relaxed/").await;
            client.join("/custom").await;
            client.send_text(disconnect).await;
            client.assert_quiet().await;
            client.join("/custom").await;
        }
    }
}

#[tokio::test]
async fn server_disconnects_a_socket_and_leaves_the_transport_open() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.join("/custom").await;
        let event = SocketPacket::event(r#"["disconnect-me",false]"#);
        client.send(&event.namespace("/custom")).await;
        assert_eq!(client.session.expect().await, Packet::text("41/custom,"));
        client.assert_quiet().await;
        client.emit(&json!(["disconnect-me", false])).await;
        assert_eq!(client.session.expect().await, Packet::text("41"));
        client.join("/").await;
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn server_disconnects_a_socket_and_closes() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.emit(&json!(["disconnect-me", true])).await;
        assert_eq!(client.session.expect().await, Packet::text("41"));
        assert_eq!(client.session.next().await, None);
    }
}
