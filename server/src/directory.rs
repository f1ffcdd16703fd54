use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
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
    patterns: Arc<[Pattern]>,
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

#[derive(Clone)]
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
        if let Some(found) = self.look_up(name) {
            return found;
        }
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        let (space, table) = tables
            .fixed
            .entry(ByteString::from(name))
            .or_insert_with(|| (new_space(name, &self.hub), Table::default()));
        (Arc::clone(space), Arc::clone(table))
    }

    /// The namespace that a client asks for, with the handlers of this moment.
    pub(crate) fn find(&self, name: &str) -> Option<(Arc<Space>, Arc<Handlers>)> {
        let (space, table) = self.look_up(name)?;
        let handlers = table.read().unwrap_or_else(PoisonError::into_inner);
        Some((space, Arc::clone(&handlers)))
    }

    fn look_up(&self, name: &str) -> Option<(Arc<Space>, Table)> {
        let patterns = {
            let tables = self.tables.read().unwrap_or_else(PoisonError::into_inner);
            if let Some((space, table)) = tables.fixed.get(name) {
                return Some((Arc::clone(space), Arc::clone(table)));
            }
            Arc::clone(&tables.patterns)
        };
        // The application's own code, so it runs without the lock.
        let pattern = patterns.iter().find(|pattern| pattern.fits(name))?;
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        let space = tables.live(name, &self.hub);
        Some((space, Arc::clone(&pattern.table)))
    }

    pub(crate) fn add_pattern(&self, matches: Matches) -> Table {
        let table = Table::default();
        let pattern = Pattern {
            matches,
            table: Arc::clone(&table),
        };
        let mut tables = self.tables.write().unwrap_or_else(PoisonError::into_inner);
        tables.patterns = tables.patterns.iter().cloned().chain([pattern]).collect();
        table
    }
}

impl Pattern {
    /// Whether the name is one of the pattern's. A panic over a client's name is a no.
    fn fits(&self, name: &str) -> bool {
        let matches = AssertUnwindSafe(|| (self.matches)(name));
        catch_unwind(matches).unwrap_or_else(|_| {
            tracing::error!(?name, "a pattern of namespaces panicked");
            false
        })
    }
}

impl Tables {
    /// The namespace of a pattern that has this name, made if it is not there.
    fn live(&mut self, name: &str, hub: &Arc<Hub>) -> Arc<Space> {
        if let Some(space) = self.live.get(name).and_then(Weak::upgrade) {
            return space;
        }
        let space = new_space(name, hub);
        if self.live.len() >= self.sweep_at {
            self.live.retain(|_, space| space.strong_count() > 0);
            // Sweeping again only after as many have been added keeps it cheap for each.
            self.sweep_at = 2 * self.live.len() + 16;
        }
        self.live.insert(space.name.clone(), Arc::downgrade(&space));
        space
    }
}

fn new_space(name: &str, hub: &Arc<Hub>) -> Arc<Space> {
    Arc::new(Space {
        name: ByteString::from(name),
        next_ack: AtomicU64::new(0),
        hub: Arc::clone(hub),
    })
}
