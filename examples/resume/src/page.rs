//! The page's files, compiled in.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, ServiceConfig};

/// Nothing but what this server serves, and no code or style inside of the page.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

const FILES: [(&str, &str, &str); 6] = [
    ("/", HTML, include_str!("../index.html")),
    ("/resume.css", CSS, include_str!("../resume.css")),
    ("/resume.js", JS, include_str!("../resume.js")),
    ("/ledger.js", JS, include_str!("../ledger.js")),
    ("/strip.js", JS, include_str!("../strip.js")),
    ("/icon.svg", SVG, include_str!("../icon.svg")),
];

/// Serves the files.
pub(crate) fn serve(config: &mut ServiceConfig) {
    for (path, content_type, text) in FILES {
        let answer = move || async move {
            HttpResponse::Ok()
                .content_type(content_type)
                .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
                .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
                // With `no-referrer` a browser other than Chromium hides the origin of what a page
                // sends as it goes, and so its farewell would be refused.
                .insert_header((header::REFERRER_POLICY, "same-origin"))
                .insert_header((header::CACHE_CONTROL, "no-cache"))
                .body(text)
        };
        config.service(
            web::resource(path)
                .route(web::get().to(answer))
                .route(web::head().to(answer)),
        );
    }
}
