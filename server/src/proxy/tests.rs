use actix_web::test::TestRequest;

use super::*;

type Headers<'a> = &'a [(&'a str, &'a str)];

fn resolve(proxies: &[&str], peer: Option<&str>, headers: Headers<'_>) -> Resolved {
    let mut request = TestRequest::default();
    if let Some(peer) = peer {
        request = request.peer_addr((peer.parse::<IpAddr>().unwrap(), 4000).into());
    }
    for (name, value) in headers {
        let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
        request = request.append_header((*name, value));
    }
    TrustedProxies::parse(proxies)
        .unwrap()
        .resolve(&request.to_http_request())
}

fn client(proxies: &[&str], peer: &str, headers: Headers<'_>) -> Option<String> {
    let client = resolve(proxies, Some(peer), headers).client;
    client.map(|client| client.to_string())
}

fn host(resolved: &Resolved) -> Option<String> {
    resolved.host.as_ref().map(ToString::to_string)
}

const LAN: &[&str] = &["10.0.0.0/8", "fd00::/8", "::1"];

#[test]
fn entries_are_addresses_and_networks() {
    for (entry, inside, outside) in [
        ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
        ("10.1.2.3/8", "10.0.0.0", "11.0.0.0"),
        (" 127.0.0.1 ", "127.0.0.1", "127.0.0.2"),
        ("::1", "::1", "::2"),
        ("fd00::/8", "fdff::1", "fe00::"),
        ("::ffff:10.0.0.0/104", "10.1.1.1", "11.0.0.0"),
        ("::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"),
        ("0.0.0.0/0", "192.0.2.1", "::1"),
        ("::/0", "::1", "192.0.2.1"),
    ] {
        let proxies = TrustedProxies::parse([entry]).unwrap();
        assert!(
            proxies.contains(inside.parse().unwrap()),
            "{entry} {inside}"
        );
        assert!(
            !proxies.contains(outside.parse().unwrap()),
            "{entry} {outside}"
        );
    }
    for entry in [
        "",
        "localhost",
        "10.0.0.0/33",
        "10.0.0/8",
        "10.0.0.1:80",
        "[::1]",
        "*",
        "UNIX",
    ] {
        let error = TrustedProxies::parse(["10.0.0.0/8", entry]).unwrap_err();
        assert_eq!(error, InvalidProxy(entry.to_owned()));
        assert!(
            error
                .to_string()
                .starts_with(&format!("{entry:?} is no proxy")),
            "{error}"
        );
    }
}

#[test]
fn strangers_are_not_believed() {
    let lies: Headers<'_> = &[
        ("host", "A.example:8080"),
        ("forwarded", "for=192.0.2.9;host=evil.example;proto=https"),
        ("x-forwarded-for", "192.0.2.9"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
    ];
    for (proxies, peer) in [
        (&[][..], Some("10.0.0.1")),
        (LAN, Some("192.0.2.1")),
        (LAN, Some("::2")),
        (LAN, None),
        (&["unix"][..], Some("10.0.0.1")),
    ] {
        let resolved = resolve(proxies, peer, lies);
        let seen = peer.map(|peer| peer.parse().unwrap());
        assert_eq!(resolved.client, seen, "{peer:?}");
        assert_eq!(
            host(&resolved).as_deref(),
            Some("a.example:8080"),
            "{peer:?}"
        );
        assert_eq!(resolved.scheme, None, "{peer:?}");
    }
}

#[test]
fn trusted_peers_are_believed() {
    let kinds: [Headers<'_>; 3] = [
        &[(
            "forwarded",
            "for=192.0.2.9;host=\"A.example:8443\";proto=HTTPS",
        )],
        &[
            ("x-forwarded-for", "192.0.2.9"),
            ("x-forwarded-host", "a.example:8443"),
            ("x-forwarded-proto", "wss"),
        ],
        &[
            (
                "forwarded",
                "for=\"192.0.2.9:1234\";host=\"a.example.:8443\"",
            ),
            ("x-forwarded-for", "192.0.2.9:999"),
            ("x-forwarded-proto", "https"),
        ],
    ];
    for headers in kinds {
        for peer in [Some("10.0.0.1"), Some("::ffff:10.0.0.1"), Some("::1"), None] {
            let resolved = resolve(&["10.0.0.0/8", "::1", "unix"], peer, headers);
            assert_eq!(
                resolved.client,
                Some("192.0.2.9".parse().unwrap()),
                "{peer:?}"
            );
            assert_eq!(
                host(&resolved).as_deref(),
                Some("a.example:8443"),
                "{peer:?}"
            );
            assert_eq!(resolved.scheme, Some(Scheme::Https), "{peer:?}");
        }
    }
}

