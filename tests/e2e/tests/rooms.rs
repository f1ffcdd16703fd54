//! Rooms, and who receives what is sent to them.

use serde_json::{Value, json};
use support::{Client, SocketPacket, Transport};

/// Clients on alternating transports, each in its rooms. Rooms are the server's, so a test's names
/// begin with the test's.
async fn members(rooms: &[&[&str]]) -> Vec<Client> {
    let mut clients = Vec::new();
    for (rooms, transport) in rooms.iter().zip(Transport::ALL.into_iter().cycle()) {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for room in *rooms {
            assert_eq!(client.call(&json!(["join", room])).await, json!(["ok"]));
        }
        clients.push(client);
    }
    clients
}

/// Sends `event` from the first client, and fails unless exactly those in `expected` receive
/// `received`.
async fn assert_received(
    clients: &mut [Client],
    event: Value,
    expected: &[usize],
    received: &Value,
) {
    clients[0].emit(&event).await;
    // Events of one socket are handled in order, so with this answered the emit has been made;
    // what it sent the sender comes before the answer.
    if expected.contains(&0) {
        assert_eq!(clients[0].event().await, *received);
    }
    clients[0].assert_quiet().await;
    for (index, client) in clients.iter_mut().enumerate().skip(1) {
        if expected.contains(&index) {
            assert_eq!(client.event().await, *received, "client {index}");
        }
        // And nothing else: it would come before the echo.
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn rooms_are_joined_and_left() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        assert_eq!(client.call(&json!(["rooms"])).await, json!([[]]));
        for room in ["j-b", "j-a", "j-é", "j-a"] {
            assert_eq!(client.call(&json!(["join", room])).await, json!(["ok"]));
        }
        let rooms = client.call(&json!(["rooms"])).await;
        assert_eq!(rooms, json!([["j-a", "j-b", "j-é"]]));
        for room in ["j-b", "j-never"] {
            assert_eq!(client.call(&json!(["leave", room])).await, json!(["ok"]));
        }
        let rooms = client.call(&json!(["rooms"])).await;
        assert_eq!(rooms, json!([["j-a", "j-é"]]));
    }
}

#[tokio::test]
async fn to_others_leaves_the_sender_out() {
    let mut clients = members(&[&["o-a"], &["o-a"], &["o-a"], &["o-b"], &[]]).await;
    let event = json!(["to-others", "o-a", 1, { "x": [] }]);
    let received = json!(["room-event", "o-a", 1, { "x": [] }]);
    assert_received(&mut clients, event, &[1, 2], &received).await;
}

#[tokio::test]
async fn sender_need_not_be_a_member() {
    let mut clients = members(&[&[], &["n-a"], &[], &["n-a"]]).await;
    for event in ["to-others", "to-all"] {
        let received = json!(["room-event", "n-a"]);
        let event = json!([event, "n-a"]);
        assert_received(&mut clients, event, &[1, 3], &received).await;
    }
}

#[tokio::test]
async fn to_all_includes_the_sender() {
    let mut clients = members(&[&["a-a"], &["a-a"], &["a-b"], &["a-a"]]).await;
    let received = json!(["room-event", "a-a", "x"]);
    let event = json!(["to-all", "a-a", "x"]);
    assert_received(&mut clients, event, &[0, 1, 3], &received).await;
}

#[tokio::test]
async fn to_except_leaves_a_room_out() {
    let mut clients = members(&[
        &["e-a"],
        &["e-a", "e-b"],
        &["e-b"],
        &["e-a"],
        &["e-b", "e-a", "e-c"],
    ])
    .await;
    let received = json!(["room-event", "e-a", "x"]);
    let event = json!(["to-except", "e-a", "e-b", "x"]);
    assert_received(&mut clients, event, &[0, 3], &received).await;
}

#[tokio::test]
async fn those_who_left_receive_nothing() {
    let mut clients = members(&[&["l-a"], &["l-a"], &["l-a"], &["l-a"]]).await;
    assert_eq!(
        clients[1].call(&json!(["leave", "l-a"])).await,
        json!(["ok"])
    );
    // A socket that comes back after a disconnect is a new one, in no room.
    clients[2].emit(&json!(["disconnect-me", false])).await;
    assert_eq!(clients[2].next().await.kind, 1);
    clients[2].join("/").await;
    assert_eq!(clients[2].call(&json!(["rooms"])).await, json!([[]]));
    let received = json!(["room-event", "l-a"]);
    let event = json!(["to-all", "l-a"]);
    assert_received(&mut clients, event, &[0, 3], &received).await;
}

#[tokio::test]
async fn rooms_of_namespaces_keep_apart() {
    let mut clients = members(&[&["s-a"], &["s-a"]]).await;
    clients[1].join("/custom").await;
    let join = SocketPacket::event(r#"["join","s-a"]"#);
    clients[1].send(&join.namespace("/custom").id(1)).await;
    assert_eq!(clients[1].next().await.data, r#"["ok"]"#);
    // One copy, in the main namespace.
    let received = json!(["room-event", "s-a"]);
    let event = json!(["to-all", "s-a"]);
    assert_received(&mut clients, event, &[0, 1], &received).await;
}

#[tokio::test]
async fn broadcast_reaches_everybody_else_in_its_namespace_only() {
    // A dynamic namespace of its own keeps other tests' clients out.
    let namespace = "/dynamic-4711";
    let mut clients = members(&[&[], &[], &[]]).await;
    for client in &mut clients {
        client.join(namespace).await;
    }
    let mut stranger = Client::connect(Transport::WebSocket, "/relaxed/").await;
    stranger.join("/dynamic-4712").await;
    let event = SocketPacket::event(r#"["broadcast",1,[2]]"#).namespace(namespace);
    clients[0].send(&event).await;
    for client in &mut clients[1..] {
        let event = client.event_in(namespace).await;
        assert_eq!(event, json!(["broadcast-event", 1, [2]]));
    }
    clients[0].assert_quiet().await;
    stranger.assert_quiet().await;
}

#[tokio::test]
async fn binary_reaches_every_member_whole() {
    let mut clients = members(&[&["b-a"], &["b-a"], &["b-a"]]).await;
    let event = SocketPacket::event(
        r#"["to-all","b-a",{"_placeholder":true,"num":0},"x",{"_placeholder":true,"num":1}]"#,
    );
    clients[0].send(&event.attach([1, 2, 3]).attach([])).await;
    for client in &mut clients {
        let event = client.next().await;
        assert_eq!((event.kind, event.id), (5, None), "{event:?}");
        let place = |num: u64| json!({ "_placeholder": true, "num": num });
        let expected = json!(["room-event", "b-a", place(0), "x", place(1)]);
        assert_eq!(event.json(), expected);
        assert_eq!(event.attachments, [vec![1, 2, 3], vec![]]);
    }
}

#[tokio::test]
async fn strange_arguments_are_ignored() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for event in [
            json!(["join"]),
            json!(["join", 5]),
            json!(["join", null]),
            json!(["leave", {}]),
        ] {
            client.emit(&event).await;
        }
        assert_eq!(client.call(&json!(["rooms"])).await, json!([[]]));
    }
}
