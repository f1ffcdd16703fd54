//! A response, read strictly.

use std::io::{Error, ErrorKind, Result};

use serde_json::Value;
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncReadExt};

/// A complete response.
#[derive(Debug, Clone)]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    /// The body, chunks put together.
    pub body: Vec<u8>,
}

impl Response {
    /// Reads one final response; interim ones (100) are passed over. One to a HEAD has no body,
    /// whatever length it states.
    ///
    /// # Errors
    ///
    /// If the connection ends before the response does, or what comes is not HTTP.
    pub(crate) async fn read(
        from: &mut (impl AsyncBufRead + Unpin),
        is_to_head: bool,
    ) -> Result<Self> {
        loop {
            let mut response = Self::read_head(from).await?;
            if response.status == 100 {
                continue;
            }
            if !is_to_head {
                response.body = response.read_body(from).await?;
            }
            return Ok(response);
        }
    }

    /// The value of the header `name`, in any case; several of that name are a failure, since no
    /// answer of the server under test has reason to repeat one.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers(name);
        let value = values.next();
        assert!(values.next().is_none(), "{name} is repeated: {self:?}");
        value
    }

    /// The values of all headers `name`, in any case.
    pub fn headers(&self, name: &str) -> impl Iterator<Item = &str> {
        self.headers
            .iter()
            .filter(move |(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The body as text.
    #[must_use]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap_or_else(|_| panic!("body is not UTF-8: {self:?}"))
    }

    /// The body as JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("body is not JSON ({error}): {self:?}"))
    }

    /// Fails unless this is the error answer with `code`: status, content type and both JSON keys.
    pub fn assert_error(&self, code: u64) {
        let message = match code {
            0 => "Transport unknown",
            1 => "Session ID unknown",
            2 => "Bad handshake method",
            3 => "Bad request",
            4 => "Forbidden",
            5 => "Unsupported protocol version",
            _ => panic!("Engine.IO has no error code {code}"),
        };
        let status = if code == 4 { 403 } else { 400 };
        assert_eq!(self.status, status, "{self:?}");
        let media_type = self.header("content-type").unwrap_or_default();
        assert!(media_type.starts_with("application/json"), "{self:?}");
        let expected = serde_json::json!({ "code": code, "message": message });
        assert_eq!(self.json(), expected, "{self:?}");
    }

    /// Whether this is the error answer with `code`.
    #[must_use]
    pub fn is_error(&self, code: u64) -> bool {
        let found = || serde_json::from_slice::<Value>(&self.body).ok();
        self.status == 400 && found().is_some_and(|error| error["code"] == code)
    }

    /// Whether the server ends the connection after this response.
    pub(crate) fn closes(&self) -> bool {
        self.header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"))
    }

    pub(super) async fn read_head(from: &mut (impl AsyncBufRead + Unpin)) -> Result<Self> {
        let status_line = read_line(from).await?;
        let mut words = status_line.splitn(3, ' ');
        let version = words.next().unwrap_or_default();
        let status = words.next().and_then(|word| word.parse().ok());
        let status = status
            .filter(|_| version.starts_with("HTTP/1."))
            .ok_or_else(|| invalid(&format!("status line {status_line:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = read_line(from).await?;
            if line.is_empty() {
                break;
            }
            let (name, value) = line
                .split_once(':')
                .ok_or_else(|| invalid(&format!("header line {line:?}")))?;
            headers.push((name.to_owned(), value.trim().to_owned()));
        }
        Ok(Self {
            status,
            headers,
            body: Vec::new(),
        })
    }

    async fn read_body(&self, from: &mut (impl AsyncBufRead + Unpin)) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        if matches!(self.status, 101 | 204 | 304) {
            return Ok(body);
        }
        if let Some(coding) = self.header("transfer-encoding") {
            if !coding.eq_ignore_ascii_case("chunked") {
                return Err(invalid(&format!("transfer coding {coding:?}")));
            }
            read_chunks(from, &mut body).await?;
        } else if let Some(length) = self.header("content-length") {
            let length = length
                .parse()
                .map_err(|_| invalid(&format!("content length {length:?}")))?;
            body.resize(length, 0);
            from.read_exact(&mut body).await?;
        } else {
            from.read_to_end(&mut body).await?;
        }
        Ok(body)
    }
}

async fn read_chunks(from: &mut (impl AsyncBufRead + Unpin), body: &mut Vec<u8>) -> Result<()> {
    loop {
        let line = read_line(from).await?;
        let size = usize::from_str_radix(&line, 16)
            .map_err(|_| invalid(&format!("chunk size {line:?}")))?;
        let start = body.len();
        body.resize(start + size, 0);
        from.read_exact(&mut body[start..]).await?;
        let end = read_line(from).await?;
        if !end.is_empty() {
            return Err(invalid(&format!("chunk of {size} bytes ends in {end:?}")));
        }
        if size == 0 {
            return Ok(());
        }
    }
}

pub(super) async fn read_line(from: &mut (impl AsyncBufRead + Unpin)) -> Result<String> {
    let mut line = String::new();
    from.read_line(&mut line).await?;
    match line.strip_suffix("\r\n") {
        Some(line) => Ok(line.to_owned()),
        None if line.is_empty() => Err(ErrorKind::UnexpectedEof.into()),
        None => Err(invalid(&format!("line ending of {line:?}"))),
    }
}

pub(super) fn invalid(what: &str) -> Error {
    Error::new(ErrorKind::InvalidData, format!("not HTTP: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(mut wire: &[u8]) -> Result<Response> {
        Response::read(&mut wire, false).await
    }

    #[tokio::test]
    async fn body_ends_where_its_framing_says() {
        let chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\
            2\r\nab\r\nA\r\n0123456789\r\n0\r\n\r\nHTTP/1.1";
        assert_eq!(read(chunked).await.unwrap().text(), "ab0123456789");
        let sized = b"HTTP/1.1 200 OK\r\ncontent-length:3\r\n\r\nabcdef";
        assert_eq!(read(sized).await.unwrap().text(), "abc");
        let rest = b"HTTP/1.0 200 OK\r\n\r\nabcdef";
        assert_eq!(read(rest).await.unwrap().text(), "abcdef");
    }

    #[tokio::test]
    async fn response_to_head_has_no_body() {
        let mut wire = &b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nHTTP/1.1"[..];
        let response = Response::read(&mut wire, true).await.unwrap();
        assert_eq!((response.text(), wire), ("", &b"HTTP/1.1"[..]));
    }

    #[tokio::test]
    async fn interim_responses_are_passed_over() {
        let wire = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(read(wire).await.unwrap().status, 204);
    }

    #[tokio::test]
    async fn broken_responses_are_errors() {
        for wire in [
            &b""[..],
            b"HTTP/1.1 200",
            b"HTTP/1.1 abc\r\n\r\n",
            b"HTTP/1.1 200 OK\n\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab\r\n0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n",
        ] {
            assert!(read(wire).await.is_err(), "{wire:?}");
        }
    }
}
