//! A response whose body is read as it comes.

use std::io::Result;

use tokio::io::AsyncReadExt;

use super::connection::Connection;
use super::request::Request;
use super::response::{Response, invalid, read_line};
use crate::deadline::within;

/// The body of a response that goes on. Dropping it closes the connection.
#[derive(Debug)]
pub struct Streaming {
    connection: Connection,
    /// Status and headers.
    pub head: Response,
    is_chunked: bool,
}

impl Streaming {
    /// Sends a request on a connection of its own, and waits for the head of the response.
    pub async fn open(request: &Request) -> Self {
        let mut connection = Connection::open().await;
        connection.send(request).await;
        let head = within("a head", Response::read_head(&mut connection.reader)).await;
        let head = head.expect("a head");
        let is_chunked = head.header("transfer-encoding") == Some("chunked");
        Self {
            connection,
            head,
            is_chunked,
        }
    }

    /// Waits for the next piece of the body; `None` at its end.
    ///
    /// # Errors
    ///
    /// If the connection ends before a body that is chunked does.
    pub async fn piece(&mut self) -> Result<Option<Vec<u8>>> {
        within("a piece of a body", self.read()).await
    }

    async fn read(&mut self) -> Result<Option<Vec<u8>>> {
        let from = &mut self.connection.reader;
        if !self.is_chunked {
            let mut piece = vec![0; 64 * 1024];
            let read = from.read(&mut piece).await?;
            piece.truncate(read);
            return Ok(Some(piece).filter(|piece| !piece.is_empty()));
        }
        let line = read_line(from).await?;
        let size = usize::from_str_radix(&line, 16);
        let size = size.map_err(|_| invalid(&format!("chunk size {line:?}")))?;
        let mut piece = vec![0; size];
        from.read_exact(&mut piece).await?;
        read_line(from).await?;
        Ok(Some(piece).filter(|piece| !piece.is_empty()))
    }
}
