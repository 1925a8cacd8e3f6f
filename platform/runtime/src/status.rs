//! What a process says of itself in detail, to its operators: `/status`, beside `/metrics` and as guarded.
//!
//! **Invariant:** no secret and nothing of a person is in it; names, counts, times and places in the log are.
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::future::join_all;
use serde_json::{Map, Value, json};
use sqlx::PgPool;

/// One thing there is to say.
#[async_trait]
pub trait Part: Send + Sync {
    /// `projections`, `timers`, …
    fn name(&self) -> &'static str;

    /// What is so now; or why that cannot be said, in words that name no server.
    async fn tell(&self) -> Result<Value, String>;
}

/// Everything there is to say. Roles add theirs.
#[derive(Clone, Default)]
pub struct Status {
    parts: Vec<Arc<dyn Part>>,
}

/// An operator is waiting; a part that hangs is one that says so.
const PATIENCE: Duration = Duration::from_secs(2);

impl Status {
    #[must_use]
    pub fn with(mut self, part: impl Part + 'static) -> Self {
        self.parts.push(Arc::new(part));
        self
    }

    /// Asks all parts at once; one that fails hides none of the others. Parts of one name are told together.
    pub async fn tell(&self) -> Value {
        let told = join_all(self.parts.iter().map(|it| async move {
            let told = tokio::time::timeout(PATIENCE, it.tell()).await;
            let told = told.unwrap_or_else(|_| Err("no answer in time".to_owned()));
            (it.name(), told.unwrap_or_else(|why| json!({ "fault": why })))
        }));
        let mut all = Map::new();
        for (name, told) in told.await {
            match (all.get_mut(name).and_then(Value::as_object_mut), told) {
                (Some(there), Value::Object(more)) => there.extend(more),
                (_, told) => {
                    all.insert(name.to_owned(), told);
                }
            }
        }
        Value::Object(all)
    }
}

/// A pool of connections: how many there are, how many nobody uses, how many there may be.
pub struct PoolPart {
    /// Whose, and to which database: `query_api_read`.
    pub name: &'static str,
    pub pool: PgPool,
}

#[async_trait]
impl Part for PoolPart {
    fn name(&self) -> &'static str {
        "pools"
    }

    async fn tell(&self) -> Result<Value, String> {
        let (open, idle) = (self.pool.size(), self.pool.num_idle());
        let most = self.pool.options().get_max_connections();
        Ok(json!({ self.name: { "open": open, "idle": idle, "most": most } }))
    }
}
