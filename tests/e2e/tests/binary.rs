//! Events and acknowledgements with attachments.

use serde_json::{Value, json};
use support::{Client, Packet, Session, SocketPacket, Transport};

fn place(num: u64) -> Value {
    json!({ "_placeholder": true, "num": num })
}

/// An event with the placeholders of these attachments behind its name.
fn event(name: &str, attachments: &[Vec<u8>]) -> SocketPacket {
    let mut arguments = vec![json!(name)];
    arguments.extend((0..).map(place).take(attachments.len()));
    attachments.iter().fold(
        SocketPacket::event(Value::Array(arguments).to_string()),
        |event, bytes| event.attach(bytes.clone()),
    )
}

/// Fails unless the next packet is the echo of these attachments.
async fn assert_echo(client: &mut Client, attachments: &[Vec<u8>]) {
    let expected = event("message-back", attachments);
    let echo = client.next().await;
    assert_eq!((echo.kind, echo.id), (5, None), "{echo:?}");
    assert_eq!(echo.json(), expected.json());
    assert_eq!(echo.attachments, attachments);
}

#[tokio::test]
async fn attachments_come_back() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for attachments in [
            vec![vec![1, 2, 3]],
            vec![vec![]],
            vec![vec![0xff, 0xfe], vec![], vec![0; 1000]],
            (0..10).map(|i| vec![i; usize::from(i)]).collect(),
        ] {
            client.send(&event("message", &attachments)).await;
            assert_echo(&mut client, &attachments).await;
        }
    }
}

#[tokio::test]
async fn attachments_may_stand_anywhere() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let data = json!(["message", 1, { "a": [place(0), { "b": place(1) }] }, "x", place(2)]);
        let packet = SocketPacket::event(data.to_string())
            .attach([1])
            .attach([2])
            .attach([3]);
        client.send(&packet).await;
        let echo = client.next().await;
        let expected = json!([
            "message-back", 1, { "a": [place(0), { "b": place(1) }] }, "x", place(2),
        ]);
        assert_eq!((echo.kind, echo.json()), (5, expected));
        assert_eq!(echo.attachments, [[1], [2], [3]]);
    }
}

#[tokio::test]
async fn attachment_may_stand_deep() {
    let depth = 20_000;
    let deep = format!("{}{}{}", "[".repeat(depth), place(0), "]".repeat(depth));
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let event = SocketPacket::event(format!(r#"["message",{deep}]"#));
        client.send(&event.attach([7])).await;
        let echo = client.next().await;
        assert!(echo.data == format!(r#"["message-back",{deep}]"#));
        assert_eq!(echo.attachments, [[7]]);
    }
}

#[tokio::test]
async fn placeholders_may_come_in_any_order() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let data = json!(["message", place(1), { "num": 0, "_placeholder": true }]);
        let packet = SocketPacket::event(data.to_string())
            .attach([1])
            .attach([2]);
        client.send(&packet).await;
        let echo = client.next().await;
        // The server may number them as it likes; what matters is which bytes stand where.
        let numbers = [&echo.json()[1]["num"], &echo.json()[2]["num"]]
            .map(|num| num.as_u64().expect("a number"));
        let found =
            numbers.map(|num| echo.attachments[usize::try_from(num).expect("small")].clone());
        assert_eq!(found, [[2], [1]], "{echo:?}");
    }
}

#[tokio::test]
async fn binary_event_of_a_namespace_comes_back_there() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.join("/custom").await;
        let packet = event("message", &[vec![9]]).namespace("/custom");
        client.send(&packet).await;
        let echo = client.next().await;
        assert_eq!((echo.kind, echo.namespace.as_str()), (5, "/custom"));
        assert_eq!(echo.attachments, [[9]]);
    }
}

#[tokio::test]
async fn attachments_may_come_in_later_requests() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let attachments = [vec![1], vec![2], vec![3]];
        for packet in event("message", &attachments).encode() {
            client.session.send(&[packet]).await;
        }
        assert_echo(&mut client, &attachments).await;
    }
}

#[tokio::test]
async fn heartbeats_may_come_between_attachments() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/socket.io/").await;
        let attachments = [vec![1], vec![2]];
        for packet in event("message", &attachments).encode() {
            // A ping is waited for and answered before every part.
            loop {
                let found = client.session.packet().await;
                if found == Some(Packet::text("2")) {
                    break;
                }
                assert_eq!(found, Some(Packet::text("6")));
            }
            client.session.send(&[Packet::text("3"), packet]).await;
        }
        assert_echo(&mut client, &attachments).await;
    }
}

#[tokio::test]
async fn events_around_a_binary_event_keep_their_order() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let mut packets = Vec::new();
        for number in 0..50 {
            packets.extend(SocketPacket::event(format!(r#"["message",{number}]"#)).encode());
            packets.extend(event("message", &[vec![number]]).encode());
        }
        client.session.send(&packets).await;
        for number in 0..50 {
            assert_eq!(client.event().await, json!(["message-back", number]));
            assert_echo(&mut client, &[vec![number]]).await;
        }
    }
}

#[tokio::test]
async fn acknowledgement_to_a_client_carries_attachments() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.join("/custom").await;
        for namespace in ["/", "/custom"] {
            let call = event("message-with-ack", &[vec![1], vec![2]]);
            client.send(&call.namespace(namespace).id(12)).await;
            let ack = client.next().await;
            let found = (ack.kind, ack.namespace.as_str(), ack.id);
            assert_eq!(found, (6, namespace, Some(12)));
            assert_eq!(ack.json(), json!([place(0), place(1)]));
            assert_eq!(ack.attachments, [[1], [2]]);
        }
    }
}

#[tokio::test]
async fn acknowledgement_from_a_client_carries_attachments() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.send(&event("emit-with-ack", &[vec![7, 8]])).await;
        let call = client.next().await;
        assert_eq!(
            (call.kind, call.json()),
            (5, json!(["emit-with-ack", place(0)]))
        );
        assert_eq!(call.attachments, [[7, 8]]);
        let id = call.id.expect("an acknowledgement is asked for");
        let ack = SocketPacket::ack(id, r#"["x",{"_placeholder":true,"num":0}]"#);
        client.send(&ack.attach([9])).await;
        let back = client.next().await;
        let expected = json!(["emit-with-ack-back", "x", place(0)]);
        assert_eq!((back.kind, back.json()), (5, expected));
        assert_eq!(back.attachments, [[9]]);
    }
}

#[tokio::test]
async fn binary_acknowledgement_that_nobody_waits_for_is_ignored() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let ack = SocketPacket::ack(99, r#"[{"_placeholder":true,"num":0}]"#);
        client.send(&ack.attach([1])).await;
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn binary_event_that_nobody_handles_is_ignored() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        client.send(&event("unknown", &[vec![1], vec![2]])).await;
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn attachments_of_two_namespaces_do_not_mix() {
    // One event is whole before the next begins, whatever namespaces they are in.
    for transport in Transport::ALL {
        let mut client = Client::over(Session::open(transport, "/relaxed/").await);
        client.join("/").await;
        client.join("/custom").await;
        let mut packets = event("message", &[vec![1]]).encode();
        packets.extend(event("message", &[vec![2]]).namespace("/custom").encode());
        client.session.send(&packets).await;
        for (namespace, byte) in [("/", 1), ("/custom", 2)] {
            let echo = client.next().await;
            assert_eq!(echo.namespace, namespace);
            assert_eq!(echo.attachments, [[byte]]);
        }
    }
}
