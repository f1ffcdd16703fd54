use std::collections::HashMap;

use bytestring::ByteString;

use crate::handler::Erased;

/// The handlers of a namespace, or of all namespaces of a pattern.
///
/// A socket keeps the table that was in force when it connected.
#[derive(Clone, Default)]
pub(crate) struct Handlers {
    pub(crate) authorize: Option<Erased>,
    pub(crate) connect: Option<Erased>,
    pub(crate) detach: Option<Erased>,
    pub(crate) resume: Option<Erased>,
    pub(crate) disconnect: Option<Erased>,
    pub(crate) any: Option<Erased>,
    pub(crate) fallback: Option<Erased>,
    pub(crate) events: HashMap<ByteString, EventHandler>,
}

#[derive(Clone)]
pub(crate) struct EventHandler {
    pub(crate) handler: Erased,
    /// Whether the socket's next event need not wait for this one's handler.
    pub(crate) concurrent: bool,
}
