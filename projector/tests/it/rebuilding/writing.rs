//! Who books while a test looks.
use std::sync::Arc;
use std::time::Duration;

use event_store::Store;
use runtime::Shutdown;
use sqlx::PgPool;
use tokio::task::JoinHandle;

use super::Site;
use crate::given::{append, confirmed, court_day, held};

impl Site {
    /// Books one after the other, as fast as the live build shows it: faster, and a build whose chunks are as small as
    /// here would never come to the end on a machine that is busy with other things.
    pub fn write_until_told(&self, day: u8) -> Writing {
        let (store, read) = (Arc::clone(&self.store), self.read.pool.clone());
        let told = Shutdown::new();
        let ears = told.clone();
        let task = tokio::spawn(async move {
            for n in 0.. {
                fill(&store, day, n..n + 1).await;
                let head = store.head().await.expect("a head");
                while !ears.is_cancelled() && live_position(&read).await < head {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                if ears.is_cancelled() {
                    return;
                }
            }
        });
        Writing { told, task }
    }
}

pub struct Writing {
    told: Shutdown,
    task: JoinHandle<()>,
}

impl Writing {
    pub async fn stop(self) {
        self.told.cancel();
        self.task.await.expect("the writer writes");
    }
}

async fn live_position(read: &PgPool) -> u64 {
    let position = "SELECT position FROM checkpoints JOIN builds ON name = projection || '@' || build \
                    WHERE state = 'live'";
    let position: i64 = sqlx::query_scalar(position).fetch_one(read).await.expect("a live build");
    position.cast_unsigned()
}

pub async fn fill(store: &Store, day: u8, bookings: std::ops::Range<usize>) {
    for n in bookings {
        append(store, &court_day(day), 0, &held(day, &n.to_string(), 120)).await;
        append(store, &court_day(day), 1, &confirmed(day, &n.to_string())).await;
    }
}
