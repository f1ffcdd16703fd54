//! What happens at each event: the state changes, and those concerned are told.
//!
//! Everything is told while the state is locked. An emit only queues, so that nobody waits for
//! it, and all pages see all changes in the order in which they were made.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use encke::{Auth, Data, Ext, Reject, Result, Socket, State};
use serde::{Deserialize, Serialize};

use crate::rooms::{GuestId, Rooms};
use crate::words::{Name, RoomName, Text};

/// What all handlers share.
#[derive(Debug, Default)]
pub(crate) struct Chat(Mutex<Rooms>);

/// Who a socket is; kept with it from the moment it is connected.
pub(crate) struct Guest(GuestId);

#[derive(Deserialize)]
pub(crate) struct Naming {
    name: String,
}

#[derive(Deserialize)]
pub(crate) struct Joining {
    room: String,
}

#[derive(Deserialize)]
pub(crate) struct Saying {
    room: String,
    key: u64,
    text: String,
}

#[derive(Deserialize)]
pub(crate) struct Typing {
    on: bool,
}

/// Tells the sender under which number its message was taken, and when.
#[derive(Serialize)]
pub(crate) struct Receipt {
    id: u64,
    at: u64,
}

#[derive(Serialize)]
pub(crate) struct Named {
    name: Name,
}

#[derive(Serialize)]
struct Left {
    id: GuestId,
}

#[derive(Serialize)]
struct TypingOf {
    id: GuestId,
    on: bool,
}

/// Nobody comes in without a name.
pub(crate) async fn authorize(socket: Socket, Auth(auth): Auth<Naming>) -> Result<(), Reject> {
    socket.insert(Name::parse(&auth.name)?);
    Ok(())
}

pub(crate) async fn connect(
    socket: Socket,
    State(chat): State<Chat>,
    Ext(name): Ext<Name>,
) -> Result {
    let mut rooms = chat.rooms();
    socket.insert(Guest(rooms.arrive(Name::clone(&name))));
    socket.emit("rooms", &rooms.list())?;
    Ok(())
}

pub(crate) async fn join(
    socket: Socket,
    State(chat): State<Chat>,
    Ext(guest): Ext<Guest>,
    Data(joining): Data<Joining>,
) -> Result {
    let room = RoomName::parse(&joining.room)?;
    let mut rooms = chat.rooms();
    let entered = rooms.enter(guest.0, room.clone())?;
    let is_new_here = entered.left.as_ref() != Some(&room);
    if let Some(left) = entered.left.filter(|_| is_new_here) {
        socket.leave(left.channel())?;
        tell_left(&socket, &rooms, &left, guest.0)?;
        socket.emit("room", &rooms.entry(&left))?;
    }
    socket.join(room.channel())?;
    socket.emit("entered", &rooms.view(guest.0))?;
    if is_new_here {
        let others = socket.to(room.channel());
        others.emit("joined", &rooms.member(guest.0))?;
        socket.broadcast().emit("room", &rooms.entry(&room))?;
        socket.emit("room", &rooms.entry(&room))?;
    }
    if entered.displaced {
        socket.broadcast().emit("rooms", &rooms.list())?;
        socket.emit("rooms", &rooms.list())?;
    }
    Ok(())
}

pub(crate) async fn say(
    socket: Socket,
    State(chat): State<Chat>,
    Ext(guest): Ext<Guest>,
    Data(saying): Data<Saying>,
) -> Result<Receipt> {
    let room = RoomName::parse(&saying.room)?;
    let text = Text::parse(&saying.text)?;
    let mut rooms = chat.rooms();
    let said = rooms.say(guest.0, &room, saying.key, text, now())?;
    if said.new {
        socket.to(room.channel()).emit("message", &said.message)?;
    }
    Ok(Receipt {
        id: said.message.id,
        at: said.message.at,
    })
}

pub(crate) async fn typing(
    socket: Socket,
    State(chat): State<Chat>,
    Ext(guest): Ext<Guest>,
    Data(Typing { on }): Data<Typing>,
) -> Result {
    let rooms = chat.rooms();
    if let Some(room) = rooms.whereabouts(guest.0) {
        // It is stale in a moment, so a slow reader may do without.
        let others = socket.to(room.channel()).volatile();
        others.emit("typing", &TypingOf { id: guest.0, on })?;
    }
    Ok(())
}

pub(crate) async fn rename(
    socket: Socket,
    State(chat): State<Chat>,
    Ext(guest): Ext<Guest>,
    Data(naming): Data<Naming>,
) -> Result<Named> {
    let name = Name::parse(&naming.name)?;
    let mut rooms = chat.rooms();
    rooms.rename(guest.0, name.clone());
    if let Some(room) = rooms.whereabouts(guest.0) {
        let renamed = rooms.member(guest.0);
        socket.to(room.channel()).emit("renamed", &renamed)?;
        socket.emit("renamed", &renamed)?;
    }
    Ok(Named { name })
}

pub(crate) async fn disconnect(
    socket: Socket,
    State(chat): State<Chat>,
    Ext(guest): Ext<Guest>,
) -> Result {
    let mut rooms = chat.rooms();
    if let Some(left) = rooms.depart(guest.0) {
        tell_left(&socket, &rooms, &left, guest.0)?;
    }
    Ok(())
}

/// Tells the room whom it lost, and everybody but that guest how many are left there.
fn tell_left(socket: &Socket, rooms: &Rooms, left: &RoomName, id: GuestId) -> Result {
    socket.to(left.channel()).emit("left", &Left { id })?;
    socket.broadcast().emit("room", &rooms.entry(left))?;
    Ok(())
}

impl Chat {
    fn rooms(&self) -> MutexGuard<'_, Rooms> {
        // Nothing in `Rooms` panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    })
}
