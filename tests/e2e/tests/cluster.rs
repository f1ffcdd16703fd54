//! Several servers as one, by an adapter.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use encke::adapter::{
    Adapter, BoxFuture, Locate, Location, Memory, Node, NodeId, Order, Rooms, Selection,
};
use encke::{Encke, Sid, Socket};
use serde_json::{Value, json};
use support::http::{Request, fetch};
use support::{Guest, Host, SocketPacket, Transport, at, serve, until};

const PATIENCE: Duration = Duration::from_secs(10);

/// A server of the cluster, with a client on each transport.
struct Site {
    io: Encke,
    host: Host,
    guests: Vec<Guest>,
}

impl Site {
    async fn open(adapter: impl Adapter + 'static) -> Self {
        let io = Encke::builder().adapter(adapter).build();
        io.of("/")
            .on_connect(async |socket: Socket| socket.join("everywhere"))
            .on("to-all", async |socket: Socket| {
                socket.all().to("everywhere").emit("news", &1)
            })
            .on("to-others", async |socket: Socket| {
                socket.to("everywhere").emit("news", &1)
            });
        let host = serve(&io);
        let guests = Guest::on_all(&host).await;
        Self { io, host, guests }
    }

    fn ids(&self) -> Vec<String> {
        self.guests
            .iter()
            .map(|guest| guest.id().to_owned())
            .collect()
    }
}

async fn pair() -> [Site; 2] {
    let [a, b] = Memory::cluster(["a", "b"]).try_into().expect("two nodes");
    [Site::open(a).await, Site::open(b).await]
}

async fn assert_news(guests: &mut [Guest], news: &Value) {
    for guest in guests {
        assert_eq!(guest.event().await, *news);
    }
}

#[tokio::test]
async fn a_room_spans_nodes() {
    let [mut a, mut b] = pair().await;
    a.io.of("/")
        .to("everywhere")
        .emit("news", &"a")
        .expect("it is sent");
    assert_news(&mut a.guests, &json!(["news", "a"])).await;
    assert_news(&mut b.guests, &json!(["news", "a"])).await;
    for (event, sender_too) in [("to-all", true), ("to-others", false)] {
        b.guests[0].emit(&json!([event])).await;
        let news = json!(["news", 1]);
        if sender_too {
            assert_news(&mut b.guests[..1], &news).await;
        }
        assert_news(&mut b.guests[1..], &news).await;
        assert_news(&mut a.guests, &news).await;
    }
    // Orders that are no events.
    let first = a.ids()[0].parse::<Sid>().expect("a sid");
    let rooms = b.io.of("/").to(first);
    rooms.join("chosen").expect("it is sent");
    b.io.of("/")
        .to("chosen")
        .emit("news", &2)
        .expect("it is sent");
    assert_eq!(a.guests[0].event().await, json!(["news", 2]));
    b.io.of("/")
        .to("chosen")
        .disconnect(false)
        .expect("it is sent");
    a.guests[0].expelled("/").await;
    // Once each: nothing else has come.
    a.guests[1].assert_quiet().await;
    for guest in &mut b.guests {
        guest.assert_quiet().await;
    }
}

#[tokio::test]
async fn queries_ask_every_node_and_name_the_missing() {
    let [mut a, mut b] = pair().await;
    let mut everybody = [a.ids(), b.ids()].concat();
    everybody.sort_unstable();
    let asked = a.io.of("/").emit_with_ack("ask", &()).timeout(PATIENCE);
    let collected = tokio::spawn(asked.into_future());
    for guest in a.guests.iter_mut().chain(&mut b.guests) {
        let (id, _) = guest.asked().await;
        let name = guest.id().to_owned();
        guest.answer(id, &json!([name])).await;
    }
    let collected = collected.await.unwrap().expect("it was sent");
    let mut answers: Vec<_> = collected
        .answers
        .iter()
        .map(|(id, _)| id.to_string())
        .collect();
    answers.sort_unstable();
    assert_eq!(answers, everybody);
    for (id, args) in &collected.answers {
        assert_eq!(args.data(), Ok(id.to_string()));
    }
    assert!(collected.missing.is_empty() && collected.missing_nodes.is_empty());

    let list = b.io.of("/").to("everywhere").sockets().await;
    let mut found: Vec<_> = list.sockets.iter().map(|it| it.id.to_string()).collect();
    found.sort_unstable();
    assert_eq!(found, everybody);
    assert!(list.missing.is_empty() && list.complete, "{list:?}");

    // One server goes, with its threads and every handle of it.
    let Site { io, host, guests } = b;
    drop((guests, host, io));
    let missing = until("the node to be missed", async || {
        let list = a.io.of("/").sockets().await;
        (!list.missing.is_empty()).then_some(list)
    })
    .await;
    assert_eq!(missing.missing, [NodeId::from("b")]);
    assert_eq!(missing.sockets.len(), 2);
    let asked = a.io.of("/").emit_with_ack("ask", &()).timeout(PATIENCE);
    let collected = tokio::spawn(asked.into_future());
    for guest in &mut a.guests {
        let (id, _) = guest.asked().await;
        guest.answer(id, &json!([])).await;
    }
    let collected = collected.await.unwrap().expect("it was sent");
    assert_eq!(collected.missing_nodes, [NodeId::from("b")]);
    assert_eq!(collected.answers.len(), 2);
    // An event needs no answer, and reaches those who are there.
    a.io.of("/").emit("news", &3).expect("it is sent");
    assert_news(&mut a.guests, &json!(["news", 3])).await;
}

