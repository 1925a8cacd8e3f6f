//! Rows of table `erasures`.
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::{PgPool, PgTransaction};
use uuid::Uuid;

/// How long a worker has somebody for itself, and how long a failed attempt waits.
pub(super) const CLAIM: SignedDuration = SignedDuration::from_secs(30);

/// What a batch of events comes to.
#[derive(Default)]
pub(super) struct Noted {
    users: Vec<Uuid>,
    events: Vec<Uuid>,
    erased: Vec<Uuid>,
}

impl Noted {
    pub fn requested(&mut self, user: Uuid, event: Uuid) {
        self.users.push(user);
        self.events.push(event);
    }

    pub fn erased(&mut self, user: Uuid) {
        self.erased.push(user);
    }

    /// Requests before their ends: a replay brings both in one batch.
    pub async fn write(
        self,
        tx: &mut PgTransaction<'static>,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        if !self.users.is_empty() {
            let now = now.to_sqlx() as SqlTimestamp;
            sqlx::query_file!(
                "src/erasures/note.sql",
                &self.users,
                &self.events,
                now as SqlTimestamp
            )
            .execute(&mut **tx)
            .await?;
        }
        if !self.erased.is_empty() {
            sqlx::query_file!("src/erasures/done.sql", &self.erased).execute(&mut **tx).await?;
        }
        Ok(())
    }
}

/// Somebody to erase, claimed.
#[derive(Debug)]
pub(super) struct Asked {
    pub user_id: Uuid,
    pub event_id: Uuid,
    pub attempts: i32,
}

pub(super) async fn claim(
    db: &PgPool,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<Asked>, sqlx::Error> {
    sqlx::query_file_as!(
        Asked,
        "src/erasures/claim.sql",
        now.to_sqlx() as SqlTimestamp,
        (now + CLAIM).to_sqlx() as SqlTimestamp,
        limit,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn postpone(db: &PgPool, user: Uuid, until: Timestamp) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/erasures/postpone.sql", user, until.to_sqlx() as SqlTimestamp)
        .execute(db)
        .await?;
    Ok(())
}

pub(super) async fn done(db: &PgPool, user: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/erasures/done.sql", &[user]).execute(db).await?;
    Ok(())
}

/// Who was erased, with the event that asked for it, after one of them.
pub(super) async fn finished(
    db: &PgPool,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<(Uuid, Uuid)>, sqlx::Error> {
    let rows = sqlx::query_file!("src/erasures/finished.sql", after, limit).fetch_all(db).await?;
    Ok(rows.into_iter().map(|it| (it.user_id, it.event_id)).collect())
}

pub(super) async fn count(db: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!("src/erasures/count.sql").fetch_one(db).await
}
