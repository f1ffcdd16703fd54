use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::net::SocketAddr;

use actix_web::HttpResponse;
use actix_web::body::BoxBody;
use actix_web::dev::Payload;
use actix_web::http::header::{COOKIE, HOST, HeaderName, HeaderValue};
use actix_web::test::TestRequest;
use tokio::sync::watch;

use super::service::Service;

/// What is between a client and its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    Up,
    /// Nothing gets through, and nobody is told.
    Stalled,
    /// Nothing gets through, and the client is told.
    Down,
}

/// What is the same in all of a client's requests.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) path: String,
    /// What is added to each query, encoded.
    pub(super) query: String,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) peer: SocketAddr,
}

/// Answers that are to be lost on their way.
#[derive(Debug, Default)]
pub(super) struct Losses {
    pub(super) polls: Cell<usize>,
    pub(super) posts: Cell<usize>,
}

/// How a client's requests reach its server.
pub(super) struct Line {
    service: RefCell<Service>,
    head: Head,
    cookies: RefCell<BTreeMap<String, String>>,
    network: watch::Sender<Network>,
    pub(super) losses: Losses,
}

impl Line {
    pub(super) fn new(service: Service, head: Head, cookies: BTreeMap<String, String>) -> Self {
        Self {
            service: RefCell::new(service),
            head,
            cookies: RefCell::new(cookies),
            network: watch::Sender::new(Network::Up),
            losses: Losses::default(),
        }
    }

    /// Requests go elsewhere from now on.
    pub(super) fn lead_to(&self, service: Service) {
        self.service.replace(service);
    }

    pub(super) fn set_network(&self, network: Network) {
        self.network.send_replace(network);
    }

    /// Waits while the network is stalled. Whether something gets through.
    pub(super) async fn passes(&self) -> bool {
        let mut network = self.network.subscribe();
        let known = network.wait_for(|now| *now != Network::Stalled).await;
        // The sender is in `self`, so it is there.
        known.is_ok_and(|now| *now == Network::Up)
    }

    /// Waits until the network is stalled.
    pub(super) async fn stalls(&self) {
        let mut network = self.network.subscribe();
        let _ = network.wait_for(|now| *now == Network::Stalled).await;
    }

    /// Sends a request with this query, as a browser would: with its cookies, and keeping those
    /// that it is given.
    pub(super) async fn send(
        &self,
        request: TestRequest,
        query: &str,
        body: Option<Payload>,
    ) -> HttpResponse<BoxBody> {
        let Head {
            path,
            query: more,
            headers,
            peer,
        } = &self.head;
        let mut request = request
            .uri(&format!("{path}/?{query}{more}"))
            .peer_addr(*peer)
            .insert_header((HOST, "localhost"));
        for (name, value) in headers {
            request = request.insert_header((name.clone(), value.clone()));
        }
        let cookies: Vec<String> = {
            let cookies = self.cookies.borrow();
            let pairs = cookies
                .iter()
                .map(|(name, value)| format!("{name}={value}"));
            pairs.collect()
        };
        if !cookies.is_empty() {
            // As they came, which is what a browser does, too.
            request = request.insert_header((COOKIE, cookies.join("; ")));
        }
        let service = self.service.borrow().clone();
        let response = match service.call(request, body).await {
            Ok(response) => response.into_parts().1,
            Err(error) => HttpResponse::from_error(error),
        };
        self.keep_cookies(&response);
        response
    }

    fn keep_cookies(&self, response: &HttpResponse<BoxBody>) {
        let mut cookies = self.cookies.borrow_mut();
        for cookie in response.cookies() {
            if cookie.max_age().is_some_and(|age| !age.is_positive()) {
                cookies.remove(cookie.name());
            } else {
                cookies.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
    }
}
