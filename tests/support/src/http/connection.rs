//! A TCP connection to the server under test.

use std::io::{ErrorKind, Result};

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::{Request, Response};
use crate::deadline::within;

/// A connection on which a test writes bytes and reads responses. Dropping it closes it.
#[derive(Debug)]
pub struct Connection {
    pub(crate) reader: BufReader<OwnedReadHalf>,
    pub(crate) writer: OwnedWriteHalf,
    /// Whether the responses so far leave room for another.
    reusable: bool,
}

impl Connection {
    /// Connects.
    pub async fn open() -> Self {
        let address = crate::conformance();
        let stream = within("a TCP connection", TcpStream::connect(address))
            .await
            .unwrap_or_else(|error| panic!("nothing listens on {address}: {error}"));
        // Tests cut messages at chosen bytes, and Nagle's algorithm would join the pieces again.
        stream
            .set_nodelay(true)
            .expect("a fresh socket takes options");
        let (reader, writer) = stream.into_split();
        Self {
            reader: BufReader::new(reader),
            writer,
            reusable: true,
        }
    }

    /// Writes bytes as they are.
    ///
    /// # Errors
    ///
    /// If the server has closed the connection.
    pub async fn try_write(&mut self, bytes: &[u8]) -> Result<()> {
        within("room to write", self.writer.write_all(bytes)).await
    }

    /// Writes bytes as they are, to a server that must not have closed the connection.
    pub async fn write(&mut self, bytes: &[u8]) {
        self.try_write(bytes).await.expect("the connection is open");
    }

    /// Writes a request and does not wait for its response.
    pub async fn send(&mut self, request: &Request) {
        self.write(&request.encode()).await;
    }

    /// Waits for the next response, to anything but a HEAD.
    ///
    /// # Errors
    ///
    /// If the server closes the connection instead.
    pub async fn try_response(&mut self) -> Result<Response> {
        let response = within("a response", Response::read(&mut self.reader, false)).await?;
        self.reusable &= !response.closes();
        Ok(response)
    }

    /// Waits for the next response, which must come.
    pub async fn response(&mut self) -> Response {
        self.try_response().await.expect("a response")
    }

    /// Sends a request and reads its response, both at once.
    ///
    /// A server that refuses a body may answer before it has read it and read no further, so a
    /// request that can not be written to its end is no failure as long as a response comes.
    ///
    /// # Errors
    ///
    /// If the server closes the connection instead.
    pub async fn try_exchange(&mut self, request: &Request) -> Result<Response> {
        let bytes = request.encode();
        let mut written = false;
        let write = async {
            written = self.writer.write_all(&bytes).await.is_ok();
            // Only a response ends the exchange, so that a broken pipe does not hide one.
            std::future::pending().await
        };
        let exchange = async {
            tokio::select! {
                response = Response::read(&mut self.reader, request.is_head()) => response,
                never = write => never,
            }
        };
        let response = within("a response", exchange).await?;
        // A server may well close after a refusal, the rest of a body being of no use to it.
        self.reusable &= written && response.status < 400 && !response.closes();
        Ok(response)
    }

    /// Sends a request and reads its response, which must come.
    pub async fn exchange(&mut self, request: &Request) -> Response {
        self.try_exchange(request).await.expect("a response")
    }

    /// Whether another request may follow: the server has not said that it closes, nor closed.
    ///
    /// Servers end connections that have been idle for some seconds, and a test on a busy machine
    /// may leave one alone for as long.
    pub(crate) fn is_reusable(&self) -> bool {
        let idle = self.reader.get_ref().try_read(&mut [0]);
        self.reusable && idle.is_err_and(|error| error.kind() == ErrorKind::WouldBlock)
    }

    /// Waits until the server has closed the connection; what it sends before that is thrown away.
    pub async fn closed(&mut self) {
        let mut rest = Vec::new();
        // A reset is as good an end as a FIN.
        let _ = within(
            "the end of the connection",
            self.reader.read_to_end(&mut rest),
        )
        .await;
    }
}

/// Sends a request on a connection of its own and reads the response.
pub async fn fetch(request: &Request) -> Response {
    Connection::open().await.exchange(request).await
}
