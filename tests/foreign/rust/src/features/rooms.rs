//! Rooms and broadcasts among several sockets.

use serde_json::{Value, json};

use crate::{
    bench::Bench,
    check::{Outcome, Result, same},
    peer::Peer,
};

/// Four sockets: 0 and 1 in the room, 2 in the room and in the exception, 3 in neither.
/// All are in `everybody`, through which a last event shows that nothing more is on its way.
struct Party {
    peers: Vec<Peer>,
    room: String,
    except: String,
    everybody: String,
}

impl Party {
    async fn new(bench: &Bench) -> Result<Self> {
        let [room, except, everybody] = ["room", "except", "everybody"].map(Bench::unique);
        let mut peers = Vec::new();
        for rooms in [vec![&room], vec![&room], vec![&room, &except], vec![]] {
            let peer = bench.open().await?;
            for name in rooms.into_iter().chain([&everybody]) {
                same(&peer.ask("join", json!(name)).await?, &json!(["ok"]))?;
            }
            peers.push(peer);
        }
        Ok(Self {
            peers,
            room,
            except,
            everybody,
        })
    }

    /// Emits from the first and checks who got what, no more and no less.
    async fn reaches(
        &self,
        event: &str,
        args: Value,
        expected: Value,
        who: &[usize],
    ) -> Result<()> {
        let sender = self.peers.first().ok_or("nobody is there")?;
        sender
            .emit(event, args.as_array().cloned().unwrap_or_default())
            .await?;
        sender
            .emit("to-all", vec![json!(self.everybody), json!("last")])
            .await?;
        for (index, peer) in self.peers.iter().enumerate() {
            if who.contains(&index) {
                same(&peer.next("room-event").await?, &expected)?;
            }
            same(
                &peer.next("room-event").await?,
                &json!([self.everybody, "last"]),
            )?;
        }
        Ok(())
    }

    async fn first_leaves(&self) -> Result<()> {
        let first = self.peers.first().ok_or("nobody is there")?;
        same(&first.ask("leave", json!(self.room)).await?, &json!(["ok"]))
    }
}

pub async fn rooms(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    let none = Vec::<Value>::new;
    same(&peer.ask("rooms", none()).await?, &json!([[]]))?;
    let (one, two) = (Bench::unique("b"), Bench::unique("a"));
    for room in [&one, &two, &two] {
        same(&peer.ask("join", json!(room)).await?, &json!(["ok"]))?;
    }
    same(&peer.ask("rooms", none()).await?, &json!([[two, one]]))?;
    same(&peer.ask("leave", json!(one)).await?, &json!(["ok"]))?;
    same(&peer.ask("rooms", none()).await?, &json!([[two]]))?;
    peer.emit("to-all", vec![json!(one), json!("nobody")])
        .await?;
    peer.emit("to-all", vec![json!(two), json!("me")]).await?;
    same(&peer.next("room-event").await?, &json!([two, "me"]))?;
    Ok(Outcome::Pass)
}

pub async fn to_others(bench: &Bench) -> Result {
    let party = Party::new(bench).await?;
    let event = json!([party.room, "x", {"y": [1]}]);
    party
        .reaches("to-others", event.clone(), event, &[1, 2])
        .await?;
    party.first_leaves().await?;
    party
        .reaches(
            "to-others",
            json!([party.room]),
            json!([party.room]),
            &[1, 2],
        )
        .await?;
    Ok(Outcome::Pass)
}

pub async fn to_all(bench: &Bench) -> Result {
    let party = Party::new(bench).await?;
    let event = json!([party.room, "x", null]);
    party
        .reaches("to-all", event.clone(), event.clone(), &[0, 1, 2])
        .await?;
    party.first_leaves().await?;
    party
        .reaches("to-all", event.clone(), event, &[1, 2])
        .await?;
    Ok(Outcome::Pass)
}

pub async fn to_except(bench: &Bench) -> Result {
    let party = Party::new(bench).await?;
    let event = json!([party.room, party.except, "x"]);
    party
        .reaches("to-except", event, json!([party.room, "x"]), &[0, 1])
        .await?;
    Ok(Outcome::Pass)
}

pub async fn broadcast(bench: &Bench) -> Result {
    // In a namespace of its own, since a broadcast reaches whoever else is connected.
    let namespace = Bench::namespace();
    let mut peers = Vec::new();
    for _ in 0..3 {
        peers.push(bench.open_with(bench.builder(&namespace)).await?);
    }
    let elsewhere = bench.open().await?;
    let [a, b, c] = &peers[..] else {
        return Err("three were opened".into());
    };
    a.emit("broadcast", vec![json!("x"), json!([1])]).await?;
    for peer in [b, c] {
        same(&peer.next("broadcast-event").await?, &json!(["x", [1]]))?;
    }
    b.emit("broadcast", vec![json!("y"), json!(2)]).await?;
    for peer in [a, c] {
        same(&peer.next("broadcast-event").await?, &json!(["y", 2]))?;
    }
    bench.shows_life(&elsewhere).await?;
    let counts = [a, b, c, &elsewhere].map(|peer| peer.count("broadcast-event"));
    same(&counts, &[1, 1, 2, 0])?;
    Ok(Outcome::Pass)
}
