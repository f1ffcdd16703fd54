//! An answer that does not come from the server.

use bytes::Bytes;

/// An HTTP answer that the proxy gives of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The status.
    pub status: u16,
    /// The content type.
    pub content_type: String,
    /// The body.
    pub body: Bytes,
}

impl Page {
    /// A page with this status, content type and body.
    pub fn new(status: u16, content_type: impl Into<String>, body: impl Into<Bytes>) -> Self {
        Self {
            status,
            content_type: content_type.into(),
            body: body.into(),
        }
    }

    /// 502 with an HTML page, as a load balancer answers whose server is away.
    pub fn bad_gateway() -> Self {
        let body = "<html><head><title>502 Bad Gateway</title></head>\
            <body><h1>502 Bad Gateway</h1></body></html>\n";
        Self::new(502, "text/html", body)
    }

    /// 200 with an HTML page that has nothing to do with what was asked, as a captive portal gives.
    pub fn portal() -> Self {
        let body = "<!DOCTYPE html><html><head><title>Welcome</title></head>\
            <body><form action=\"/login\"><button>Accept the terms of use</button></form></body></html>\n";
        Self::new(200, "text/html; charset=utf-8", body)
    }

    /// What goes over the wire. The answer to a HEAD has no body.
    pub(super) fn encode(&self, is_to_head: bool) -> Vec<u8> {
        let mut wire = format!(
            "HTTP/1.1 {} {}\r\nContent-Type: {}\r\nContent-Length: {}\r\n\r\n",
            self.status,
            reason(self.status),
            self.content_type,
            self.body.len(),
        )
        .into_bytes();
        if !is_to_head {
            wire.extend_from_slice(&self.body);
        }
        wire
    }
}

/// Nothing depends on it, and people who look at the bytes expect it.
fn reason(status: u16) -> &'static str {
    actix_web::http::StatusCode::from_u16(status)
        .ok()
        .and_then(|status| status.canonical_reason())
        .unwrap_or("Unknown")
}
