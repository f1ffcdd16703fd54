//! What one-way transports share: a GET whose answer goes on. How it looks is each one's own affair,
//! and what goes up comes by POST.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue,
};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use encke_protocol::engine::{Claim, Farewell, Framing, Leg, Mode, Packet, Refusal};
use futures_util::stream;
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::body::Body;
use crate::fault::Fault;
use crate::gauge::Gauge;
use crate::handshake::Handshake;
use crate::mail::{Ends, SessionMail, StreamEnds, Unwanted};
use crate::pipe::Pipe;
use crate::registry::{Address, Place};
use crate::shard::{Opened, Shard, farewell};

/// How an answer looks that goes on.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    pub(super) framing: Framing,
    /// What it begins with.
    pub(super) prelude: Bytes,
    /// Who may have it in a frame, and what it may do there.
    pub(super) policy: Option<HeaderValue>,
}

impl Manner {
    /// Opens a session on such an answer; this thread's shard has it.
    pub(crate) fn open(
        &self,
        shard: &Rc<Shard>,
        handshake: Handshake,
        gauge: Arc<Gauge>,
    ) -> (Opened, HttpResponse) {
        let ends = self.ends(Arc::clone(&gauge));
        let stream = Ends::Stream(ends.clone());
        let opened = shard.open(handshake, Mode::Resume, stream, gauge);
        ends.pipe.push(self.framing.encode(&opened.open), 0);
        let response = self.respond(ends.pipe, Some((opened.address.clone(), Leg::FIRST)));
        (opened, response)
    }

    /// Brings a GET to a session that may be on another thread, as its leg.
    pub(crate) async fn get(&self, place: Place, claim: Claim) -> Result<HttpResponse, Fault> {
        let ends = self.ends(place.gauge);
        let pipe = Arc::clone(&ends.pipe);
        let (reply, answer) = oneshot::channel();
        let mail = SessionMail::Stream { ends, claim, reply };
        let delivered = place.address.deliver(mail);
        delivered.map_err(|_| Refusal::UnknownSid)?;
        let gone = Unwanted {
            refusal: Refusal::UnknownSid,
            in_band: true,
        };
        match answer.await.unwrap_or(Err(gone)) {
            Ok(leg) => Ok(self.respond(pipe, Some((place.address, leg)))),
            Err(Unwanted {
                refusal,
                in_band: true,
            }) => Ok(self.refuse(refusal)),
            Err(Unwanted { refusal, .. }) => Err(refusal.into()),
        }
    }

    /// Tells a GET that it is no leg of any session: a page does not see the status of every answer.
    pub(crate) fn refuse(&self, why: impl Into<Farewell>) -> HttpResponse {
        let ends = self.ends(Arc::new(Gauge::new(0)));
        ends.pipe.finish(self.framing.encode(&farewell(why)));
        self.respond(ends.pipe, None)
    }

    /// Answers a GET that only asks whether such an answer comes through: it is held, as a leg would
    /// be, so that whatever gathers it on the way is seen to.
    pub(crate) fn probe(&self, held: Duration) -> HttpResponse {
        let pong = self.framing.encode(&Packet::Pong { probe: true });
        let first = Bytes::from([&*self.prelude, &*pong].concat());
        let body = stream::unfold(Some(first), move |first| async move {
            let Some(first) = first else {
                sleep(held).await;
                return None;
            };
            Some((Ok::<_, actix_web::Error>(first), None))
        });
        self.head().streaming(body)
    }

    /// The two ends of such an answer, which has begun.
    fn ends(&self, gauge: Arc<Gauge>) -> StreamEnds {
        let pipe = Arc::new(Pipe::new(gauge));
        if !self.prelude.is_empty() {
            pipe.push(self.prelude.clone(), 0);
        }
        StreamEnds {
            pipe,
            framing: self.framing,
        }
    }

    fn respond(&self, pipe: Arc<Pipe>, owner: Option<(Address, Leg)>) -> HttpResponse {
        self.head().body(Body::new(pipe, owner))
    }

    fn head(&self) -> HttpResponseBuilder {
        let mut head = unchanged();
        head.insert_header((CONTENT_TYPE, self.framing.media_type()));
        if let Some(policy) = &self.policy {
            head.insert_header((CONTENT_SECURITY_POLICY, policy.clone()));
        }
        head
    }
}

/// The head of an answer that nobody on the way is to gather, to keep or to change.
pub(super) fn unchanged() -> HttpResponseBuilder {
    let mut head = HttpResponse::Ok();
    for (name, value) in [
        (CONTENT_ENCODING, "identity"),
        (CACHE_CONTROL, "no-store, no-transform"),
        (HeaderName::from_static("x-accel-buffering"), "no"),
    ] {
        head.insert_header((name, HeaderValue::from_static(value)));
    }
    head
}
