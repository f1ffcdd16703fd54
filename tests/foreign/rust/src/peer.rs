//! One client, with everything that reached it kept in order.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use futures_util::FutureExt;
use rust_socketio::{
    Event, Payload,
    asynchronous::{Client, ClientBuilder},
};
use serde_json::Value;
use tokio::sync::{Notify, oneshot};

use crate::check::{LIMIT, Result, within};

/// The arguments of an event. The client has one buffer or JSON, never both.
#[derive(Clone, Debug, PartialEq)]
pub enum Args {
    Json(Vec<Value>),
    Binary(Bytes),
}

impl From<Payload> for Args {
    fn from(payload: Payload) -> Self {
        #[expect(deprecated, reason = "the variant still has to be matched")]
        match payload {
            Payload::Text(values) => Self::Json(values),
            Payload::Binary(bytes) => Self::Binary(bytes),
            Payload::String(text) => Self::Json(vec![Value::String(text)]),
        }
    }
}

impl PartialEq<Value> for Args {
    fn eq(&self, other: &Value) -> bool {
        matches!((self, other), (Self::Json(values), Value::Array(others)) if values == others)
    }
}

#[derive(Default)]
struct Inbox {
    received: HashMap<String, Vec<Args>>,
    taken: HashMap<String, usize>,
}

#[derive(Default)]
struct Shared {
    inbox: Mutex<Inbox>,
    changed: Notify,
}

impl Shared {
    fn with<T>(&self, look: impl FnOnce(&mut Inbox) -> T) -> T {
        look(&mut self.inbox.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn arrive(&self, event: &str, args: Args) {
        self.with(|inbox| {
            inbox
                .received
                .entry(event.to_owned())
                .or_default()
                .push(args);
        });
        self.changed.notify_waiters();
    }
}

#[derive(Clone)]
pub struct Peer {
    pub client: Client,
    shared: Arc<Shared>,
}

impl Peer {
    /// Connects; `connect`, `close` and `error` arrive like events.
    ///
    /// # Errors
    ///
    /// When the client cannot open its transport.
    pub async fn connect(builder: ClientBuilder) -> Result<Self> {
        let shared = Arc::new(Shared::default());
        let note = |name: &'static str| {
            let shared = Arc::clone(&shared);
            move |payload: Payload, _: Client| {
                shared.arrive(name, payload.into());
                async {}.boxed()
            }
        };
        let any = Arc::clone(&shared);
        let client = builder
            .on(Event::Connect, note("connect"))
            .on(Event::Close, note("close"))
            .on(Event::Error, note("error"))
            .on_any(move |event, payload, _| {
                let (name, args) = named(event, payload.into());
                any.arrive(&name, args);
                async {}.boxed()
            })
            .connect()
            .await?;
        Ok(Self { client, shared })
    }

    /// # Errors
    ///
    /// When the client cannot write.
    pub async fn emit(&self, event: &str, payload: impl Into<Payload>) -> Result<()> {
        Ok(self.client.emit(event, payload.into()).await?)
    }

    /// Emits and gives the arguments of the server's acknowledgement.
    ///
    /// # Errors
    ///
    /// When the client cannot write, or no acknowledgement comes.
    pub async fn ask(&self, event: &str, payload: impl Into<Payload>) -> Result<Args> {
        let (answer, answered) = oneshot::channel();
        let mut answer = Some(answer);
        self.client
            .emit_with_ack(event, payload.into(), LIMIT, move |payload, _| {
                if let Some(answer) = answer.take() {
                    let _ = answer.send(acknowledged(payload.into()));
                }
                async {}.boxed()
            })
            .await?;
        Ok(within(answered, &format!("acknowledgement of {event}")).await??)
    }

    /// The arguments of the first `name` that no earlier call has taken.
    ///
    /// # Errors
    ///
    /// When none comes.
    pub async fn next(&self, name: &str) -> Result<Args> {
        let nth = self.shared.with(|inbox| {
            let taken = inbox.taken.entry(name.to_owned()).or_default();
            *taken += 1;
            *taken - 1
        });
        self.reached(name, nth + 1).await?;
        self.all(name)
            .into_iter()
            .nth(nth)
            .ok_or_else(|| format!("{name} is gone").into())
    }

    /// Returns once `count` of `name` have arrived.
    ///
    /// # Errors
    ///
    /// When they do not come.
    pub async fn reached(&self, name: &str, count: usize) -> Result<()> {
        let wait = async {
            loop {
                let mut changed = std::pin::pin!(self.shared.changed.notified());
                changed.as_mut().enable();
                if self.count(name) >= count {
                    return;
                }
                changed.await;
            }
        };
        within(wait, &format!("{name} number {count}")).await
    }

    pub fn count(&self, name: &str) -> usize {
        self.shared
            .with(|inbox| inbox.received.get(name).map_or(0, Vec::len))
    }

    /// The arguments of every `name` so far, in order.
    pub fn all(&self, name: &str) -> Vec<Args> {
        self.shared
            .with(|inbox| inbox.received.get(name).cloned().unwrap_or_default())
    }
}

/// The client hands over an event without arguments as a `message` whose argument is its name.
fn named(event: Event, args: Args) -> (String, Args) {
    match (event, args) {
        (Event::Message, Args::Json(values)) if matches!(values[..], [Value::String(_)]) => {
            let name = values
                .into_iter()
                .find_map(|value| value.as_str().map(str::to_owned));
            (name.unwrap_or_default(), Args::Json(Vec::new()))
        }
        (event, args) => (String::from(event), args),
    }
}

/// The client hands over an acknowledgement's arguments as one array.
pub fn acknowledged(args: Args) -> Args {
    match args {
        Args::Json(mut values) if matches!(values[..], [Value::Array(_)]) => Args::Json(
            values
                .pop()
                .and_then(|inner| inner.as_array().cloned())
                .unwrap_or_default(),
        ),
        other => other,
    }
}
