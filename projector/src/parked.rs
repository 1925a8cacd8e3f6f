//! What operators ask about events that could not be applied. How they come to lie there: `crate::parking`.
use event_store::Position;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgPool;
use uuid::Uuid;

/// An event that could not be applied.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parked {
    pub projection: String,
    pub build: i32,
    /// The live build goes on without it; otherwise it is what a rebuild ended at.
    pub is_live: bool,
    pub position: Position,
    pub event: Uuid,
    pub stream: String,
    pub kind: String,
    /// Whose rows it would change.
    pub key: String,
    pub error: String,
    pub parked_at: Timestamp,
    /// How many events of the same key wait behind it.
    pub behind: i64,
}

/// An event that waits for a parked one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Behind {
    pub position: Position,
    pub event: Uuid,
    pub kind: String,
}

/// The parked events of one projection or of all, in order.
pub async fn list(db: &PgPool, projection: Option<&str>) -> Result<Vec<Parked>, sqlx::Error> {
    select(db, projection, None).await
}

/// One event, in each build that has it parked.
pub async fn find(db: &PgPool, projection: &str, event: Uuid) -> Result<Vec<Parked>, sqlx::Error> {
    select(db, Some(projection), Some(event)).await
}

async fn select(
    db: &PgPool,
    projection: Option<&str>,
    event: Option<Uuid>,
) -> Result<Vec<Parked>, sqlx::Error> {
    let rows = sqlx::query_file!("src/parked/list.sql", projection, event).fetch_all(db).await?;
    let parked = rows.into_iter().map(|it| Parked {
        projection: it.projection,
        build: it.build,
        is_live: it.is_live,
        position: it.position.cast_unsigned(),
        event: it.event,
        stream: it.stream,
        kind: it.kind,
        key: it.key,
        error: it.error,
        parked_at: it.parked_at.to_jiff(),
        behind: it.behind,
    });
    Ok(parked.collect())
}

impl Parked {
    /// The first of those that wait behind it.
    pub async fn behind(&self, db: &PgPool, limit: i64) -> Result<Vec<Behind>, sqlx::Error> {
        let rows = sqlx::query_file!(
            "src/parked/behind.sql",
            self.projection,
            self.build,
            self.key,
            limit
        )
        .fetch_all(db)
        .await?;
        let behind = rows.into_iter().map(|it| Behind {
            position: it.position.cast_unsigned(),
            event: it.event,
            kind: it.kind,
        });
        Ok(behind.collect())
    }

    /// What stands in the log, byte for byte.
    pub async fn data(&self, db: &PgPool) -> Result<Option<Vec<u8>>, sqlx::Error> {
        let position = self.position.cast_signed();
        sqlx::query_file_scalar!("src/parked/data.sql", self.projection, self.build, position)
            .fetch_optional(db)
            .await
    }
}
