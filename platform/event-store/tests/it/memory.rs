//! The store in memory keeps every promise.
use std::sync::Arc;

use event_store::memory::MemoryStore;

event_store::event_store_contract!(((), Arc::new(MemoryStore::default())));
