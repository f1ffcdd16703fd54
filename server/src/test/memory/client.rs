use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use encke_protocol::Outgoing;
use encke_protocol::client::End;
use encke_protocol::socket::{self, Args, Encoded, Payload};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::failure::{Failure, Over};
use super::heard::{Heard, Sender as _};
use super::line::Network;
use super::server::Server;
use super::session::{Session, State};
use super::spaces::{Space, Stage};
use crate::error::SendError;
use crate::handshake::Transport;

/// A client in a namespace of a [`Server`]; [`Server::connect`] makes one.
///
/// It speaks as Encke's own client does in a browser: its session outlives its connections, and
/// moves from polling to a WebSocket. What it hears is kept until the test asks for it.
///
/// A clone is a handle to the same, and so is what [`Client::join`] gives, for another namespace of
/// the same session. Once all of them are dropped the client is gone without a word, as one is
/// whose machine lost its power.
#[derive(Clone)]
pub struct Client {
    session: Rc<Grip>,
    namespace: Rc<str>,
}

/// What keeps a session going.
struct Grip(Rc<Session>);

impl Drop for Grip {
    fn drop(&mut self) {
        self.0.abandon();
    }
}

/// Speaking and listening.
impl Client {
    pub(super) async fn open(
        session: Rc<Session>,
        namespace: &str,
        auth: Option<&str>,
    ) -> Result<Self, Failure> {
        let grip = Grip(session);
        let client = Self {
            session: Rc::new(grip),
            namespace: normal(namespace),
        };
        let opened = client.wait("session", |state| match state.no_session() {
            Some(failure) => Some(Err(failure)),
            None => state.is_open.then_some(Ok(())),
        });
        opened.await?;
        client.enter(auth).await?;
        Ok(client)
    }

    /// Joins another namespace.
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when the server does not let the client in.
    pub async fn join(&self, namespace: &str) -> Result<Self, Failure> {
        self.beside(namespace, None).await
    }

    /// Joins another namespace with credentials, which handlers take as [`Auth`](crate::Auth).
    ///
    /// # Errors
    ///
    /// [`Failure::Refused`] when the server does not let the client in, [`Failure::Send`] when the
    /// credentials can not be encoded.
    pub async fn join_with<A: Serialize + ?Sized>(
        &self,
        namespace: &str,
        auth: &A,
    ) -> Result<Self, Failure> {
        self.beside(namespace, Some(&to_json(auth)?)).await
    }

    async fn beside(&self, namespace: &str, auth: Option<&str>) -> Result<Self, Failure> {
        let client = Self {
            session: Rc::clone(&self.session),
            namespace: normal(namespace),
        };
        client.enter(auth).await?;
        Ok(client)
    }

    async fn enter(&self, auth: Option<&str>) -> Result<(), Failure> {
        let name = &*self.namespace;
        if self.session().state(|state| state.spaces.enter(name)) {
            let nsp = if name == "/" {
                String::new()
            } else {
                format!("{name},")
            };
            let text = format!("0{nsp}{}", auth.unwrap_or_default());
            let message = Outgoing::text(&text);
            let message = message.map_err(|error| SendError::Invalid(error.to_string()))?;
            self.session().send_all(&[message])?;
        }
        self.wait_in("way into the namespace", |space| {
            matches!(space.stage, Stage::Joined { .. }).then_some(())
        })
        .await
    }

    /// The namespace's name.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// What the socket is called at the server ([`Socket::id`](crate::Socket::id)); nothing once it
    /// is over.
    pub fn id(&self) -> Option<String> {
        self.look(|space| match &space.stage {
            Stage::Joined { id } => Some(id.clone()),
            _ => None,
        })
    }

    /// Sends an event. While the client is away it is kept, and sent once it is back.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when the client is not in the namespace, [`SendError::Full`] when the
    /// server has yet to confirm more than `max_buffer`, and [`SendError::Invalid`] when the event
    /// can not be encoded or is larger than `max_payload`.
    pub fn emit<P: Payload + ?Sized>(&self, event: &str, payload: &P) -> Result<(), SendError> {
        self.send(&socket::event(&self.namespace, None, event, payload)?)
    }

