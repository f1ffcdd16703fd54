//! Tools for testing an application that pushes: a network that can be made to misbehave.
//!
//! What is here needs the feature `test`, which belongs into `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! encke = { version = "0.1", features = ["test"] }
//! ```
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
pub use page::Page;
pub use proxy::Proxy;
pub use request::{Connection, Request};
pub use seed::Seed;
