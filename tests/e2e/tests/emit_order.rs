//! What one thread emits arrives in the order in which it emitted it, whatever the route.

use encke::{Broadcast, Data, Encke, Socket};
use serde_json::json;
use support::{Guest, Host, Transport, serve};

const ROUNDS: u32 = 200;

/// One round of every way to send, numbered from `first`.
fn round(io: &Encke, sockets: &[Socket], first: u32) -> u32 {
    let mut number = first;
    let mut next = || {
        number += 1;
        number - 1
    };
    for socket in sockets {
        socket.emit("n", &next()).expect("there is room");
    }
    io.of("/").emit("n", &next()).expect("it is sent");
    io.of("/")
        .to("room")
        .emit("n", &next())
        .expect("it is sent");
    for socket in sockets {
        socket
            .all()
            .to(socket.id())
            .emit("n", &next())
            .expect("it is sent");
        socket.emit("n", &next()).expect("there is room");
    }
    number
}

/// Fails unless the numbers that come grow, up to `last`.
async fn assert_growing(guest: &mut Guest, last: u32) {
    let mut former = None;
    loop {
        let event = guest.event().await;
        assert_eq!(event[0], "n");
        let number = event[1].as_u64();
        assert!(number > former, "{number:?} after {former:?}");
        former = number;
        if number == Some(u64::from(last)) {
            return;
        }
    }
}

async fn stage() -> (Encke, Host, Vec<Guest>) {
    let io = Encke::builder().max_buffer(16 << 20).build();
    let handle = io.clone();
    io.of("/")
        .on_connect(async |socket: Socket| socket.join("room"))
        .on("start", {
            move |socket: Socket, Data(count): Data<u32>| {
                let io = handle.clone();
                async move {
                    let mut number = 0;
                    for _ in 0..count {
                        number = round(&io, std::slice::from_ref(&socket), number);
                    }
                    io.of("/").emit("n", &number)
                }
            }
        });
    let host = serve(&io);
    let mut guests = Vec::new();
    for transport in [Transport::WebSocket, Transport::Polling].repeat(2) {
        guests.push(Guest::connect(&host, transport).await);
    }
    (io, host, guests)
}

#[tokio::test]
async fn of_a_handler() {
    let (_io, _host, mut guests) = stage().await;
    for sender in 0..2 {
        guests[sender].emit(&json!(["start", ROUNDS])).await;
        for guest in &mut guests {
            assert_growing(guest, ROUNDS * 5).await;
        }
    }
}

fn itself(socket: &Socket) -> Broadcast {
    socket.all().to(socket.id())
}

/// What a handler has waited for comes before what it emits itself.
#[tokio::test]
async fn of_a_handler_and_a_thread_that_it_waits_for() {
    let io = Encke::builder().build();
    io.of("/")
        .on("both", async |socket: Socket, Data(n): Data<u32>| {
            let other = socket.clone();
            let thread = std::thread::spawn(move || {
                other.emit("n", &n).expect("there is room");
                itself(&other).emit("n", &(n + 1)).expect("it is sent");
            });
            thread.join().expect("it does not panic");
            itself(&socket).emit("n", &(n + 2)).expect("it is sent");
            socket.emit("n", &(n + 3)).expect("there is room");
        });
    let host = serve(&io);
    for mut guest in Guest::on_all(&host).await {
        for round in 0..20 {
            guest.emit(&json!(["both", 4 * round])).await;
            for number in 0..4 {
                assert_eq!(guest.event().await, json!(["n", 4 * round + number]));
            }
        }
        guest.leave("/").await;
    }
}

#[tokio::test]
async fn of_a_thread_outside() {
    let (io, _host, mut guests) = stage().await;
    let (handles, sockets) = std::sync::mpsc::channel();
    io.of("/").on("me", move |socket: Socket| {
        handles.send(socket).expect("the test waits for it");
        async {}
    });
    // Those who connect from now on have the new handler.
    for guest in &mut guests {
        guest.leave("/").await;
        guest.join("/").await;
        guest.call(&json!(["me"])).await;
    }
    let sockets: Vec<Socket> = sockets.try_iter().collect();
    assert_eq!(sockets.len(), guests.len());
    let thread = std::thread::spawn(move || {
        let mut number = 0;
        for _ in 0..ROUNDS {
            number = round(&io, &sockets, number);
        }
        io.of("/").emit("n", &number).expect("it is sent");
        number
    });
    let last = ROUNDS * 14;
    for guest in &mut guests {
        assert_growing(guest, last).await;
    }
    assert_eq!(thread.join().expect("it does not panic"), last);
}
