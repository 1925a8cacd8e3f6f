//! Rows of tables `booked_days`, `announcements` and `closure_news`.
use domain::bookings::Held;
use domain::ids::CourtCode;
use event_store::{Position, Recorded};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Date as SqlDate, Timestamp as SqlTimestamp, ToSqlx};
use sqlx::{PgPool, PgTransaction};

/// How long a worker has a court-day for itself, and how long a failed attempt waits.
pub(super) const CLAIM: SignedDuration = SignedDuration::from_secs(15);

/// What a batch of events comes to, column by column.
#[derive(Default)]
pub(super) struct Noted {
    sold: Sold,
    streams: Vec<String>,
    revisions: Vec<i64>,
    /// Dates that venues closed or opened again.
    venues: Vec<String>,
    dates: Vec<SqlDate>,
    /// Courts that retired or returned, and from when.
    courts: Vec<String>,
    froms: Vec<SqlDate>,
}

/// Places that were held, and by which revisions of their venue and their court.
#[derive(Default)]
struct Sold {
    courts: Vec<String>,
    dates: Vec<SqlDate>,
    venues: Vec<String>,
    venue_revisions: Vec<i64>,
    court_revisions: Vec<i64>,
}

impl Noted {
    pub fn sold(&mut self, held: &Held) {
        self.sold.courts.push(held.booking.court().to_string());
        self.sold.dates.push(held.booking.date().to_sqlx());
        self.sold.venues.push(held.venue.to_string());
        self.sold.venue_revisions.push(held.venue_revision.cast_signed());
        self.sold.court_revisions.push(held.court_revision.cast_signed());
    }

    pub fn announced(&mut self, event: &Recorded) {
        self.streams.push(event.stream.clone());
        self.revisions.push(event.revision.cast_signed());
    }

    pub fn date(&mut self, venue: &str, date: Date) {
        self.venues.push(venue.to_owned());
        self.dates.push(date.to_sqlx());
    }

    pub fn court(&mut self, court: &str, from: Date) {
        self.courts.push(court.to_owned());
        self.froms.push(from.to_sqlx());
    }

    /// Days before announcements, so that one finds what was sold before it. What was sold after it in this same batch
    /// it finds too; so it is enough to look for those who did not know of an earlier batch's, and first.
    pub async fn write(
        self,
        tx: &mut PgTransaction<'static>,
        position: Position,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let (position, now) = (position.cast_signed(), now.to_sqlx() as SqlTimestamp);
        if !self.sold.courts.is_empty() {
            let Sold { courts, dates, venues, venue_revisions, court_revisions } = &self.sold;
            sqlx::query_file!("src/closures/book.sql", courts, dates as &[SqlDate], venues)
                .execute(&mut **tx)
                .await?;
            sqlx::query_file!(
                "src/closures/note_late.sql",
                courts,
                dates as &[SqlDate],
                venues,
                venue_revisions,
                court_revisions,
                position,
                now as SqlTimestamp,
            )
            .execute(&mut **tx)
            .await?;
        }
        if !self.streams.is_empty() {
            sqlx::query_file!("src/closures/announce.sql", &self.streams, &self.revisions)
                .execute(&mut **tx)
                .await?;
        }
        if !self.venues.is_empty() || !self.courts.is_empty() {
            sqlx::query_file!(
                "src/closures/note.sql",
                &self.venues,
                &self.dates as &[SqlDate],
                &self.courts,
                &self.froms as &[SqlDate],
                position,
                now as SqlTimestamp,
            )
            .execute(&mut **tx)
            .await?;
        }
        Ok(())
    }
}

/// A court-day to look at, claimed.
#[derive(Debug)]
pub(super) struct News {
    pub court: String,
    pub date: SqlDate,
    pub position: i64,
    pub attempts: i32,
}

impl News {
    /// `None` for a row that nobody here wrote.
    pub fn court_day(&self) -> Option<(CourtCode, Date)> {
        Some((self.court.parse().ok()?, self.date.to_jiff()))
    }
}

pub(super) async fn claim(
    db: &PgPool,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<News>, sqlx::Error> {
    sqlx::query_file_as!(
        News,
        "src/closures/claim.sql",
        now.to_sqlx() as SqlTimestamp,
        (now + CLAIM).to_sqlx() as SqlTimestamp,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Done with what was claimed. Newer news are due at once.
pub(super) async fn done(db: &PgPool, news: &News, now: Timestamp) -> Result<(), sqlx::Error> {
    let News { court, date, position, .. } = news;
    let mut tx = db.begin().await?;
    let removed = sqlx::query_file!("src/closures/done.sql", court, *date as SqlDate, position)
        .execute(&mut *tx)
        .await?;
    if removed.rows_affected() == 0 {
        let now = now.to_sqlx() as SqlTimestamp;
        sqlx::query_file!("src/closures/again.sql", court, *date as SqlDate, now as SqlTimestamp)
            .execute(&mut *tx)
            .await?;
    }
    tx.commit().await
}

pub(super) async fn count(db: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!("src/closures/count.sql").fetch_one(db).await
}
