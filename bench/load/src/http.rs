//! The requests of a browser, and the answers to them.

use std::{borrow::Cow, fmt::Write as _};

use crate::error::Error;

/// What Chrome sends with every request; a server keeps more or less of it for
/// as long as the connection lives, so an idle session would look cheaper without.
const BROWSER: &str = "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 \
(KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36\r\n\
Accept-Encoding: gzip, deflate, br, zstd\r\n\
Accept-Language: en-GB,en;q=0.9,en-US;q=0.8\r\n\
Cookie: theme=dark; visitor=5d41402abc4b2a76b9719d911017c592\r\n";

/// The key and its answer are the example of RFC 6455, section 1.3: a fixed pair
/// lets the answer be checked without a hash function.
const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";
const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

const MAX_HEADERS: usize = 48;

/// One whole answer at the start of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    /// With the chunks of a chunked body joined.
    pub(crate) body: Cow<'a, [u8]>,
    /// Length with the head: where the next answer begins.
    pub(crate) len: usize,
}

/// A GET that asks for a WebSocket, whose session `resumes` or ends with it.
pub(crate) fn upgrade(host: &str, path: &str, resumes: bool) -> String {
    let resume = if resumes { "&encke=1" } else { "" };
    format!(
        "GET {path}?EIO=4&transport=websocket{resume} HTTP/1.1\r\nHost: {host}\r\n\
         Connection: Upgrade\r\nPragma: no-cache\r\nCache-Control: no-cache\r\n{BROWSER}\
         Upgrade: websocket\r\nOrigin: http://{host}\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {KEY}\r\n\
         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
    )
}

/// A polling GET; without `sid` it is the handshake.
pub(crate) fn get(host: &str, path: &str, sid: Option<&str>) -> String {
    let mut request = request_line("GET", path, sid);
    // Writing to a `String` can not fail.
    let _ = write!(
        request,
        "Host: {host}\r\nConnection: keep-alive\r\nAccept: */*\r\n{BROWSER}\
         Referer: http://{host}/\r\nSec-Fetch-Site: same-origin\r\n\
         Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n\r\n"
    );
    request
}

/// A polling POST without its body, which is `length` bytes.
pub(crate) fn post(host: &str, path: &str, sid: &str, length: usize) -> String {
    let mut request = request_line("POST", path, Some(sid));
    let _ = write!(
        request,
        "Host: {host}\r\nConnection: keep-alive\r\nContent-Length: {length}\r\n\
         Content-type: text/plain;charset=UTF-8\r\nAccept: */*\r\n{BROWSER}\
         Origin: http://{host}\r\nReferer: http://{host}/\r\nSec-Fetch-Site: same-origin\r\n\
         Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\n\r\n"
    );
    request
}

fn request_line(method: &str, path: &str, sid: Option<&str>) -> String {
    let mut line = format!("{method} {path}?EIO=4&transport=polling&t=0aaaa1bb");
    if let Some(sid) = sid {
        line.push_str("&sid=");
        line.push_str(sid);
    }
    line.push_str(" HTTP/1.1\r\n");
    line
}

/// The answer that `bytes` begins with, or `None` if it has not all arrived.
///
/// # Errors
///
/// For an answer that is not HTTP/1.1, and for a 101 that accepts another key
/// or an extension.
pub(crate) fn parse(bytes: &[u8]) -> Result<Option<Response<'_>>, Error> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut head = httparse::Response::new(&mut headers);
    let head_len = match head.parse(bytes) {
        Ok(httparse::Status::Complete(len)) => len,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(error) => {
            return Err(Error::Server(format!(
                "an answer that is not HTTP: {error}"
            )));
        }
    };
    let status = head.code.unwrap_or_default();
    let rest = bytes.get(head_len..).unwrap_or_default();
    if status == 101 {
        check_upgrade(head.headers)?;
        return Ok(Some(Response {
            status,
            body: Cow::Borrowed(&[]),
            len: head_len,
        }));
    }
    if let Some(length) = header(head.headers, "content-length") {
        let length: usize = std::str::from_utf8(length)
            .ok()
            .and_then(|length| length.trim().parse().ok())
            .ok_or_else(|| Error::Server("a content-length that is not a number".into()))?;
        return Ok(rest.get(..length).map(|body| Response {
            status,
            body: Cow::Borrowed(body),
            len: head_len + length,
        }));
    }
    if header(head.headers, "transfer-encoding").is_none() {
        return Err(Error::Server(format!(
            "a {status} answer of no stated length"
        )));
    }
    Ok(join_chunks(rest)?.map(|(body, length)| Response {
        status,
        body: Cow::Owned(body),
        len: head_len + length,
    }))
}

fn check_upgrade(headers: &[httparse::Header<'_>]) -> Result<(), Error> {
    if header(headers, "sec-websocket-accept") != Some(ACCEPT.as_bytes()) {
        return Err(Error::Server("a 101 that accepts another key".into()));
    }
    if header(headers, "sec-websocket-extensions").is_some() {
        return Err(Error::Server(
            "a WebSocket extension, which this client has not".into(),
        ));
    }
    Ok(())
}

fn header<'a>(headers: &[httparse::Header<'a>], name: &str) -> Option<&'a [u8]> {
    let found = headers.iter().find(|h| h.name.eq_ignore_ascii_case(name))?;
    Some(found.value)
}

/// The body of a chunked answer and its length on the wire, once its last chunk is there.
fn join_chunks(mut rest: &[u8]) -> Result<Option<(Vec<u8>, usize)>, Error> {
    let whole = rest.len();
    let mut body = Vec::new();
    loop {
        let (size_len, size) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete(found)) => found,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(Error::Server("a chunk size that is not a number".into())),
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        let Some(chunk) = rest.get(size_len..size_len.saturating_add(size)) else {
            return Ok(None);
        };
        // A chunk is followed by an empty line, and so, with no trailers, is the last.
        let Some(after) = rest.get(size_len + size + 2..) else {
            return Ok(None);
        };
        rest = after;
        body.extend_from_slice(chunk);
        if size == 0 {
            return Ok(Some((body, whole - rest.len())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{ACCEPT, Response, parse};

    fn whole_only_at_the_end(bytes: &[u8], status: u16, body: &[u8]) {
        for cut in 0..bytes.len() {
            assert_eq!(parse(&bytes[..cut]).unwrap(), None, "cut at {cut}");
        }
        let expected = Response {
            status,
            body: body.into(),
            len: bytes.len(),
        };
        assert_eq!(parse(&[bytes, b"HTTP"].concat()).unwrap(), Some(expected));
    }

    #[test]
    fn a_sized_answer() {
        whole_only_at_the_end(
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok",
            200,
            b"ok",
        );
    }

    #[test]
    fn a_chunked_answer() {
        whole_only_at_the_end(
            b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
            400,
            b"abc",
        );
    }

    #[test]
    fn a_switch_of_protocols() {
        let good = format!("HTTP/1.1 101 S\r\nSec-WebSocket-Accept: {ACCEPT}\r\n\r\n");
        whole_only_at_the_end(good.as_bytes(), 101, b"");
        assert!(parse(b"HTTP/1.1 101 S\r\nSec-WebSocket-Accept: x\r\n\r\n").is_err());
        let extended = good.replace("\r\n\r\n", "\r\nSec-WebSocket-Extensions: x\r\n\r\n");
        assert!(parse(extended.as_bytes()).is_err());
    }
}