/// An adapter that the test keeps, beside the server that has it.
#[derive(Clone)]
struct Kept(Arc<Memory>);

impl Locate for Kept {
    fn locate(&self, sid: Sid) -> BoxFuture<'_, Location> {
        self.0.locate(sid)
    }
}

impl Rooms for Kept {
    fn publish(&self, selection: &Arc<Selection>, order: &Order) {
        self.0.publish(selection, order);
    }

    fn query(&self, selection: &Arc<Selection>, order: &Order) -> BoxFuture<'_, Vec<NodeId>> {
        self.0.query(selection, order)
    }
}

impl Adapter for Kept {
    fn start(&self, node: Node) {
        self.0.start(node);
    }
}

#[tokio::test]
async fn sessions_are_found_where_they_are() {
    let nodes = Memory::cluster(["a", "b"]).into_iter();
    let kept: Vec<_> = nodes.map(|node| Kept(Arc::new(node))).collect();
    let a = Site::open(kept[0].clone()).await;
    let b = Site::open(kept[1].clone()).await;
    let here = Location::Here;
    let [on_a, on_b] = ["a", "b"].map(|name| Location::Node(NodeId::from(name)));
    for (site, seen) in [(&a, [&here, &on_a]), (&b, [&on_b, &here])] {
        for guest in &site.guests {
            let sid: Sid = guest.session.sid().parse().expect("a sid");
            for (node, place) in kept.iter().zip(seen) {
                assert_eq!(node.locate(sid).await, *place);
            }
        }
    }
    let gone: Sid = b.guests[0].session.sid().parse().expect("a sid");
    drop(b);
    until("the node to be gone", async || {
        let place = kept[0].locate(gone).await;
        tokio::task::yield_now().await;
        (place == Location::Unknown).then_some(())
    })
    .await;
}

/// A link of the test's own between two servers: orders travel over a channel to a thread, as they
/// would over a network.
#[derive(Clone)]
struct Link {
    name: &'static str,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    nodes: std::sync::Mutex<Vec<(&'static str, Node)>>,
    published: AtomicUsize,
    queried: AtomicUsize,
    lines: std::sync::OnceLock<mpsc::Sender<(Node, Arc<Selection>, Order)>>,
}

impl Link {
    fn pair() -> [Self; 2] {
        let (line, letters) = mpsc::channel::<(Node, Arc<Selection>, Order)>();
        std::thread::spawn(move || {
            for (node, selection, order) in letters {
                node.apply(&selection, &order);
            }
        });
        let shared = Arc::new(Shared::default());
        shared.lines.set(line).expect("it is new");
        ["left", "right"].map(|name| Self {
            name,
            shared: Arc::clone(&shared),
        })
    }

    fn others(&self) -> Vec<(&'static str, Node)> {
        let nodes = self.shared.nodes.lock().expect("nobody panics");
        let others = nodes.iter().filter(|(name, _)| *name != self.name);
        others.cloned().collect()
    }

    fn carry(&self, selection: &Arc<Selection>, order: &Order) {
        for (_, node) in self.others() {
            let letter = (node, Arc::clone(selection), order.clone());
            let line = self.shared.lines.get().expect("it is set");
            line.send(letter).expect("the thread runs");
        }
    }
}

