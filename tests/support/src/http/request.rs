//! A request, well-formed or not.

use std::fmt::Write;

/// A request under construction; [`encode`](Self::encode) gives its bytes.
#[derive(Debug, Clone)]
pub struct Request {
    method: String,
    target: String,
    version: &'static str,
    headers: Vec<(String, String)>,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    None,
    Sized { declared: usize, bytes: Vec<u8> },
    Chunked(Vec<Vec<u8>>),
}

impl Request {
    /// A request without a body.
    #[must_use]
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            version: "HTTP/1.1",
            headers: Vec::new(),
            body: Body::None,
        }
    }

    /// A GET.
    #[must_use]
    pub fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A POST of `body`, with its length declared and the content type that browsers' clients send.
    #[must_use]
    pub fn post(target: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", target).text().body(body)
    }

    /// A POST whose body travels in these chunks.
    #[must_use]
    pub fn post_chunked(target: &str, chunks: impl IntoIterator<Item = Vec<u8>>) -> Self {
        let mut request = Self::new("POST", target).text();
        request.body = Body::Chunked(chunks.into_iter().collect());
        request
    }

    /// A POST that declares a body of `declared` bytes and then sends only `bytes`.
    #[must_use]
    pub fn post_cut(target: &str, declared: usize, bytes: impl Into<Vec<u8>>) -> Self {
        let mut request = Self::new("POST", target).text();
        request.body = Body::Sized {
            declared,
            bytes: bytes.into(),
        };
        request
    }

    /// The same request with one more header line.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same request with this body, its length declared.
    #[must_use]
    pub fn body(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        self.body = Body::Sized {
            declared: bytes.len(),
            bytes,
        };
        self
    }

    /// The same request as HTTP/1.0.
    #[must_use]
    pub fn http_1_0(mut self) -> Self {
        self.version = "HTTP/1.0";
        self
    }

    /// What goes over the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut head = format!(
            "{} {} {}\r\nHost: {}\r\n",
            self.method,
            self.target,
            self.version,
            crate::conformance(),
        );
        let mut line = |name: &str, value: &dyn std::fmt::Display| {
            write!(head, "{name}: {value}\r\n").expect("a String takes every write");
        };
        for (name, value) in &self.headers {
            line(name, value);
        }
        match &self.body {
            Body::None => {}
            Body::Sized { declared, .. } => line("Content-Length", declared),
            Body::Chunked(_) => line("Transfer-Encoding", &"chunked"),
        }
        let mut wire = head.into_bytes();
        wire.extend_from_slice(b"\r\n");
        match &self.body {
            Body::None => {}
            Body::Sized { bytes, .. } => wire.extend_from_slice(bytes),
            Body::Chunked(chunks) => {
                for chunk in chunks {
                    wire.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
                    wire.extend_from_slice(chunk);
                    wire.extend_from_slice(b"\r\n");
                }
                wire.extend_from_slice(b"0\r\n\r\n");
            }
        }
        wire
    }

    pub(crate) fn is_head(&self) -> bool {
        self.method == "HEAD"
    }

    fn text(self) -> Self {
        self.header("Content-Type", "text/plain;charset=UTF-8")
    }
}
