use std::collections::HashMap;
use std::pin::Pin;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, OnceLock, PoisonError, RwLock, Weak};

use bytestring::ByteString;

use crate::handlers::Handlers;
use crate::hub::Hub;
use crate::live::Space;
use crate::session::Session;

/// The namespaces that the application has, by name and by pattern.
pub(crate) struct Directory {
    hub: Arc<Hub>,
    bare: OnceLock<BareHandler>,
    tables: RwLock<Tables>,
}

#[derive(Default)]
struct Tables {
    fixed: HashMap<ByteString, (Arc<Space>, Table)>,
    patterns: Vec<Pattern>,
    /// Namespaces of patterns that have a socket or a handle. The others vanish.
    live: HashMap<ByteString, Weak<Space>>,
    /// Length of `live` at which the vanished ones are swept out.
    sweep_at: usize,
}

/// Handlers that may yet be added to.
pub(crate) type Table = Arc<RwLock<Arc<Handlers>>>;

/// Has a bare session for as long as the future runs.
pub(crate) type BareHandler =
    Arc<dyn Fn(Session) -> Pin<Box<dyn Future<Output = ()>>> + Send + Sync>;

/// Whether a name belongs to a pattern.
pub(crate) type Matches = Arc<dyn Fn(&str) -> bool + Send + Sync>;

struct Pattern {
    matches: Matches,
    table: Table,
}

impl Directory {
    pub(crate) fn new(hub: Arc<Hub>) -> Self {
        Self {
            hub,
            bare: OnceLock::new(),
            tables: RwLock::default(),
        }
    }

    pub(crate) const fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The handler of bare sessions; with one, there are no namespaces.
    pub(crate) fn bare(&self) -> Option<&BareHandler> {
        self.bare.get()
    }

    /// False if there is one already.
    pub(crate) fn set_bare(&self, handler: BareHandler) -> bool {
        self.bare.set(handler).is_ok()
    }

    /// The namespace of this name: a pattern's if one matches, else a fixed one, which is made.
    pub(crate) fn open(&self, name: &str) -> (Arc<Space>, Table) {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        if let Some((space, table)) = tables.find(name, &self.hub) {
            return (space, table);
        }
        let space = new_space(name, &self.hub);
        let table = Table::default();
        let entry = (Arc::clone(&space), Arc::clone(&table));
        tables.fixed.insert(space.name.clone(), entry);
        (space, table)
    }

    /// The namespace that a client asks for, with the handlers of this moment.
    pub(crate) fn find(&self, name: &str) -> Option<(Arc<Space>, Arc<Handlers>)> {
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        let (space, table) = tables.find(name, &self.hub)?;
        let handlers = table.read().unwrap_or_else(PoisonError::into_inner);
        Some((space, Arc::clone(&handlers)))
    }

    pub(crate) fn add_pattern(&self, matches: Matches) -> Table {
        let table = Table::default();
        self.tables
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .patterns
            .push(Pattern {
                matches,
                table: Arc::clone(&table),
            });
        table
    }
}

impl Tables {
    fn find(&mut self, name: &str, hub: &Arc<Hub>) -> Option<(Arc<Space>, Table)> {
        if let Some((space, table)) = self.fixed.get(name) {
            return Some((Arc::clone(space), Arc::clone(table)));
        }
        let pattern = self
            .patterns
            .iter()
            .find(|pattern| (pattern.matches)(name))?;
        let table = Arc::clone(&pattern.table);
        if let Some(space) = self.live.get(name).and_then(Weak::upgrade) {
            return Some((space, table));
        }
        let space = new_space(name, hub);
        if self.live.len() >= self.sweep_at {
            self.live.retain(|_, space| space.strong_count() > 0);
            // Sweeping again only after as many have been added keeps it cheap for each.
            self.sweep_at = 2 * self.live.len() + 16;
        }
        self.live.insert(space.name.clone(), Arc::downgrade(&space));
        Some((space, table))
    }
}

fn new_space(name: &str, hub: &Arc<Hub>) -> Arc<Space> {
    Arc::new(Space {
        name: ByteString::from(name),
        next_ack: AtomicU64::new(0),
        hub: Arc::clone(hub),
    })
}
