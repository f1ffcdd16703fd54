use actix_web::http::header::HeaderValue;
use actix_web::test::TestRequest;
use serde::Deserialize;

use super::*;
use crate::origin::Origins;
use crate::proxy::TrustedProxies;

const URI: &str = "/socket.io/?EIO=4&transport=websocket&name=J%C3%B6+B&n=7&n=8&sid=SECRET3";

/// What Chromium sends with a WebSocket, and then some.
const BROWSER: [(&str, &str); 20] = [
    ("Host", "Chat.Example:8080"),
    ("Connection", "Upgrade"),
    ("Pragma", "no-cache"),
    ("Cache-Control", "no-cache"),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36",
    ),
    ("Upgrade", "websocket"),
    ("Origin", "https://b.example"),
    ("Sec-WebSocket-Version", "13"),
    ("Accept-Encoding", "gzip, deflate, br, zstd"),
    ("Accept-Language", "en-US,en;q=0.9"),
    ("Cookie", "a=SECRET1"),
    ("Cookie", "b=x:y"),
    ("Authorization", "Bearer SECRET2"),
    ("Proxy-Authorization", "Basic SECRET4"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ("Sec-WebSocket-Extensions", "permessage-deflate"),
    ("TE", "trailers"),
    ("Keep-Alive", "timeout=5"),
    ("X-Empty", ""),
    ("X-Name", "Jörg: Ünal"),
];

fn open(uri: &str, headers: &[(&str, &str)], origins: &Origins) -> Result<Handshake, HeadTooLarge> {
    let mut request = TestRequest::with_uri(uri).peer_addr(([192, 0, 2, 1], 4000).into());
    for (name, value) in headers {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request = request.append_header((*name, value));
    }
    let request = request.to_http_request();
    let resolved = TrustedProxies::default().resolve(&request);
    let verdict = origins.verdict(request.headers(), &resolved);
    Handshake::new(&request, Transport::WebSocket, &resolved, &verdict)
}

fn listed() -> Handshake {
    let origins = Origins::list(["https://b.example"]).unwrap();
    open(URI, &BROWSER, &origins).unwrap()
}

#[test]
fn the_application_sees_the_request() {
    let handshake = listed();
    assert_eq!(handshake.path(), "/socket.io/");
    assert_eq!(
        Some(handshake.query()),
        URI.split_once('?').map(|(_, query)| query)
    );
    assert_eq!(handshake.host(), Some("chat.example:8080"));
    assert_eq!(handshake.peer_addr(), Some([192, 0, 2, 1].into()));
    assert_eq!(handshake.origin(), Some("https://b.example"));
    assert_eq!(handshake.transport(), Transport::WebSocket);
    assert!(handshake.is_cross_origin());
    assert!(!handshake.is_secure());
}

#[test]
fn headers_are_found_in_any_case() {
    let handshake = listed();
    for (name, value) in [
        ("host", Some("Chat.Example:8080")),
        ("HOST", Some("Chat.Example:8080")),
        ("cookie", Some("a=SECRET1")),
        ("authorization", Some("Bearer SECRET2")),
        ("x-name", Some("Jörg: Ünal")),
        ("x-empty", Some("")),
        ("x-missing", None),
        ("", None),
        ("host:Chat.Example", None),
        ("x-name:Jörg", None),
    ] {
        assert_eq!(handshake.header(name), value, "{name:?}");
        assert_eq!(
            handshake.header_bytes(name),
            value.map(str::as_bytes),
            "{name:?}"
        );
    }
    let cookies: Vec<_> = handshake
        .headers()
        .filter(|(name, _)| *name == "cookie")
        .map(|(_, value)| value)
        .collect();
    assert_eq!(cookies, [&b"a=SECRET1"[..], b"b=x:y"]);
}

#[test]
fn what_concerns_one_connection_is_left_out() {
    let mut names: Vec<_> = BROWSER
        .map(|(name, _)| name.to_ascii_lowercase())
        .into_iter()
        .filter(|name| {
            !name.starts_with("sec-websocket")
                && ![
                    "connection",
                    "upgrade",
                    "te",
                    "keep-alive",
                    "proxy-authorization",
                ]
                .contains(&name.as_str())
        })
        .collect();
    names.sort();
    let handshake = listed();
    let mut kept: Vec<_> = handshake.headers().map(|(name, _)| name).collect();
    kept.sort_unstable();
    assert_eq!(kept, names);
}

#[test]
fn bytes_that_are_not_text_stay_bytes() {
    let request = TestRequest::default()
        .append_header(("x-raw", HeaderValue::from_bytes(b"\xff:\t\xfe").unwrap()))
        .to_http_request();
    let resolved = TrustedProxies::default().resolve(&request);
    let handshake =
        Handshake::new(&request, Transport::Polling, &resolved, &Verdict::NoOrigin).unwrap();
    assert_eq!(handshake.header("x-raw"), None);
    assert_eq!(handshake.header_bytes("x-raw"), Some(&b"\xff:\t\xfe"[..]));
    assert_eq!(handshake.host(), None);
    assert_eq!(handshake.query(), "");
    assert_eq!(handshake.query_pairs().count(), 0);
    assert_eq!(handshake.origin(), None);
    assert_eq!(handshake.peer_addr(), None);
}

