//! Every fault of a request, and what the client is told of it.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use encke_protocol::engine::Refusal;
use serde::Serialize;

use crate::measure;

/// Why a request is not served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The protocol says so.
    Refused(Refusal),
    /// The body is larger than `max_payload`.
    TooLarge,
    /// The body did not come within `upload_timeout`.
    UploadTimeout,
    /// The request's head is larger than what a session keeps.
    HeadTooLarge,
    /// `max_sessions` are open.
    TooManySessions,
    /// The server is closing.
    Closing,
    /// No file of the client has this name.
    UnknownFile,
    /// A file is read, and nothing else.
    MethodNotAllowed,
    /// The client refuses every coding that there is of a file.
    NotAcceptable,
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl Fault {
    /// The one place where a fault becomes a status, a body, a count and a line in the log.
    pub(crate) fn response(self) -> HttpResponse {
        #[derive(Serialize)]
        struct Body {
            code: u16,
            message: &'static str,
        }
        let bad_request = Refusal::BadRequest.code();
        let (status, code, message) = match self {
            Self::Refused(refusal) => {
                let status = match refusal {
                    Refusal::Forbidden => StatusCode::FORBIDDEN,
                    Refusal::Conflict => StatusCode::CONFLICT,
                    Refusal::TransportUnknown
                    | Refusal::UnknownSid
                    | Refusal::BadHandshakeMethod
                    | Refusal::BadRequest
                    | Refusal::UnsupportedVersion
                    | Refusal::BrokenPeer => StatusCode::BAD_REQUEST,
                };
                (status, refusal.code(), refusal.message())
            }
            Self::TooLarge => (
                StatusCode::PAYLOAD_TOO_LARGE,
                bad_request,
                "Payload too large",
            ),
            Self::UploadTimeout => (StatusCode::REQUEST_TIMEOUT, bad_request, "Upload timeout"),
            Self::HeadTooLarge => (
                StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                bad_request,
                "Request head too large",
            ),
            Self::TooManySessions => (
                StatusCode::SERVICE_UNAVAILABLE,
                Refusal::Forbidden.code(),
                "Too many sessions",
            ),
            Self::Closing => (
                StatusCode::SERVICE_UNAVAILABLE,
                Refusal::Forbidden.code(),
                "Server is closing",
            ),
            Self::UnknownFile => (StatusCode::NOT_FOUND, bad_request, "Unknown file"),
            Self::MethodNotAllowed => (
                StatusCode::METHOD_NOT_ALLOWED,
                bad_request,
                "Method not allowed",
            ),
            Self::NotAcceptable => (StatusCode::NOT_ACCEPTABLE, bad_request, "Not acceptable"),
        };
        measure::rejected(message);
        tracing::debug!(status = status.as_u16(), message, "request refused");
        HttpResponse::build(status).json(Body { code, message })
    }
}
