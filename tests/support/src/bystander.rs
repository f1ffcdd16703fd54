//! Somebody who has done nothing wrong.

use serde_json::json;

use crate::client::Client;
use crate::engine::Transport;

/// A client on each transport, connected before something hostile happens to the server.
#[derive(Debug)]
pub struct Bystander {
    clients: Vec<Client>,
    served: u64,
}

impl Bystander {
    /// Connects at `/relaxed/`, where pings are so rare that a test may leave it alone meanwhile.
    pub async fn connect() -> Self {
        let mut clients = Vec::new();
        for transport in Transport::ALL {
            clients.push(Client::connect(transport, "/relaxed/").await);
        }
        Self { clients, served: 0 }
    }

    /// Fails unless the server still answers on every transport, with nothing else in between.
    pub async fn assert_served(&mut self) {
        self.served += 1;
        let echo = json!(["message-with-ack", self.served]);
        for client in &mut self.clients {
            assert_eq!(client.call(&echo).await, json!([self.served]));
        }
    }
}
