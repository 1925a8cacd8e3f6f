//! The log in Postgres keeps every promise.
use std::sync::Arc;

use event_store::Store;
use event_store::postgres::{MIGRATOR, PostgresStore};
use testing::Scratch;

async fn fresh() -> (Scratch, Store) {
    let scratch = Scratch::new(&MIGRATOR).await;
    let store = PostgresStore::connect(&scratch.url, 4).expect("a URL");
    (scratch, Arc::new(store))
}

event_store::event_store_contract!(fresh().await);
