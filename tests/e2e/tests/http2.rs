//! Every transport but WebSocket over HTTP/2, many at a time on one connection.

use bytes::Bytes;
use encke::{Encke, Message as Heard, Transport};
use h2::client::SendRequest;
use h2::{RecvStream, client};
use http::Request;
use serde_json::Value;
use support::{Host, within};
use tokio::net::TcpStream;

fn echo() -> Host {
    let io = Encke::builder().transports(Transport::ALL).build();
    io.on_session(async |mut session: encke::Session| {
        while let Some(message) = session.recv().await {
            // A session that is over takes nothing.
            let _ = match message {
                Heard::Text(text) => session.send_text(&text),
                Heard::Binary(bytes) => session.send_binary(&bytes),
            };
        }
    });
    Host::start_h2c(2, move |app| {
        app.service(io.scope("/socket.io"));
    })
}

/// A connection of HTTP/2.
struct Client {
    send: SendRequest<Bytes>,
    host: String,
}

impl Client {
    async fn connect(host: &Host) -> Self {
        let stream = TcpStream::connect(host.address()).await.expect("a server");
        let (send, connection) = client::handshake(stream).await.expect("HTTP/2");
        tokio::spawn(connection);
        let host = host.address().to_string();
        Self { send, host }
    }

    /// The body of the answer, as it comes.
    async fn ask(&mut self, method: &str, query: &str, body: Option<&str>) -> RecvStream {
        let host = &self.host;
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{host}/socket.io/?EIO=4&{query}"))
            .header("sec-fetch-site", "same-origin")
            .body(())
            .expect("a request");
        let (response, mut stream) = self
            .send
            .send_request(request, body.is_none())
            .expect("a stream");
        if let Some(body) = body {
            let bytes = Bytes::copy_from_slice(body.as_bytes());
            stream.send_data(bytes, true).expect("an open stream");
        }
        let response = within("an answer", response).await.expect("an answer");
        assert_eq!(response.status(), 200, "{query}");
        assert!(response.headers().get("connection").is_none());
        response.into_body()
    }
}

/// Reads until `text` has come.
async fn reads(body: &mut RecvStream, text: &str) -> String {
    let mut read = String::new();
    while !read.contains(text) {
        let piece = within("a piece of the body", body.data()).await;
        let piece = piece.unwrap_or_else(|| panic!("{text:?} in {read:?}"));
        read += std::str::from_utf8(&piece.expect("a body")).expect("text");
    }
    read
}

async fn reads_all(mut body: RecvStream) -> String {
    let mut read = String::new();
    while let Some(piece) = within("the rest of the body", body.data()).await {
        read += std::str::from_utf8(&piece.expect("a body")).expect("text");
    }
    read
}

fn sid(open: &str) -> String {
    let begin = open.find("0{").expect("an open packet") + 1;
    let end = open.rfind('}').expect("JSON") + 1;
    let open: Value = serde_json::from_str(&open[begin..end]).expect("JSON");
    open["sid"].as_str().expect("a sid").to_owned()
}

#[tokio::test]
async fn streams_share_a_connection() {
    let host = echo();
    let mut client = Client::connect(&host).await;
    let mut bodies = Vec::new();
    for transport in ["stream", "sse"] {
        let query = format!("transport={transport}&encke=1");
        let mut body = client.ask("GET", &query, None).await;
        let sid = sid(&reads(&mut body, "}").await);
        bodies.push((transport, sid, body));
    }
    for (transport, sid, body) in &mut bodies {
        let query = format!("transport={transport}&sid={sid}&recv=0&seq=1");
        let posted = client.ask("POST", &query, Some("4hello")).await;
        assert_eq!(reads_all(posted).await, "71");
        reads(body, "4hello").await;
    }
    for (transport, sid, body) in bodies {
        let query = format!("transport={transport}&sid={sid}&leg=1&recv=0");
        let mut next = client.ask("GET", &query, None).await;
        reads(&mut next, "4hello").await;
        // The former leg has ended, and with it its answer.
        reads_all(body).await;
        // A client that goes resets its streams.
        drop(next);
    }
}

#[tokio::test]
async fn polls_share_it_too() {
    let host = echo();
    let mut client = Client::connect(&host).await;
    let opened = client.ask("GET", "transport=polling&encke=1", None).await;
    let polled = sid(&reads_all(opened).await);
    let query = format!("transport=polling&sid={polled}&recv=0&seq=1");
    let posted = client.ask("POST", &query, Some("4hello")).await;
    assert_eq!(reads_all(posted).await, "71");
    let query = format!("transport=polling&sid={polled}&leg=1&recv=0");
    let poll = client.ask("GET", &query, None).await;
    assert_eq!(reads_all(poll).await, "71\x1e4hello");

    let query = format!("transport=jsonp&sid={polled}&leg=2&recv=0&cb=5");
    let script = client.ask("GET", &query, None).await;
    let expected = "/**/___encke[5](\"71\\u001e4hello\");";
    assert_eq!(reads_all(script).await, expected);

    let query = format!("transport=htmlfile&sid={polled}&leg=3&recv=0&cb=5");
    let mut page = client.ask("GET", &query, None).await;
    reads(&mut page, "<script>p(\"4hello\")</script>").await;
}
