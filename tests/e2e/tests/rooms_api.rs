//! Selections of sockets: who is in them, and what can be done with them.

use encke::{Broadcast, CloseReason, Data, Encke, Namespace, SendError, Sid, Socket, State};
use serde_json::{Value, json};
use support::{Guest, Heard, Host, Log, Transport, log, serve};

/// Clients on alternating transports, each in its rooms.
struct Club {
    io: Encke,
    _host: Host,
    heard: Heard,
    members: Vec<Guest>,
}

impl Club {
    async fn open(rooms: &[&[&str]]) -> Self {
        Self::open_with(rooms, |_| {}).await
    }

    async fn open_with(rooms: &[&[&str]], register: impl FnOnce(&Namespace)) -> Self {
        let (log, heard) = log();
        let io = Encke::builder().max_rooms(4).state(log).build();
        let root = io.of("/");
        root.on(
            "join",
            async |socket: Socket, Data(rooms): Data<Vec<String>>| socket.join(rooms),
        )
        .on(
            "leave",
            async |socket: Socket, Data(rooms): Data<Vec<String>>| socket.leave(rooms),
        )
        .on("rooms", async |socket: Socket| {
            let rooms = socket.rooms();
            rooms.iter().map(ToString::to_string).collect::<Vec<_>>()
        })
        .on_disconnect(
            async |socket: Socket, reason: CloseReason, log: State<Log>| {
                log.say(format!("{} {reason}", socket.id()));
            },
        );
        register(&root);
        io.of("/other");
        let host = serve(&io);
        let mut members = Vec::new();
        for (rooms, transport) in rooms.iter().zip(Transport::ALL.into_iter().cycle()) {
            let mut member = Guest::connect(&host, transport).await;
            assert_eq!(member.call(&json!(["join", rooms])).await, json!([]));
            members.push(member);
        }
        Self {
            io,
            _host: host,
            heard,
            members,
        }
    }

    fn all(&self) -> Broadcast {
        self.io.of("/").broadcast()
    }

    fn id(&self, index: usize) -> Sid {
        let id = self.members[index].id();
        id.parse().expect("the client was given a sid")
    }

    /// Fails unless exactly those in `expected` are reached by the selection, once each.
    async fn assert_selects(&mut self, selection: Broadcast, expected: &[usize]) {
        selection.emit("news", &expected).expect("it is sent");
        self.assert_received(expected, &json!(["news", expected]))
            .await;
        let list = selection.sockets().await;
        assert!(list.complete && list.missing.is_empty(), "{list:?}");
        let mut found: Vec<_> = list.sockets.iter().map(|socket| socket.id).collect();
        let mut ids: Vec<_> = expected.iter().map(|index| self.id(*index)).collect();
        found.sort_unstable();
        ids.sort_unstable();
        assert_eq!(found, ids, "{expected:?}");
    }

    /// Fails unless exactly those in `expected` have received `event`.
    async fn assert_received(&mut self, expected: &[usize], event: &Value) {
        for (index, member) in self.members.iter_mut().enumerate() {
            if expected.contains(&index) {
                assert_eq!(member.event().await, *event, "member {index}");
            }
            // And nothing else: it would come first.
            member.assert_quiet().await;
        }
    }
}

#[tokio::test]
async fn rooms_are_joined_and_left() {
    let mut club = Club::open(&[&[], &[]]).await;
    for member in &mut club.members {
        assert_eq!(member.call(&json!(["rooms"])).await, json!([[]]));
        assert_eq!(member.call(&json!(["join", ["b", "a"]])).await, json!([]));
        assert_eq!(member.call(&json!(["join", ["a"]])).await, json!([]));
        let rooms = member.call(&json!(["rooms"])).await;
        assert_eq!(rooms, json!([["a", "b"]]));
        assert_eq!(
            member.call(&json!(["leave", ["b", "never"]])).await,
            json!([])
        );
        let rooms = member.call(&json!(["rooms"])).await;
        assert_eq!(rooms, json!([["a"]]));
    }
    assert_eq!(club.io.counts().rooms, 1);
    for member in &mut club.members {
        assert_eq!(member.call(&json!(["leave", ["a"]])).await, json!([]));
    }
    assert_eq!(club.io.counts().rooms, 0);
}

