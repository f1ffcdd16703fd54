//! A WebSocket from the client's end.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};
use tokio::io::{AsyncRead, AsyncWriteExt};

use super::{Frame, Opcode};
use crate::deadline::within;
use crate::http::{Connection, Request, Response};

const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

/// What the server did next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Message {
    /// A text message.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
    /// A pong frame.
    Pong(Vec<u8>),
    /// It closed. As browsers put it: 1005 is a close frame without a code, 1006 no close frame.
    Closed(u16),
}

/// The request that opens a WebSocket at `target`; further headers may be added.
#[must_use]
pub fn handshake(target: &str) -> Request {
    Request::get(target)
        .header("Connection", "Upgrade")
        .header("Upgrade", "websocket")
        .header("Sec-WebSocket-Version", "13")
        .header("Sec-WebSocket-Key", KEY)
}

/// An open WebSocket. Dropping it cuts the connection without a close frame.
#[derive(Debug)]
pub struct WebSocket {
    connection: Connection,
    closed: Option<u16>,
}

impl WebSocket {
    /// Opens a WebSocket at `target`.
    pub async fn open(target: &str) -> Self {
        Self::request(&handshake(target))
            .await
            .unwrap_or_else(|refusal| panic!("the WebSocket was refused: {refusal:?}"))
    }

    /// Opens a WebSocket by this request, made with [`handshake`].
    ///
    /// # Errors
    ///
    /// The response, if it is not 101.
    pub async fn request(request: &Request) -> Result<Self, Response> {
        let mut connection = Connection::open().await;
        connection.send(request).await;
        let response = connection.response().await;
        if response.status != 101 {
            return Err(response);
        }
        let digest = Sha1::digest(format!("{KEY}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
        let accept = STANDARD.encode(digest);
        let found = response.header("sec-websocket-accept");
        assert_eq!(found, Some(accept.as_str()), "{response:?}");
        // An extension that the client did not offer would change what frames mean.
        assert_eq!(response.header("sec-websocket-extensions"), None);
        Ok(Self {
            connection,
            closed: None,
        })
    }

    /// Writes bytes as they are, between or inside frames.
    ///
    /// A server that has just closed the connection is no failure here; the next
    /// [`message`](Self::message) tells.
    pub async fn write(&mut self, bytes: &[u8]) {
        let _ = self.connection.try_write(bytes).await;
    }

    /// Sends a frame, with the same remark.
    pub async fn send(&mut self, frame: &Frame) {
        self.write(&frame.encode()).await;
    }

    /// Sends a text message.
    pub async fn send_text(&mut self, text: &str) {
        self.send(&Frame::text(text)).await;
    }

    /// Sends a binary message.
    pub async fn send_binary(&mut self, bytes: &[u8]) {
        self.send(&Frame::binary(bytes)).await;
    }

    /// Waits for the next message, pong or close. Pings are answered on the way.
    pub async fn message(&mut self) -> Message {
        within("a WebSocket message", self.next_message()).await
    }

    /// Waits for the next message, which must be text.
    pub async fn text(&mut self) -> String {
        match self.message().await {
            Message::Text(text) => text,
            other => panic!("expected a text message, found {other:?}"),
        }
    }

    /// Waits until the server has closed, whatever it sends before, and gives the code.
    pub async fn closed(&mut self) -> u16 {
        within("the WebSocket to be closed by the server", async {
            loop {
                if let Message::Closed(code) = self.next_message().await {
                    return code;
                }
            }
        })
        .await
    }

    /// The same with the reason beside the code.
    pub async fn farewell(&mut self) -> (u16, String) {
        within("the WebSocket to be closed by the server", async {
            loop {
                match Frame::read(&mut self.connection.reader).await {
                    Ok(frame) if frame.opcode == Opcode::CLOSE => {
                        let reason = frame.payload.get(2..).unwrap_or_default();
                        let reason = String::from_utf8_lossy(reason).into_owned();
                        return (close_code(&frame), reason);
                    }
                    Ok(_) => {}
                    Err(_) => return (1006, String::new()),
                }
            }
        })
        .await
    }

    /// Writes `bytes`, or as many of them as the server takes, and gives the code with which it
    /// closes.
    pub async fn refused(&mut self, bytes: &[u8]) -> u16 {
        let Connection { reader, writer, .. } = &mut self.connection;
        let write = async {
            let _ = writer.write_all(bytes).await;
            std::future::pending().await
        };
        within("the WebSocket to be closed by the server", async {
            tokio::select! {
                code = read_close(reader) => code,
                never = write => never,
            }
        })
        .await
    }

    /// Writes `bytes` again and again until the server closes, and gives the code.
    ///
    /// Fails if `limit` bytes have been written and the server is still listening. The kernel holds
    /// up to about ten million bytes of a connection, so only more than that tell anything.
    pub async fn flood(&mut self, bytes: &[u8], limit: usize) -> u16 {
        let Connection { reader, writer, .. } = &mut self.connection;
        let flood = async {
            for _ in 0..limit.div_ceil(bytes.len()) {
                if writer.write_all(bytes).await.is_err() {
                    // It has closed; the other branch finds out with which code.
                    std::future::pending::<()>().await;
                }
                // A server that has closed throws away what comes, perhaps as fast as this is written,
                // and the runtime would not look for its Close in between.
                tokio::task::yield_now().await;
            }
        };
        within("the flood to be stopped", async {
            tokio::select! {
                code = read_close(reader) => code,
                () = flood => panic!("the server has taken {limit} bytes and goes on listening"),
            }
        })
        .await
    }

    async fn next_message(&mut self) -> Message {
        if let Some(code) = self.closed {
            return Message::Closed(code);
        }
        let mut message: Option<Frame> = None;
        loop {
            let Ok(frame) = Frame::read(&mut self.connection.reader).await else {
                return self.close(1006);
            };
            match (frame.opcode, message.as_mut()) {
                (Opcode::PING, _) => self.send(&Frame::new(Opcode::PONG, frame.payload)).await,
                (Opcode::PONG, _) => return Message::Pong(frame.payload),
                (Opcode::CLOSE, _) => {
                    let code = close_code(&frame);
                    self.send(&Frame::new(Opcode::CLOSE, frame.payload)).await;
                    return self.close(code);
                }
                (Opcode::TEXT | Opcode::BINARY, None) => message = Some(frame),
                (Opcode::CONTINUATION, Some(begun)) => {
                    begun.payload.extend(frame.payload);
                    begun.last = frame.last;
                }
                (opcode, _) => panic!("a frame out of place: {opcode:?}"),
            }
            if let Some(whole) = message.take_if(|message| message.last) {
                return match whole.opcode {
                    Opcode::BINARY => Message::Binary(whole.payload),
                    _ => Message::Text(
                        String::from_utf8(whole.payload).expect("text messages are UTF-8"),
                    ),
                };
            }
        }
    }

    fn close(&mut self, code: u16) -> Message {
        self.closed = Some(code);
        Message::Closed(code)
    }
}

/// Reads until a close frame or the end of the connection.
async fn read_close(from: &mut (impl AsyncRead + Unpin)) -> u16 {
    loop {
        match Frame::read(from).await {
            Ok(frame) if frame.opcode == Opcode::CLOSE => return close_code(&frame),
            Ok(_) => {}
            Err(_) => return 1006,
        }
    }
}

fn close_code(frame: &Frame) -> u16 {
    match *frame.payload.as_slice() {
        [high, low, ..] => u16::from_be_bytes([high, low]),
        _ => 1005,
    }
}
