use super::*;

/// A request for `asked`, a host or a scheme and a host.
fn request(asked: &str) -> Resolved {
    let (scheme, host) = match asked.split_once("://") {
        Some((scheme, host)) => (Scheme::parse(scheme), host),
        None => (None, asked),
    };
    Resolved {
        client: None,
        host: Authority::parse(host),
        scheme,
    }
}

type Headers<'a> = &'a [(&'static str, &'a str)];

fn headers(list: Headers<'_>) -> HeaderMap {
    list.iter()
        .map(|(name, value)| {
            let value = HeaderValue::from_bytes(value.as_bytes()).unwrap();
            (HeaderName::from_static(name), value)
        })
        .collect()
}

fn verdict(origins: &Origins, asked: &str, origin: &str) -> Verdict {
    origins.verdict(&headers(&[("origin", origin)]), &request(asked))
}

fn listed(origin: &'static str) -> Verdict {
    Verdict::Listed(HeaderValue::from_static(origin))
}

fn list(origins: &[&str]) -> Origins {
    Origins::list(origins).unwrap()
}

fn pairs(headers: impl Iterator<Item = (HeaderName, HeaderValue)>) -> Vec<(String, String)> {
    headers
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect()
}

fn expect(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    pairs.iter().map(owned).collect()
}

