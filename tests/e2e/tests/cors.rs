//! Cross-origin requests: the conformance server is open to every origin, without credentials.

use support::engine::Polling;
use support::http::{Request, Response, fetch};
use support::ws::{WebSocket, handshake};

const ORIGIN: &str = "https://elsewhere.example";

/// Fails unless a page of [`ORIGIN`] may read this answer.
fn assert_readable(response: &Response) {
    let allowed = response.header("access-control-allow-origin");
    match allowed {
        Some("*") => {}
        // An answer that depends on the origin has to say so, or a cache gives it to another.
        Some(ORIGIN) => {
            let mut varies = response.headers("vary").flat_map(|value| value.split(','));
            let origin = varies.any(|name| name.trim().eq_ignore_ascii_case("origin"));
            assert!(origin, "{response:?}");
        }
        _ => panic!("not readable from {ORIGIN}: {response:?}"),
    }
    // Any origin together with credentials would hand every visitor's session to every page.
    let credentials = response.header("access-control-allow-credentials");
    assert_ne!(credentials, Some("true"), "{response:?}");
}

/// Whether a header that lists names has this one, or all.
fn lists(response: &Response, header: &str, name: &str) -> bool {
    response.headers(header).any(|value| {
        value
            .split(',')
            .any(|item| item.trim() == "*" || item.trim().eq_ignore_ascii_case(name))
    })
}

/// The request as a browser sends it from a page of [`ORIGIN`].
fn cross_origin(request: Request) -> Request {
    request.header("Origin", ORIGIN)
}

#[tokio::test]
async fn preflight_allows_what_clients_send() {
    let session = Polling::open("/relaxed/").await;
    let open = "/relaxed/?EIO=4&transport=polling".to_owned();
    let unknown = format!("{open}&sid=unknown");
    for target in [open, session.target(), unknown] {
        for method in ["GET", "POST"] {
            let request = cross_origin(Request::new("OPTIONS", &target))
                .header("Access-Control-Request-Method", method)
                .header("Access-Control-Request-Headers", "content-type");
            let response = fetch(&request).await;
            assert!(matches!(response.status, 200 | 204), "{response:?}");
            assert_readable(&response);
            // GET and POST need no leave, but clients of other methods' names look here.
            let methods = "access-control-allow-methods";
            assert!(lists(&response, methods, method), "{response:?}");
            let headers = "access-control-allow-headers";
            assert!(lists(&response, headers, "content-type"), "{response:?}");
        }
    }
}

#[tokio::test]
async fn preflight_opens_and_ends_nothing() {
    let mut session = Polling::open("/relaxed/").await;
    let request = cross_origin(Request::new("OPTIONS", &session.target()))
        .header("Access-Control-Request-Method", "POST");
    let response = fetch(&request).await;
    assert!(response.header("set-cookie").is_none(), "{response:?}");
    assert!(response.body.is_empty(), "{response:?}");
    let ok = session.post("3").await;
    assert_eq!((ok.status, ok.text()), (200, "ok"));
}

#[tokio::test]
async fn every_answer_of_a_session_is_readable() {
    for path in ["/engine.io/", "/socket.io/", "/relaxed/"] {
        let open = format!("{path}?EIO=4&transport=polling");
        assert_readable(&fetch(&cross_origin(Request::get(&open))).await);
        let session = Polling::open(path).await;
        let target = session.target();
        let connect = fetch(&cross_origin(Request::post(&target, "40"))).await;
        assert_eq!(connect.status, 200, "{connect:?}");
        assert_readable(&connect);
        let poll = fetch(&cross_origin(Request::get(&target))).await;
        assert_eq!(poll.status, 200, "{poll:?}");
        assert_readable(&poll);
    }
}

#[tokio::test]
async fn every_error_is_readable() {
    let session = Polling::open("/relaxed/").await;
    let elsewhere = session.upgrade_target();
    for (request, status) in [
        (Request::get("/relaxed/?EIO=4&transport=abc"), 400),
        (
            Request::get("/relaxed/?EIO=4&transport=polling&sid=abc"),
            400,
        ),
        (Request::post("/relaxed/?EIO=4&transport=polling", "4"), 400),
        (Request::get("/relaxed/?EIO=4&transport=websocket"), 400),
        (Request::get("/relaxed/?EIO=3&transport=polling"), 400),
        (Request::get(&elsewhere), 400),
        (Request::post(&session.target(), vec![b'4'; 1_000_001]), 413),
    ] {
        let response = fetch(&cross_origin(request)).await;
        assert_eq!(response.status, status, "{response:?}");
        assert_readable(&response);
    }
}

#[tokio::test]
async fn answers_that_end_a_session_are_readable() {
    let mut session = Polling::open("/relaxed/").await;
    let target = session.target();
    let binary = Request::new("POST", &target).header("Content-Type", "application/octet-stream");
    let refused = fetch(&cross_origin(binary.body("4"))).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert_readable(&refused);
    session.forgotten().await;
    let unknown = fetch(&cross_origin(Request::get(&target))).await;
    unknown.assert_error(1);
    assert_readable(&unknown);
}

#[tokio::test]
async fn every_origin_may_connect() {
    for origin in [ORIGIN, "http://localhost:3000", "null", "file://"] {
        let open = Request::get("/relaxed/?EIO=4&transport=polling");
        let response = fetch(&open.header("Origin", origin)).await;
        assert_eq!(response.status, 200, "{origin}");
        let allowed = response.header("access-control-allow-origin");
        assert!(
            allowed == Some("*") || allowed == Some(origin),
            "{response:?}"
        );
        let websocket = handshake("/relaxed/?EIO=4&transport=websocket");
        let websocket = WebSocket::request(&websocket.header("Origin", origin)).await;
        let mut socket = websocket.expect("the WebSocket is accepted");
        assert!(socket.text().await.starts_with("0{"));
    }
}

#[tokio::test]
async fn cookies_and_credentials_are_not_asked_for() {
    let response = fetch(&cross_origin(
        Request::get("/relaxed/?EIO=4&transport=polling").header("Cookie", "session=secret"),
    ))
    .await;
    assert_eq!(response.status, 200);
    assert_readable(&response);
    assert_eq!(response.header("set-cookie"), None);
}
