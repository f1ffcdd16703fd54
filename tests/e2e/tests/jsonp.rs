//! Polling by scripts, with forms up.

use std::time::Duration;

use encke::{Builder, Encke, Message as Heard, Origins, Transport};
use serde_json::{Value, json};
use support::http::{Connection, Request, Response, fetch};
use support::{Host, at, serve};

const PATH: &str = "/socket.io/";

/// A server whose sessions send back what they get.
fn echo(builder: Builder) -> Host {
    let io = builder.build();
    io.on_session(async |mut session: encke::Session| {
        while let Some(message) = session.recv().await {
            // A session that is over takes nothing.
            let _ = match message {
                Heard::Text(text) => session.send_text(&text),
                Heard::Binary(bytes) => session.send_binary(&bytes),
            };
        }
    });
    serve(&io)
}

fn with_jsonp() -> Builder {
    Encke::builder().transports(Transport::ALL)
}

fn target(query: &str) -> String {
    format!("{PATH}?EIO=4&transport=jsonp{query}")
}

/// A request of a script in a page of the server's own origin.
fn script(query: &str) -> Request {
    Request::get(&target(query)).header("Sec-Fetch-Site", "same-origin")
}

/// A form's request, as a page of the same origin sends it.
fn form(query: &str, payload: &str) -> Request {
    let field = serde_json::to_string(payload).expect("a string");
    let body = form_urlencoded::Serializer::new(String::new())
        .append_pair("d", &field)
        .finish();
    Request::new("POST", &target(query))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Sec-Fetch-Site", "same-origin")
        .body(body)
}

/// The payload that a script gives to the page's function of this number.
fn payload(response: &Response, callback: u32) -> String {
    assert_eq!(response.status, 200, "{response:?}");
    assert_eq!(
        response.header("content-type"),
        Some("application/javascript; charset=UTF-8")
    );
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    let call = format!("/**/___encke[{callback}](");
    let argument = response.text().strip_prefix(&*call);
    let argument = argument.and_then(|rest| rest.strip_suffix(");"));
    let argument = argument.unwrap_or_else(|| panic!("{response:?}"));
    assert!(!argument.contains(['<', '>', '&', '\'', '\u{2028}', '\u{2029}']));
    serde_json::from_str(argument).expect("a JSON string")
}

/// Opens a session, and gives its sid.
async fn open() -> String {
    let opened = payload(&fetch(&script("&encke=1&cb=0")).await, 0);
    let open: Value = serde_json::from_str(&opened[1..]).expect("JSON");
    assert!(open["resume"].is_object());
    let offered = json!(["polling", "websocket", "stream", "sse", "htmlfile", "jsonp"]);
    assert_eq!(open["transports"], offered);
    open["sid"].as_str().expect("a sid").to_owned()
}

#[tokio::test]
async fn it_has_to_be_switched_on() {
    let host = echo(Encke::builder());
    at(host.address(), async {
        fetch(&script("&encke=1&cb=0")).await.assert_error(0);
    })
    .await;
}

