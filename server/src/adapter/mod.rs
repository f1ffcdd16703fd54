//! Several servers as one: where a session is, and rooms that span nodes.

mod memory;

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Weak};

use encke_protocol::Sid;

pub use encke_protocol::socket::{Encoded, Offset};
pub use memory::Memory;

pub use crate::order::{Answer, Answers, Delivery, Order};
pub use crate::room::Selection;

/// The name of a node among those that an adapter connects.
pub type NodeId = Arc<str>;

/// A future as the adapter's traits return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Where a session is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// On this node.
    Here,
    /// On another one.
    Node(NodeId),
    /// Nowhere that could be asked.
    Unknown,
}

/// The first part of an adapter: finding sessions.
pub trait Locate: Send + Sync {
    /// Where the session with this sid is. The answer may take a round trip.
    fn locate(&self, sid: Sid) -> BoxFuture<'_, Location>;
}

/// The second part of an adapter: sockets of other nodes.
///
/// What concerns this node's own sockets is done before the adapter is asked.
pub trait Rooms: Send + Sync {
    /// Carries an order to the other nodes, each of which gives it to
    /// [`Node::apply`]; nobody waits for it.
    fn publish(&self, selection: &Arc<Selection>, order: &Order);

    /// Carries an order that collects something ([`Order::Ask`], [`Order::List`]), and ends once
    /// every other node has taken it or is given up; gives the names of the latter.
    fn query(&self, selection: &Arc<Selection>, order: &Order) -> BoxFuture<'_, Vec<NodeId>>;
}

/// What connects a server to others. [`Memory`] is the one that a server has by default.
///
/// Adapters are used as `Arc<dyn Adapter>`: no type of theirs reaches a handler.
pub trait Adapter: Locate + Rooms {
    /// Called once, with the node that this adapter is to serve.
    fn start(&self, node: Node);
}

/// A server as its adapter sees it. It is weak: an adapter keeps no server alive.
#[derive(Clone)]
pub struct Node(pub(crate) Weak<dyn Server>);

/// What an adapter may ask of the server.
pub(crate) trait Server: Send + Sync {
    fn apply(&self, selection: &Arc<Selection>, order: &Order);
    fn has_session(&self, sid: &Sid) -> bool;
}

impl Node {
    /// Carries out an order from another node on this node's sockets. False if the server is gone.
    pub fn apply(&self, selection: &Arc<Selection>, order: &Order) -> bool {
        let server = self.0.upgrade();
        server
            .map(|server| server.apply(selection, order))
            .is_some()
    }

    /// Whether the session is on this node; none if the server is gone.
    pub fn has_session(&self, sid: &Sid) -> Option<bool> {
        self.0.upgrade().map(|server| server.has_session(sid))
    }
}

impl fmt::Debug for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Node")
    }
}