#[tokio::test]
async fn selections_are_unions_less_what_is_excepted() {
    let mut club = Club::open(&[&["a"], &["a", "b"], &["b"], &["c"], &["a", "b", "c"], &[]]).await;
    let all = club.all();
    club.assert_selects(all.clone(), &[0, 1, 2, 3, 4, 5]).await;
    club.assert_selects(all.clone().to("a"), &[0, 1, 4]).await;
    club.assert_selects(all.clone().to("a").to("b"), &[0, 1, 2, 4])
        .await;
    club.assert_selects(all.clone().to(["a", "b"]), &[0, 1, 2, 4])
        .await;
    club.assert_selects(all.clone().to(["a", "a"]), &[0, 1, 4])
        .await;
    club.assert_selects(all.clone().except("a"), &[2, 3, 5])
        .await;
    club.assert_selects(all.clone().except("b").except("c"), &[0, 5])
        .await;
    club.assert_selects(all.clone().to("a").except("b"), &[0])
        .await;
    club.assert_selects(all.clone().except("b").to("a"), &[0])
        .await;
    club.assert_selects(all.clone().to(["a", "c"]).except(vec!["b"]), &[0, 3])
        .await;
    club.assert_selects(all.clone().to("nobody"), &[]).await;
    club.assert_selects(all.clone().to(["nobody", "c"]), &[3, 4])
        .await;
    club.assert_selects(all.clone().to("a").except("a"), &[])
        .await;
    club.assert_selects(all.except("nobody"), &[0, 1, 2, 3, 4, 5])
        .await;
    // The namespace's own shorthands.
    let root = club.io.of("/");
    club.assert_selects(root.to("c"), &[3, 4]).await;
    club.assert_selects(root.except("a"), &[2, 3, 5]).await;
    root.emit("news", &1).expect("it is sent");
    club.assert_received(&[0, 1, 2, 3, 4, 5], &json!(["news", 1]))
        .await;
    assert_eq!(root.sockets().await.sockets.len(), 6);
}

#[tokio::test]
async fn a_socket_is_a_room_of_its_own() {
    let mut club = Club::open(&[&["a"], &["a"], &[], &[]]).await;
    let ids: Vec<_> = (0..4).map(|index| club.id(index)).collect();
    let all = club.all();
    for (index, id) in ids.iter().enumerate() {
        club.assert_selects(all.clone().to(*id), &[index]).await;
        club.assert_selects(all.clone().to(id.to_string()), &[index])
            .await;
    }
    club.assert_selects(all.clone().to("a").to(ids[2]), &[0, 1, 2])
        .await;
    club.assert_selects(all.clone().to("a").to(ids[0]), &[0, 1])
        .await;
    club.assert_selects(all.clone().to("a").except(ids[0]), &[1])
        .await;
    club.assert_selects(all.clone().except(ids[0]).except(ids[1]), &[2, 3])
        .await;
    club.assert_selects(all.clone().to(ids[0]).except("a"), &[])
        .await;
    // Others may join that room, and so may the socket itself, which is still in it once.
    let join = json!(["join", [ids[2].to_string()]]);
    for index in [3, 2] {
        assert_eq!(club.members[index].call(&join).await, json!([]));
        club.assert_selects(all.clone().to(ids[2]), &[2, 3]).await;
        club.assert_selects(all.clone().to(ids[2]).to("a"), &[0, 1, 2, 3])
            .await;
        club.assert_selects(all.clone().except(ids[2]), &[0, 1])
            .await;
    }
    let leave = json!(["leave", [ids[2].to_string()]]);
    for index in [3, 2] {
        assert_eq!(club.members[index].call(&leave).await, json!([]));
    }
    club.assert_selects(all.clone().to(ids[2]), &[2]).await;
    // It is not among the rooms that it has joined.
    assert_eq!(
        club.members[0].call(&json!(["rooms"])).await,
        json!([["a"]])
    );
    assert_eq!(club.io.counts().rooms, 1);
}

#[tokio::test]
async fn a_sockets_own_selections_leave_it_out_but_for_all() {
    let rooms: &[&[&str]] = &[&["a"], &["a"], &["b"], &[]];
    let mut club = Club::open_with(rooms, |root| {
        root.on("all", async |socket: Socket| socket.all().emit("news", &1))
            .on("all-to", async |socket: Socket| {
                socket.all().to("a").emit("news", &1)
            })
            .on("broadcast", async |socket: Socket| {
                socket.broadcast().emit("news", &1)
            })
            .on("to", async |socket: Socket| {
                socket.to("a").to("b").emit("news", &1)
            })
            .on("to-itself", async |socket: Socket| {
                socket.to(socket.id()).emit("news", &1)
            });
    })
    .await;
    for sender in [0, 1] {
        let others = |rest: &[usize]| [&[1 - sender][..], rest].concat();
        for (event, expected) in [
            ("all", vec![0, 1, 2, 3]),
            ("all-to", vec![0, 1]),
            ("broadcast", others(&[2, 3])),
            ("to", others(&[2])),
            ("to-itself", vec![]),
        ] {
            club.members[sender].emit(&json!([event])).await;
            if expected.contains(&sender) {
                let news = club.members[sender].event().await;
                assert_eq!(news, json!(["news", 1]), "{event}");
            }
            // The handler is done, so that what it sent is on its way to everybody.
            club.members[sender].assert_quiet().await;
            let rest: Vec<_> = expected.into_iter().filter(|it| *it != sender).collect();
            club.assert_received(&rest, &json!(["news", 1])).await;
        }
    }
}

