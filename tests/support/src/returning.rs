use encke::Encke;
use serde_json::{Value, json};

use crate::client::SocketPacket;
use crate::deadline::until;
use crate::engine::Transport;
use crate::guest::Guest;
use crate::host::Host;

/// A client with connection state recovery, as it is when it has a connection.
#[derive(Debug)]
pub struct Returning {
    /// Its connection.
    pub guest: Guest,
    transport: Transport,
    namespace: String,
    /// The socket's id.
    pub id: String,
    /// What it proves by that it is the same.
    pub pid: String,
    /// The offset of the last event that it has taken.
    pub offset: Option<String>,
}

impl Returning {
    /// A client that has never been there.
    pub async fn connect(host: &Host, transport: Transport, namespace: &str) -> Self {
        let guest = Guest::open(host, transport).await;
        let mut client = Self {
            guest,
            transport,
            namespace: namespace.to_owned(),
            id: String::new(),
            pid: String::new(),
            offset: None,
        };
        client.join(&json!({})).await;
        client
    }

    /// The credentials with which it comes back.
    #[must_use]
    pub fn credentials(&self) -> Value {
        json!({ "pid": self.pid, "offset": self.offset })
    }

    /// Loses its connection; ends once the server keeps one more socket for it.
    pub async fn lose(&mut self, io: &Encke) {
        let before = io.counts().absent;
        // A session over polling is otherwise there until its ping times out.
        self.guest.session.send_text("1").await;
        absent(io, before + 1).await;
    }

    /// Opens another connection and asks to go on. Whether it is recovered, as it can tell.
    pub async fn come_back(&mut self, host: &Host) -> bool {
        let credentials = self.credentials();
        self.come_back_with(host, &credentials).await
    }

    /// The same with other credentials.
    pub async fn come_back_with(&mut self, host: &Host, credentials: &Value) -> bool {
        self.guest = Guest::open(host, self.transport).await;
        self.join(credentials).await
    }

    /// Asks to join, and is let in. Whether it is recovered, as it can tell.
    pub async fn join(&mut self, credentials: &Value) -> bool {
        let connect = SocketPacket::connect(&self.namespace).data(credentials.to_string());
        self.guest.send(&connect).await;
        let reply = self.guest.next().await;
        let found = (reply.kind, reply.namespace.as_str());
        assert_eq!(found, (0, &*self.namespace), "{reply:?}");
        let reply = reply.json();
        let field = |name: &str| reply[name].as_str().unwrap_or_default().to_owned();
        let recovered = !self.pid.is_empty() && self.pid == field("pid");
        assert_eq!(recovered, self.id == field("sid"), "{reply}");
        (self.id, self.pid) = (field("sid"), field("pid"));
        assert!(!self.id.is_empty() && !self.pid.is_empty(), "{reply}");
        recovered
    }

    /// The next event, which must have an offset: name and arguments, without it.
    pub async fn event(&mut self) -> Value {
        let mut event = self.guest.next().await;
        let found = (event.kind, event.namespace.as_str(), event.id);
        assert_eq!(found, (2, &*self.namespace, None), "{event:?}");
        event.data = self.take_offset(event.json());
        event.json()
    }

    /// The next event, whatever its kind; its offset is taken off.
    pub async fn packet(&mut self) -> SocketPacket {
        let mut event = self.guest.next().await;
        event.data = self.take_offset(event.json());
        event
    }

    fn take_offset(&mut self, mut event: Value) -> String {
        let offset = event.as_array_mut().and_then(Vec::pop);
        match offset {
            Some(Value::String(offset)) => self.offset = Some(offset),
            other => panic!("{event} has no offset, but {other:?}"),
        }
        event.to_string()
    }
}

/// Waits until the server keeps so many sockets whose clients may come back.
pub async fn absent(io: &Encke, count: usize) {
    until(format!("{count} absent"), async || {
        tokio::task::yield_now().await;
        (io.counts().absent == count).then_some(())
    })
    .await;
}
