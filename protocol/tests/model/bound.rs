use std::fmt;

/// How much may happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Bound {
    /// Messages that the client's application sends.
    pub(crate) up: u8,
    /// Messages that the server's application sends.
    pub(crate) down: u8,
    /// What the link does wrong.
    pub(crate) faults: u8,
    /// Deadlines of the client.
    pub(crate) client_ticks: u8,
    /// Deadlines of the server.
    pub(crate) server_ticks: u8,
    /// Times that the client's application closes.
    pub(crate) client_closes: u8,
    /// Times that the server's application closes.
    pub(crate) server_closes: u8,
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = [
            (self.up, "messages up"),
            (self.down, "messages down"),
            (self.faults, "faults of the link"),
            (self.client_ticks, "deadlines of the client"),
            (self.server_ticks, "deadlines of the server"),
            (self.client_closes, "ends by the client"),
            (self.server_closes, "ends by the server"),
        ];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let words: Vec<String> = counts
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        f.write_str(&words.join(", "))
    }
}
