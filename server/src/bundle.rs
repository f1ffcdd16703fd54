//! The client's script, served under Encke's path.
//!
//! Its files are public and the same for everybody, so neither the origin setting nor
//! `allow_request` applies to them: a `<script>` of any site may load what anybody can read in the
//! package, and cookies change nothing in the answer. Who may *connect* with it is decided at the
//! handshake.

mod asset;

use actix_web::dev::{AppService, HttpServiceFactory as _};
use actix_web::http::Method;
use actix_web::http::header::{
    ACCEPT_ENCODING, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, AcceptEncoding, CACHE_CONTROL,
    CONTENT_TYPE, CROSS_ORIGIN_RESOURCE_POLICY, ContentEncoding, ETag, Encoding, Header as _,
    HeaderName, HeaderValue, IfNoneMatch, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::fault::Fault;

use asset::{Asset, Form, INTEGRITY, MINIFIED};

/// For a name that the next release gives to other bytes: five minutes, then asked again.
const BRIEF: HeaderValue = HeaderValue::from_static("public, max-age=300, must-revalidate");

/// For a name that has the hash of its bytes in it: a year, never asked again.
const FOREVER: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

const NOT_STORED: HeaderValue = HeaderValue::from_static("no-store");

/// On every answer, faults too, so that a page of another origin can read what is wrong, also
/// where it is isolated from other origins.
const ALWAYS: [(HeaderName, HeaderValue); 4] = [
    (ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*")),
    (
        CROSS_ORIGIN_RESOURCE_POLICY,
        HeaderValue::from_static("cross-origin"),
    ),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (VARY, HeaderValue::from_static("Accept-Encoding")),
];

/// Serves each file under `path`, which has no slash at its end, and with `socket_io_js` also by
/// the names that Socket.IO's server gives them. Other names stay the application's.
pub(crate) fn register(path: &str, socket_io_js: bool, config: &mut AppService) {
    for asset in asset::all() {
        let mut paths = vec![format!("{path}/{}", asset.name)];
        if socket_io_js {
            paths.push(format!("{path}/{}", asset.socket_io_name));
        }
        let serve = move |request: HttpRequest| async move { answer(&request, asset, BRIEF) };
        web::resource(paths).to(serve).register(config);
    }
    // A hash of another release is answered here too, not by whatever the application has for
    // paths that it does not know: a page in its place would be taken for the script, and kept.
    web::resource(format!("{path}/encke.min-{{encke_hash}}.js"))
        .to(async |request: HttpRequest| {
            if request.match_info().get("encke_hash") == Some(MINIFIED.hash()) {
                answer(&request, &MINIFIED, FOREVER)
            } else {
                refuse(Fault::UnknownFile)
            }
        })
        .register(config);
}

/// The name of the minified script that stands for its bytes alone.
pub(crate) fn hashed_name() -> String {
    format!("encke.min-{}.js", MINIFIED.hash())
}

/// The minified script's subresource integrity.
pub(crate) fn integrity() -> &'static str {
    &INTEGRITY
}

fn answer(request: &HttpRequest, asset: &Asset, caching: HeaderValue) -> HttpResponse {
    if ![Method::GET, Method::HEAD].contains(request.method()) {
        let mut response = refuse(Fault::MethodNotAllowed);
        let methods = HeaderValue::from_static("GET, HEAD");
        response.headers_mut().insert(ALLOW, methods);
        return response;
    }
    let Some(form) = choose(request, asset) else {
        return refuse(Fault::NotAcceptable);
    };
    let tag = ETag(form.tag.clone());
    if is_known(request, form) {
        let mut response = HttpResponse::NotModified();
        return finish(response.insert_header(tag).finish(), caching);
    }
    let mut response = HttpResponse::Ok();
    response.insert_header(tag);
    response.insert_header((CONTENT_TYPE, asset.media_type.clone()));
    // actix's `Compress` encodes what names no coding, in codings that we have not got too, and
    // the tag would then be that of other bytes. Who asks for none is not told of one.
    if form.coding != ContentEncoding::Identity || request.headers().contains_key(ACCEPT_ENCODING) {
        response.insert_header(form.coding);
    }
    // For HEAD too: actix states the length and leaves the body out.
    finish(response.body(form.bytes.clone()), caching)
}

fn refuse(fault: Fault) -> HttpResponse {
    finish(fault.response(), NOT_STORED)
}

fn finish(mut response: HttpResponse, caching: HeaderValue) -> HttpResponse {
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, caching);
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    response
}

/// The form that the client likes best; none when it refuses them all.
fn choose<'a>(request: &HttpRequest, asset: &'a Asset) -> Option<&'a Form> {
    // What is not well-formed is passed over, item by item; a header that is no text counts as none.
    let accepted = AcceptEncoding::parse(request).unwrap_or(AcceptEncoding(Vec::new()));
    let codings = asset
        .forms
        .each_ref()
        .map(|form| Encoding::Known(form.coding));
    let chosen = accepted.negotiate(codings.iter())?;
    asset
        .forms
        .iter()
        .find(|form| Encoding::Known(form.coding) == chosen)
}

/// Whether the client has these bytes already.
fn is_known(request: &HttpRequest, form: &Form) -> bool {
    match IfNoneMatch::parse(request) {
        Ok(IfNoneMatch::Any) => true,
        // Weakly: a proxy on the way may have made its own coding of them, and weakened the tag.
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&form.tag)),
        Err(_) => false,
    }
}
