//! What the server knows of a page, for whoever asks by a request that no plug cuts off.

use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};
use actix_web::{HttpResponse, Responder};
use encke::{Encke, Socket};
use serde::{Deserialize, Serialize};

use crate::ledger::Account;
use crate::visit::{PageId, Tally, Visits};

#[derive(Deserialize)]
struct Question {
    page: String,
}

#[derive(Serialize)]
struct View {
    /// `attached`, `detached`, or `gone` if there is no session.
    state: &'static str,
    /// What carries the session, or did last.
    transport: Option<&'static str>,
    /// Bytes kept for the page until it confirms that it has them.
    bytes: usize,
    up: Account,
    #[serde(flatten)]
    tally: Tally,
}

/// Serves the view.
pub(crate) fn serve(config: &mut ServiceConfig) {
    config.route("/watch", web::get().to(watch));
}

async fn watch(
    question: web::Query<Question>,
    visits: web::Data<Visits>,
    io: web::Data<Encke>,
) -> impl Responder {
    let page = PageId::parse(&question.page);
    let Some(record) = page.and_then(|page| visits.look_up(&page)) else {
        return HttpResponse::NotFound().finish();
    };
    let mut view = View {
        state: record.socket.as_ref().map_or("gone", state),
        transport: None,
        bytes: 0,
        up: record.up,
        tally: record.tally,
    };
    if let Some(socket) = record.socket {
        let mut sessions = io.sessions().await.into_iter();
        let id = socket.id();
        if let Some(session) = sessions.find(|one| one.sockets.iter().any(|(_, of)| *of == id)) {
            view.transport = Some(session.transport.as_str());
            view.bytes = session.queued_bytes;
        }
    }
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .json(view)
}

fn state(socket: &Socket) -> &'static str {
    match (socket.connected(), socket.attached()) {
        (true, true) => "attached",
        (true, false) => "detached",
        (false, _) => "gone",
    }
}
