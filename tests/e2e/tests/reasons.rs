//! Why a socket disconnected, as its handlers are told.

use serde_json::{Value, json};
use support::{Client, Packet, Transport};

#[tokio::test]
async fn reason_of_a_disconnect_is_told() {
    let mut observer = Client::connect(Transport::WebSocket, "/relaxed/").await;
    for (transport, what, act, reason) in [
        (
            Transport::Polling,
            "namespace",
            "41",
            "client namespace disconnect",
        ),
        (
            Transport::WebSocket,
            "namespace",
            "41",
            "client namespace disconnect",
        ),
        (
            Transport::Polling,
            "server",
            r#"42["disconnect-me",false]"#,
            "server namespace disconnect",
        ),
        (
            Transport::WebSocket,
            "server",
            r#"42["disconnect-me",true]"#,
            "server namespace disconnect",
        ),
        (Transport::Polling, "close", "1", "transport close"),
        (Transport::Polling, "junk", "9", "parse error"),
        (Transport::WebSocket, "junk", "9", "parse error"),
        (Transport::Polling, "json", "42[", "parse error"),
        (Transport::WebSocket, "json", "42[", "parse error"),
    ] {
        let mut client = Client::connect(transport, "/relaxed/").await;
        // The server may be one that has run these tests before.
        let label = format!("{transport:?} {what} {}", client.session.sid());
        assert_eq!(client.call(&json!(["track", label])).await, json!(["ok"]));
        assert_eq!(reason_of(&mut observer, &label).await, Value::Null);
        client.session.offend(&[Packet::text(act)]).await;
        if matches!(reason, "transport close" | "parse error") {
            client.ended().await;
        }
        assert_eq!(await_reason(&mut observer, &label).await, reason, "{label}");
    }
}

#[tokio::test]
async fn reason_of_a_lost_connection_is_told() {
    let mut observer = Client::connect(Transport::WebSocket, "/relaxed/").await;
    for (path, transport, label, reason) in [
        ("/relaxed/", Transport::WebSocket, "cut", "transport close"),
        (
            "/socket.io/",
            Transport::WebSocket,
            "mute websocket",
            "ping timeout",
        ),
        (
            "/socket.io/",
            Transport::Polling,
            "mute polling",
            "ping timeout",
        ),
    ] {
        let mut client = Client::connect(transport, path).await;
        let label = format!("{label} {}", client.session.sid());
        assert_eq!(client.call(&json!(["track", label])).await, json!(["ok"]));
        if reason == "ping timeout" {
            client.session.starved().await;
        }
        drop(client);
        assert_eq!(await_reason(&mut observer, &label).await, reason, "{label}");
    }
}

async fn reason_of(observer: &mut Client, label: &str) -> Value {
    observer.call(&json!(["reason-of", label])).await[0].take()
}

async fn await_reason(observer: &mut Client, label: &str) -> Value {
    support::until(format!("the reason of {label}"), async || {
        let reason = reason_of(observer, label).await;
        (!reason.is_null()).then_some(reason)
    })
    .await
}
