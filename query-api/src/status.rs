//! What the query side says of itself to operators.
use async_trait::async_trait;
use event_store::{Position, Store};
use runtime::status::{Part, PoolPart, Status};
use serde_json::{Value, json};
use sqlx::PgPool;
use sqlx::types::Json;

use crate::App;
use crate::projections::Difference;

impl App {
    #[must_use]
    pub fn status(&self, status: Status) -> Status {
        status
            .with(Projections { read: self.read.clone(), store: self.store.clone() })
            .with(PoolPart { name: "query_api_read", pool: self.read.clone() })
            .with(PoolPart { name: "query_api_edge", pool: self.edge.clone() })
    }
}

struct Projections {
    read: PgPool,
    store: Store,
}

#[async_trait]
impl Part for Projections {
    fn name(&self) -> &'static str {
        "projections"
    }

    /// In short; `GET /v1/projections` says why one waits, and what to do.
    async fn tell(&self) -> Result<Value, String> {
        let rows = sqlx::query_file!("src/projections/list.sql").fetch_all(&self.read).await;
        let rows = rows.map_err(|_| "the read models do not answer")?;
        let head = self.store.head().await.map_err(|_| "the event store does not answer")?;
        let rows = rows.into_iter().map(|it| {
            let position = Position::try_from(it.position).unwrap_or_default();
            let told = json!({
                "version": it.build,
                "position": position,
                "lag_events": head.saturating_sub(position),
                "paused": it.is_paused,
                "waits": it.last_error.is_some(),
                "parked": it.parked,
                "rebuild": it.rebuild_state,
            });
            (it.projection, told)
        });
        Ok(json!({ "head": head, "builds": rows.collect::<serde_json::Map<_, _>>() }))
    }
}
