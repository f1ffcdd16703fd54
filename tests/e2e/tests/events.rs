//! Events as text: what comes back, and in which order.

use serde_json::json;
use support::{Client, Packet, Session, Transport};

/// Sends `["message",argument]` as it is written, and gives the echo's text as it is written.
async fn echo_of(client: &mut Client, argument: &str) -> String {
    client
        .send_text(&format!(r#"2["message",{argument}]"#))
        .await;
    let echo = client.next().await;
    assert_eq!(
        (echo.kind, echo.namespace.as_str(), echo.id),
        (2, "/", None)
    );
    let inner = echo
        .data
        .strip_prefix(r#"["message-back","#)
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or_else(|| panic!("expected an echo, found {echo:?}"));
    inner.to_owned()
}

#[tokio::test]
async fn every_kind_of_argument_comes_back() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for argument in [
            "1",
            "-1.5",
            "0",
            "1e-7",
            "9007199254740991",
            r#""""#,
            r#""é€😀""#,
            r#""\"\\\n""#,
            "true",
            "null",
            "[]",
            "{}",
            r#"[[],[null,{"a":[]}]]"#,
            r#"1,"two",[3],{"four":4},null"#,
            r#"{"_placeholder":true,"num":0}"#,
        ] {
            assert_eq!(echo_of(&mut client, argument).await, argument);
        }
        client.send_text(r#"2["message"]"#).await;
        assert_eq!(client.event().await, json!(["message-back"]));
    }
}

#[tokio::test]
async fn json_may_be_written_with_spaces_and_escapes() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client
            .send_text("2[ \"mess\\u0061ge\" ,\r\n\t{ \"a\" : \"\\u00e9\\ud83d\\ude00\\/\" } ] ")
            .await;
        let echo = json!(["message-back", { "a": "é😀/" }]);
        assert_eq!(client.event().await, echo);
    }
}

#[tokio::test]
async fn order_of_keys_is_kept() {
    let argument = r#"{"z":1,"a":{"y":2,"b":3,"x":{}},"m":[{"q":1,"c":2}],"aa":null}"#;
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        assert_eq!(echo_of(&mut client, argument).await, argument);
    }
}

#[tokio::test]
async fn lone_surrogates_pass() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for surrogate in [r"\ud800", r"\udfff", r"\uDBFF", r"\udc00\ud800"] {
            let echo = echo_of(&mut client, &format!(r#""a{surrogate}b""#)).await;
            // It may go on as it was written, or as the replacement character.
            let raw = format!(r#""a{surrogate}b""#);
            let units = surrogate.len() / 6;
            let replaced = format!(r#""a{}b""#, "\u{fffd}".repeat(units));
            assert!(
                echo.eq_ignore_ascii_case(&raw) || echo == replaced,
                "{surrogate} came back as {echo}"
            );
        }
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn lone_surrogates_pass_in_names_and_acks() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        // A name that nobody handles.
        client.send_text(r#"2["\ud800",1]"#).await;
        client
            .send_text(r#"21["message-with-ack","\ud800",{"\udc00":1}]"#)
            .await;
        let ack = client.next().await;
        assert_eq!((ack.kind, ack.id), (3, Some(1)), "{ack:?}");
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn deep_json_passes() {
    let depth = 20_000;
    let arrays = format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    let objects = format!("{}1{}", r#"{"a":"#.repeat(depth), "}".repeat(depth));
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for deep in [&arrays, &objects] {
            assert!(echo_of(&mut client, deep).await == *deep);
            client
                .send_text(&format!(r#"25["message-with-ack",{deep}]"#))
                .await;
            let ack = client.next().await;
            assert_eq!((ack.kind, ack.id), (3, Some(5)));
            assert!(ack.data == format!("[{deep}]"));
        }
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn events_are_handled_and_answered_in_order() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        // Two kinds of answer, so that one can not overtake the other either.
        let events: Vec<_> = (0..1000)
            .flat_map(|i| {
                let message = format!(r#"42["message",{i}]"#);
                let call = format!(r#"42{i}["message-with-ack",{i}]"#);
                [Packet::Text(message), Packet::Text(call)]
            })
            .collect();
        for batch in events.chunks(100) {
            client.session.send(batch).await;
        }
        for i in 0..1000 {
            assert_eq!(client.event().await, json!(["message-back", i]));
            let ack = client.next().await;
            assert_eq!((ack.kind, ack.id, ack.json()), (3, Some(i), json!([i])));
        }
    }
}

#[tokio::test]
async fn burst_arrives_whole_and_in_order() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.emit(&json!(["burst", 20_000])).await;
        for i in 0..20_000 {
            assert_eq!(client.event().await, json!(["tick", i]));
        }
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn events_that_nobody_handles_are_ignored() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for event in [
            r#"2["unknown"]"#,
            r#"2["unknown",1,{}]"#,
            "2[1]",
            "2[1.5,null]",
            r#"2[""]"#,
            r#"2["newMessage"]"#,
            r#"27["unknown"]"#,
        ] {
            client.send_text(event).await;
            client.assert_quiet().await;
        }
    }
}

#[tokio::test]
async fn main_namespace_may_be_written_out() {
    for transport in Transport::ALL {
        let mut client = Client::over(Session::open(transport, "/relaxed/").await);
        client.send_text("0/,").await;
        let reply = client.next().await;
        assert_eq!((reply.kind, reply.namespace.as_str()), (0, "/"));
        assert_eq!(client.event().await, json!(["auth", {}]));
        client.send_text(r#"2/,["message",1]"#).await;
        let echo = Packet::text(r#"42["message-back",1]"#);
        assert_eq!(client.session.expect().await, echo);
    }
}
