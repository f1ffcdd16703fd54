//! The head of a request or of an answer, as far as its message's end depends on it.

use httparse::{EMPTY_HEADER, Header, Status};

use super::body::Body;

/// A longer head is not looked at, and what comes is passed on as it is.
const LONGEST: usize = 64 * 1024;
/// More headers likewise.
const MOST_HEADERS: usize = 100;

/// What the first bytes of a message are.
#[derive(Debug)]
pub(super) enum Head<T> {
    /// Not all of a head yet.
    Partial,
    /// A head.
    Whole(T),
    /// No head of HTTP/1.
    Foreign,
}

/// A request's head.
#[derive(Debug)]
pub(super) struct RequestHead {
    /// Its length.
    pub(super) bytes: usize,
    pub(super) method: String,
    pub(super) target: String,
    /// Whether it asks for another protocol.
    pub(super) is_upgrade: bool,
    pub(super) body: Body,
}

/// An answer's head.
#[derive(Debug)]
pub(super) struct AnswerHead {
    /// Its length.
    pub(super) bytes: usize,
    pub(super) status: u16,
    pub(super) body: Body,
}

impl Head<RequestHead> {
    pub(super) fn of_request(bytes: &[u8]) -> Self {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let parsed = request.parse(bytes);
        whole(bytes, parsed, |length| RequestHead {
            bytes: length,
            method: request.method.unwrap_or_default().to_owned(),
            target: request.path.unwrap_or_default().to_owned(),
            is_upgrade: request
                .headers
                .iter()
                .any(|header| named(header, "upgrade")),
            body: body(request.headers).unwrap_or(Body::NONE),
        })
    }
}

impl Head<AnswerHead> {
    /// The head of an answer to a HEAD, or to anything else.
    pub(super) fn of_answer(bytes: &[u8], is_to_head: bool) -> Self {
        let mut headers = [EMPTY_HEADER; MOST_HEADERS];
        let mut answer = httparse::Response::new(&mut headers);
        let parsed = answer.parse(bytes);
        whole(bytes, parsed, |length| {
            let status = answer.code.unwrap_or_default();
            let has_none = is_to_head || matches!(status, 100..200 | 204 | 304);
            let body = if has_none {
                Body::NONE
            } else {
                body(answer.headers).unwrap_or(Body::Endless)
            };
            AnswerHead {
                bytes: length,
                status,
                body,
            }
        })
    }
}

fn whole<T>(
    bytes: &[u8],
    parsed: httparse::Result<usize>,
    head: impl FnOnce(usize) -> T,
) -> Head<T> {
    match parsed {
        Ok(Status::Complete(length)) => Head::Whole(head(length)),
        Ok(Status::Partial) if bytes.len() < LONGEST => Head::Partial,
        Ok(Status::Partial) | Err(_) => Head::Foreign,
    }
}

/// The body that the headers announce. Spec: RFC 9112, 6.3.
fn body(headers: &[Header<'_>]) -> Option<Body> {
    let value = |name| headers.iter().find(|header| named(header, name));
    if let Some(coding) = value("transfer-encoding") {
        let last = coding.value.rsplit(|byte| *byte == b',').next();
        let is_chunked =
            last.is_some_and(|last| last.trim_ascii().eq_ignore_ascii_case(b"chunked"));
        return Some(if is_chunked {
            Body::CHUNKED
        } else {
            Body::Endless
        });
    }
    let length = value("content-length")?;
    let digits = std::str::from_utf8(length.value).ok();
    let length = digits.and_then(|digits| digits.trim().parse().ok());
    Some(length.map_or(Body::Endless, Body::Sized))
}

fn named(header: &Header<'_>, name: &str) -> bool {
    header.name.eq_ignore_ascii_case(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(head: &str, is_to_head: bool) -> Body {
        match Head::of_answer(head.as_bytes(), is_to_head) {
            Head::Whole(head) => head.body,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_answer_ends_as_its_status_and_headers_say() {
        let sized = "HTTP/1.1 200 OK\r\ncontent-LENGTH: 12\r\n\r\n";
        assert_eq!(answer(sized, false), Body::Sized(12));
        assert_eq!(answer(sized, true), Body::NONE);
        let chunked =
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\nContent-Length: 1\r\n\r\n";
        assert_eq!(answer(chunked, false), Body::CHUNKED);
        assert_eq!(answer("HTTP/1.0 200 OK\r\n\r\n", false), Body::Endless);
        let none = "HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n";
        assert_eq!(answer(none, false), Body::NONE);
        let bad = "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n";
        assert_eq!(answer(bad, false), Body::Endless);
    }

    #[test]
    fn a_request_is_whole_at_its_last_byte_and_has_no_body_unless_it_says_so() {
        let request = b"GET /a?b=c HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n\r\n";
        for cut in 0..request.len() {
            assert!(matches!(Head::of_request(&request[..cut]), Head::Partial));
        }
        let Head::Whole(head) = Head::of_request(request) else {
            panic!("it is whole");
        };
        assert_eq!(
            (head.method.as_str(), head.target.as_str()),
            ("GET", "/a?b=c")
        );
        assert_eq!((head.bytes, head.is_upgrade), (request.len(), true));
        assert_eq!(head.body, Body::NONE);
    }

    #[test]
    fn what_is_not_http_is_foreign() {
        assert!(matches!(Head::of_request(b"\x16\x03\x01"), Head::Foreign));
        let long = [b"GET /".to_vec(), vec![b'x'; LONGEST]].concat();
        assert!(matches!(Head::of_request(&long), Head::Foreign));
    }
}
