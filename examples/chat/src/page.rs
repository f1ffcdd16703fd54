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

const FILES: [(&str, &str, &str); 8] = [
    ("/", HTML, include_str!("../index.html")),
    ("/chat.css", CSS, include_str!("../chat.css")),
    ("/chat.js", JS, include_str!("../chat.js")),
    ("/lists.js", JS, include_str!("../lists.js")),
    ("/log.js", JS, include_str!("../log.js")),
    ("/memory.js", JS, include_str!("../memory.js")),
    ("/outbox.js", JS, include_str!("../outbox.js")),
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

#[cfg(test)]
mod tests {
    use crate::words::{Name, RoomName, Text};

    /// The page stops at the same lengths, so that nobody writes what is then refused.
    #[test]
    fn knows_the_limits() {
        let page = include_str!("../index.html");
        for (field, longest) in [
            ("id=\"name\"", Name::LONGEST),
            ("id=\"new-name\"", Name::LONGEST),
            ("id=\"room\"", RoomName::LONGEST),
            ("id=\"text\"", Text::LONGEST),
        ] {
            let (_, tag) = page.split_once(field).unwrap();
            let (tag, _) = tag.split_once('>').unwrap();
            let limit = format!("maxlength=\"{longest}\"");
            assert!(tag.contains(&limit), "{field} is without {limit}");
        }
    }
}
