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
    label = "not an async function of at most eight arguments",
    note = "what all handlers share they take as `State<T>`; a closure that keeps something of \
            its own makes its future with `async move`, from a clone of that"
)]
pub trait Handler<M>: Send + Sync + 'static {
    #[doc(hidden)]
    fn call(&self, call: Call) -> Run;

    /// Why it can not be registered, if it can not.
    #[doc(hidden)]
    fn fault(&self) -> Option<&'static str>;
}

// There is one implementation for all, and the number of arguments is another trait's affair: so
// the compiler can say which argument, or that the output, is not what it has to be.
impl<F, K, A> Handler<(K, A)> for F
where
    F: Function<A>,
    A: Arguments,
    F::Output: Reply<K, A::Answers>,
{
    fn call(&self, mut call: Call) -> Run {
        let ack = call.ack;
        let nsp = call.socket.ident().space.name.clone();
        match A::extract(&mut call) {
            Ok(arguments) => {
                let future = self.run(arguments);
                Run(Box::pin(async move { future.await.reply(&nsp, ack) }))
            }
            Err(error) => Run(Box::pin(async move { fail(&nsp, ack, error) })),
        }
    }

    fn fault(&self) -> Option<&'static str> {
        <F::Output as Reply<K, A::Answers>>::fault()
    }
}

/// An async function of the arguments `A`.
#[doc(hidden)]
pub trait Function<A>: Send + Sync + 'static {
    type Output;
    type Future: Future<Output = Self::Output> + 'static;

    fn run(&self, arguments: A) -> Self::Future;
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
#[diagnostic::on_unimplemented(
    message = "this handler can not return `{Self}`",
    label = "its output is no answer",
    note = "a handler returns a value that implements `Serialize`, or `Result<T, E>` with \
            `T: Serialize` and `E: Into<encke::Error>`",
    note = "a handler that takes `Ack` returns `()`: its answer is sent by the ack"
)]
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

/// What a handler takes: a tuple of extractors.
#[doc(hidden)]
pub trait Arguments: Sized {
    /// Who answers.
    type Answers;

    fn extract(call: &mut Call) -> Result<Self, Error>;
}

impl Arguments for () {
    type Answers = ByReturn;

    fn extract(_: &mut Call) -> Result<Self, Error> {
        Ok(())
    }
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

            fn extract(call: &mut Call) -> Result<Self, Error> {
                Ok(($first::extract(call)?, $($rest::extract(call)?,)*))
            }
        }
    };
}

macro_rules! function {
    ($($argument:ident)*) => {
        impl<F, Fut, $($argument),*> Function<($($argument,)*)> for F
        where
            F: Fn($($argument),*) -> Fut + Send + Sync + 'static,
            Fut: Future + 'static,
        {
            type Output = Fut::Output;
            type Future = Fut;

            #[allow(non_snake_case, reason = "a variable for each type, if there is one")]
            fn run(&self, ($($argument,)*): ($($argument,)*)) -> Fut {
                self($($argument),*)
            }
        }
    };
}

macro_rules! arities {
    () => { function!(); };
    ($first:ident $($rest:ident)*) => {
        arguments!($first $($rest)*);
        function!($first $($rest)*);
        arities!($($rest)*);
    };
}

arities!(A B C D E G H I);
