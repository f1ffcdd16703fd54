use std::cell::Cell;
use std::fmt;
use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::test::TestRequest;
use actix_web::{App, Error};

use super::service::Service;
use crate::io::Encke;

/// An application that is served within the test, without a socket.
///
/// All of it is there: routing, middleware, cookies, and everything that Encke does over HTTP and
/// WebSockets. It needs a `LocalSet` around it, as within [`run`](super::run) and
/// `#[actix_web::test]`. A clone is a handle to the same.
#[derive(Clone)]
pub struct Server {
    pub(super) service: Service,
    /// Clients so far.
    pub(super) clients: Rc<Cell<u64>>,
}

impl Server {
    /// Serves an application, which has Encke in it at `/socket.io` or where
    /// [`Connect::path`](super::Connect::path) says.
    ///
    /// # Panics
    ///
    /// When the application's services can not be made, as `actix_web::test::init_service`.
    pub async fn new<T, B>(app: App<T>) -> Self
    where
        T: ServiceFactory<
                ServiceRequest,
                Config = (),
                Response = ServiceResponse<B>,
                Error = Error,
                InitError = (),
            > + 'static,
        B: MessageBody + 'static,
    {
        Self {
            service: Service::new(app).await,
            clients: Rc::default(),
        }
    }

    /// Serves an application with nothing in it but Encke.
    pub async fn of(io: &Encke) -> Self {
        Self::new(App::new().service(io.scope("/socket.io"))).await
    }

    /// Has any other request answered by the application.
    ///
    /// # Errors
    ///
    /// What the application's service gives instead of an answer, such as an error of its
    /// middleware.
    pub async fn call(&self, request: TestRequest) -> Result<ServiceResponse<BoxBody>, Error> {
        self.service.call(request, None).await
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("clients", &self.clients.get())
            .finish_non_exhaustive()
    }
}