#[tokio::test]
async fn packets_go_down_by_scripts_and_up_by_forms() {
    let host = echo(with_jsonp());
    at(host.address(), async {
        let sid = open().await;
        let messages = [
            "4</script><!--",
            "4\u{2028}\u{2029}\"\\'&",
            "4a\nb\r\nc\r",
            "4é€😀\u{0}",
            "bAAEC/w==",
            "4",
        ];
        let posted = fetch(&form(
            &format!("&sid={sid}&recv=0&seq=1"),
            &messages.join("\x1e"),
        ))
        .await;
        assert_eq!((posted.status, posted.text()), (200, "76"));
        let poll = script(&format!("&sid={sid}&leg=1&recv=0&cb=3"));
        let expected = format!("76\x1e{}", messages.join("\x1e"));
        assert_eq!(payload(&fetch(&poll).await, 3), expected);

        // A poll that waits.
        let mut connection = Connection::open().await;
        let poll = script(&format!("&sid={sid}&leg=2&recv=6&cb=4294967295"));
        connection.send(&poll).await;
        let posted = fetch(&form(&format!("&sid={sid}&recv=6&seq=7"), "4b")).await;
        assert_eq!(posted.text(), "77");
        assert_eq!(payload(&connection.response().await, u32::MAX), "77\x1e4b");
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_in_band() {
    let host = echo(with_jsonp());
    at(host.address(), async {
        let sid = open().await;
        let poll =
            |sid: &str, leg: u32| script(&format!("&sid={sid}&leg={leg}&recv=0&cb=1&wait=0"));
        assert_eq!(payload(&fetch(&poll(&sid, 2)).await, 1), "70\x1e6");
        let late = payload(&fetch(&poll(&sid, 1)).await, 1);
        assert!(late.starts_with(r#"1{"code":409,"#), "{late}");
        let unknown = payload(&fetch(&poll("AAAAAAAAAAAAAAAAAAAAAA", 1)).await, 1);
        assert!(unknown.starts_with(r#"1{"code":1,"#), "{unknown}");
    })
    .await;
}

#[tokio::test]
async fn the_callback_is_a_number() {
    let host = echo(with_jsonp());
    at(host.address(), async {
        let sid = open().await;
        for callback in [
            "",
            "&cb=",
            "&cb=a",
            "&cb=-1",
            "&cb=1;alert(1)",
            "&cb=1.5",
            "&cb=0x1",
        ] {
            fetch(&script(&format!("&encke=1{callback}")))
                .await
                .assert_error(3);
            let poll = script(&format!("&sid={sid}&leg=1&recv=0{callback}"));
            fetch(&poll).await.assert_error(3);
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_that_is_none_ends_its_session() {
    let host = echo(with_jsonp());
    at(host.address(), async {
        for body in [
            "",
            "d",
            "d=4a",
            "e=%224a%22",
            "d=%224a",
            "d=%5B%5D",
            "d=%22%5Cx%22",
        ] {
            let sid = open().await;
            let mut request = Request::post(&target(&format!("&sid={sid}&recv=0&seq=1")), body);
            request = request.header("Sec-Fetch-Site", "same-origin");
            fetch(&request).await.assert_error(3);
            let poll = script(&format!("&sid={sid}&leg=1&recv=0&cb=1"));
            let gone = payload(&fetch(&poll).await, 1);
            assert!(gone.starts_with(r#"1{"code":1,"#), "{body}: {gone}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_form_may_be_as_long_as_its_escapes_make_it() {
    let host = echo(with_jsonp().max_payload(1000));
    at(host.address(), async {
        let sid = open().await;
        let longest = format!("4{}", "\"".repeat(999));
        let query = |seq: u32| format!("&sid={sid}&recv=0&seq={seq}");
        assert_eq!(fetch(&form(&query(1), &longest)).await.text(), "71");
        let longer = format!("{longest}\"");
        assert_eq!(fetch(&form(&query(2), &longer)).await.status, 413);
        // The session is unharmed.
        assert_eq!(fetch(&form(&query(2), "4a")).await.text(), "72");
    })
    .await;
}

#[tokio::test]
async fn only_pages_that_are_known_are_answered() {
    const LISTED: &str = "https://listed.example";
    let list = || Origins::list([LISTED]).unwrap();
    for origins in [Origins::same(), list(), Origins::any()] {
        let lists = origins == list();
        let host = echo(with_jsonp().origins(origins));
        let own = format!("http://{}/page", host.address());
        let cases: &[(&[(&str, &str)], bool)] = &[
            (&[], false),
            (&[("Sec-Fetch-Site", "same-origin")], true),
            (&[("Referer", &own)], true),
            (&[("Sec-Fetch-Site", "none")], false),
            (&[("Sec-Fetch-Site", "cross-site")], false),
            (&[("Sec-Fetch-Site", "same-site")], false),
            (
                &[("Sec-Fetch-Site", "cross-site"), ("Referer", &own)],
                false,
            ),
            (&[("Referer", "https://evil.example/")], false),
            (
                &[("Referer", "https://listed.example.evil.example/")],
                false,
            ),
            (
                &[("Referer", "https://evil.example/https://listed.example/")],
                false,
            ),
            (
                &[("Referer", "https://listed.example@evil.example/")],
                false,
            ),
            (&[("Referer", "null")], false),
            (&[("Origin", "null"), ("Referer", &own)], false),
            (
                &[("Origin", "https://evil.example"), ("Referer", &own)],
                false,
            ),
            (&[("Referer", "https://listed.example/a?b#c")], lists),
            (&[("Referer", "https://listed.example?b")], lists),
            (&[("Origin", LISTED)], lists),
            (
                &[
                    ("Sec-Fetch-Site", "cross-site"),
                    ("Referer", "https://listed.example/"),
                ],
                lists,
            ),
        ];
        at(host.address(), async {
            for (headers, is_answered) in cases {
                let request = Request::get(&target("&encke=1&cb=0"));
                let request = headers.iter().fold(request, |request, (name, value)| {
                    request.header(name, value)
                });
                let response = fetch(&request).await;
                if *is_answered {
                    assert!(payload(&response, 0).starts_with("0{"), "{headers:?}");
                } else {
                    response.assert_error(4);
                }
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_poll_is_answered_when_a_ping_is_due() {
    let host = echo(with_jsonp().ping_interval(Duration::from_millis(50)));
    at(host.address(), async {
        let sid = open().await;
        let poll = script(&format!("&sid={sid}&leg=1&recv=0&cb=1"));
        assert_eq!(payload(&fetch(&poll).await, 1), "70\x1e2");
    })
    .await;
}
