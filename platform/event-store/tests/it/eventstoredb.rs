//! The log in EventStoreDB keeps every promise: against the double, which is not the server; and against a server
//! that is given in `TEST_EVENTSTORE_URL`.
use std::sync::Arc;

use event_store::Store;
use event_store::eventstoredb::EventStoreDb;

use crate::double::Double;
use crate::scoped::Scoped;

async fn fresh() -> (Double, Store) {
    let double = Double::start().await;
    let store = EventStoreDb::connect(&double.url()).expect("a URL");
    (double, Arc::new(store))
}

event_store::event_store_contract!(fresh().await);

mod over_tls {
    use super::*;
    use crate::double::authority::Authority;

    async fn secured() -> ((Authority, Double), Store) {
        let authority = Authority::new();
        let double = Double::secured(authority.issue("127.0.0.1")).await;
        let url = format!("{}&tlsCAFile={}", double.url(), authority.file().display());
        let store = EventStoreDb::connect(&url).expect("a URL");
        ((authority, double), Arc::new(store))
    }

    event_store::event_store_contract!(secured().await);
}

/// A server is shared: each test has its own streams there and sees nothing else. Without one the double is shared,
/// so that this way of sharing is tested too.
mod on_a_shared_server {
    use super::*;

    async fn scoped() -> (Option<Double>, Store) {
        let given = testing::eventstore_url();
        let double = if given.is_none() { Some(Double::start().await) } else { None };
        let url = given.or(double.as_ref().map(Double::url)).expect("the one or the other");
        let store: Store = Arc::new(EventStoreDb::connect(&url).expect("a URL"));
        let neighbour = Scoped::new(store.clone());
        event_store::contract::a_stream_reads_back_in_order(&(Arc::new(neighbour) as Store)).await;
        (double, Arc::new(Scoped::new(store)))
    }

    event_store::event_store_contract!(scoped().await);
}
