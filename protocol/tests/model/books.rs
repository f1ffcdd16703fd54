use encke_protocol::Message;

/// One direction's messages, which are the numbers from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Books {
    pub(crate) sent: u64,
    pub(crate) got: u64,
}

impl Books {
    /// Takes a message, if it is the next one.
    pub(crate) fn take(&mut self, message: &Message) -> Result<(), String> {
        let Message::Text(text) = message else {
            return Err("bytes that nobody sent".into());
        };
        let next = self.got + 1;
        if **text != *next.to_string() {
            return Err(format!("message {text} came where {next} should have come"));
        }
        if next > self.sent {
            return Err(format!("message {text} came, which nobody sent"));
        }
        self.got = next;
        Ok(())
    }
}
