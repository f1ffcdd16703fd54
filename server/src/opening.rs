use std::sync::Arc;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::{HttpRequest, HttpResponse, web};
use encke_protocol::engine::{Mode, Refusal};

use crate::directory::Directory;
use crate::fault::Fault;
use crate::gauge::Gauge;
use crate::handshake::{Handshake, Transport};
use crate::mail::Ends;
use crate::query::Wish;
use crate::shard::{Opened, Shard};
use crate::transport::{Manner, jsonp, manner, polling, websocket};

/// A request that opens a session.
pub(crate) struct Opening {
    pub(crate) request: HttpRequest,
    pub(crate) transport: Transport,
    pub(crate) handshake: Handshake,
    pub(crate) mode: Mode,
    pub(crate) wish: Wish,
}

/// What can go wrong for the request alone has not.
enum Exchange {
    Polling,
    Jsonp { callback: u32 },
    OneWay(Manner),
    WebSocket(websocket::Accepted),
}

impl Opening {
    /// Makes a session, and answers.
    pub(crate) fn open(
        self,
        directory: &Arc<Directory>,
        body: web::Payload,
    ) -> Result<HttpResponse, Fault> {
        let hub = directory.hub();
        if hub.is_closing() {
            return Err(Fault::Closing);
        }
        let exchange = self.exchange(directory, body)?;
        if !hub.registry.take_place() {
            return Err(Fault::TooManySessions);
        }
        let Self {
            transport,
            handshake,
            mode,
            ..
        } = self;
        let shard = Shard::here(directory);
        let gauge = Arc::new(Gauge::new(hub.options.max_buffer));
        let is_secure = handshake.is_secure();
        let (opened, mut response) = match exchange {
            Exchange::Polling => {
                let opened = shard.open(handshake, mode, Ends::Poll(transport), gauge);
                let response = polling::open(&opened.open);
                (opened, response)
            }
            Exchange::Jsonp { callback } => {
                let opened = shard.open(handshake, mode, Ends::Poll(transport), gauge);
                let response = jsonp::open(callback, &opened.open);
                (opened, response)
            }
            Exchange::OneWay(manner) => manner.open(&shard, handshake, gauge),
            // A cookie would come too late for what chooses the server of a WebSocket.
            Exchange::WebSocket(accepted) => {
                return Ok(websocket::open(accepted, &shard, handshake, mode, gauge));
            }
        };
        if let Some(name) = &hub.options.cookie {
            set_cookie(&mut response, name, &opened, is_secure);
        }
        Ok(response)
    }

    fn exchange(&self, directory: &Directory, body: web::Payload) -> Result<Exchange, Fault> {
        let options = &directory.hub().options;
        match self.transport {
            Transport::Polling => Ok(Exchange::Polling),
            Transport::Jsonp => {
                let callback = self.wish.callback().ok_or(Refusal::BadRequest)?;
                Ok(Exchange::Jsonp { callback })
            }
            Transport::WebSocket => {
                let max_payload = options.session.limits.max_payload;
                let accepted = websocket::accept(&self.request, body, max_payload)?;
                Ok(Exchange::WebSocket(accepted))
            }
            Transport::Stream | Transport::Sse | Transport::HtmlFile => {
                let manner = manner(self.transport, &self.wish, options.padding)?;
                Ok(Exchange::OneWay(manner.ok_or(Refusal::TransportUnknown)?))
            }
        }
    }
}

fn set_cookie(response: &mut HttpResponse, name: &str, opened: &Opened, is_secure: bool) {
    let cookie = Cookie::build(name, opened.sid.to_string())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(is_secure)
        .finish();
    // The builder has checked the name.
    let _ = response.add_cookie(&cookie);
}
