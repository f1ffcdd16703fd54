use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::UPGRADE;
use actix_web::{HttpRequest, HttpResponse, web};
use encke_protocol::CloseReason;
use encke_protocol::engine::{Claim, Farewell, Refusal};
use tokio::sync::oneshot;

use crate::fault::Fault;
use crate::handshake::{Handshake, Transport};
use crate::hub::Hub;
use crate::mail::SessionMail;
use crate::measure;
use crate::origin::Verdict;
use crate::proxy::Resolved;
use crate::query::Wish;
use crate::registry::Place;
use crate::transport::polling::Upload;
use crate::transport::{Manner, jsonp, manner, polling, websocket};

/// A request that names a session.
pub(crate) struct Arrival {
    pub(crate) request: HttpRequest,
    pub(crate) transport: Transport,
    pub(crate) claim: Claim,
    pub(crate) wish: Wish,
}

impl Arrival {
    /// Brings it to the session, if the application lets a client that was away come back.
    pub(crate) async fn join(
        self,
        hub: &Arc<Hub>,
        body: web::Payload,
        place: Place,
        resolved: &Resolved,
        verdict: &Verdict,
    ) -> Result<HttpResponse, Fault> {
        if let Some(why) = self.refusal(hub, &place, resolved, verdict).await? {
            return self.answer_in_band(hub, body, why);
        }
        let options = &hub.options;
        let manner = self.manner(hub)?;
        let Self {
            request,
            transport,
            claim,
            wish,
        } = self;
        let max_payload = options.session.limits.max_payload;
        match (transport, request.method()) {
            (Transport::WebSocket, &Method::GET) if is_upgrade(&request) => {
                let accepted = websocket::accept(&request, body, max_payload)?;
                websocket::join(accepted, place, claim).await
            }
            (Transport::Polling, &Method::GET) => {
                polling::get(place.address, claim, hub.next_number()).await
            }
            (Transport::Jsonp, &Method::GET) => {
                let callback = wish.callback().ok_or(Refusal::BadRequest)?;
                jsonp::get(place.address, claim, hub.next_number(), callback).await
            }
            (Transport::Jsonp, &Method::POST) => {
                let timeout = options.upload_timeout;
                let headers = request.headers();
                jsonp::post(place.address, claim, headers, body, max_payload, timeout).await
            }
            (Transport::WebSocket, _) => Err(Refusal::BadRequest.into()),
            (_, &Method::POST) => {
                let upload = Upload::plain(transport, max_payload, options.upload_timeout);
                polling::post(place.address, claim, request.headers(), body, &upload).await
            }
            (_, &Method::GET) => match manner {
                Some(manner) if wish.is_probe() => {
                    Ok(manner.probe(options.session.upgrade_timeout))
                }
                Some(manner) => manner.get(place, claim).await,
                None => Err(Refusal::BadRequest.into()),
            },
            _ => Err(Refusal::BadRequest.into()),
        }
    }

    /// Refuses it, since there is no such session.
    pub(crate) fn refuse(
        &self,
        hub: &Hub,
        body: web::Payload,
        refusal: Refusal,
    ) -> Result<HttpResponse, Fault> {
        let is_of_resume = self.claim.is_leg() || self.wish.is_probe();
        if is_of_resume && self.request.method() == Method::GET {
            self.answer_in_band(hub, body, refusal.into())
        } else {
            Err(refusal.into())
        }
    }

    /// What the client is told if the application does not let it back in; its session is over then.
    async fn refusal(
        &self,
        hub: &Hub,
        place: &Place,
        resolved: &Resolved,
        verdict: &Verdict,
    ) -> Result<Option<Farewell>, Fault> {
        let Some(allow) = &hub.options.allow_resume else {
            return Ok(None);
        };
        let is_socket = self.transport == Transport::WebSocket && is_upgrade(&self.request);
        let is_leg = self.claim.is_leg() || is_socket;
        let is_get = self.request.method() == Method::GET;
        if !is_leg || !is_get || !self.returns(place).await? {
            return Ok(None);
        }
        let handshake = Handshake::new(&self.request, self.transport, resolved, verdict);
        let handshake = handshake.map_err(|_| Fault::HeadTooLarge)?;
        let Err(reject) = allow(handshake).await else {
            return Ok(None);
        };
        measure::rejected("not authorized");
        let reason = CloseReason::NotAuthorized;
        // One that has ended meanwhile needs no end.
        let _ = place.address.deliver(SessionMail::Abort(reason));
        Ok(Some(Farewell {
            code: reason.code(),
            message: reject.message,
        }))
    }

    /// Whether it would bring its client back, or may do so later.
    async fn returns(&self, place: &Place) -> Result<bool, Fault> {
        let (reply, answer) = oneshot::channel();
        let claim = self.claim;
        let asked = place.address.deliver(SessionMail::Returns { claim, reply });
        asked.map_err(|_| Refusal::UnknownSid)?;
        Ok(answer.await.unwrap_or(false))
    }

    /// Tells the client by a packet, since a page does not see the status of a WebSocket.
    fn answer_in_band(
        &self,
        hub: &Hub,
        body: web::Payload,
        why: Farewell,
    ) -> Result<HttpResponse, Fault> {
        match self.transport {
            Transport::WebSocket if is_upgrade(&self.request) => {
                let max_payload = hub.options.session.limits.max_payload;
                let accepted = websocket::accept(&self.request, body, max_payload)?;
                Ok(websocket::refuse(accepted, why))
            }
            Transport::WebSocket => Err(Refusal::BadRequest.into()),
            Transport::Polling => Ok(polling::refuse(why)),
            Transport::Jsonp => {
                let callback = self.wish.callback().ok_or(Refusal::BadRequest)?;
                Ok(jsonp::refuse(callback, why))
            }
            Transport::Stream | Transport::Sse | Transport::HtmlFile => {
                let manner = self.manner(hub)?.ok_or(Refusal::BadRequest)?;
                Ok(manner.refuse(why))
            }
        }
    }

    /// How it is answered, if it is a GET on a one-way transport.
    fn manner(&self, hub: &Hub) -> Result<Option<Manner>, Fault> {
        if self.request.method() != Method::GET {
            return Ok(None);
        }
        manner(self.transport, &self.wish, hub.options.padding)
    }
}

/// Whether the request asks for a WebSocket.
pub(crate) fn is_upgrade(request: &HttpRequest) -> bool {
    request
        .headers()
        .get(UPGRADE)
        .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"websocket"))
}
