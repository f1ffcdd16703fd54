use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use encke_protocol::Sid;

use super::{Adapter, BoxFuture, Locate, Location, Node, NodeId, Rooms};
use crate::order::Order;
use crate::room::Selection;

/// Connects servers of one process.
///
/// A server by itself has one with no other node. Several servers that are given adapters from
/// one [`Memory::cluster`] share their rooms, which is how an application's tests can have a
/// cluster without a network.
#[derive(Debug, Default)]
pub struct Memory {
    name: Option<NodeId>,
    node: OnceLock<Node>,
    peers: Arc<Mutex<Vec<Peer>>>,
}

#[derive(Debug, Clone)]
struct Peer {
    name: NodeId,
    node: Node,
}

impl Memory {
    /// One adapter for each of these nodes, connected with each other.
    pub fn cluster<T: AsRef<str>>(names: impl IntoIterator<Item = T>) -> Vec<Self> {
        let peers = Arc::default();
        names
            .into_iter()
            .map(|name| Self {
                name: Some(NodeId::from(name.as_ref())),
                node: OnceLock::new(),
                peers: Arc::clone(&peers),
            })
            .collect()
    }

    fn others(&self) -> Vec<Peer> {
        let mut peers = lock(&self.peers).clone();
        peers.retain(|peer| Some(&peer.name) != self.name.as_ref());
        peers
    }
}

impl Locate for Memory {
    fn locate(&self, sid: Sid) -> BoxFuture<'_, Location> {
        let here = self.node.get().and_then(|node| node.has_session(&sid));
        let location = if here == Some(true) {
            Location::Here
        } else {
            self.others()
                .into_iter()
                .find(|peer| peer.node.has_session(&sid) == Some(true))
                .map_or(Location::Unknown, |peer| Location::Node(peer.name))
        };
        Box::pin(ready(location))
    }
}

impl Rooms for Memory {
    fn publish(&self, selection: &Arc<Selection>, order: &Order) {
        for peer in self.others() {
            peer.node.apply(selection, order);
        }
    }

    fn query(&self, selection: &Arc<Selection>, order: &Order) -> BoxFuture<'_, Vec<NodeId>> {
        let mut missing = self.others();
        missing.retain(|peer| !peer.node.apply(selection, order));
        Box::pin(ready(missing.into_iter().map(|peer| peer.name).collect()))
    }
}

impl Adapter for Memory {
    fn start(&self, node: Node) {
        if let Some(name) = &self.name {
            lock(&self.peers).push(Peer {
                name: NodeId::clone(name),
                node: node.clone(),
            });
        }
        // A second server given the same adapter would be unreachable for the others.
        let first = self.node.set(node).is_ok();
        debug_assert!(first, "an adapter serves one server");
    }
}

fn lock(peers: &Mutex<Vec<Peer>>) -> MutexGuard<'_, Vec<Peer>> {
    peers.lock().unwrap_or_else(PoisonError::into_inner)
}
