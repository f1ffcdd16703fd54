//! Which worker got which request.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;

use actix_web::dev::{HttpServiceFactory, Service as _, ServiceRequest};
use actix_web::web;

/// Every request that a service was asked, and the worker thread it landed on.
#[derive(Debug, Clone, Default)]
pub struct Landings(Arc<Mutex<Vec<Landing>>>);

/// A request that reached a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    /// The worker's thread.
    pub worker: ThreadId,
    /// The session that the request names; empty for a handshake.
    pub sid: String,
    /// The request's method.
    pub method: String,
    /// The transport that the request names.
    pub transport: String,
}

impl Landings {
    /// The service with a middleware around it that takes note.
    pub fn around<S>(&self, service: S) -> impl HttpServiceFactory + use<S>
    where
        S: HttpServiceFactory + 'static,
    {
        let landings = self.clone();
        web::scope("")
            .wrap_fn(move |request, service| {
                landings.note(&request);
                service.call(request)
            })
            .service(service)
    }

    /// The requests that named this session, in the order in which they landed.
    #[must_use]
    pub fn of(&self, sid: &str) -> Vec<Landing> {
        let landings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_sid = landings.iter().filter(|landing| landing.sid == sid);
        of_sid.cloned().collect()
    }

    /// The workers on which a session's requests of this method and transport landed.
    #[must_use]
    pub fn workers(&self, sid: &str, method: &str, transport: &str) -> HashSet<ThreadId> {
        self.of(sid)
            .into_iter()
            .filter(|landing| landing.method == method && landing.transport == transport)
            .map(|landing| landing.worker)
            .collect()
    }

    /// The worker on which a session's last WebSocket landed.
    #[must_use]
    pub fn websocket(&self, sid: &str) -> Option<ThreadId> {
        let landings = self.of(sid);
        let mut websockets = landings
            .iter()
            .rev()
            .filter(|landing| landing.transport == "websocket");
        websockets.next().map(|landing| landing.worker)
    }

    fn note(&self, request: &ServiceRequest) {
        let query = request.query_string();
        let parameter = |name: &str| {
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            let value = pairs.find_map(|(key, value)| (key == name).then_some(value));
            value.unwrap_or_default().to_owned()
        };
        let landing = Landing {
            worker: std::thread::current().id(),
            sid: parameter("sid"),
            method: request.method().to_string(),
            transport: parameter("transport"),
        };
        let mut landings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        landings.push(landing);
    }
}
