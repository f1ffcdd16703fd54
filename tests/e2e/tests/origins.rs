//! Which pages may connect: one setting for polling and for WebSockets.

use std::panic::{AssertUnwindSafe, catch_unwind};

use encke::{Builder, Encke, Handshake, Origins, OriginsError, TrustedProxies};
use support::engine::Polling;
use support::http::{Request, Response, fetch};
use support::ws::{WebSocket, handshake};
use support::{Heard, Host, Transport, at, log, serve};

const ELSEWHERE: &str = "https://elsewhere.example";
const LISTED: &str = "https://listed.example";

type Headers<'a> = &'a [(&'a str, &'a str)];

/// A server whose sessions tell the log what they know of the request that opened them.
struct Stage {
    host: Host,
    heard: Heard,
}

impl Stage {
    fn set(builder: Builder) -> Self {
        let (log, heard) = log();
        let asked = log.clone();
        let io = builder
            .allow_request(move |handshake| {
                asked.say(seen(&handshake));
                async { true }
            })
            .build();
        io.on_session(move |mut session| {
            log.say(seen(session.handshake()));
            async move { while session.recv().await.is_some() {} }
        });
        let host = serve(&io);
        Self { host, heard }
    }

    fn own_origin(&self) -> String {
        format!("http://{}", self.host.address())
    }

    async fn fetch(&self, request: Request, headers: Headers<'_>) -> Response {
        let with = |request: Request, (name, value): &(&str, &str)| request.header(name, value);
        let request = headers.iter().fold(request, with);
        at(self.host.address(), fetch(&request)).await
    }

    /// The status of a handshake with these headers.
    async fn status(&self, transport: Transport, headers: Headers<'_>) -> u16 {
        match transport {
            Transport::Polling => {
                let request = Request::get("/socket.io/?EIO=4&transport=polling");
                self.fetch(request, headers).await.status
            }
            Transport::WebSocket => {
                let request = handshake("/socket.io/?EIO=4&transport=websocket");
                let with =
                    |request: Request, (name, value): &(&str, &str)| request.header(name, value);
                let request = headers.iter().fold(request, with);
                let opened = at(self.host.address(), WebSocket::request(&request)).await;
                opened.map_or_else(|refusal| refusal.status, |_| 101)
            }
        }
    }

    async fn assert_open(&mut self, headers: Headers<'_>, expected: &str) {
        for transport in Transport::ALL {
            let status = self.status(transport, headers).await;
            assert!(matches!(status, 200 | 101), "{headers:?}: {status}");
            // As the hook sees it, and as the session does.
            for _ in 0..2 {
                assert_eq!(self.heard.line().await, expected, "{headers:?}");
            }
        }
    }

    async fn assert_refused(&mut self, headers: Headers<'_>) {
        for transport in Transport::ALL {
            let status = self.status(transport, headers).await;
            assert_eq!(status, 403, "{transport:?} {headers:?}");
        }
        self.heard.assert_silent();
    }
}

/// What an application may see of a page's credentials, and of where the page is from.
fn seen(handshake: &Handshake) -> String {
    let header = |name: &str| handshake.header(name).unwrap_or("-").to_owned();
    let cross = if handshake.is_cross_origin() {
        "cross"
    } else {
        "own"
    };
    let secrets = ["secret", "Bearer"];
    let leaks = handshake
        .headers()
        .any(|(_, value)| secrets.iter().any(|it| value.starts_with(it.as_bytes())));
    let (cookie, token) = (header("cookie"), header("authorization"));
    assert_eq!(leaks, cookie != "-" || token != "-");
    format!("{cross} {cookie} {token}")
}

/// The credentials that a browser adds on its own.
const CREDENTIALS: Headers<'_> = &[("Cookie", "secret=1"), ("Authorization", "Bearer 2")];

fn with_credentials(origin: &str) -> Vec<(&str, &str)> {
    [&[("Origin", origin)], CREDENTIALS].concat()
}

