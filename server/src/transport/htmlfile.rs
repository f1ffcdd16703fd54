//! A page in a hidden iframe that never ends, and runs a script for each packet.

use actix_web::http::header::HeaderValue;
use bytes::Bytes;
use encke_protocol::engine::{Framing, Refusal, script_string};

use super::one_way::Manner;
use crate::fault::Fault;
use crate::query::Wish;

/// Engines of the `WebKit` family hold back the first 512 bytes of a page.
const PADDING: usize = 2048;

/// A page that tells the one around it of each record: by its function, which only a page of the
/// same origin can be asked for, or by a message to an origin that the setting allows.
pub(super) fn manner(padding: usize, wish: &Wish) -> Result<Manner, Fault> {
    let (tell, ancestors) = match (wish.callback(), wish.origin()) {
        (Some(callback), None) => (format!("parent.___encke[{callback}](r)"), "'self'"),
        (None, Some(origin)) if !wish.has_callback() => {
            let target = script_string(origin.as_bytes());
            (format!("parent.postMessage(r,{target})"), origin)
        }
        _ => return Err(Refusal::BadRequest.into()),
    };
    let policy =
        format!("default-src 'none'; script-src 'unsafe-inline'; frame-ancestors {ancestors}");
    let policy = HeaderValue::try_from(policy).map_err(|_| Refusal::BadRequest)?;
    let framing = Framing::HtmlFile;
    let page =
        format!("<!DOCTYPE html><meta charset=utf-8><script>function p(r){{{tell}}}</script>");
    let prelude = [page.as_bytes(), &*framing.padding(padding.max(PADDING))].concat();
    Ok(Manner {
        framing,
        prelude: Bytes::from(prelude),
        policy: Some(policy),
    })
}
