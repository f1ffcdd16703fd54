//! From a request to a transport.

use std::sync::Arc;

use actix_web::body::{BodySize, MessageBody as _};
use actix_web::http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{ConnectionType, Method, Version};
use actix_web::{HttpRequest, HttpResponse, web};
use encke_protocol::Sid;
use encke_protocol::engine::{Mode, Refusal};

use crate::adapter::Location;
use crate::arrival::{Arrival, is_upgrade};
use crate::directory::Directory;
use crate::fault::Fault;
use crate::handshake::{Handshake, Transport};
use crate::hub::Hub;
use crate::opening::Opening;
use crate::origin::{Origins, Verdict};
use crate::proxy::Resolved;
use crate::query::Query;
use crate::registry::Place;

/// Serves one request on Encke's path.
pub(crate) async fn serve(
    directory: Arc<Directory>,
    request: HttpRequest,
    body: web::Payload,
) -> HttpResponse {
    let hub = Arc::clone(directory.hub());
    let origins = &hub.options.origins;
    let resolved = hub.options.trusted_proxies.resolve(&request);
    let version = request.version();
    let query = Query::parse(request.query_string());
    let verdict = query.verdict(&request, origins, &resolved);
    let cors: Vec<_> = origins.headers(&verdict).collect();
    let mut response = if is_preflight(&request) {
        let mut response = HttpResponse::NoContent().finish();
        for (name, value) in Origins::preflight(&verdict, request.headers()) {
            response.headers_mut().append(name, value);
        }
        response
    } else {
        answer(&directory, request, body, query, &resolved, &verdict)
            .await
            .unwrap_or_else(Fault::response)
    };
    if version < Version::HTTP_11 && response.body().size() == BodySize::Stream {
        // actix would send chunks, which came with 1.1: such a body ends with its connection.
        let head = response.head_mut();
        head.no_chunking(true);
        head.set_connection_type(ConnectionType::Close);
    }
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
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
    query: Query,
    resolved: &Resolved,
    verdict: &Verdict,
) -> Result<HttpResponse, Fault> {
    let options = &directory.hub().options;
    if !verdict.is_allowed() {
        return Err(Refusal::Forbidden.into());
    }
    let transport = query
        .transport()
        .filter(|transport| options.transports.contains(transport))
        .ok_or(Refusal::TransportUnknown)?;
    if let Some(sid) = query.sid.as_ref().filter(|sid| !sid.is_empty()) {
        let arrival = Arrival {
            request,
            transport,
            claim: query.claim,
            wish: query.wish,
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
    let mode = match query.extension.as_deref() {
        Some("1") => Mode::Resume,
        _ => Mode::Plain,
    };
    if transport.needs_resume() && (mode == Mode::Plain || options.session.resume_window.is_zero())
    {
        return Err(Refusal::TransportUnknown.into());
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
    let handshake = Opening {
        request,
        transport,
        handshake,
        mode,
        wish: query.wish,
    };
    handshake.open(directory, body)
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
