use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use bytestring::ByteString;
use encke_protocol::CloseReason;
use encke_protocol::socket::Args;
use serde::de::DeserializeOwned;

use crate::ack::Ack;
use crate::call::Call;
use crate::error::Error;
use crate::handshake::Handshake;
use crate::socket::Socket;

/// Makes an argument of a handler from what the handler is called for.
///
/// Implement it for your own extractors. An error is answered to the client if it asked for an
/// ack, counted and logged, and the handler does not run.
///
/// ```
/// use encke::{Call, Error, FromCall};
///
/// /// The language that the client asked for at the handshake.
/// struct Language(String);
///
/// impl FromCall for Language {
///     fn from_call(call: &mut Call) -> Result<Self, Error> {
///         let handshake = call.socket().handshake();
///         let language = handshake.and_then(|handshake| {
///             handshake.header("accept-language").map(str::to_owned)
///         });
///         language.map(Self).ok_or_else(|| Error::new("no_language", "no language is given"))
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` can not be an argument of a handler",
    label = "not an extractor",
    note = "a handler takes `Socket`, `Data<T>`, `Args`, `Auth<T>`, `State<T>`, `Ext<T>`, `Ack`, \
            `Handshake`, `EventName`, `CloseReason`, or a type that implements `FromCall`",
    note = "for the event's own data write `Data<{Self}>`"
)]
pub trait FromCall: Sized {
    /// The argument.
    ///
    /// # Errors
    ///
    /// What the client is told when there is none.
    fn from_call(call: &mut Call) -> Result<Self, Error>;
}

/// What a handler may take: everything that is [`FromCall`], and [`Ack`].
pub trait Extract: Sized {
    /// Whether answering is left to this argument.
    #[doc(hidden)]
    type Answers;

    #[doc(hidden)]
    fn extract(call: &mut Call) -> Result<Self, Error>;
}

/// The handler's return value is the answer.
#[doc(hidden)]
#[derive(Debug)]
pub struct ByReturn;

/// The handler answers by an [`Ack`].
#[doc(hidden)]
#[derive(Debug)]
pub struct ByAck;

impl<T: FromCall> Extract for T {
    type Answers = ByReturn;

    fn extract(call: &mut Call) -> Result<Self, Error> {
        T::from_call(call)
    }
}

impl Extract for Ack {
    type Answers = ByAck;

    fn extract(call: &mut Call) -> Result<Self, Error> {
        Ok(Self::new(call.socket.clone(), call.ack.take()))
    }
}

/// The event's data: a tuple takes several arguments, anything else the first one.
///
/// Arguments behind those are ignored. Data of another shape is answered with the error code
/// `invalid_data`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Data<T>(pub T);

impl<T: DeserializeOwned> FromCall for Data<T> {
    fn from_call(call: &mut Call) -> Result<Self, Error> {
        Ok(Self(call.args.data()?))
    }
}

/// All arguments as they came.
impl FromCall for Args {
    fn from_call(call: &mut Call) -> Result<Self, Error> {
        Ok(call.args.clone())
    }
}

impl FromCall for Socket {
    fn from_call(call: &mut Call) -> Result<Self, Error> {
        Ok(call.socket.clone())
    }
}

/// The name of the event, for handlers of any event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventName(ByteString);

impl Deref for EventName {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EventName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl FromCall for EventName {
    fn from_call(call: &mut Call) -> Result<Self, Error> {
        let name = call.name.clone().map(Self);
        name.ok_or_else(|| Error::new("no_event", "this is not an event"))
    }
}

/// The credentials that the client gave when it joined; `null` if it gave none.
///
/// Credentials of another shape refuse the client, with a message that says where they differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Auth<T>(pub T);

impl<T: DeserializeOwned> FromCall for Auth<T> {
    fn from_call(call: &mut Call) -> Result<Self, Error> {
        let live = call.socket.live().ok_or_else(gone)?;
        let auth = live.auth.as_deref().unwrap_or("null");
        let args = Args::from_json(format!("[{auth}]"))
            .map_err(|error| Error::new("invalid_data", error.to_string()))?;
        Ok(Self(args.data()?))
    }
}

/// A value given to [`Builder::state`](crate::Builder::state), shared by all handlers.
#[derive(Debug)]
pub struct State<T: ?Sized>(pub Arc<T>);

impl<T: Send + Sync + 'static> FromCall for State<T> {
    fn from_call(call: &mut Call) -> Result<Self, Error> {
        let states = &call.socket.ident().space.hub.options.states;
        states.find().map(Self).ok_or_else(|| {
            tracing::error!(
                state = std::any::type_name::<T>(),
                "a handler takes a state that the builder was not given"
            );
            Error::new("internal", "the server is not set up for this event")
        })
    }
}

/// A value that was kept with the socket by [`Socket::insert`].
#[derive(Debug)]
pub struct Ext<T: ?Sized>(pub Arc<T>);

impl<T: Send + Sync + 'static> FromCall for Ext<T> {
    fn from_call(call: &mut Call) -> Result<Self, Error> {
        call.socket.extension().map(Self).ok_or_else(|| {
            tracing::warn!(
                extension = std::any::type_name::<T>(),
                "a handler takes an extension that its socket does not have"
            );
            Error::new("internal", "the server is not set up for this event")
        })
    }
}

impl FromCall for Handshake {
    fn from_call(call: &mut Call) -> Result<Self, Error> {
        call.socket.handshake().ok_or_else(gone)
    }
}

impl FromCall for CloseReason {
    fn from_call(call: &mut Call) -> Result<Self, Error> {
        let reason = call.reason;
        reason.ok_or_else(|| Error::new("not_closed", "the socket is not over"))
    }
}

fn gone() -> Error {
    Error::new("closed", "the socket is over")
}

macro_rules! clone_shared {
    ($($name:ident)*) => {$(
        impl<T: ?Sized> Clone for $name<T> {
            fn clone(&self) -> Self {
                Self(Arc::clone(&self.0))
            }
        }

        impl<T: ?Sized> Deref for $name<T> {
            type Target = T;

            fn deref(&self) -> &T {
                &self.0
            }
        }
    )*};
}

clone_shared!(State Ext);
