//! What listeners are told, as it is read.
use domain::ids::VenueId;
use event_store::LogId;
use jiff::Timestamp;
use serde::Serialize;
use sqlx::PgTransaction;

use super::mark::{Mark, Telling};

/// The projections that a day is shown from.
pub(super) const PROJECTIONS: [&str; 2] = ["courts", "availability"];

/// From now on this stretch of a court is so. It takes the place of what was said of that stretch before, and a block that
/// of what was said of the same block.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(as = LiveChange)]
pub struct Change {
    pub court: String,
    #[schema(value_type = String, format = DateTime)]
    pub starts_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    pub ends_at: Timestamp,
    /// `free`, `held`, `booked` or `blocked`; more may come.
    pub state: String,
    /// When a hold runs out. From then on the court is free, said or not.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub held_until: Option<Timestamp>,
    /// Of a block, and of what it frees: which one. Several may lie over one another.
    pub block: Option<uuid::Uuid>,
    /// Of a block: `maintenance`, `rain`, `closed`, `retired`, `other`; more may come.
    pub cause: Option<String>,
}

/// A change, and where it belongs.
pub(super) struct Told {
    pub venue: String,
    pub mark: Mark,
    pub change: Change,
}

/// A venue's service day: its courts, and from when to when.
#[derive(Clone)]
pub(super) struct Day {
    pub venue: VenueId,
    pub from: Timestamp,
    pub to: Timestamp,
}

impl Day {
    pub fn has(&self, change: &Change) -> bool {
        change.starts_at < self.to && self.from < change.ends_at
    }
}

/// Where the live builds stand: as far as both have come, and in which telling. `None` while one of them is made, or is
/// of another log.
pub(super) async fn standing(
    tx: &mut PgTransaction<'static>,
    log: LogId,
) -> Result<Option<Mark>, sqlx::Error> {
    let row = sqlx::query_file!("src/live/standing.sql", log.0).fetch_optional(&mut **tx).await?;
    Ok(row.map(|it| Mark {
        telling: Telling { build: it.build, epoch: it.epoch },
        position: it.position,
    }))
}

/// Every change after a mark, of all days or of one; `None` if they are more than `most`.
pub(super) async fn between(
    tx: &mut PgTransaction<'static>,
    after: Mark,
    until: i64,
    day: Option<&Day>,
    most: usize,
) -> Result<Option<Vec<Told>>, sqlx::Error> {
    let Telling { build, epoch } = after.telling;
    let rows = sqlx::query_file_as!(
        Row,
        "src/live/between.sql",
        build,
        epoch,
        after.position,
        until,
        day.map(|it| it.venue.to_string()),
        day.map(|it| jiff_sqlx::Timestamp::from(it.from)) as _,
        day.map(|it| jiff_sqlx::Timestamp::from(it.to)) as _,
        i64::try_from(most).unwrap_or(i64::MAX).saturating_add(1)
    )
    .fetch_all(&mut **tx)
    .await?;
    let is_all = rows.len() <= most;
    Ok(is_all.then(|| rows.into_iter().map(|it| it.told(after.telling)).collect()))
}

/// Whether everything after a mark is still there: rows go in their order, so one at or before it says so.
pub(super) async fn is_kept(
    tx: &mut PgTransaction<'static>,
    mark: Mark,
) -> Result<bool, sqlx::Error> {
    let Mark { telling: Telling { build, epoch }, position } = mark;
    sqlx::query_file_scalar!("src/live/is_kept.sql", build, epoch, position)
        .fetch_one(&mut **tx)
        .await
}

/// What is taken of a day, at a time.
pub(super) async fn taken(
    tx: &mut PgTransaction<'static>,
    day: &Day,
    now: Timestamp,
) -> Result<Vec<Change>, sqlx::Error> {
    let rows = sqlx::query_file!(
        "src/live/taken.sql",
        day.venue.to_string(),
        jiff_sqlx::Timestamp::from(day.from) as _,
        jiff_sqlx::Timestamp::from(day.to) as _,
        jiff_sqlx::Timestamp::from(now) as _
    )
    .fetch_all(&mut **tx)
    .await?;
    let changes = rows.into_iter().map(|it| Change {
        court: it.court,
        starts_at: it.starts_at.to_jiff(),
        ends_at: it.ends_at.to_jiff(),
        state: it.state,
        held_until: it.held_until.map(jiff_sqlx::Timestamp::to_jiff),
        block: it.block,
        cause: it.cause,
    });
    Ok(changes.collect())
}

struct Row {
    position: i64,
    venue: String,
    court: String,
    starts_at: jiff_sqlx::Timestamp,
    ends_at: jiff_sqlx::Timestamp,
    state: String,
    held_until: Option<jiff_sqlx::Timestamp>,
    block: Option<uuid::Uuid>,
    cause: Option<String>,
}

impl Row {
    fn told(self, telling: Telling) -> Told {
        let change = Change {
            court: self.court,
            starts_at: self.starts_at.to_jiff(),
            ends_at: self.ends_at.to_jiff(),
            state: self.state,
            held_until: self.held_until.map(jiff_sqlx::Timestamp::to_jiff),
            block: self.block,
            cause: self.cause,
        };
        Told { venue: self.venue, mark: Mark { telling, position: self.position }, change }
    }
}
