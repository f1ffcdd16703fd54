//! Opening a session, and every way to be refused one.

use std::collections::BTreeSet;

use serde_json::json;
use support::engine::Polling;
use support::http::{Connection, Request, fetch};
use support::ws::{WebSocket, handshake};
use support::{Session, Transport};

const PATHS: [(&str, u64, u64); 4] = [
    ("/engine.io/", 300, 200),
    ("/socket.io/", 300, 200),
    ("/relaxed/", 25_000, 20_000),
    ("/recovery/", 25_000, 20_000),
];

#[tokio::test]
async fn open_packet_has_exactly_the_published_keys() {
    for (path, ping_interval, ping_timeout) in PATHS {
        for transport in Transport::ALL {
            let session = Session::open(transport, path).await;
            let upgrades = match transport {
                Transport::Polling => json!(["websocket"]),
                Transport::WebSocket => json!([]),
            };
            assert_eq!(
                *session.handshake(),
                json!({
                    "sid": session.sid(),
                    "upgrades": upgrades,
                    "pingInterval": ping_interval,
                    "pingTimeout": ping_timeout,
                    "maxPayload": 1_000_000,
                }),
                "{path} over {transport:?}"
            );
        }
    }
}

#[tokio::test]
async fn open_packet_is_alone_in_its_answer() {
    let response = fetch(&Request::get("/engine.io/?EIO=4&transport=polling")).await;
    assert!(response.text().starts_with("0{"), "{response:?}");
    assert!(!response.text().contains('\x1e'), "{response:?}");
}

#[tokio::test]
async fn every_session_has_a_sid_of_its_own() {
    let mut sids = BTreeSet::new();
    for _ in 0..50 {
        for transport in Transport::ALL {
            let session = Session::open(transport, "/relaxed/").await;
            assert!(sids.insert(session.sid().to_owned()), "{}", session.sid());
            // It goes into a URL as it is, and 122 random bits need 21 characters of base64.
            let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
            assert!(session.sid().bytes().all(safe), "{}", session.sid());
        }
    }
}

#[tokio::test]
async fn answers_say_what_they_are_and_are_not_stored() {
    let get = fetch(&Request::get("/engine.io/?EIO=4&transport=polling")).await;
    let mut session = Polling::open("/engine.io/").await;
    let post = session.post("4hello").await;
    let poll = session.poll().await;
    for (response, media_type, body) in [
        (&get, "text/plain; charset=UTF-8", None),
        (&post, "text/html", Some("ok")),
        (&poll, "text/plain; charset=UTF-8", Some("4hello")),
    ] {
        assert_eq!(response.status, 200, "{response:?}");
        let found = response.header("content-type").unwrap_or_default();
        assert!(found.eq_ignore_ascii_case(media_type), "{response:?}");
        assert_eq!(response.header("cache-control"), Some("no-store"));
        assert!(
            body.is_none_or(|body| response.text() == body),
            "{response:?}"
        );
    }
}

#[tokio::test]
async fn path_may_lack_its_trailing_slash() {
    for path in ["/engine.io", "/socket.io", "/relaxed"] {
        let target = format!("{path}?EIO=4&transport=polling");
        let response = fetch(&Request::get(&target)).await;
        assert_eq!(response.status, 200, "{path}: {response:?}");
        assert!(response.text().starts_with("0{"), "{path}: {response:?}");
        WebSocket::open(&format!("{path}?EIO=4&transport=websocket")).await;
    }
}

