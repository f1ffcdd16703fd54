/// Names of events that the two sides' own interfaces give a meaning to.
///
/// The last two belong to the event emitter of JavaScript servers. Clients know that these names
/// are refused, and so they are here too.
const RESERVED: [&str; 6] = [
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
];

/// Whether no event may have this name, in either direction.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}