fn list() -> Origins {
    Origins::list([LISTED, "http://localhost:3000"]).expect("these are origins")
}

#[tokio::test]
async fn by_default_the_servers_own_pages() {
    let mut stage = Stage::set(Encke::builder());
    let own = stage.own_origin();
    stage.assert_open(&[], "own - -").await;
    stage
        .assert_open(CREDENTIALS, "own secret=1 Bearer 2")
        .await;
    stage
        .assert_open(&with_credentials(&own), "own secret=1 Bearer 2")
        .await;
    let port = own.replace(&stage.host.address().port().to_string(), "1");
    let scheme = own.replace("http", "ws");
    for origin in [ELSEWHERE, LISTED, "null", "file://", "", &port, &scheme] {
        stage.assert_refused(&[("Origin", origin)]).await;
        stage.assert_refused(&with_credentials(origin)).await;
    }
    // A page that names no origin, and whose browser says that it is another site's.
    let script = [("Sec-Fetch-Site", "cross-site")];
    stage.assert_refused(&script).await;
}

#[tokio::test]
async fn a_list_and_the_servers_own_pages() {
    let mut stage = Stage::set(Encke::builder().origins(list()));
    let own = stage.own_origin();
    for (origin, whose) in [
        (LISTED, "cross"),
        ("HTTPS://Listed.Example:443", "cross"),
        ("http://localhost:3000", "cross"),
        (&own, "own"),
    ] {
        let seen = format!("{whose} secret=1 Bearer 2");
        stage.assert_open(&with_credentials(origin), &seen).await;
    }
    for origin in [
        ELSEWHERE,
        "null",
        "http://listed.example",
        "https://listed.example.elsewhere.example",
        "http://localhost:3001",
    ] {
        stage.assert_refused(&[("Origin", origin)]).await;
    }
}

#[tokio::test]
async fn any_page_but_not_with_its_visitors_credentials() {
    let mut stage = Stage::set(Encke::builder().origins(Origins::any()));
    let own = stage.own_origin();
    for origin in [ELSEWHERE, LISTED, "null", "file://"] {
        stage
            .assert_open(&with_credentials(origin), "cross - -")
            .await;
    }
    let script: Vec<_> = [&[("Sec-Fetch-Site", "cross-site")], CREDENTIALS].concat();
    stage.assert_open(&script, "cross - -").await;
    stage
        .assert_open(&with_credentials(&own), "own secret=1 Bearer 2")
        .await;
    stage
        .assert_open(CREDENTIALS, "own secret=1 Bearer 2")
        .await;
}

#[test]
fn any_page_with_credentials_is_refused_at_the_start() {
    let builder = || Encke::builder().origins(Origins::any().credentials(true));
    let error = builder().try_build().expect_err("it must not be served");
    assert!(error.to_string().contains("list the origins"), "{error}");
    let built = catch_unwind(AssertUnwindSafe(|| builder().build()));
    let panic = built.expect_err("it must not be served");
    assert_eq!(panic.downcast_ref::<String>(), Some(&error.to_string()));
    let listed = Encke::builder().origins(list().credentials(true));
    assert!(listed.try_build().is_ok());
    for entry in ["*", "listed.example", "https://listed.example/", "null"] {
        let error = Origins::list([LISTED, entry]).expect_err("that is no origin");
        assert_eq!(error, OriginsError::NotAnOrigin(entry.to_owned()));
    }
}

#[tokio::test]
async fn later_requests_of_a_session_are_looked_at_too() {
    let stage = Stage::set(Encke::builder());
    let address = stage.host.address();
    let session = at(address, Polling::open("/socket.io/")).await;
    let evil = [("Origin", ELSEWHERE)];
    let target = session.target();
    for request in [Request::get(&target), Request::post(&target, "4stolen")] {
        stage.fetch(request, &evil).await.assert_error(4);
    }
    let candidate = handshake(&session.upgrade_target()).header("Origin", ELSEWHERE);
    let refused = at(address, WebSocket::request(&candidate)).await;
    refused.expect_err("it is another's page").assert_error(4);
    // The session is unharmed.
    let post = stage.fetch(Request::post(&target, "4own"), &[]).await;
    assert_eq!((post.status, post.text()), (200, "ok"));
    at(address, session.upgrade()).await;
}

