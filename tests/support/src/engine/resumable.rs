//! A resume session, by its requests.

use serde_json::Value;

use super::OneWay;
use crate::http::{Connection, Request, Response, fetch};
use crate::ws::{self, WebSocket};

/// A session that outlives its legs, of which the test counts all numbers itself.
#[derive(Debug, Clone)]
pub struct Resumable {
    path: String,
    handshake: Value,
}

impl Resumable {
    /// Opens one by polling at `path`, such as `/socket.io/`.
    pub async fn open(path: &str) -> Self {
        let target = format!("{path}?EIO=4&transport=polling&encke=1");
        let response = fetch(&Request::get(&target)).await;
        assert_eq!(response.status, 200, "{response:?}");
        Self::from_open(path, response.text())
    }

    /// Opens one by a WebSocket, which is leg 0.
    pub async fn open_socket(path: &str) -> (Self, WebSocket) {
        let target = format!("{path}?EIO=4&transport=websocket&encke=1");
        let mut socket = WebSocket::open(&target).await;
        let open = socket.text().await;
        (Self::from_open(path, &open), socket)
    }

    /// Opens one by a one-way transport, which is leg 0; `query` stands behind the transport's name.
    pub async fn open_one_way(path: &str, transport: &'static str, query: &str) -> (Self, OneWay) {
        let target = format!("{path}?EIO=4&transport={transport}&encke=1{query}");
        let mut leg = OneWay::open(transport, &Request::get(&target)).await;
        let open = leg.record().await;
        (Self::from_open(path, &open), leg)
    }

    fn from_open(path: &str, open: &str) -> Self {
        let json = open.strip_prefix('0').expect("an open packet");
        Self {
            path: path.to_owned(),
            handshake: serde_json::from_str(json).expect("JSON"),
        }
    }

    /// The content of the open packet.
    #[must_use]
    pub const fn handshake(&self) -> &Value {
        &self.handshake
    }

    /// The session's id.
    #[must_use]
    pub fn sid(&self) -> &str {
        self.handshake["sid"].as_str().expect("sid is a string")
    }

    /// A target of this session, with `query` behind its own.
    #[must_use]
    pub fn target(&self, transport: &str, query: &str) -> String {
        let Self { path, .. } = self;
        let sid = self.sid();
        format!("{path}?EIO=4&transport={transport}&sid={sid}{query}")
    }

    /// The request of a poll.
    #[must_use]
    pub fn poll_request(&self, leg: u64, recv: u64) -> Request {
        Request::get(&self.target("polling", &format!("&leg={leg}&recv={recv}")))
    }

    /// Polls, and waits for the answer.
    pub async fn poll(&self, leg: u64, recv: u64) -> String {
        let response = fetch(&self.poll_request(leg, recv)).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.text().to_owned()
    }

    /// Opens a leg that is over at once, so that the server has surely taken it.
    pub async fn touch(&self, leg: u64, recv: u64) -> String {
        let query = format!("&leg={leg}&recv={recv}&wait=0");
        let response = fetch(&Request::get(&self.target("polling", &query))).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.text().to_owned()
    }

    /// Sends a poll whose answer can be waited for.
    pub async fn park(&self, leg: u64, recv: u64) -> Connection {
        let mut connection = Connection::open().await;
        connection.send(&self.poll_request(leg, recv)).await;
        connection
    }

    /// Posts, and waits for the answer. Without `seq` the body has no messages.
    pub async fn post(&self, recv: u64, seq: Option<u64>, body: &str) -> Response {
        fetch(&self.post_request(recv, seq, body)).await
    }

    /// The request of a POST.
    #[must_use]
    pub fn post_request(&self, recv: u64, seq: Option<u64>, body: &str) -> Request {
        let seq = seq.map(|seq| format!("&seq={seq}")).unwrap_or_default();
        Request::post(&self.target("polling", &format!("&recv={recv}{seq}")), body)
    }

    /// Posts what must be taken, and gives the server's count.
    pub async fn post_taken(&self, recv: u64, seq: Option<u64>, body: &str) -> String {
        let response = self.post(recv, seq, body).await;
        assert_eq!(response.status, 200, "{response:?}");
        response.text().to_owned()
    }

    /// Opens a WebSocket as a leg.
    pub async fn socket(&self, leg: u64, recv: u64) -> WebSocket {
        WebSocket::open(&self.target("websocket", &format!("&leg={leg}&recv={recv}"))).await
    }

    /// Opens a GET that goes on as a leg; `query` stands behind its numbers.
    pub async fn one_way(
        &self,
        transport: &'static str,
        leg: u64,
        recv: u64,
        query: &str,
    ) -> OneWay {
        let target = self.target(transport, &format!("&leg={leg}&recv={recv}{query}"));
        OneWay::open(transport, &Request::get(&target)).await
    }

    /// Opens a WebSocket as a probe, which has answered.
    pub async fn probe(&self) -> WebSocket {
        let mut socket = WebSocket::open(&self.target("websocket", "")).await;
        socket.send_text("2probe").await;
        assert_eq!(socket.text().await, "3probe");
        socket
    }

    /// The request of a WebSocket, with `query` behind the session's own.
    #[must_use]
    pub fn socket_request(&self, query: &str) -> Request {
        ws::handshake(&self.target("websocket", query))
    }
}