#[tokio::test]
async fn other_paths_are_not_found() {
    for path in ["/", "/nothing", "/nothing/engine.io/", "/Engine.IO/"] {
        let query = format!("{path}?EIO=4&transport=polling");
        assert_eq!(fetch(&Request::get(&query)).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn parameters_may_come_in_any_order_among_others() {
    for query in [
        "transport=polling&EIO=4",
        "EIO=4&transport=polling&t=PzQ1x2y",
        "a=1&transport=polling&b=%20%26%3D&EIO=4&=&c",
        "EIO=4&transport=polling&sid=",
    ] {
        let response = fetch(&Request::get(&format!("/engine.io/?{query}"))).await;
        assert_eq!(response.status, 200, "{query}: {response:?}");
    }
}

/// A request without a session, and the code it has to be refused with.
const REFUSED: [(&str, &str, u64); 30] = [
    // Transport unknown.
    ("GET", "EIO=4", 0),
    ("GET", "EIO=4&transport=", 0),
    ("GET", "EIO=4&transport=abc", 0),
    ("GET", "EIO=4&transport=Polling", 0),
    ("GET", "EIO=4&transport=webtransport", 0),
    ("GET", "EIO=4&transport=__proto__", 0),
    ("GET", "", 0),
    ("POST", "EIO=4", 0),
    // Session ID unknown.
    ("GET", "EIO=4&transport=polling&sid=abc", 1),
    ("POST", "EIO=4&transport=polling&sid=abc", 1),
    ("DELETE", "EIO=4&transport=polling&sid=abc", 1),
    ("GET", "EIO=4&transport=websocket&sid=abc", 1),
    ("GET", "EIO=4&transport=polling&sid=__proto__", 1),
    // Bad handshake method.
    ("POST", "EIO=4&transport=polling", 2),
    ("PUT", "EIO=4&transport=polling", 2),
    ("DELETE", "EIO=4&transport=polling", 2),
    // Bad request: a WebSocket that is none.
    ("GET", "EIO=4&transport=websocket", 3),
    // Unsupported protocol version: only the literal 4 will do.
    ("GET", "transport=polling", 5),
    ("GET", "EIO=&transport=polling", 5),
    ("GET", "EIO=3&transport=polling", 5),
    ("GET", "EIO=5&transport=polling", 5),
    ("GET", "EIO=04&transport=polling", 5),
    ("GET", "EIO=4.0&transport=polling", 5),
    ("GET", "EIO=abc&transport=polling", 5),
    // Two faults: the transport is looked at first, then sid, method and version.
    ("POST", "EIO=3&transport=abc&sid=abc", 0),
    ("GET", "EIO=3&transport=abc", 0),
    ("POST", "EIO=3&transport=polling&sid=abc", 1),
    ("GET", "EIO=3&transport=polling&sid=abc", 1),
    ("POST", "EIO=3&transport=polling", 2),
    ("PUT", "transport=polling", 2),
];

#[tokio::test]
async fn refusals_have_their_code_and_are_checked_in_order() {
    // All on one connection: an error answer leaves it usable.
    let mut connection = Connection::open().await;
    for (method, query, code) in REFUSED {
        let target = format!("/engine.io/?{query}");
        let mut request = Request::new(method, &target);
        if method != "GET" {
            request = request.body("");
        }
        let response = connection.exchange(&request).await;
        assert!(response.is_error(code), "{method} {query}: {response:?}");
        response.assert_error(code);
    }
}

#[tokio::test]
async fn session_answers_only_on_its_transport() {
    let polling = Session::open(Transport::Polling, "/relaxed/").await;
    let websocket = Session::open(Transport::WebSocket, "/relaxed/").await;
    for (session, other) in [(&polling, "websocket"), (&websocket, "polling")] {
        let sid = session.sid();
        let target = format!("/relaxed/?EIO=4&transport={other}&sid={sid}");
        fetch(&Request::get(&target)).await.assert_error(3);
        fetch(&Request::post(&target, "3")).await.assert_error(3);
    }
}

#[tokio::test]
async fn sid_is_known_only_where_it_was_given() {
    let session = Polling::open("/relaxed/").await;
    let elsewhere = session.target().replace("/relaxed/", "/engine.io/");
    fetch(&Request::get(&elsewhere)).await.assert_error(1);
}

#[tokio::test]
async fn refused_upgrade_is_a_plain_400() {
    for query in [
        "EIO=4&transport=abc",
        "EIO=4",
        "EIO=4&transport=websocket&sid=abc",
        "EIO=3&transport=websocket",
        "transport=websocket",
    ] {
        let request = handshake(&format!("/engine.io/?{query}"));
        let response = fetch(&request).await;
        assert_eq!(response.status, 400, "{query}: {response:?}");
    }
}

#[tokio::test]
async fn handshake_of_a_websocket_has_to_be_one() {
    let request = |key: Option<&str>, version: Option<&str>| {
        let mut request = Request::get("/engine.io/?EIO=4&transport=websocket")
            .header("Connection", "Upgrade")
            .header("Upgrade", "websocket");
        if let Some(key) = key {
            request = request.header("Sec-WebSocket-Key", key);
        }
        if let Some(version) = version {
            request = request.header("Sec-WebSocket-Version", version);
        }
        request
    };
    let key = Some("dGhlIHNhbXBsZSBub25jZQ==");
    for (what, request) in [
        ("no key", request(None, Some("13"))),
        ("a short key", request(Some("c2hvcnQ="), Some("13"))),
        (
            "a key not in base64",
            request(Some("!".repeat(24).as_str()), Some("13")),
        ),
        ("no version", request(key, None)),
        ("a wrong version", request(key, Some("12"))),
    ] {
        let response = fetch(&request).await;
        // RFC 6455 has a status of its own for a wrong version.
        assert!(matches!(response.status, 400 | 426), "{what}: {response:?}");
    }
}

#[tokio::test]
async fn http_1_0_gets_no_chunks() {
    let request = Request::get("/engine.io/?EIO=4&transport=polling").http_1_0();
    let mut connection = Connection::open().await;
    let response = connection.exchange(&request).await;
    assert_eq!(response.status, 200);
    assert_eq!(response.header("transfer-encoding"), None, "{response:?}");
    assert!(response.text().ends_with('}'), "{response:?}");
    connection.closed().await;
}