#[test]
fn an_origin_is_the_same_by_host_and_port() {
    for (origin, asked) in [
        ("http://a.example", "a.example"),
        ("http://a.example", "a.example:80"),
        ("http://a.example:80", "a.example"),
        ("https://a.example", "a.example"),
        ("https://a.example", "a.example:443"),
        ("https://a.example", "https://a.example"),
        ("https://a.example", "https://a.example:443"),
        ("https://a.example:443", "https://a.example"),
        ("http://localhost:3000", "localhost:3000"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("HTTP://A.Example", "a.EXAMPLE"),
        ("http://a.example.", "a.example"),
        ("http://a.example", "a.example."),
        ("http://a.example.:81", "a.example.:81"),
        ("http://[::1]", "[::1]"),
        ("http://[::1]:80", "[0:0:0:0:0:0:0:1]"),
        ("http://[2001:DB8::1]:8080", "[2001:db8::1]:8080"),
        ("http://127.0.0.1:1", "127.0.0.1:1"),
    ] {
        let same = verdict(&Origins::same(), asked, origin);
        assert_eq!(same, Verdict::Same, "{origin} at {asked}");
        let any = verdict(&Origins::any(), asked, origin);
        assert_eq!(any, Verdict::Same, "{origin} at {asked}");
        let listed = verdict(&list(&["https://b.example"]), asked, origin);
        assert_eq!(listed, Verdict::Same, "{origin} at {asked}");
    }
}

#[test]
fn other_origins_are_refused_unless_any_passes() {
    for (origin, asked) in [
        ("http://b.example", "a.example"),
        ("http://a.example.evil.example", "a.example"),
        ("http://evil-a.example", "a.example"),
        ("http://sub.a.example", "a.example"),
        ("http://a.example:81", "a.example"),
        ("http://a.example", "a.example:81"),
        ("http://localhost:3000", "localhost:3001"),
        ("http://localhost", "127.0.0.1"),
        ("http://a.example", "a.example:443"),
        ("https://a.example", "a.example:80"),
        ("http://a.example", "https://a.example"),
        ("http://a.example:443", "https://a.example"),
        ("https://a.example", "http://a.example"),
        ("https://a.example:80", "http://a.example"),
        ("http://[::1]", "[::2]"),
        ("http://[::1]:81", "[::1]"),
        ("ftp://a.example", "a.example"),
        ("null", "a.example"),
        ("NULL", "null"),
        ("", "a.example"),
        ("", ""),
        ("a.example", "a.example"),
        ("//a.example", "a.example"),
        ("://a.example", "a.example"),
        ("http://", ""),
        ("http://a.example/", "a.example"),
        ("http://user@a.example", "a.example"),
        ("http://a.example, http://a.example", "a.example"),
        ("http://a.example http://a.example", "a.example"),
        ("http://a.example\u{e9}", "a.example"),
        ("http://a.example", "not a host"),
    ] {
        let same = verdict(&Origins::same(), asked, origin);
        assert_eq!(same, Verdict::Refused, "{origin} at {asked}");
        let listed = verdict(&list(&["https://c.example"]), asked, origin);
        assert_eq!(listed, Verdict::Refused, "{origin} at {asked}");
        let any = verdict(&Origins::any(), asked, origin);
        assert_eq!(any, Verdict::Cross, "{origin} at {asked}");
    }
}

#[test]
fn several_origins_are_refused_and_none_passes() {
    for origins in [Origins::same(), list(&["http://a"]), Origins::any()] {
        let twice = headers(&[("origin", "http://a"), ("origin", "http://a")]);
        assert_eq!(origins.verdict(&twice, &request("a")), Verdict::Refused);
        let none = headers(&[]);
        assert_eq!(origins.verdict(&none, &request("a")), Verdict::NoOrigin);
    }
}

#[test]
fn a_browser_that_names_no_origin_may_name_the_site() {
    for (site, stranger) in [
        ("same-origin", false),
        ("none", false),
        ("same-site", true),
        ("cross-site", true),
        ("nonsense", false),
    ] {
        let headers = headers(&[("sec-fetch-site", site)]);
        let (same, any) = if stranger {
            (Verdict::Refused, Verdict::Cross)
        } else {
            (Verdict::NoOrigin, Verdict::NoOrigin)
        };
        assert_eq!(
            Origins::same().verdict(&headers, &request("a")),
            same,
            "{site}"
        );
        assert_eq!(
            list(&["http://b"]).verdict(&headers, &request("a")),
            same,
            "{site}"
        );
        assert_eq!(
            Origins::any().verdict(&headers, &request("a")),
            any,
            "{site}"
        );
    }
}

#[test]
fn a_page_of_this_origin_may_hide_it() {
    for (sites, expected) in [
        (&["same-origin"][..], Verdict::Same),
        (&["cross-site"], Verdict::Refused),
        (&["same-site"], Verdict::Refused),
        (&["none"], Verdict::Refused),
        (&["same-origin", "cross-site"], Verdict::Refused),
        (&[], Verdict::Refused),
    ] {
        let mut list = vec![("origin", "null")];
        list.extend(sites.iter().map(|site| ("sec-fetch-site", *site)));
        let found = Origins::same().verdict(&headers(&list), &request("a"));
        assert_eq!(found, expected, "{sites:?}");
    }
    // It speaks of nobody who gives an origin.
    let headers = headers(&[("origin", "http://evil"), ("sec-fetch-site", "same-origin")]);
    let found = Origins::same().verdict(&headers, &request("a"));
    assert_eq!(found, Verdict::Refused);
}

#[test]
fn a_list_is_normalised() {
    for (entry, origin) in [
        ("https://b.example", "https://b.example"),
        ("HTTPS://B.example.:443", "https://b.example"),
        ("https://b.example", "https://b.example:443"),
        ("http://b.example:8080", "http://b.example:8080"),
        ("http://[0::1]:80", "http://[::1]"),
        ("capacitor://localhost", "capacitor://localhost"),
        ("chrome-extension://abcdef", "chrome-extension://abcdef"),
    ] {
        let origins = list(&["https://c.example", entry]);
        assert_eq!(
            verdict(&origins, "a.example", origin),
            listed(origin),
            "{entry}"
        );
    }
    for (entry, origin) in [
        ("https://b.example", "http://b.example"),
        ("https://b.example", "https://b.example:8443"),
        ("https://b.example", "https://sub.b.example"),
        ("https://b.example", "https://b.example.evil.example"),
        ("capacitor://localhost", "capacitor://localhost:443"),
    ] {
        assert_eq!(
            verdict(&list(&[entry]), "a.example", origin),
            Verdict::Refused,
            "{entry}"
        );
    }
    assert_eq!(
        list(&["https://b.example", "HTTPS://B.EXAMPLE:443"]),
        list(&["https://b.example."])
    );
}

#[test]
fn what_is_no_origin_is_not_listed() {
    for entry in [
        "",
        "null",
        "*",
        "b.example",
        "https://",
        "https://b.example/",
        "https://b.example/path",
        "https://*.b.example",
        "https://user@b.example",
        "https://b\u{fc}cher.example",
        "https://b.example:port",
        "wss://b.example",
        "1http://b.example",
        " https://b.example",
    ] {
        let error = Origins::list(["https://b.example", entry]).unwrap_err();
        assert_eq!(error, OriginsError::NotAnOrigin(entry.to_owned()));
        assert!(
            error
                .to_string()
                .starts_with(&format!("{entry:?} is not an origin")),
            "{error}"
        );
    }
}

#[test]
fn any_with_credentials_is_refused_at_the_start() {
    for (origins, result) in [
        (Origins::same(), Ok(())),
        (Origins::same().credentials(true), Ok(())),
        (list(&["http://b"]).credentials(true), Ok(())),
        (Origins::any(), Ok(())),
        (Origins::any().credentials(false), Ok(())),
        (
            Origins::any().credentials(true),
            Err(OriginsError::AnyWithCredentials),
        ),
    ] {
        assert_eq!(origins.check(), result, "{origins:?}");
    }
}

#[test]
fn answers_carry_what_the_setting_calls_for() {
    let listed = listed("https://B.example");
    let vary = ("vary", "Origin");
    let echo = ("access-control-allow-origin", "https://B.example");
    let star = ("access-control-allow-origin", "*");
    let credentials = ("access-control-allow-credentials", "true");
    let open = list(&["https://b.example"]);
    let trusting = open.clone().credentials(true);
    for (origins, verdict, expected) in [
        (Origins::same(), Verdict::Same, &[][..]),
        (Origins::same(), Verdict::NoOrigin, &[]),
        (Origins::same(), Verdict::Refused, &[]),
        (open.clone(), listed.clone(), &[echo, vary]),
        (open.clone(), Verdict::Same, &[vary]),
        (open.clone(), Verdict::NoOrigin, &[vary]),
        (open, Verdict::Refused, &[vary]),
        (trusting.clone(), listed, &[echo, credentials, vary]),
        (trusting.clone(), Verdict::Same, &[vary]),
        (trusting, Verdict::Refused, &[vary]),
        (Origins::any(), Verdict::Cross, &[star]),
        (Origins::any(), Verdict::Same, &[star]),
        (Origins::any(), Verdict::NoOrigin, &[star]),
        (Origins::any(), Verdict::Refused, &[star]),
    ] {
        let found = pairs(origins.headers(&verdict));
        assert_eq!(found, expect(expected), "{origins:?} {verdict:?}");
    }
}

#[test]
fn preflights_allow_the_names_they_ask_for() {
    let ask = "access-control-request-headers";
    let methods = ("access-control-allow-methods", "GET, POST, OPTIONS");
    let age = ("access-control-max-age", "7200");
    let long = "x".repeat(MAX_REQUESTED_BYTES);
    let two_long = format!("{long},y");
    let blanks = ",".repeat(50_000);
    let table: [(Headers<'_>, Option<&str>); 10] = [
        (&[], None),
        (&[(ask, "")], None),
        (&[(ask, "content-type")], Some("content-type")),
        (
            &[(ask, "X-Token,authorization , ,a")],
            Some("x-token, authorization, a"),
        ),
        (&[(ask, "a"), (ask, "b")], Some("a, b")),
        (&[(ask, &long)], Some(&long)),
        (&[(ask, &two_long)], None),
        (&[(ask, "a, b c")], None),
        (&[(ask, "a, \u{e9}")], None),
        (&[(ask, &blanks)], None),
    ];
    for (asked, allowed) in table {
        let headers = headers(asked);
        let mut expected = vec![methods];
        expected.extend(allowed.map(|names| ("access-control-allow-headers", names)));
        expected.push(age);
        for verdict in [Verdict::Cross, listed("http://b")] {
            let found = pairs(Origins::preflight(&verdict, &headers));
            assert_eq!(found, expect(&expected), "{asked:?}");
        }
        for verdict in [Verdict::Same, Verdict::NoOrigin, Verdict::Refused] {
            assert_eq!(
                pairs(Origins::preflight(&verdict, &headers)),
                [],
                "{asked:?}"
            );
        }
    }
}

#[test]
fn verdicts_say_what_they_mean() {
    for (verdict, allowed, cross, hides) in [
        (Verdict::NoOrigin, true, false, false),
        (Verdict::Same, true, false, false),
        (listed("http://b"), true, true, false),
        (Verdict::Cross, true, true, true),
        (Verdict::Refused, false, true, true),
    ] {
        assert_eq!(verdict.is_allowed(), allowed, "{verdict:?}");
        assert_eq!(verdict.is_cross_origin(), cross, "{verdict:?}");
        assert_eq!(verdict.hides_credentials(), hides, "{verdict:?}");
    }
}