#[tokio::test]
async fn answers_are_readable_by_whom_the_setting_says() {
    for (origins, origin, readable, credentials, varies) in [
        (Origins::same(), ELSEWHERE, None, None, None),
        (Origins::any(), ELSEWHERE, Some("*"), None, None),
        (list(), LISTED, Some(LISTED), None, Some("Origin")),
        (list(), ELSEWHERE, None, None, Some("Origin")),
        (
            list().credentials(true),
            LISTED,
            Some(LISTED),
            Some("true"),
            Some("Origin"),
        ),
        (
            list().credentials(true),
            ELSEWHERE,
            None,
            None,
            Some("Origin"),
        ),
    ] {
        let stage = Stage::set(Encke::builder().origins(origins.clone()));
        let origin = [("Origin", origin)];
        let preflight = [
            origin[0],
            ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "content-type, x-own"),
        ];
        let target = "/socket.io/?EIO=4&transport=polling";
        let unknown = "/socket.io/?EIO=4&transport=polling&sid=unknown";
        for (request, headers) in [
            (Request::get(target), &origin[..]),
            (Request::get(unknown), &origin),
            (Request::post(unknown, "4"), &origin),
            (Request::new("OPTIONS", target), &preflight),
            (Request::new("OPTIONS", unknown), &preflight),
        ] {
            let is_preflight = headers.len() > 1;
            let response = stage.fetch(request, headers).await;
            let context = format!("{origins:?} {headers:?} {response:?}");
            let header = |name| response.header(name);
            assert_eq!(header("access-control-allow-origin"), readable, "{context}");
            let allowed = header("access-control-allow-credentials");
            assert_eq!(allowed, credentials, "{context}");
            assert_eq!(header("vary"), varies, "{context}");
            let names = header("access-control-allow-headers");
            let methods = header("access-control-allow-methods");
            if is_preflight && readable.is_some() {
                assert_eq!(response.status, 204, "{context}");
                assert_eq!(names, Some("content-type, x-own"), "{context}");
                let post = methods.is_some_and(|methods| methods.contains("POST"));
                assert!(post, "{context}");
            } else {
                assert_eq!((names, methods), (None, None), "{context}");
            }
        }
    }
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_host_that_it_names() {
    let proxied = [
        ("Origin", "https://app.example"),
        ("X-Forwarded-Host", "app.example"),
        ("X-Forwarded-Proto", "https"),
    ];
    let forwarded = [
        ("Origin", "https://app.example"),
        ("Forwarded", "for=203.0.113.9;host=app.example;proto=https"),
    ];
    let mut direct = Stage::set(Encke::builder());
    direct.assert_refused(&proxied).await;
    direct.assert_refused(&forwarded).await;
    let trust = |entry| TrustedProxies::parse([entry]).expect("an address or a network");
    let elsewhere = trust("10.0.0.0/8");
    let mut distrusted = Stage::set(Encke::builder().trusted_proxies(elsewhere));
    distrusted.assert_refused(&proxied).await;
    for entry in ["127.0.0.1", "127.0.0.0/8"] {
        let mut trusted = Stage::set(Encke::builder().trusted_proxies(trust(entry)));
        trusted.assert_open(&proxied, "own - -").await;
        trusted.assert_open(&forwarded, "own - -").await;
        // The proxy's own host is nobody's origin, and neither is the other scheme's.
        let own = trusted.own_origin();
        let mut headers = proxied;
        headers[0].1 = &own;
        trusted.assert_refused(&headers).await;
        headers[0].1 = "http://app.example";
        trusted.assert_refused(&headers).await;
    }
    assert!(TrustedProxies::parse(["proxy.example"]).is_err());
}
