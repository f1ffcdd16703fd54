use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::sync::Arc;

/// Values by their type: what handlers get as [`State`](crate::State) and [`Ext`](crate::Ext).
#[derive(Clone, Default)]
pub(crate) struct States(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

impl States {
    pub(crate) fn insert<T: Send + Sync + 'static>(&mut self, value: Arc<T>) {
        self.0.insert(TypeId::of::<T>(), value);
    }

    pub(crate) fn find<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        let value = self.0.get(&TypeId::of::<T>())?;
        Arc::clone(value).downcast().ok()
    }

    pub(crate) fn remove<T: Send + Sync + 'static>(&mut self) -> Option<Arc<T>> {
        let value = self.0.remove(&TypeId::of::<T>())?;
        value.downcast().ok()
    }
}
