use std::rc::Rc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Payload, Service as _, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, Error};
use futures_util::future::LocalBoxFuture;

/// What an application answers.
pub(super) type Answer = Result<ServiceResponse<BoxBody>, Error>;

type Call = dyn Fn(TestRequest, Option<Payload>) -> LocalBoxFuture<'static, Answer>;

/// An application's service, whatever its type is.
#[derive(Clone)]
pub(super) struct Service(Rc<Call>);

impl Service {
    pub(super) async fn new<T, B>(app: App<T>) -> Self
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
        let service = Rc::new(init_service(app).await);
        Self(Rc::new(move |request, body| {
            let service = Rc::clone(&service);
            Box::pin(async move {
                let mut request = request.to_request();
                if let Some(body) = body {
                    request = request.replace_payload(body).0;
                }
                let response = service.call(request).await?;
                Ok(response.map_into_boxed_body())
            })
        }))
    }

    /// Has a request answered; `body` takes the place of the request's own.
    pub(super) async fn call(&self, request: TestRequest, body: Option<Payload>) -> Answer {
        (self.0)(request, body).await
    }
}
