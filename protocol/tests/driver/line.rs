use encke_protocol::Time;

/// A leg's connection.
pub(super) struct Line {
    pub(super) is_poll: bool,
    pub(super) opened: Time,
    /// Packets that it still takes.
    pub(super) room: usize,
    /// Packets that it has taken.
    pub(super) carried: usize,
    /// The client has gone, which shows when the poll is answered.
    pub(super) is_cut: bool,
}

impl Line {
    pub(super) const fn poll(opened: Time, packets: usize) -> Self {
        Self {
            is_poll: true,
            opened,
            room: packets,
            carried: 0,
            is_cut: false,
        }
    }

    pub(super) const fn websocket(opened: Time) -> Self {
        Self {
            is_poll: false,
            opened,
            room: usize::MAX,
            carried: 0,
            is_cut: false,
        }
    }
}
