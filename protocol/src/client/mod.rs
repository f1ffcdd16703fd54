//! The client's side of a resume session, as a state machine. Feature `client`.
//!
//! For load generators, tests and clients in Rust. [`Client`] does nothing by itself: the driver
//! hands in what happened and the time, and does what is pushed onto `out`.
//!
//! 1. [`Client::new`], then [`Client::handle_start`].
//! 2. On [`Output::Start`]: make the request, its path and query from [`Client::query`]. Hand in a
//!    WebSocket's opening with [`Client::handle_opened`] and each of its packets with
//!    [`Client::handle_packet`]; the answer of a GET or a POST, once it is whole, with
//!    [`Client::handle_answer`]; and whatever breaks with [`Client::handle_lost`].
//! 3. On [`Output::Write`]: put the packet on that WebSocket. On [`Output::End`]: close it, or
//!    abandon the request; nothing of it needs to be handed in any more, and it does no harm.
//! 4. At [`Client::deadline`]: [`Client::handle_timeout`].
//! 5. The application uses [`Client::send`] and [`Client::handle_close`]. After
//!    [`Output::Closed`] there is nothing more to do than the outputs before it.
//!
//! ```
//! use std::sync::Arc;
//! use encke_protocol::client::{Client, Config, Output, Request, Transport};
//! use encke_protocol::{Message, Outgoing, Time};
//!
//! let config = Config { upgrade: false, ..Config::default() };
//! let (mut client, mut out) = (Client::new(Arc::new(config)), Vec::new());
//! client.handle_start(Time::ZERO, &mut out);
//! let [Output::Start(get, handshake)] = &out[..] else { panic!() };
//! assert_eq!(client.query(handshake), "EIO=4&transport=polling&encke=1");
//!
//! // The answer comes, and the first poll goes.
//! let open = "0{\"sid\":\"S\",\"upgrades\":[],\"pingInterval\":25000,\"pingTimeout\":20000,\
//!     \"maxPayload\":1000000,\"resume\":{\"window\":60000,\"buffer\":1048576},\
//!     \"transports\":[\"polling\"]}";
//! let get = *get;
//! out.clear();
//! client.handle_answer(Time::ZERO, get, 200, &open.into(), &mut out);
//! let [Output::Opened, Output::Start(poll, leg)] = &out[..] else { panic!() };
//! assert_eq!(client.query(leg), "EIO=4&transport=polling&sid=S&leg=1&recv=0");
//!
//! // It brings a message; the next one confirms it.
//! let poll = *poll;
//! out.clear();
//! client.handle_answer(Time::ZERO, poll, 200, &"7 0\u{1e}4hello".replace(' ', "").into(), &mut out);
//! let [Output::Message(message), Output::Start(_, leg)] = &out[..] else { panic!() };
//! assert_eq!(*message, Message::Text("hello".into()));
//! assert_eq!(client.query(leg), "EIO=4&transport=polling&sid=S&leg=2&recv=1");
//!
//! out.clear();
//! client.send(Time::ZERO, Outgoing::text("hi")?, &mut out).unwrap();
//! let [Output::Start(_, post @ Request::Post { .. })] = &out[..] else { panic!() };
//! assert_eq!(client.query(post), "EIO=4&transport=polling&sid=S&recv=1&seq=1");
//! # Ok::<(), encke_protocol::SeparatorInText>(())
//! ```

mod answer;
mod backoff;
mod config;
mod inbox;
mod link;
mod outbox;
mod output;
mod poster;
mod probe;
mod session;
mod state;
mod terms;

pub use config::Config;
pub use outbox::SendError;
pub use output::{End, Exchange, Output, Request, Transport};
pub use state::Client;
pub use terms::Terms;
