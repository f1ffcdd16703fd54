use std::sync::Arc;

use bytestring::ByteString;
use encke_protocol::Sid;

/// The name of a room. Every socket is also alone in a room named by its id.
pub type Room = Arc<str>;

/// One or several rooms, as `to`, `except`, `join` and `leave` take them.
///
/// Implemented for text, for [`Sid`] (the room of one socket) and for arrays, slices and vectors
/// of text.
pub trait IntoRooms {
    /// The rooms, in any order.
    fn into_rooms(self) -> Vec<Room>;
}

impl IntoRooms for &str {
    fn into_rooms(self) -> Vec<Room> {
        vec![Room::from(self)]
    }
}

impl IntoRooms for String {
    fn into_rooms(self) -> Vec<Room> {
        vec![Room::from(self)]
    }
}

impl IntoRooms for &String {
    fn into_rooms(self) -> Vec<Room> {
        vec![Room::from(self.as_str())]
    }
}

impl IntoRooms for Room {
    fn into_rooms(self) -> Vec<Room> {
        vec![self]
    }
}

impl IntoRooms for Sid {
    fn into_rooms(self) -> Vec<Room> {
        vec![self.with_str(|own| Room::from(own))]
    }
}

impl<T: AsRef<str>, const N: usize> IntoRooms for [T; N] {
    fn into_rooms(self) -> Vec<Room> {
        self.as_slice().into_rooms()
    }
}

impl<T: AsRef<str>> IntoRooms for &[T] {
    fn into_rooms(self) -> Vec<Room> {
        self.iter().map(|room| Room::from(room.as_ref())).collect()
    }
}

impl<T: AsRef<str>> IntoRooms for Vec<T> {
    fn into_rooms(self) -> Vec<Room> {
        self.as_slice().into_rooms()
    }
}

/// Which sockets of a namespace are meant: those in any of `rooms`, or all, without those in any of
/// `except`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The namespace.
    pub nsp: ByteString,
    /// Rooms of which a socket must be in one; `None` means all sockets, and an empty list none.
    pub rooms: Option<Vec<Room>>,
    /// Rooms of which a socket must be in none.
    pub except: Vec<Room>,
}
