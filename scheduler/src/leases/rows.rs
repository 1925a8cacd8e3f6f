//! Rows of table `lease_news`.
use domain::ids::BookingId;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::PgPool;

/// How long a worker has before another may think it died, and how long a failed attempt waits.
pub(super) const CLAIM: SignedDuration = SignedDuration::from_secs(15);

/// A booking to look at, claimed.
#[derive(Debug)]
pub(super) struct News {
    pub booking: String,
    pub position: i64,
    pub attempts: i32,
}

impl News {
    /// `None` for a row that nobody here wrote.
    pub fn id(&self) -> Option<BookingId> {
        self.booking.parse().ok()
    }
}

pub(super) async fn claim(
    db: &PgPool,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<News>, sqlx::Error> {
    sqlx::query_file_as!(
        News,
        "src/leases/claim.sql",
        now.to_sqlx() as SqlTimestamp,
        (now + CLAIM).to_sqlx() as SqlTimestamp,
        limit,
    )
    .fetch_all(db)
    .await
}

pub(super) async fn done(db: &PgPool, news: &News) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/leases/done.sql", news.booking, news.position).execute(db).await?;
    Ok(())
}

pub(super) async fn count(db: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!("src/leases/count.sql").fetch_one(db).await
}
