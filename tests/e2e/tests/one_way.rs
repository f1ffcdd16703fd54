//! Transports whose answer goes on: stream, server-sent events, and the hidden iframe.

use std::time::Duration;

use encke::{Builder, Encke, Message as Heard};
use serde_json::{Value, json};
use support::http::{Request, fetch};
use support::{Host, OneWay, Resumable, at, log, serve};

const PATH: &str = "/socket.io/";

/// Each, and what its request has besides the numbers.
const EACH: [(&str, &str); 3] = [("stream", ""), ("sse", ""), ("htmlfile", "&cb=7")];

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

fn code(packet: &str) -> u64 {
    let json = packet.strip_prefix('1').expect("a close packet");
    let why: Value = serde_json::from_str(json).expect("JSON");
    why["code"].as_u64().expect("a code")
}

/// Texts that framings could trip over.
const TEXTS: [&str; 6] = [
    "</script><!--",
    "a\nb\r\nc\r",
    "\"quoted\" \\ & 'single'",
    "\u{2028}\u{2029}\u{0}\u{7f}",
    "é€😀",
    "",
];

#[tokio::test]
async fn a_session_begins_on_it_and_goes_on() {
    let host = echo(Encke::builder());
    at(host.address(), async {
        for (transport, query) in EACH {
            let (session, mut leg) = Resumable::open_one_way(PATH, transport, query).await;
            let open = session.handshake();
            assert_eq!(open["upgrades"], json!(["websocket"]), "{transport}");
            assert!(open["resume"].is_object(), "{transport}");
            for (number, text) in (1..).zip(TEXTS) {
                let body = format!("4{text}");
                let count = session.post_taken(0, Some(number), &body).await;
                assert_eq!(count, format!("7{number}"), "{transport}");
                assert_eq!(leg.record().await, body, "{transport}");
            }
            let count = session.post_taken(6, Some(7), "bAAEC/w==").await;
            assert_eq!(count, "77");
            assert_eq!(leg.record().await, "bAAEC/w==", "{transport}");
        }
    })
    .await;
}

