//! Acknowledgements on the wire, in both directions.

use serde_json::{Value, json};
use support::{Client, Packet, SocketPacket, Transport};

#[tokio::test]
async fn acknowledgement_carries_the_id_and_namespace() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.join("/custom").await;
        for (call, ack) in [
            (r#"420["message-with-ack"]"#, "430[]"),
            (r#"421["message-with-ack",1,"two"]"#, r#"431[1,"two"]"#),
            (r#"42999999999["message-with-ack",[]]"#, "43999999999[[]]"),
            (r#"4212["message-with-ack",{"a":1}]"#, r#"4312[{"a":1}]"#),
            (
                r#"42/custom,3["message-with-ack",null]"#,
                "43/custom,3[null]",
            ),
        ] {
            client.session.send_text(call).await;
            assert_eq!(client.session.expect().await, Packet::text(ack), "{call}");
        }
    }
}

#[tokio::test]
async fn event_that_asks_for_no_acknowledgement_gets_none() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.emit(&json!(["message-with-ack", 1])).await;
        client.assert_quiet().await;
    }
}

/// Has the server emit with an acknowledgement, and gives the id it wants it under.
async fn asked(client: &mut Client, namespace: &str, arguments: &Value) -> u64 {
    let mut event = vec![json!("emit-with-ack")];
    event.extend(arguments.as_array().into_iter().flatten().cloned());
    let event = Value::Array(event);
    let emit = SocketPacket::event(event.to_string()).namespace(namespace);
    client.send(&emit).await;
    let call = client.next().await;
    let found = (call.kind, call.namespace.as_str(), call.json());
    assert_eq!(found, (2, namespace, event));
    call.id.expect("an acknowledgement is asked for")
}

#[tokio::test]
async fn server_is_acknowledged() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.join("/custom").await;
        for namespace in ["/", "/custom"] {
            for arguments in [json!([]), json!([1, "two", { "three": [3] }])] {
                let id = asked(&mut client, namespace, &arguments).await;
                let ack = SocketPacket::ack(id, arguments.to_string());
                client.send(&ack.namespace(namespace)).await;
                let mut expected = json!(["emit-with-ack-back"]);
                let list = expected.as_array_mut().expect("an array");
                list.extend(arguments.as_array().into_iter().flatten().cloned());
                assert_eq!(client.event_in(namespace).await, expected);
            }
        }
    }
}

#[tokio::test]
async fn several_acknowledgements_may_come_in_any_order() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let mut ids = Vec::new();
        for number in 0..3 {
            ids.push(asked(&mut client, "/", &json!([number])).await);
        }
        for number in [2, 0, 1] {
            client
                .send(&SocketPacket::ack(ids[number], format!("[{number}]")))
                .await;
            let back = json!(["emit-with-ack-back", number]);
            assert_eq!(client.event().await, back);
        }
    }
}

#[tokio::test]
async fn unknown_acknowledgements_are_ignored() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for ack in ["30[]", "3123456789[1]", "34294967296[]"] {
            client.send_text(ack).await;
            client.assert_quiet().await;
        }
        let id = asked(&mut client, "/", &json!([])).await;
        client.send(&SocketPacket::ack(id + 1, "[0]")).await;
        client.assert_quiet().await;
        client.send(&SocketPacket::ack(id, "[1]")).await;
        assert_eq!(client.event().await, json!(["emit-with-ack-back", 1]));
    }
}

#[tokio::test]
async fn repeated_acknowledgements_are_ignored() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let id = asked(&mut client, "/", &json!([])).await;
        client.send(&SocketPacket::ack(id, "[1]")).await;
        client.send(&SocketPacket::ack(id, "[2]")).await;
        assert_eq!(client.event().await, json!(["emit-with-ack-back", 1]));
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn acknowledgement_in_another_namespace_is_ignored() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.join("/custom").await;
        let id = asked(&mut client, "/", &json!([])).await;
        let wrong = SocketPacket::ack(id, "[1]").namespace("/custom");
        client.send(&wrong).await;
        client.assert_quiet().await;
        client.send(&SocketPacket::ack(id, "[2]")).await;
        assert_eq!(client.event().await, json!(["emit-with-ack-back", 2]));
    }
}

#[tokio::test]
async fn acknowledgement_of_another_session_is_ignored() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let mut other = Client::connect(transport, "/relaxed/").await;
        let id = asked(&mut client, "/", &json!([])).await;
        other.send(&SocketPacket::ack(id, "[1]")).await;
        other.assert_quiet().await;
        client.send(&SocketPacket::ack(id, "[2]")).await;
        assert_eq!(client.event().await, json!(["emit-with-ack-back", 2]));
    }
}

#[tokio::test]
async fn late_acknowledgement_is_ignored() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let id = asked(&mut client, "/", &json!([1])).await;
        // Half a second passes.
        assert_eq!(client.event().await, json!(["emit-with-ack-timeout"]));
        client.send(&SocketPacket::ack(id, "[1]")).await;
        client.assert_quiet().await;
    }
}