    /// Sends an event and waits for its answer, which is what the handler returns.
    ///
    /// # Errors
    ///
    /// Those of [`Client::emit`], and [`Failure::Over`] or [`Failure::Timeout`] when no answer
    /// comes. A handler's own error is an answer.
    pub async fn emit_with_ack<P: Payload + ?Sized>(
        &self,
        event: &str,
        payload: &P,
    ) -> Result<Args, Failure> {
        let id = self.look(|space| {
            space.next_ack += 1;
            space.next_ack
        });
        let packet = socket::event(&self.namespace, Some(id), event, payload);
        self.send(&packet.map_err(SendError::from)?)?;
        let awaited = format!("answer to `{event}`");
        self.wait_in(&awaited, |space| space.acks.remove(&id)).await
    }

    /// Waits for the next event of this name and takes its data: a tuple takes an argument for each
    /// of its elements, anything else the first.
    ///
    /// Each event is given once, here or by another of these methods. Those of other names stay for
    /// whoever asks for them.
    ///
    /// # Errors
    ///
    /// [`Failure::Over`] or [`Failure::Timeout`] when there is none, [`Failure::Data`] when it does
    /// not fit.
    pub async fn next<T: DeserializeOwned>(&self, event: &str) -> Result<T, Failure> {
        Ok(self.hear(event).await?.data()?)
    }

    /// Waits for the next event of this name; [`Heard::ack`] answers it.
    ///
    /// # Errors
    ///
    /// [`Failure::Over`] or [`Failure::Timeout`] when there is none.
    pub async fn hear(&self, event: &str) -> Result<Heard, Failure> {
        let awaited = format!("event `{event}`");
        self.wait_in(&awaited, |space| {
            let at = space.unasked.iter().position(|heard| heard.name == event)?;
            space.unasked.remove(at)
        })
        .await
    }

    /// Waits for the next event of whatever name.
    ///
    /// # Errors
    ///
    /// [`Failure::Over`] or [`Failure::Timeout`] when there is none.
    pub async fn hear_any(&self) -> Result<Heard, Failure> {
        self.wait_in("event", |space| space.unasked.pop_front())
            .await
    }

    /// Every event that the client has heard in this namespace, in order, those that were taken too.
    pub fn heard(&self) -> Vec<Heard> {
        self.look(|space| space.heard.clone())
    }

    /// Leaves the namespace; the session goes on.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when the client is not in it.
    pub fn disconnect(&self) -> Result<(), SendError> {
        self.send(&socket::disconnect(&self.namespace))?;
        self.look(|space| space.stage = Stage::Over(Over::Left));
        Ok(())
    }

    /// Ends the session as a client does that means to: what was emitted before arrives. Waits
    /// until the server has taken it, at most 10 s.
    ///
    /// # Errors
    ///
    /// [`Failure::Timeout`] with a [`patience`](super::Connect::patience) of less.
    pub async fn close(&self) -> Result<(), Failure> {
        self.session().close();
        self.ended().await.map(drop)
    }

    /// Whether the client is in the namespace. A connection that is lost changes nothing in it.
    pub fn is_connected(&self) -> bool {
        self.look(|space| matches!(space.stage, Stage::Joined { .. }))
    }

    /// Waits until the client is no longer in the namespace, and says why.
    ///
    /// # Errors
    ///
    /// [`Failure::Timeout`] when it stays.
    pub async fn over(&self) -> Result<Over, Failure> {
        let name = &*self.namespace;
        self.wait("end", |state| match &state.spaces.get(name).stage {
            Stage::Over(over) => Some(Ok(over.clone())),
            _ => None,
        })
        .await
    }

    /// Waits until the session is over, and all of its namespaces with it, and says why.
    ///
    /// # Errors
    ///
    /// [`Failure::Timeout`] when it goes on.
    pub async fn ended(&self) -> Result<End, Failure> {
        self.wait("end of the session", |state| state.end.clone().map(Ok))
            .await
    }

    fn send(&self, packet: &Encoded) -> Result<(), SendError> {
        if self.is_connected() {
            self.session().send(packet)
        } else {
            Err(SendError::Closed)
        }
    }
}