#[tokio::test]
async fn its_head_says_that_nobody_is_to_touch_it() {
    let host = echo(Encke::builder());
    at(host.address(), async {
        for ((transport, query), media_type) in EACH.into_iter().zip([
            "text/plain; charset=UTF-8",
            "text/event-stream",
            "text/html; charset=UTF-8",
        ]) {
            let (_, leg) = Resumable::open_one_way(PATH, transport, query).await;
            for (name, value) in [
                ("content-type", media_type),
                ("cache-control", "no-store, no-transform"),
                ("content-encoding", "identity"),
                ("x-accel-buffering", "no"),
                ("x-content-type-options", "nosniff"),
                ("transfer-encoding", "chunked"),
            ] {
                assert_eq!(leg.head().header(name), Some(value), "{transport}, {name}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn http_1_0_is_answered_without_chunks() {
    let host = echo(Encke::builder());
    at(host.address(), async {
        for (transport, query) in EACH {
            let target = format!("{PATH}?EIO=4&transport={transport}&encke=1{query}");
            let request = Request::get(&target).http_1_0();
            let mut leg = OneWay::open(transport, &request).await;
            assert_eq!(leg.head().header("transfer-encoding"), None, "{transport}");
            assert_eq!(leg.head().header("content-length"), None, "{transport}");
            let open = leg.record().await;
            let open: Value = serde_json::from_str(&open[1..]).expect("JSON");
            let sid = open["sid"].as_str().expect("a sid");
            let target = format!("{PATH}?EIO=4&transport={transport}&sid={sid}&recv=0");
            let posted = fetch(&Request::post(&target, "1").http_1_0()).await;
            assert_eq!(posted.text(), "70", "{transport}");
            // The connection ends, which is the end of the answer.
            assert_eq!(leg.rest().await, Vec::<String>::new(), "{transport}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_leg_goes_on_where_the_former_was_lost() {
    let host = echo(Encke::builder());
    at(host.address(), async {
        for (transport, query) in EACH {
            let session = Resumable::open(PATH).await;
            assert_eq!(session.post_taken(0, Some(1), "4a\x1e4b").await, "72");
            let mut first = session.one_way(transport, 1, 0, query).await;
            assert_eq!(first.record().await, "72");
            assert_eq!(first.record().await, "4a");
            drop(first);
            // As if only one had come.
            let mut second = session.one_way(transport, 2, 1, query).await;
            assert_eq!(second.record().await, "72", "{transport}");
            assert_eq!(second.record().await, "4b", "{transport}");
            // A newer leg ends it, on whatever transport that is.
            assert_eq!(session.touch(3, 2).await, "72\x1e6", "{transport}");
            assert_eq!(second.rest().await, Vec::<String>::new(), "{transport}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_refusal_is_in_band() {
    let host = echo(Encke::builder());
    at(host.address(), async {
        for (transport, query) in EACH {
            let session = Resumable::open(PATH).await;
            session.touch(3, 0).await;
            for (leg, recv, expected) in [(2, 0, 409), (4, 9, 1002)] {
                let mut refused = session.one_way(transport, leg, recv, query).await;
                assert_eq!(code(&refused.record().await), expected, "{transport}");
                assert_eq!(refused.next().await, None, "{transport}");
            }
            // It is over by what it claimed to have.
            for query in [format!("&leg=5&recv=0{query}"), format!("&probe=1{query}")] {
                let request = Request::get(&session.target(transport, &query));
                let mut refused = OneWay::open(transport, &request).await;
                assert_eq!(code(&refused.record().await), 1, "{transport}");
                assert_eq!(refused.next().await, None, "{transport}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn a_probe_is_answered_and_held_and_is_no_leg() {
    let host = echo(Encke::builder().upgrade_timeout(Duration::from_millis(300)));
    at(host.address(), async {
        for (transport, query) in EACH {
            let session = Resumable::open(PATH).await;
            let mut parked = session.park(1, 0).await;
            let request = Request::get(&session.target(transport, &format!("&probe=1{query}")));
            let mut probe = OneWay::open(transport, &request).await;
            assert_eq!(probe.record().await, "3probe", "{transport}");
            assert_eq!(session.post_taken(0, Some(1), "4a").await, "71");
            assert_eq!(parked.response().await.text(), "71\x1e4a", "{transport}");
            // The test would fail if it had to wait for longer than anything may take.
            assert_eq!(probe.next().await, None, "{transport}");
        }
    })
    .await;
}

#[tokio::test]
async fn it_ends_when_it_has_carried_enough_and_the_next_goes_on() {
    let host = echo(Encke::builder().stream_limit(4096));
    at(host.address(), async {
        for (transport, query) in EACH {
            let (session, mut leg) = Resumable::open_one_way(PATH, transport, query).await;
            let text = format!("4{}", "x".repeat(99));
            let body = vec![&*text; 100].join("\x1e");
            session.post_taken(0, Some(1), &body).await;
            let mut recv = leg.rest().await.len() as u64;
            assert!((30..50).contains(&recv), "{transport}: {recv}");
            for number in 1.. {
                let mut next = session.one_way(transport, number, recv, query).await;
                assert_eq!(next.record().await, "7100", "{transport}");
                let mut carried = 0;
                while recv + carried < 100 {
                    match next.next().await {
                        Some(record) => assert_eq!(record, text),
                        None => break,
                    }
                    carried += 1;
                }
                recv += carried;
                if recv == 100 {
                    break;
                }
                assert!(carried >= 30, "{transport}: {carried}");
            }
        }
    })
    .await;
}

#[tokio::test]
async fn it_ends_when_it_is_old_enough() {
    let builder = Encke::builder()
        .stream_lifetime(Duration::from_millis(50))
        .ping_interval(Duration::from_millis(100));
    let host = echo(builder);
    at(host.address(), async {
        for (transport, query) in EACH {
            let (session, mut leg) = Resumable::open_one_way(PATH, transport, query).await;
            // The ping is the first that is written after its time.
            assert_eq!(leg.rest().await, ["2"], "{transport}");
            assert_eq!(session.touch(1, 0).await, "70\x1e6", "{transport}");
        }
    })
    .await;
}

#[tokio::test]
async fn padding_comes_where_it_is_asked_for() {
    for (builder, expected) in [
        (Encke::builder(), [0, 2049, 0, 2048]),
        (
            Encke::builder().stream_padding(5000),
            [5001, 5001, 5003, 5000],
        ),
    ] {
        let host = echo(builder);
        at(host.address(), async {
            let wishes = [
                ("stream", ""),
                ("stream", "&pad=1"),
                ("sse", ""),
                ("htmlfile", "&cb=0"),
            ];
            for ((transport, query), least) in wishes.into_iter().zip(expected) {
                let target = format!("{PATH}?EIO=4&transport={transport}&encke=1{query}");
                let mut leg = OneWay::open(transport, &Request::get(&target)).await;
                let open = leg.record().await;
                let before = leg.bytes - open.len();
                let range = least..least + 200;
                assert!(range.contains(&before), "{transport}{query}: {before}");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn only_sessions_that_resume_have_it() {
    for (builder, extension) in [
        (Encke::builder(), ""),
        (Encke::builder(), "&encke=0"),
        (Encke::builder().resume_window(Duration::ZERO), "&encke=1"),
    ] {
        let host = echo(builder);
        at(host.address(), async {
            for (transport, query) in EACH {
                let target = format!("{PATH}?EIO=4&transport={transport}{query}{extension}");
                fetch(&Request::get(&target)).await.assert_error(0);
                let plain = format!("{PATH}?EIO=4&transport=polling{extension}");
                let opened = fetch(&Request::get(&plain)).await;
                let open: Value = serde_json::from_str(&opened.text()[1..]).expect("JSON");
                if open.get("resume").is_some() {
                    continue;
                }
                let sid = open["sid"].as_str().expect("a sid");
                let target = format!("{PATH}?EIO=4&transport={transport}&sid={sid}{query}");
                fetch(&Request::get(&target)).await.assert_error(0);
                fetch(&Request::post(&target, "4a")).await.assert_error(0);
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_page_in_a_frame_says_whom_it_tells() {
    let host = echo(Encke::builder());
    let own = format!("http://{}", host.address());
    at(host.address(), async {
        let begin =
            |query: &str| Request::get(&format!("{PATH}?EIO=4&transport=htmlfile&encke=1{query}"));
        for query in [
            "",
            "&cb=x",
            "&cb=1;alert(1)",
            "&cb=-1",
            "&cb=",
            "&cb=99999999999",
        ] {
            fetch(&begin(query)).await.assert_error(3);
        }
        let both = format!("&cb=1&origin={own}");
        fetch(&begin(&both)).await.assert_error(3);
        for origin in [
            "https://evil.example",
            "null",
            "*",
            "",
            "x'y",
            "http://[",
            "javascript:a",
        ] {
            let query = format!("&origin={origin}");
            fetch(&begin(&query)).await.assert_error(4);
        }
        let page = OneWay::open("htmlfile", &begin("&cb=12")).await;
        let policy = page.head().header("content-security-policy");
        assert!(policy.is_some_and(|policy| policy.ends_with("frame-ancestors 'self'")));
        let page = OneWay::open("htmlfile", &begin(&format!("&origin={own}"))).await;
        let policy = page.head().header("content-security-policy");
        assert!(policy.is_some_and(|policy| policy.ends_with(&format!("frame-ancestors {own}"))));
    })
    .await;
}

#[tokio::test]
async fn a_client_that_is_gone_is_missed_and_comes_back() {
    let (log, mut heard) = log();
    let io = Encke::builder().build();
    let told = log.clone();
    io.of("/")
        .on_detach(move |_: encke::Socket| {
            log.say("detached");
            async {}
        })
        .on_resume(move |_: encke::Socket| {
            told.say("resumed");
            async {}
        });
    let host = serve(&io);
    at(host.address(), async {
        let mut attached = Vec::new();
        for (transport, query) in EACH {
            let (session, mut leg) = Resumable::open_one_way(PATH, transport, query).await;
            assert_eq!(session.post_taken(0, Some(1), "40").await, "71");
            assert!(leg.record().await.starts_with("40{"), "{transport}");
            drop(leg);
            assert_eq!(heard.line().await, "detached");
            let mut next = session.one_way(transport, 1, 1, query).await;
            assert_eq!(next.record().await, "71", "{transport}");
            assert_eq!(heard.line().await, "resumed");
            attached.push(next);
        }
    })
    .await;
}
