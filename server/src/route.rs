//! From a request to a transport.

use std::sync::Arc;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::Method;
use actix_web::http::header::{ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use encke_protocol::Sid;
use encke_protocol::engine::{Claim, Mode, Refusal};

use crate::adapter::Location;
use crate::arrival::{Arrival, is_upgrade};
use crate::directory::Directory;
use crate::fault::Fault;
use crate::gauge::Gauge;
use crate::handshake::{Handshake, Transport};
use crate::hub::Hub;
use crate::origin::{Origins, Verdict};
use crate::proxy::Resolved;
use crate::registry::Place;
use crate::shard::Shard;
use crate::transport::{polling, websocket};

/// Serves one request on Encke's path.
pub(crate) async fn serve(
    directory: Arc<Directory>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    let hub = Arc::clone(directory.hub());
    let origins = &hub.options.origins;
    let resolved = hub.options.trusted_proxies.resolve(&request);
    let verdict = origins.verdict(request.headers(), &resolved);
    let cors: Vec<_> = origins.headers(&verdict).collect();
    let mut response = if is_preflight(&request) {
        let mut response = HttpResponse::NoContent().finish();
        for (name, value) in Origins::preflight(&verdict, request.headers()) {
            response.headers_mut().append(name, value);
        }
        response
    } else {
        answer(&directory, request, body, &resolved, &verdict)
            .await
            .unwrap_or_else(Fault::response)
    };
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for (name, value) in cors {
        headers.append(name, value);
    }
    response
}

fn is_preflight(request: &HttpRequest) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

/// The checks, in the order that clients rely on: origin, transport, sid, method, version.
async fn answer(
    directory: &Arc<Directory>,
    request: HttpRequest,
    body: web::Payload,
    resolved: &Resolved,
    verdict: &Verdict,
) -> Result<HttpResponse, Fault> {
    let options = &directory.hub().options;
    if !verdict.is_allowed() {
        return Err(Refusal::Forbidden.into());
    }
    let query = Query::parse(request.query_string());
    let transport = query
        .transport
        .as_deref()
        .and_then(Transport::from_name)
        .filter(|transport| options.transports.contains(transport))
        .ok_or(Refusal::TransportUnknown)?;
    if let Some(sid) = query.sid.as_ref().filter(|sid| !sid.is_empty()) {
        let arrival = Arrival {
            request,
            transport,
            claim: query.claim,
        };
        return match find(directory.hub(), sid).await {
            Ok(place) => {
                arrival
                    .join(directory.hub(), body, place, resolved, verdict)
                    .await
            }
            Err(Fault::Refused(refusal)) => arrival.refuse(directory.hub(), body, refusal),
            Err(fault) => Err(fault),
        };
    }
    if request.method() != Method::GET {
        return Err(Refusal::BadHandshakeMethod.into());
    }
    if query.version.as_deref() != Some("4") {
        return Err(Refusal::UnsupportedVersion.into());
    }
    if transport == Transport::WebSocket && !is_upgrade(&request) {
        return Err(Refusal::BadRequest.into());
    }
    let handshake =
        Handshake::new(&request, transport, resolved, verdict).map_err(|_| Fault::HeadTooLarge)?;
    let allowed = match &options.allow_request {
        Some(allow) => allow(handshake.clone()).await,
        None => true,
    };
    if !allowed {
        return Err(Refusal::Forbidden.into());
    }
    let mode = match query.extension.as_deref() {
        Some("1") => Mode::Resume,
        _ => Mode::Plain,
    };
    open(directory, &request, body, transport, handshake, mode)
}

/// The parameters of the protocol; where one is repeated, its first value.
#[derive(Default)]
struct Query {
    version: Option<String>,
    transport: Option<String>,
    sid: Option<String>,
    extension: Option<String>,
    claim: Claim,
}

impl Query {
    fn parse(query: &str) -> Self {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "EIO" => &mut parsed.version,
                "transport" => &mut parsed.transport,
                "sid" => &mut parsed.sid,
                "encke" => &mut parsed.extension,
                _ => {
                    parsed.claim.note(&name, &value);
                    continue;
                }
            };
            field.get_or_insert_with(|| value.into_owned());
        }
        parsed
    }
}

/// Where the session is that a request names.
async fn find(hub: &Arc<Hub>, sid: &str) -> Result<Place, Fault> {
    let sid: Sid = sid.parse().map_err(|_| Refusal::UnknownSid)?;
    if let Some(place) = hub.registry.find(&sid) {
        return Ok(place);
    }
    // No request is passed on to another node yet, so being there is as good as being nowhere; it
    // may have come here while the adapter looked.
    match hub.adapter.locate(sid).await {
        Location::Here => hub.registry.find(&sid).ok_or(Refusal::UnknownSid.into()),
        Location::Node(_) | Location::Unknown => Err(Refusal::UnknownSid.into()),
    }
}

/// A handshake.
fn open(
    directory: &Arc<Directory>,
    request: &HttpRequest,
    body: web::Payload,
    transport: Transport,
    handshake: Handshake,
    mode: Mode,
) -> Result<HttpResponse, Fault> {
    let hub = directory.hub();
    if hub.is_closing() {
        return Err(Fault::Closing);
    }
    let max_payload = hub.options.session.limits.max_payload;
    let accepted = match transport {
        Transport::WebSocket => Some(websocket::accept(request, body, max_payload)?),
        Transport::Polling => None,
    };
    if !hub.registry.take_place() {
        return Err(Fault::TooManySessions);
    }
    let shard = Shard::here(directory);
    let gauge = Arc::new(Gauge::new(hub.options.max_buffer));
    let Some(accepted) = accepted else {
        let is_secure = handshake.is_secure();
        let opened = shard.open(handshake, mode, None, gauge);
        let mut response = polling::open(&opened.open);
        if let Some(name) = &hub.options.cookie {
            let cookie = Cookie::build(name, opened.sid.to_string())
                .path("/")
                .http_only(true)
                .same_site(SameSite::Lax)
                .secure(is_secure)
                .finish();
            // The builder has checked the name.
            let _ = response.add_cookie(&cookie);
        }
        return Ok(response);
    };
    Ok(websocket::open(accepted, &shard, handshake, mode, gauge))
}
