use std::fmt;
use std::sync::Arc;

use actix_web::dev::{AppService, HttpServiceFactory};
use actix_web::{HttpRequest, web};
use tracing::Instrument as _;

use crate::bundle;
use crate::directory::Directory;
use crate::route;

/// Encke's path in an application; made by [`Encke::scope`](crate::Encke::scope).
pub struct Mount {
    directory: Arc<Directory>,
    path: String,
}

impl Mount {
    /// `path` with or without slashes around it.
    pub(crate) fn new(directory: Arc<Directory>, path: &str) -> Self {
        let path = path.trim_matches('/');
        let path = if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        };
        Self { directory, path }
    }
}

impl HttpServiceFactory for Mount {
    fn register(self, config: &mut AppService) {
        let Self { directory, path } = self;
        let options = &directory.hub().options;
        let client = options.serve_client.then_some(options.socket_io_js);
        let serve = move |request: HttpRequest, body: web::Payload| {
            let span = tracing::debug_span!("request", method = %request.method());
            route::serve(Arc::clone(&directory), request, body).instrument(span)
        };
        let both = web::resource([path.clone(), format!("{path}/")]);
        both.to(serve).register(config);
        if let Some(socket_io_js) = client {
            bundle::register(&path, socket_io_js, config);
        }
    }
}

impl fmt::Debug for Mount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Mount").field(&self.path).finish()
    }
}