/// The network between the client and the server. What is done to it concerns all of the client's
/// namespaces.
impl Client {
    /// Breaks the connection, whatever it is just now, and any request that is under way. The
    /// client notices and comes back by itself; so does the server.
    pub fn lose(&self) {
        self.session().lose();
    }

    /// Breaks the connection, and lets every further one fail until [`Client::online`].
    pub fn offline(&self) {
        self.session().set_network(Network::Down);
    }

    /// Lets nothing through until [`Client::online`], and tells nobody: each side finds out by
    /// its heartbeat that it hears nothing. What was sent meanwhile arrives late, if there is
    /// anybody then to take it.
    pub fn stall(&self) {
        self.session().set_network(Network::Stalled);
    }

    /// Ends [`Client::offline`] and [`Client::stall`]. After a longer absence the client tries
    /// again within 10 s.
    pub fn online(&self) {
        self.session().set_network(Network::Up);
    }

    /// Loses the next answer to a poll on its way: the server has given it, and the client's
    /// connection breaks instead.
    pub fn lose_poll_answer(&self) {
        let polls = &self.session().line().losses.polls;
        polls.set(polls.get() + 1);
    }

    /// The same with the next answer to a POST: the server has taken what was in it, and the client
    /// does not know.
    pub fn lose_post_answer(&self) {
        let posts = &self.session().line().losses.posts;
        posts.set(posts.get() + 1);
    }

    /// Breaks the connection, and has the client reach another server from now on, which knows
    /// nothing of its session: as if this one had been restarted.
    pub fn lead_to(&self, server: &Server) {
        self.session().line().lead_to(server.service.clone());
        self.lose();
    }

    /// What carries the session; nothing while the client is away.
    pub fn transport(&self) -> Option<Transport> {
        self.session().transport()
    }

    /// Waits until the client is back, or finds that it still is there.
    ///
    /// # Errors
    ///
    /// [`Failure::Over`] when the session ends instead.
    pub async fn attached(&self) -> Result<(), Failure> {
        self.wait("way back", |state| match &state.end {
            Some(end) => Some(Err(Failure::Over(Over::Session(end.clone())))),
            None => state.is_attached().then_some(Ok(())),
        })
        .await
    }

    fn session(&self) -> &Rc<Session> {
        &self.session.0
    }

    fn look<R>(&self, look: impl FnOnce(&mut Space) -> R) -> R {
        let name = &*self.namespace;
        self.session().state(|state| look(state.spaces.get(name)))
    }

    /// Waits for something that comes in the namespace.
    async fn wait_in<R>(
        &self,
        awaited: &str,
        mut look: impl FnMut(&mut Space) -> Option<R>,
    ) -> Result<R, Failure> {
        let name = &*self.namespace;
        self.wait(awaited, |state| {
            let space = state.spaces.get(name);
            let found = look(space).map(Ok);
            found.or_else(|| space.failure().map(Err))
        })
        .await
    }

    async fn wait<R>(
        &self,
        awaited: &str,
        look: impl FnMut(&mut State) -> Option<Result<R, Failure>>,
    ) -> Result<R, Failure> {
        let found = self.session().wait(look).await;
        found.unwrap_or_else(|patience| Err(self.timeout(awaited, patience)))
    }

    fn timeout(&self, awaited: &str, patience: Duration) -> Failure {
        let unasked = self.look(|space| space.unasked.iter().map(ToString::to_string).collect());
        Failure::Timeout {
            awaited: awaited.to_owned(),
            patience,
            unasked,
        }
    }
}

/// A namespace's name, with its slash in front.
fn normal(name: &str) -> Rc<str> {
    if name.starts_with('/') {
        name.into()
    } else {
        format!("/{name}").into()
    }
}

/// Credentials as they stand in a CONNECT.
pub(super) fn to_json<A: Serialize + ?Sized>(auth: &A) -> Result<String, SendError> {
    serde_json::to_string(auth).map_err(|error| SendError::Invalid(error.to_string()))
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client")
            .field("namespace", &self.namespace)
            .field("is_connected", &self.is_connected())
            .field("transport", &self.transport())
            .finish_non_exhaustive()
    }
}
