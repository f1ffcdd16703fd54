//! Polling by `<script>`, and a form for what goes up.

use std::time::Duration;

use actix_web::http::header::{CONTENT_TYPE, HeaderMap};
use actix_web::{HttpResponse, web};
use bytestring::ByteString;
use encke_protocol::Outgoing;
use encke_protocol::engine::{Claim, Farewell, Packet, jsonp};

use super::one_way::unchanged;
use super::polling::{self, Upload};
use crate::fault::Fault;
use crate::handshake::Transport;
use crate::registry::Address;
use crate::shard::farewell;

/// The answer to a handshake.
pub(crate) fn open(callback: u32, packet: &Packet<Outgoing>) -> HttpResponse {
    respond(callback, &packet.record())
}

/// Waits for packets. `ticket` is a number that no other request has.
pub(crate) async fn get(
    address: Address,
    claim: Claim,
    ticket: u64,
    callback: u32,
) -> Result<HttpResponse, Fault> {
    let answer = polling::wait(address, claim, ticket, Transport::Jsonp).await?;
    Ok(respond(callback, &answer.body))
}

/// The answer to a GET that is no leg of any session.
pub(crate) fn refuse(callback: u32, why: impl Into<Farewell>) -> HttpResponse {
    respond(callback, &farewell(why).record())
}

/// Takes packets.
pub(crate) async fn post(
    address: Address,
    claim: Claim,
    headers: &HeaderMap,
    body: web::Payload,
    max_payload: usize,
    timeout: Duration,
) -> Result<HttpResponse, Fault> {
    let upload = Upload {
        transport: Transport::Jsonp,
        max_payload,
        timeout,
        // Each byte may be a quotation mark, which is `%5C%22` here.
        growth: 6,
        decode: |body| decode(&body),
    };
    polling::post(address, claim, headers, body, &upload).await
}

/// The payload in the field `d` of a form.
fn decode(body: &[u8]) -> Option<ByteString> {
    let mut fields = form_urlencoded::parse(body);
    let (_, field) = fields.find(|(name, _)| name == "d")?;
    jsonp::decode(&field)
}

fn respond(callback: u32, payload: &[u8]) -> HttpResponse {
    unchanged()
        .insert_header((CONTENT_TYPE, jsonp::MEDIA_TYPE))
        .body(jsonp::encode(callback, payload))
}
