use std::pin::Pin;
use std::sync::Arc;

use encke_protocol::socket::{self, Payload};

use crate::call::{Call, Outcome};
use crate::error::Error;
use crate::extract::{ByAck, ByReturn, Extract};

/// An async function that handles what a client does.
///
/// Its arguments are extractors, in any order and up to eight. Its future need not be `Send`. What
/// it returns is the answer, if the client asked for one: `()` answers without arguments, a value
/// with that value, a tuple with several, `Err` with a typed error (see [`Error`]). Taking an
/// [`Ack`](crate::Ack) leaves the answer to that.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a handler",
    note = "a handler is an async function; each argument is an extractor, and it returns a value \
            that implements `Serialize`, or `Result<T, E>` with `E: Into<encke::Error>`",
    note = "a handler that takes `Ack` returns `()`: its answer is sent by the ack"
)]
pub trait Handler<M>: Send + Sync + 'static {
    #[doc(hidden)]
    fn call(&self, call: Call) -> Run;

    /// Why it can not be registered, if it can not.
    #[doc(hidden)]
    fn fault(&self) -> Option<&'static str>;
}

/// A call under way.
#[doc(hidden)]
#[expect(
    missing_debug_implementations,
    reason = "a future of the application's"
)]
pub struct Run(pub(crate) Pin<Box<dyn Future<Output = Outcome>>>);

/// A handler of any shape.
pub(crate) type Erased = Arc<dyn Fn(Call) -> Run + Send + Sync>;

/// Forgets the handler's shape.
///
/// # Panics
///
/// When the handler answers with a `Result` whose error would be sent as if it were a value.
pub(crate) fn erase<M, H: Handler<M>>(handler: H) -> Erased {
    if let Some(fault) = handler.fault() {
        panic!("{fault}");
    }
    Arc::new(move |call| handler.call(call))
}

/// How a handler's output becomes an answer. `K` tells the implementations apart, `A` says who
/// answers.
#[doc(hidden)]
pub trait Reply<K, A> {
    /// Why it should not be an answer, if it should not.
    fn fault() -> Option<&'static str> {
        None
    }

    fn reply(self, nsp: &str, ack: Option<u64>) -> Outcome;
}

#[doc(hidden)]
#[derive(Debug)]
pub struct Value;

#[doc(hidden)]
#[derive(Debug)]
pub struct Fallible;

#[doc(hidden)]
#[derive(Debug)]
pub struct Deferred;

impl<T: Payload> Reply<Value, ByReturn> for T {
    /// A `Result` can be serialised when both of its types can, and the client would then be
    /// sent `{"Err":…}`, which nobody means.
    fn fault() -> Option<&'static str> {
        std::any::type_name::<T>()
            .starts_with("core::result::Result<")
            .then_some("the error of a handler's `Result` must be `Into<encke::Error>`")
    }

    fn reply(self, nsp: &str, ack: Option<u64>) -> Outcome {
        Outcome {
            reply: ack.map(|id| socket::ack(nsp, id, &self)),
            error: None,
        }
    }
}

impl<T: Payload, E: Into<Error>> Reply<Fallible, ByReturn> for Result<T, E> {
    fn reply(self, nsp: &str, ack: Option<u64>) -> Outcome {
        match self {
            Ok(value) => Reply::<Value, ByReturn>::reply(value, nsp, ack),
            Err(error) => fail(nsp, ack, error.into()),
        }
    }
}

impl Reply<Deferred, ByAck> for () {
    fn reply(self, _: &str, _: Option<u64>) -> Outcome {
        Outcome::default()
    }
}

pub(crate) fn fail(nsp: &str, ack: Option<u64>, error: Error) -> Outcome {
    Outcome {
        reply: ack.map(|id| socket::ack(nsp, id, &error.to_wire())),
        error: Some(error),
    }
}

/// Who answers, when there are several arguments.
#[doc(hidden)]
pub trait Or<B> {
    type Answers;
}

impl Or<ByReturn> for ByReturn {
    type Answers = ByReturn;
}

impl Or<ByAck> for ByReturn {
    type Answers = ByAck;
}

impl<B> Or<B> for ByAck {
    type Answers = ByAck;
}

/// Who answers, for a tuple of arguments.
#[doc(hidden)]
pub trait Arguments: Sized {
    type Answers;
}

impl Arguments for () {
    type Answers = ByReturn;
}

macro_rules! arguments {
    ($first:ident $($rest:ident)*) => {
        impl<$first: Extract, $($rest: Extract),*> Arguments for ($first, $($rest,)*)
        where
            ($($rest,)*): Arguments,
            $first::Answers: Or<<($($rest,)*) as Arguments>::Answers>,
        {
            type Answers =
                <$first::Answers as Or<<($($rest,)*) as Arguments>::Answers>>::Answers;
        }
    };
}

macro_rules! handler {
    ($($arg:ident)*) => {
        impl<F, Fut, K, $($arg),*> Handler<(K, $($arg,)*)> for F
        where
            F: Fn($($arg),*) -> Fut + Send + Sync + 'static,
            Fut: Future + 'static,
            ($($arg,)*): Arguments,
            Fut::Output: Reply<K, <($($arg,)*) as Arguments>::Answers>,
            $($arg: Extract),*
        {
            #[allow(non_snake_case, reason = "a variable for each type, if there is one")]
            #[allow(unused_mut, reason = "without arguments nothing is extracted")]
            fn call(&self, mut call: Call) -> Run {
                let ack = call.ack;
                let nsp = call.socket.ident().space.name.clone();
                $(
                    let $arg = match $arg::extract(&mut call) {
                        Ok(argument) => argument,
                        Err(error) => {
                            return Run(Box::pin(async move { fail(&nsp, ack, error) }));
                        }
                    };
                )*
                let future = self($($arg),*);
                Run(Box::pin(async move { future.await.reply(&nsp, ack) }))
            }

            fn fault(&self) -> Option<&'static str> {
                <Fut::Output as Reply<K, <($($arg,)*) as Arguments>::Answers>>::fault()
            }
        }
    };
}

macro_rules! arities {
    () => { handler!(); };
    ($first:ident $($rest:ident)*) => {
        arguments!($first $($rest)*);
        handler!($first $($rest)*);
        arities!($($rest)*);
    };
}

arities!(A B C D E G H I);
