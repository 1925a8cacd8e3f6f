//! Rows of tables `waitlist_courts` and `waitlist_days`.
use domain::ids::{CourtCode, VenueId};
use event_store::Position;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use jiff_sqlx::{Date as SqlDate, Timestamp as SqlTimestamp, ToSqlx};
use sqlx::{PgPool, PgTransaction};

/// How long a worker has a list for itself, and how long a failed attempt waits.
pub(super) const CLAIM: SignedDuration = SignedDuration::from_secs(15);

/// What a batch of events comes to, column by column.
#[derive(Default)]
pub(super) struct Noted {
    /// Courts that were added, and where.
    courts: Vec<String>,
    court_venues: Vec<String>,
    /// Lists that something happened on.
    list_venues: Vec<String>,
    list_dates: Vec<SqlDate>,
    /// What may have made a place free: venues and courts that sell otherwise now,
    changed_venues: Vec<String>,
    changed_courts: Vec<String>,
    /// and court-days.
    freed_courts: Vec<String>,
    freed_dates: Vec<SqlDate>,
}

impl Noted {
    pub fn added(&mut self, court: &str, venue: &VenueId) {
        self.courts.push(court.to_owned());
        self.court_venues.push(venue.to_string());
    }

    pub fn list(&mut self, venue: &VenueId, date: Date) {
        self.list_venues.push(venue.to_string());
        self.list_dates.push(date.to_sqlx());
    }

    pub fn venue(&mut self, venue: &str) {
        self.changed_venues.push(venue.to_owned());
    }

    pub fn court(&mut self, court: &str) {
        self.changed_courts.push(court.to_owned());
    }

    pub fn freed(&mut self, court: &CourtCode, date: Date) {
        self.freed_courts.push(court.to_string());
        self.freed_dates.push(date.to_sqlx());
    }

    /// Courts and lists first: what is freed in the same batch finds them.
    pub async fn write(
        self,
        tx: &mut PgTransaction<'static>,
        position: Position,
        now: Timestamp,
    ) -> Result<(), sqlx::Error> {
        let (position, now) = (position.cast_signed(), now.to_sqlx() as SqlTimestamp);
        if !self.courts.is_empty() {
            sqlx::query_file!("src/waitlist/know.sql", &self.courts, &self.court_venues)
                .execute(&mut **tx)
                .await?;
        }
        if !self.list_venues.is_empty() {
            sqlx::query_file!(
                "src/waitlist/note.sql",
                &self.list_venues,
                &self.list_dates as &[SqlDate],
                position,
                now as SqlTimestamp,
            )
            .execute(&mut **tx)
            .await?;
        }
        let is_quiet = self.changed_venues.is_empty()
            && self.changed_courts.is_empty()
            && self.freed_courts.is_empty();
        if !is_quiet {
            sqlx::query_file!(
                "src/waitlist/wake.sql",
                &self.changed_venues,
                &self.changed_courts,
                &self.freed_courts,
                &self.freed_dates as &[SqlDate],
                position,
                now as SqlTimestamp,
            )
            .execute(&mut **tx)
            .await?;
        }
        Ok(())
    }
}

/// A list to look at, claimed.
#[derive(Debug)]
pub(super) struct News {
    pub venue: String,
    pub date: SqlDate,
    pub position: i64,
    pub attempts: i32,
}

impl News {
    /// `None` for a row that nobody here wrote.
    pub fn list(&self) -> Option<(VenueId, Date)> {
        Some((self.venue.parse().ok()?, self.date.to_jiff()))
    }
}

pub(super) async fn claim(
    db: &PgPool,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<News>, sqlx::Error> {
    sqlx::query_file_as!(
        News,
        "src/waitlist/claim.sql",
        now.to_sqlx() as SqlTimestamp,
        (now + CLAIM).to_sqlx() as SqlTimestamp,
        limit,
    )
    .fetch_all(db)
    .await
}

/// Done with what was claimed, until `next`. Newer news are due at once.
pub(super) async fn done(
    db: &PgPool,
    news: &News,
    next: Timestamp,
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let News { venue, date, position, .. } = news;
    sqlx::query_file!(
        "src/waitlist/done.sql",
        venue,
        *date as SqlDate,
        position,
        next.to_sqlx() as SqlTimestamp,
        now.to_sqlx() as SqlTimestamp,
    )
    .execute(db)
    .await?;
    Ok(())
}

/// Nobody is on the list any more. Newer news are due at once.
pub(super) async fn over(db: &PgPool, news: &News, now: Timestamp) -> Result<(), sqlx::Error> {
    let News { venue, date, position, .. } = news;
    let removed = sqlx::query_file!("src/waitlist/over.sql", venue, *date as SqlDate, position)
        .execute(db)
        .await?;
    if removed.rows_affected() == 0 { done(db, news, now, now).await } else { Ok(()) }
}

pub(super) async fn courts(db: &PgPool, venue: &VenueId) -> Result<Vec<CourtCode>, sqlx::Error> {
    let courts = sqlx::query_file_scalar!("src/waitlist/courts.sql", venue.to_string());
    let courts = courts.fetch_all(db).await?;
    Ok(courts.iter().filter_map(|it| it.parse().ok()).collect())
}

/// Every list that anybody may be on.
pub(crate) async fn days(db: &PgPool) -> Result<Vec<(VenueId, Date)>, sqlx::Error> {
    let days = sqlx::query_file!("src/waitlist/days.sql").fetch_all(db).await?;
    Ok(days.iter().filter_map(|it| Some((it.venue.parse().ok()?, it.date.to_jiff()))).collect())
}

pub(super) async fn count(db: &PgPool) -> Result<i64, sqlx::Error> {
    sqlx::query_file_scalar!("src/waitlist/count.sql").fetch_one(db).await
}