#[tokio::test]
async fn a_selection_joins_and_leaves() {
    let mut club = Club::open(&[&["a"], &["a"], &["b"], &[]]).await;
    let all = club.all();
    all.clone().to("a").join(["x", "y"]).expect("it is sent");
    club.assert_selects(all.clone().to("x"), &[0, 1]).await;
    club.assert_selects(all.clone().to("y").except("x"), &[])
        .await;
    all.clone().join("y").expect("it is sent");
    club.assert_selects(all.clone().to("y"), &[0, 1, 2, 3])
        .await;
    all.clone()
        .except("a")
        .leave(["y", "never"])
        .expect("it is sent");
    club.assert_selects(all.clone().to("y"), &[0, 1]).await;
    all.clone().to("y").leave("y").expect("it is sent");
    club.assert_selects(all.clone().to("y"), &[]).await;
    let rooms = club.members[0].call(&json!(["rooms"])).await;
    assert_eq!(rooms, json!([["a", "x"]]));
    let list = all.clone().to("a").sockets().await;
    for socket in &list.sockets {
        let rooms: Vec<_> = socket.rooms.iter().map(|room| &**room).collect();
        assert_eq!(rooms, ["a", "x"]);
        assert_eq!(socket.peer_addr, Some([127, 0, 0, 1].into()));
    }
    assert_eq!(list.sockets.len(), 2);
}

#[tokio::test]
async fn a_selection_is_disconnected() {
    let rooms: &[&[&str]] = &[&["a"], &["a"], &["b"], &["b"], &[]];
    let mut club = Club::open(rooms).await;
    for member in &mut club.members {
        member.join("/other").await;
    }
    let all = club.all();
    let mut gone: Vec<_> = (0..3).map(|index| club.id(index).to_string()).collect();
    // Of the namespace alone: the session is unharmed.
    all.clone().to("a").disconnect(false).expect("it is sent");
    for member in &mut club.members[..2] {
        member.expelled("/").await;
        member.leave("/other").await;
        member.join("/").await;
        member.assert_quiet().await;
    }
    let except = club.id(3);
    let third = all.clone().to("b").except(except);
    third.disconnect(true).expect("it is sent");
    club.members[2].expelled("/").await;
    club.members[2].ended().await;
    for member in &mut club.members[3..] {
        member.assert_quiet().await;
    }
    let mut lines = Vec::new();
    for _ in 0..3 {
        lines.push(club.heard.line().await);
    }
    for line in [&mut gone, &mut lines] {
        line.sort_unstable();
    }
    for (line, id) in lines.iter().zip(gone) {
        assert_eq!(*line, format!("{id} server namespace disconnect"));
    }
    // Everybody who is left, by the namespace itself.
    let root = club.io.of("/");
    root.disconnect(true).expect("it is sent");
    for (index, member) in club.members.iter_mut().enumerate() {
        if index != 2 {
            member.ended().await;
        }
    }
    assert_eq!(club.io.counts().sessions, 0);
}

#[tokio::test]
async fn no_more_rooms_than_max_rooms() {
    let mut club = Club::open_with(&[&["a", "b", "c"], &["a", "b", "c"]], |root| {
        root.on("twice", async |socket: Socket| {
            // Named twice, taken once.
            let twice = socket.join(["t", "t"]);
            twice.and_then(|()| socket.leave("t"))
        });
    })
    .await;
    for member in &mut club.members {
        let two = member.call(&json!(["join", ["d", "e"]])).await;
        assert_eq!(two[0]["error"]["code"], "full", "{two}");
        // All or nothing.
        let rooms = member.call(&json!(["rooms"])).await;
        assert_eq!(rooms, json!([["a", "b", "c"]]));
        for _ in 0..3 {
            assert_eq!(member.call(&json!(["twice"])).await, json!([]));
        }
        assert_eq!(member.call(&json!(["join", ["d"]])).await, json!([]));
        let fifth = member.call(&json!(["join", ["e"]])).await;
        assert_eq!(fifth[0]["error"]["code"], "full", "{fifth}");
        // Being there already costs nothing.
        let again = member.call(&json!(["join", ["a", "d"]])).await;
        assert_eq!(again, json!([]));
        assert_eq!(member.call(&json!(["leave", ["a"]])).await, json!([]));
        assert_eq!(member.call(&json!(["join", ["e"]])).await, json!([]));
    }
    // A selection's sockets that have no room left stay out.
    let all = club.all();
    assert_eq!(
        club.members[0].call(&json!(["leave", ["e"]])).await,
        json!([])
    );
    all.join("f").expect("it is sent");
    club.assert_selects(all.clone().to("f"), &[0]).await;
}

#[tokio::test]
async fn a_room_joined_twice_at_once_is_taken_once() {
    let mut club = Club::open_with(&[&[], &[]], |root| {
        root.on("race", async |socket: Socket| {
            // From another thread, where orders are queued while this one is at work.
            let joined = std::thread::spawn(move || {
                let results = [socket.join("r"), socket.join("r"), socket.leave("r")];
                (results, socket)
            });
            let (results, _) = joined.join().expect("it does not panic");
            results.into_iter().collect::<Result<(), SendError>>()
        });
    })
    .await;
    for member in &mut club.members {
        for _ in 0..5 {
            assert_eq!(member.call(&json!(["race"])).await, json!([]));
        }
        let four = json!(["join", ["a", "b", "c", "d"]]);
        assert_eq!(member.call(&four).await, json!([]));
    }
}