#[test]
fn the_client_is_the_first_stranger_from_the_right() {
    for (chain, expected) in [
        ("192.0.2.9", Some("192.0.2.9")),
        ("6.6.6.6, 192.0.2.9", Some("192.0.2.9")),
        ("6.6.6.6, 192.0.2.9, 10.0.0.7", Some("192.0.2.9")),
        ("10.6.6.6, 192.0.2.9, 10.0.0.7, 10.0.0.8", Some("192.0.2.9")),
        ("10.0.0.9, 10.0.0.8", Some("10.0.0.9")),
        (",, 192.0.2.9 ,\t,", Some("192.0.2.9")),
        ("[2001:db8::1]:80, fd00::1", Some("2001:db8::1")),
        ("::ffff:192.0.2.9, ::ffff:10.0.0.1", Some("192.0.2.9")),
        ("é, 192.0.2.9", Some("192.0.2.9")),
        ("10.0.0.2, unknown", None),
        ("10.0.0.2, é", None),
        ("", Some("10.0.0.1")),
        (" , ", Some("10.0.0.1")),
    ] {
        let found = client(LAN, "10.0.0.1", &[("x-forwarded-for", chain)]);
        assert_eq!(found.as_deref(), expected, "{chain:?}");

        let elements: Vec<_> = chain
            .split(',')
            .map(str::trim)
            .filter(|node| !node.is_empty())
            .map(|node| format!("for=\"{node}\""))
            .collect();
        let found = client(LAN, "10.0.0.1", &[("forwarded", &elements.join(", "))]);
        assert_eq!(found.as_deref(), expected, "{elements:?}");

        let lines: Vec<_> = chain
            .split(',')
            .map(|line| ("x-forwarded-for", line))
            .collect();
        let found = client(LAN, "10.0.0.1", &lines);
        assert_eq!(found.as_deref(), expected, "{lines:?}");
    }
}