impl Locate for Link {
    fn locate(&self, sid: Sid) -> BoxFuture<'_, Location> {
        Box::pin(async move {
            let here = self.shared.nodes.lock().expect("nobody panics").clone();
            let place = here
                .into_iter()
                .find(|(_, node)| node.has_session(&sid) == Some(true));
            match place {
                Some((name, _)) if name == self.name => Location::Here,
                Some((name, _)) => Location::Node(NodeId::from(name)),
                None => Location::Unknown,
            }
        })
    }
}

impl Rooms for Link {
    fn publish(&self, selection: &Arc<Selection>, order: &Order) {
        self.shared.published.fetch_add(1, Ordering::Relaxed);
        self.carry(selection, order);
    }

    fn query(&self, selection: &Arc<Selection>, order: &Order) -> BoxFuture<'_, Vec<NodeId>> {
        self.shared.queried.fetch_add(1, Ordering::Relaxed);
        self.carry(selection, order);
        Box::pin(async { vec![NodeId::from("never there")] })
    }
}

impl Adapter for Link {
    fn start(&self, node: Node) {
        let mut nodes = self.shared.nodes.lock().expect("nobody panics");
        nodes.push((self.name, node));
    }
}

#[tokio::test]
async fn an_adapter_may_be_the_applications_own() {
    let [left, right] = Link::pair();
    let shared = Arc::clone(&left.shared);
    let count = |counter: &AtomicUsize| counter.swap(0, Ordering::Relaxed);
    let mut a = Site::open(left.clone()).await;
    let mut b = Site::open(right).await;
    // What concerns one socket is nobody else's business.
    assert_eq!(count(&shared.published), 0);
    a.io.of("/")
        .to("everywhere")
        .emit("news", &1)
        .expect("it is sent");
    assert_eq!(count(&shared.published), 1);
    assert_news(&mut a.guests, &json!(["news", 1])).await;
    assert_news(&mut b.guests, &json!(["news", 1])).await;
    let unencodable = a.io.of("/").emit("connect", &1);
    assert!(unencodable.is_err());
    assert_eq!(count(&shared.published), 0);

    let asked = b.io.of("/").emit_with_ack("ask", &()).timeout(PATIENCE);
    let collected = tokio::spawn(asked.into_future());
    for guest in a.guests.iter_mut().chain(&mut b.guests) {
        let (id, _) = guest.asked().await;
        guest.answer(id, &json!([])).await;
    }
    let collected = collected.await.unwrap().expect("it was sent");
    assert_eq!(collected.answers.len(), 4);
    assert_eq!(collected.missing_nodes, [NodeId::from("never there")]);
    let list = b.io.of("/").sockets().await;
    assert_eq!(list.sockets.len(), 4);
    assert_eq!(list.missing, [NodeId::from("never there")]);
    assert_eq!(count(&shared.queried), 2);

    // Sessions are found, and served only where they are.
    for (site, place) in [(&a, Location::Here), (&b, Location::Node("right".into()))] {
        for guest in &site.guests {
            let sid: Sid = guest.session.sid().parse().expect("a sid");
            assert_eq!(left.locate(sid).await, place);
        }
    }
    let unknown = Sid::from_bytes([0; 16]);
    assert_eq!(left.locate(unknown).await, Location::Unknown);
    let sid = b.guests[0].session.sid();
    let target = format!("/socket.io/?EIO=4&transport=polling&sid={sid}");
    let elsewhere = at(a.host.address(), fetch(&Request::post(&target, "3"))).await;
    elsewhere.assert_error(1);
    let event = SocketPacket::event(r#"["nobody handles this"]"#);
    b.guests[0].call_packet(event).await;
}

#[tokio::test]
async fn a_server_by_itself_misses_nobody() {
    let alone = Site::open(Memory::default()).await;
    let list = alone.io.of("/").sockets().await;
    assert_eq!(list.sockets.len(), 2);
    assert!(list.missing.is_empty() && list.complete, "{list:?}");
    let mut other = Site::open(Memory::default()).await;
    alone.io.of("/").emit("news", &1).expect("it is sent");
    for guest in &mut other.guests {
        guest.assert_quiet().await;
    }
    let mut late = Guest::connect(&alone.host, Transport::WebSocket).await;
    late.assert_quiet().await;
}
