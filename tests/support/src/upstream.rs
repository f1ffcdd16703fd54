//! Both ends of a connection, for tests of what stands between them.

use std::io::ErrorKind;
use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::deadline::within;

/// A server that does nothing by itself: a test says what it reads and writes.
#[derive(Debug)]
pub struct Upstream {
    listener: TcpListener,
}

/// One end of a TCP connection, read and written as bytes.
#[derive(Debug)]
pub struct Line {
    stream: TcpStream,
}

/// How the other side ended a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// By FIN.
    Fin,
    /// By RST.
    Rst,
}

impl Upstream {
    /// Listens on a free port of 127.0.0.1.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await;
        Self {
            listener: listener.expect("a port is free"),
        }
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.listener.local_addr().expect("it listens")
    }

    /// The next connection.
    pub async fn accept(&self) -> Line {
        within("a connection", self.accept_whenever()).await
    }

    /// The next connection, for as long as it takes by a clock that has been stopped.
    pub async fn accept_whenever(&self) -> Line {
        let accepted = self.listener.accept().await;
        Line::new(accepted.expect("a connection").0)
    }
}

impl Line {
    /// Connects.
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = within("a connection", TcpStream::connect(address)).await;
        Self::new(stream.expect("somebody listens"))
    }

    fn new(stream: TcpStream) -> Self {
        // Pieces are to arrive as they were written.
        stream.set_nodelay(true).expect("the socket takes options");
        Self { stream }
    }

    /// Writes all of it. The other side must not have reset the connection.
    pub async fn write(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_write(bytes).await.expect("the connection is open");
    }

    /// Writes all of it, or as much as the other side takes.
    ///
    /// # Errors
    ///
    /// If the other side has reset the connection.
    pub async fn try_write(&mut self, bytes: impl AsRef<[u8]>) -> std::io::Result<()> {
        within("room to write", self.stream.write_all(bytes.as_ref())).await
    }

    /// Writes all of it without waiting, for tests that have stopped the clock.
    pub fn write_now(&mut self, bytes: impl AsRef<[u8]>) {
        let written = self.stream.try_write(bytes.as_ref());
        assert_eq!(written.expect("there is room"), bytes.as_ref().len());
    }

    /// Waits for exactly these bytes, for as long as it takes by a clock that has been stopped.
    pub async fn wait(&mut self, bytes: impl AsRef<[u8]>) {
        let mut found = vec![0; bytes.as_ref().len()];
        let read = self.stream.read_exact(&mut found).await;
        read.expect("the connection is open");
        assert_eq!(found, bytes.as_ref());
    }

    /// Sends a FIN; the other side may go on.
    pub async fn finish(&mut self) {
        self.stream
            .shutdown()
            .await
            .expect("the connection is open");
    }

    /// Ends the connection by RST.
    pub fn reset(self) {
        let set = self.stream.set_zero_linger();
        set.expect("the socket takes options");
    }

    /// Fails unless exactly these bytes come next.
    pub async fn expect(&mut self, bytes: impl AsRef<[u8]>) {
        let expected = bytes.as_ref();
        let mut found = vec![0; expected.len()];
        let what = String::from_utf8_lossy(expected);
        let read = within(&what, self.stream.read_exact(&mut found)).await;
        read.expect("the connection is open");
        assert_eq!(
            String::from_utf8_lossy(&found),
            String::from_utf8_lossy(expected)
        );
    }

    /// Adds as many bytes to `taken`, and says whether they came before the connection ended.
    pub async fn take(&mut self, count: usize, taken: &mut Vec<u8>) -> bool {
        let mut limited = (&mut self.stream).take(count as u64);
        let read = within("bytes", limited.read_to_end(taken)).await;
        read.is_ok_and(|read| read == count)
    }

    /// Everything that comes until the end, and how that is.
    pub async fn rest(&mut self) -> (Vec<u8>, End) {
        let mut bytes = Vec::new();
        let end = within(
            "the end of the connection",
            self.stream.read_to_end(&mut bytes),
        );
        let end = match end.await {
            Ok(_) => End::Fin,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => End::Rst,
            Err(error) => panic!("{error}"),
        };
        (bytes, end)
    }

    /// Fails if something has come that was not read, or the end. What is under way is not seen, so
    /// this belongs behind an event that came later.
    pub fn assert_silent(&self) {
        let mut byte = [0];
        let read = self.stream.try_read(&mut byte);
        let is_silent = read
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::WouldBlock);
        assert!(is_silent, "{read:?}, {byte:?}");
    }
}