#[test]
fn the_outermost_trusted_proxy_names_host_and_scheme() {
    let table: [(Headers<'_>, Option<&str>, Option<Scheme>); 11] = [
        (
            &[(
                "forwarded",
                "for=1.1.1.1;host=evil;proto=https, for=192.0.2.9;host=a;proto=http",
            )],
            Some("a"),
            Some(Scheme::Http),
        ),
        (
            &[(
                "forwarded",
                "for=192.0.2.9;host=a;proto=https, for=10.0.0.7;host=inner;proto=http",
            )],
            Some("a"),
            Some(Scheme::Https),
        ),
        // The outer proxy says nothing of a host, and the one before it is a stranger.
        (
            &[
                ("forwarded", "host=evil"),
                ("forwarded", "for=192.0.2.9, for=10.0.0.7;host=inner"),
            ],
            Some("inner"),
            None,
        ),
        // An element that names nobody ends the chain.
        (
            &[("forwarded", "host=evil, by=10.0.0.1;proto=https")],
            Some("seen"),
            Some(Scheme::Https),
        ),
        (&[("forwarded", "host=\"e vil\"")], None, None),
        (&[("forwarded", "host=\"")], None, None),
        (&[("x-forwarded-host", "evil, a")], Some("a"), None),
        (
            &[("x-forwarded-host", "evil"), ("x-forwarded-host", "a")],
            Some("a"),
            None,
        ),
        (
            &[
                ("x-forwarded-for", "192.0.2.9, 10.0.0.7"),
                ("x-forwarded-host", "evil, a, inner"),
                ("x-forwarded-proto", "https, http"),
            ],
            Some("a"),
            Some(Scheme::Https),
        ),
        (
            &[("x-forwarded-host", "e vil"), ("x-forwarded-proto", "é")],
            None,
            None,
        ),
        (
            &[("x-forwarded-host", ""), ("x-forwarded-proto", ",")],
            Some("seen"),
            None,
        ),
    ];
    for (headers, expected, scheme) in table {
        let headers = [&[("host", "seen")], headers].concat();
        let resolved = resolve(LAN, Some("10.0.0.1"), &headers);
        assert_eq!(host(&resolved).as_deref(), expected, "{headers:?}");
        assert_eq!(resolved.scheme, scheme, "{headers:?}");
    }
}

#[test]
fn a_contradiction_is_unknown() {
    let resolved = resolve(
        LAN,
        Some("10.0.0.1"),
        &[
            ("host", "a"),
            ("forwarded", "for=10.6.6.6;host=b;proto=https"),
            ("x-forwarded-for", "192.0.2.9"),
            ("x-forwarded-host", "a"),
            ("x-forwarded-proto", "http"),
        ],
    );
    assert_eq!(
        resolved,
        Resolved {
            client: None,
            host: None,
            scheme: None
        }
    );
}

#[test]
fn the_host_is_the_one_of_the_request() {
    let table: [(&str, Headers<'_>, Option<&str>); 8] = [
        ("/", &[("host", "A.Example.:80")], Some("a.example:80")),
        ("/", &[("host", "[::1]:3000")], Some("[::1]:3000")),
        ("/", &[], None),
        ("/", &[("host", "")], None),
        ("/", &[("host", "a b")], None),
        ("/", &[("host", "é")], None),
        ("/", &[("host", "a"), ("host", "b")], None),
        ("http://b.example:1/", &[("host", "a")], Some("b.example:1")),
    ];
    for (uri, headers, expected) in table {
        let mut request = TestRequest::with_uri(uri);
        for (name, value) in headers {
            request =
                request.append_header((*name, HeaderValue::from_bytes(value.as_bytes()).unwrap()));
        }
        let resolved = TrustedProxies::default().resolve(&request.to_http_request());
        assert_eq!(host(&resolved).as_deref(), expected, "{uri} {headers:?}");
    }
}

#[test]
fn tls_is_seen_unless_a_proxy_says_otherwise() {
    let peer = "10.0.0.1".parse().ok();
    let seen = Resolved {
        client: peer,
        host: None,
        scheme: Some(Scheme::Https),
    };
    for (proto, expected) in [
        (None, Some(Scheme::Https)),
        (Some("http"), Some(Scheme::Http)),
        (Some("gopher"), None),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(proto) = proto {
            headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static(proto));
        }
        let proxies = TrustedProxies::parse(LAN).unwrap();
        assert_eq!(
            proxies.look_behind(seen.clone(), &headers).scheme,
            expected,
            "{proto:?}"
        );
        let resolved = TrustedProxies::default().look_behind(seen.clone(), &headers);
        assert_eq!(
            resolved.scheme,
            Some(Scheme::Https),
            "{proto:?} from a stranger"
        );
    }
}

#[test]
fn hostile_lists_are_survived() {
    let long = "10.0.0.1,".repeat(20_000);
    let quoted = format!("for=\"{}", "\\\"".repeat(50_000));
    let elements = "for=10.0.0.1,".repeat(20_000);
    for (name, value) in [
        ("x-forwarded-for", long.as_str()),
        ("x-forwarded-host", &long),
        ("x-forwarded-proto", &long),
        ("forwarded", &long),
        ("forwarded", &quoted),
        ("forwarded", &elements),
        ("forwarded", "\u{ff}\u{fe}=\"\\"),
    ] {
        let resolved = resolve(LAN, Some("10.0.0.1"), &[("host", "a"), (name, value)]);
        let short = &value[..9.min(value.len())].escape_debug().to_string();
        match name {
            "forwarded" => assert_eq!(resolved.client, None, "{short}"),
            _ => assert_eq!(resolved.client, "10.0.0.1".parse().ok(), "{name} {short}"),
        }
    }
}
