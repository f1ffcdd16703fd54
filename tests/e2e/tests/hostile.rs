//! Peers that mean harm: each costs itself its own connection, and nobody else anything.

use serde_json::json;
use support::engine::Polling;
use support::http::{Connection, Request, fetch};
use support::{Bystander, Client, Packet, Session, SocketPacket, Transport};

#[tokio::test]
async fn flood_of_posts_harms_nobody_else() {
    let mut bystander = Bystander::connect().await;
    let session = Polling::open("/relaxed/").await;
    let request = Request::post(&session.target(), r#"42["message","x"]"#).encode();
    // All at once on many connections, which for a plain session is a violation.
    let mut connections = Vec::new();
    for _ in 0..100 {
        let mut connection = Connection::open().await;
        connection.write(&request).await;
        connections.push(connection);
    }
    bystander.assert_served().await;
    for mut connection in connections {
        // The end of the session may cut an answer off.
        if let Ok(response) = connection.try_response().await {
            assert!(matches!(response.status, 200 | 400), "{response:?}");
        }
    }
    bystander.assert_served().await;
}

#[tokio::test]
async fn client_that_never_polls_harms_nobody_else() {
    let mut bystander = Bystander::connect().await;
    let mut session = Polling::open("/relaxed/").await;
    session.send(&[Packet::text("40")]).await;
    let event = format!(r#"42["message","{}"]"#, "x".repeat(10_000));
    // Its echoes are never fetched. The server may hold some, let it wait, or end it: it must
    // answer, and what it holds is bounded by its own limits.
    let target = session.target();
    let mut connection = Connection::open().await;
    for _ in 0..500 {
        let response = connection
            .try_exchange(&Request::post(&target, event.as_str()))
            .await;
        if response.is_ok_and(|response| response.status != 200) {
            break;
        }
    }
    bystander.assert_served().await;
}

#[tokio::test]
async fn flood_of_pipelined_requests_harms_nobody_else() {
    let mut bystander = Bystander::connect().await;
    let requests = [
        Request::get("/relaxed/?EIO=4&transport=polling&sid=abc"),
        Request::post("/relaxed/?EIO=4&transport=polling&sid=abc", "4hello"),
        Request::get("/relaxed/?EIO=4&transport=abc"),
    ];
    let wire: Vec<_> = requests.iter().flat_map(Request::encode).collect();
    let mut connection = Connection::open().await;
    for _ in 0..50 {
        connection.write(&wire).await;
    }
    bystander.assert_served().await;
    for _ in 0..50 {
        for code in [1, 1, 0] {
            connection.response().await.assert_error(code);
        }
    }
    bystander.assert_served().await;
}

#[tokio::test]
async fn body_that_never_completes_harms_nobody_else() {
    let mut bystander = Bystander::connect().await;
    let mut stalled = Vec::new();
    for _ in 0..20 {
        let session = Polling::open("/relaxed/").await;
        let mut connection = Connection::open().await;
        let request = Request::post_cut(&session.target(), 1000, r#"42["mess"#);
        connection.send(&request).await;
        stalled.push((session, connection));
    }
    bystander.assert_served().await;
    for (mut session, connection) in stalled {
        drop(connection);
        session.forgotten().await;
    }
    bystander.assert_served().await;
}

#[tokio::test]
async fn head_that_never_completes_harms_nobody_else() {
    let mut bystander = Bystander::connect().await;
    let mut stalled = Vec::new();
    let wire = Request::get("/relaxed/?EIO=4&transport=polling").encode();
    for cut in [1, 3, 10, 30, wire.len() - 1] {
        let mut connection = Connection::open().await;
        connection.write(&wire[..cut]).await;
        stalled.push((cut, connection));
    }
    bystander.assert_served().await;
    for (cut, mut connection) in stalled {
        connection.write(&wire[cut..]).await;
        assert_eq!(connection.response().await.status, 200);
    }
}

/// Names that mean something to some language or file system, and nothing to a server.
const NAMES: [&str; 9] = [
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "null",
    "../../etc/passwd",
    "%00",
    "",
];

#[tokio::test]
async fn strange_transports_and_sids_are_unknown() {
    let mut bystander = Bystander::connect().await;
    for name in NAMES {
        let transport = format!("/relaxed/?EIO=4&transport={name}");
        fetch(&Request::get(&transport)).await.assert_error(0);
        if !name.is_empty() {
            let sid = format!("/relaxed/?EIO=4&transport=polling&sid={name}");
            fetch(&Request::get(&sid)).await.assert_error(1);
            fetch(&Request::post(&sid, "4")).await.assert_error(1);
        }
    }
    bystander.assert_served().await;
}

#[tokio::test]
async fn strange_namespaces_are_unknown() {
    let mut bystander = Bystander::connect().await;
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let long = "x".repeat(100_000);
        for name in NAMES.into_iter().chain([long.as_str()]) {
            if name.is_empty() {
                continue;
            }
            let error = client.refused(&format!("/{name}"), &json!({})).await;
            assert_eq!(error, json!({ "message": "Invalid namespace" }), "{name}");
        }
        client.assert_quiet().await;
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn strange_rooms_are_rooms() {
    let mut bystander = Bystander::connect().await;
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for name in NAMES {
            assert_eq!(client.call(&json!(["join", name])).await, json!(["ok"]));
        }
        let mut expected = NAMES;
        expected.sort_unstable();
        assert_eq!(client.call(&json!(["rooms"])).await, json!([expected]));
        for name in NAMES {
            client.emit(&json!(["to-all", name])).await;
            assert_eq!(client.event().await, json!(["room-event", name]));
            assert_eq!(client.call(&json!(["leave", name])).await, json!(["ok"]));
        }
        assert_eq!(client.call(&json!(["rooms"])).await, json!([[]]));
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn strange_events_and_keys_are_only_data() {
    let mut bystander = Bystander::connect().await;
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for name in NAMES {
            client.emit(&json!([name, name])).await;
            client.assert_quiet().await;
            let argument = format!(r#"{{"{name}":{{"polluted":true}}}}"#);
            client
                .send_text(&format!(r#"2["message",{argument}]"#))
                .await;
            let echo = client.next().await;
            assert_eq!(echo.data, format!(r#"["message-back",{argument}]"#));
        }
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn strange_auth_is_only_data() {
    let mut bystander = Bystander::connect().await;
    let deep = "[".repeat(20_000) + &"]".repeat(20_000);
    for transport in Transport::ALL {
        for auth in [
            r#"{"__proto__":{"token":"secret"}}"#.to_owned(),
            r#"{"constructor":{"prototype":{"token":"secret"}}}"#.to_owned(),
            r#"{"token":{"toString":"secret"}}"#.to_owned(),
            r#"{"token":"\ud800"}"#.to_owned(),
            format!(r#"{{"token":{deep}}}"#),
        ] {
            let session = Session::open(transport, "/relaxed/").await;
            let mut client = Client::over(session);
            let connect = SocketPacket::connect("/auth").data(auth);
            client.send(&connect).await;
            let refusal = client.next().await;
            assert_eq!((refusal.kind, refusal.namespace.as_str()), (4, "/auth"));
            assert_eq!(refusal.json()["message"], json!("not authorized"));
            bystander.assert_served().await;
        }
    }
}

#[tokio::test]
async fn unclosed_deep_json_closes() {
    let mut bystander = Bystander::connect().await;
    for transport in Transport::ALL {
        for opening in ["[", r#"{"a":"#] {
            let mut client = Client::connect(transport, "/relaxed/").await;
            let deep = opening.repeat(900_000 / opening.len());
            let event = format!(r#"42["message",{deep}"#);
            client.session.offend(&[Packet::Text(event)]).await;
            client.ended().await;
            bystander.assert_served().await;
        }
    }
}

#[tokio::test]
async fn junk_instead_of_http_harms_nobody_else() {
    let mut bystander = Bystander::connect().await;
    let sid = Polling::open("/relaxed/").await.sid().to_owned();
    let relaxed = "/relaxed/?EIO=4&transport=polling";
    let head = |line: &str, rest: &str| format!("{line} HTTP/1.1\r\nHost: a\r\n{rest}\r\n");
    for junk in [
        b"\0\0\0\0\r\n\r\n".to_vec(),
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".to_vec(),
        b"GET\r\n\r\n".to_vec(),
        b"GET / HTTP/9.9\r\n\r\n".to_vec(),
        head(&format!("GET {relaxed}"), "No colon\r\n").into_bytes(),
        head(
            &format!("POST {relaxed}&sid={sid}"),
            "Content-Length: -1\r\n",
        )
        .into_bytes(),
        head(
            &format!("POST {relaxed}&sid={sid}"),
            "Content-Length: a\r\n",
        )
        .into_bytes(),
        head(
            &format!("POST {relaxed}&sid={sid}"),
            "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        )
        .into_bytes(),
        head(&format!("GET {relaxed}&x={}", "x".repeat(300_000)), "").into_bytes(),
        head(&format!("GET {relaxed}"), &"X: y\r\n".repeat(20_000)).into_bytes(),
    ] {
        let mut connection = Connection::open().await;
        // The server may hang up in the middle of the longer ones.
        let _ = connection.try_write(&junk).await;
        if let Ok(response) = connection.try_response().await {
            // A fault of the client's, or a version of HTTP that the server does not speak.
            assert!(matches!(response.status, 400..500 | 505), "{response:?}");
        }
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn strange_queries_are_answered() {
    let mut bystander = Bystander::connect().await;
    for (query, status) in [
        ("EIO=4&transport=polling&x=%ff%fe", 200),
        ("EIO=4&transport=polling&x=%", 200),
        ("EIO=4&transport=polling&x=%zz", 200),
        ("EIO=4&transport=polling&%00=%0d%0a", 200),
        ("EIO=4&transport=%ff", 400),
        ("EIO=4&transport=polling&sid=%ff%00", 400),
        ("EIO=%34%00&transport=polling", 400),
    ] {
        let response = fetch(&Request::get(&format!("/relaxed/?{query}"))).await;
        assert_eq!(response.status, status, "{query}: {response:?}");
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn broken_bodies_harm_nobody_else() {
    let mut bystander = Bystander::connect().await;
    for body in [
        &b"b!!!!"[..],
        b"bAAE",
        b"bA",
        b"b=",
        b"4\xff\xfe",
        b"42[\"message\",\"\xff\"]",
        b"\xff",
        b"4\xe2\x82",
    ] {
        let session = Polling::open("/relaxed/").await;
        let response = fetch(&Request::post(&session.target(), body)).await;
        // Taken as well as may be, or refused: never a failure of the server.
        assert!(matches!(response.status, 200 | 400), "{response:?}");
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn many_namespaces_harm_nobody_else() {
    let mut bystander = Bystander::connect().await;
    for transport in Transport::ALL {
        let mut session = Session::open(transport, "/relaxed/").await;
        // There may be a limit on them, and then the session ends or is refused.
        for batch in 0..20 {
            let joins: Vec<_> = (0..100)
                .map(|i| Packet::Text(format!("40/dynamic-{},", 1_000_000 + 100 * batch + i)))
                .collect();
            session.offend(&joins).await;
            if session.next().await.is_none() {
                break;
            }
        }
        bystander.assert_served().await;
    }
}
