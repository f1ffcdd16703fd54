//! Tools for testing an application that pushes: clients in the test's own thread, on a virtual
//! clock, and a network that can be made to misbehave.
//!
//! What is here needs the feature `test`, which belongs into `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! encke = { version = "0.1", features = ["test"] }
//! ```
//!
//! # Clients and a server without a network
//!
//! Within [`run`] a test has a clock of its own, which stands still while anything happens and
//! jumps from timer to timer when nothing does. A [`Server`] is the application, without a socket
//! in front of it; a [`Client`] behaves as Encke's own does in a browser, and hears, says and loses
//! what the test wants it to.
//!
//! ```
//! use std::time::Duration;
//!
//! use encke::test::{Failure, Server, run, settle, sleep};
//! use encke::{Data, Encke, Socket};
//!
//! /// What is tested: whoever says something is heard by everybody else in the room.
//! async fn say(socket: Socket, Data((room, text)): Data<(String, String)>) -> encke::Result<usize> {
//!     socket.to(room).emit("said", &text)?;
//!     Ok(text.len())
//! }
//!
//! fn chat() -> Encke {
//!     let io = Encke::builder().build();
//!     io.of("/")
//!         .on_connect(async |socket: Socket| socket.join("lobby"))
//!         .on("say", say);
//!     io
//! }
//!
//! # fn main() -> Result<(), Failure> {
//! run(async {
//!     let io = chat();
//!     let server = Server::of(&io).await;
//!     let (alice, bob) = (server.connect().await?, server.connect().await?);
//!
//!     let answer = alice.emit_with_ack("say", &("lobby", "hello")).await?;
//!     assert_eq!(answer.data::<usize>()?, 5);
//!     assert_eq!(bob.next::<String>("said").await?, "hello");
//!
//!     // The network is gone for half a minute, which takes no time. Nothing is lost.
//!     bob.offline();
//!     alice.emit("say", &("lobby", "are you there?"))?;
//!     sleep(Duration::from_secs(30)).await;
//!     assert_eq!(bob.heard().len(), 1);
//!     bob.online();
//!     assert_eq!(bob.next::<String>("said").await?, "are you there?");
//!
//!     // It is gone for longer than the server waits.
//!     bob.offline();
//!     sleep(Duration::from_secs(61)).await;
//!     assert_eq!(io.counts().sessions, 1);
//!
//!     // What did not come while all was still does not come: the sender does not hear itself.
//!     settle().await;
//!     assert!(alice.heard().is_empty());
//!     Ok(())
//! })
//! # }
//! ```
//!
//! [`Server::new`] takes the whole application as `HttpServer` does, with its other routes, its
//! middleware and its cookies, and [`Server::call`] has any other request answered. Requests,
//! frames and their order are those of real connections; only the bytes of HTTP heads are not
//! written and read. [`Connect`] has what a client can bring along: credentials, headers, cookies,
//! a transport, and whether it is a Socket.IO client, whose session ends with its connection.
//!
//! | | |
//! |---|---|
//! | [`Client::lose`] | the connection breaks, and any request under way |
//! | [`Client::offline`], [`Client::online`] | there is none, until there is again |
//! | [`Client::stall`] | nothing gets through and nobody is told, until [`Client::online`] |
//! | [`Client::lose_poll_answer`], [`Client::lose_post_answer`] | the server has done it, and the client does not know |
//! | [`Client::lead_to`] | another server is there, which knows no session of the first |
//! | dropping the client | it is gone without a word |
//!
//! A wait for what never comes ends, after five minutes of the test's clock, with a
//! [`Failure`] that says what was heard instead. Two runs of a test are the same, but for what
//! the server draws at random: the ids of sessions and sockets.
//!
//! # The hostile proxy
//!
//! Whoever relies on messages that arrive should have seen them arrive over a bad network. A
//! [`Proxy`] stands between clients and a server, as real TCP within the test's process. It
//! understands as much HTTP/1 as it takes to tell requests apart, and passes bytes on unchanged
//! but for what a test asks of it:
//!
//! ```
//! use encke::test::{Direction, Fault, Kind, Proxy};
//! # use std::io::{Read, Write};
//! # use std::net::{TcpListener, TcpStream};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> std::io::Result<()> {
//! # let listener = TcpListener::bind("127.0.0.1:0")?;
//! # let server = listener.local_addr()?;
//! # let serving = std::thread::spawn(move || -> std::io::Result<()> {
//! #     let (mut stream, _) = listener.accept()?;
//! #     assert!(stream.read(&mut [0; 1024])? > 0);
//! #     stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
//! # });
//! let proxy = Proxy::start(server)?;
//! // The answer to the first POST breaks off after 9 bytes; the server has taken the request.
//! proxy.on_request(|request| {
//!     let is_it = request.is_post() && request.on_connection == 1;
//!     is_it.then_some(Fault::cut(Direction::Down, 9))
//! });
//!
//! let mut client = TcpStream::connect(proxy.address())?;
//! client.write_all(b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 2\r\n\r\nhi")?;
//! let mut answer = String::new();
//! client.read_to_string(&mut answer)?;
//! assert_eq!(answer, "HTTP/1.1 ");
//!
//! proxy.wait_for(|log| log.counts.of(Kind::Cut) == 1).await;
//! assert_eq!(proxy.log().counts.forwarded, 1, "{}", proxy.log());
//! # serving.join().expect("the server does not panic")?;
//! # Ok(())
//! # }
//! ```
//!
//! A rule is asked about each connection ([`Proxy::on_connection`]) and about each request
//! ([`Proxy::on_request`]), and answers with any number of faults:
//!
//! | | |
//! |---|---|
//! | [`Fault::Cut`] | both sides are closed by FIN after exactly n bytes in one direction |
//! | [`Fault::Reset`] | both sides get a RST after exactly n bytes in one direction |
//! | [`Fault::Swallow`] | one direction is a black hole after exactly n bytes |
//! | [`Fault::Delay`] | each byte of one direction arrives so much later |
//! | [`Fault::Throttle`] | one direction carries so many bytes a second |
//! | [`Fault::Buffer`] | an answer is held back until its end has come |
//! | [`Fault::Mute`] | a WebSocket opens, and one direction of it is a black hole |
//! | [`Fault::Kill`] | a WebSocket is cut after a time |
//! | [`Fault::Repeat`] | the request is sent a second time, late |
//! | [`Fault::Answer`] | a 502 or any other page is given, and the server is not asked |
//! | [`Fault::Replace`] | the server takes the request, and a page is given for its answer |
//!
//! To go through a whole run byte by byte there are [`Proxy::cut_once`], [`Proxy::reset_once`] and
//! [`Proxy::swallow_once`], whose positions are counted over all connections.
//!
//! Others concern all of the network, at any time: [`Proxy::cut_all`], [`Proxy::reset_all`],
//! [`Proxy::black_hole_all`] for what is open, [`Proxy::pause`], [`Proxy::refuse`] and
//! [`Proxy::resume`] for a network that is gone and comes back, [`Proxy::forward_to`] for a server
//! that was started again elsewhere.
//!
//! [`Chaos`] draws faults from a [`Seed`], which is printed, so that a run that failed can be had
//! again by `ENCKE_SEED=… cargo test`.
//!
//! Tests of this kind wait for events and never sleep: [`Proxy::wait_for`] waits for what the proxy
//! saw, and [`Proxy::log`] says in an assertion's message what it did.
//!
//! A head passes once all of it has come, and requests that a client pipelines pass one after the
//! other, each when the one before has been answered. What is not HTTP/1, and a
//! head of more than 64 KiB or 100 headers, passes without a rule for requests being asked.

mod again;
mod answer;
mod body;
mod chaos;
mod circuit;
mod course;
mod door;
mod exchange;
mod fault;
mod head;
mod inlet;
mod lane;
mod link;
mod log;
mod memory;
mod page;
mod proxy;
mod request;
mod rule;
mod run;
mod seed;
mod sending;
mod state;
mod trap;
mod tunnel;

pub use chaos::Chaos;
pub use fault::{Direction, Fault, Faults, Kind, Late, Which};
pub use log::{Counts, Ending, Event, Log, What};
pub use memory::{Client, Connect, End, Failure, Heard, Over, Server, run, settle, sleep};
pub use page::Page;
pub use proxy::Proxy;
pub use request::{Connection, Request};
pub use seed::Seed;