#[test]
fn any_origin_hides_the_credentials_of_others_only() {
    let any = Origins::any();
    for (origin, hidden) in [
        (Some("https://b.example"), true),
        (Some("null"), true),
        (Some("http://chat.example:8080"), false),
        (None, false),
    ] {
        let headers: Vec<_> = BROWSER
            .into_iter()
            .filter(|(name, _)| *name != "Origin")
            .chain(origin.map(|origin| ("Origin", origin)))
            .collect();
        let handshake = open(URI, &headers, &any).unwrap();
        for name in ["cookie", "authorization"] {
            assert_eq!(
                handshake.header(name).is_none(),
                hidden,
                "{name} of {origin:?}"
            );
        }
        assert_eq!(handshake.is_cross_origin(), hidden, "{origin:?}");
        let text = handshake.0.text.escape_ascii().to_string();
        assert_eq!(
            !text.contains("SECRET1") && !text.contains("SECRET2"),
            hidden,
            "{text}"
        );
        assert_eq!(handshake.origin(), origin);
    }
}

#[test]
fn queries_are_decoded() {
    let handshake = listed();
    for (name, value) in [
        ("EIO", Some("4")),
        ("name", Some("Jö B")),
        ("n", Some("7")),
        ("eio", None),
        ("", None),
    ] {
        assert_eq!(handshake.query_value(name).as_deref(), value, "{name:?}");
    }
    let hostile = open("/?a&=b&%&%ff=%zz&a=%00&&", &[], &Origins::same()).unwrap();
    let pairs: Vec<_> = hostile.query_pairs().collect();
    let expected = [
        ("a", ""),
        ("", "b"),
        ("%", ""),
        ("\u{fffd}", "%zz"),
        ("a", "\0"),
    ];
    assert_eq!(
        pairs,
        expected.map(|(name, value)| (name.into(), value.into()))
    );
}

#[test]
fn queries_become_types() {
    #[derive(Debug, PartialEq, Deserialize)]
    struct Hello {
        name: String,
        n: Option<u8>,
    }
    let parse = |uri| {
        open(uri, &[], &Origins::same())
            .unwrap()
            .parse_query::<Hello>()
    };
    assert_eq!(
        parse("/?EIO=4&name=J%C3%B6+B&n=7"),
        Ok(Hello {
            name: "Jö B".into(),
            n: Some(7)
        })
    );
    assert_eq!(
        parse("/?name="),
        Ok(Hello {
            name: String::new(),
            n: None
        })
    );
    for (uri, why) in [
        ("/", "missing field `name`"),
        ("/?name=a&n=x", "invalid digit found in string"),
        ("/?name=a&name=b", "duplicate field `name`"),
    ] {
        let error = parse(uri).unwrap_err().to_string();
        assert_eq!(error, format!("the query does not fit: {why}"), "{uri}");
    }
}

#[test]
fn debug_names_what_it_does_not_show() {
    let debug = format!("{:?}", listed());
    assert!(!debug.contains("SECRET"), "{debug}");
    for shown in [
        "\"cookie\"",
        "\"authorization\"",
        "\"sid\"",
        "192.0.2.1",
        "https://b.example",
    ] {
        assert!(debug.contains(shown), "{shown} in {debug}");
    }
}

#[test]
fn a_head_of_any_size_is_bounded() {
    let rest = open("/", &[("x", "")], &Origins::same())
        .unwrap()
        .0
        .text
        .len();
    let fits = "v".repeat(MAX_TEXT_BYTES - rest);
    let handshake = open("/", &[("x", &fits)], &Origins::same()).unwrap();
    assert_eq!(handshake.header("x"), Some(fits.as_str()));
    let over = format!("{fits}v");
    assert_eq!(
        open("/", &[("x", &over)], &Origins::same()).unwrap_err(),
        HeadTooLarge
    );
    // What is left out costs nothing.
    assert!(open("/", &[("x", &fits), ("upgrade", &over)], &Origins::same()).is_ok());
    // More than an offset can say, in each place.
    let huge = "v".repeat(usize::from(u16::MAX));
    for uri in [format!("/{huge}"), format!("/?{huge}")] {
        assert!(matches!(
            open(&uri[..60_000], &[], &Origins::same()),
            Err(HeadTooLarge)
        ));
    }
    assert!(matches!(
        open("/", &[("x", &huge)], &Origins::same()),
        Err(HeadTooLarge)
    ));
}

#[test]
fn a_handshake_is_one_pointer_that_threads_share() {
    fn is_shared<T: Send + Sync + Clone + 'static>() {}
    is_shared::<Handshake>();
    assert_eq!(size_of::<Handshake>(), size_of::<usize>());
    let handshake = listed();
    assert!(Arc::ptr_eq(&handshake.0, &handshake.clone().0));
    assert!(size_of::<Inner>() <= 48, "{}", size_of::<Inner>());
    let headers: usize = handshake
        .headers()
        .map(|(name, value)| name.len() + value.len() + 2)
        .sum();
    let rest = handshake.path().len() + handshake.query().len() + "chat.example:8080".len();
    assert_eq!(handshake.0.text.len(), headers + rest);
}
