//! What a batch changes, event by event, for those who listen to a venue's day (`live_changes`).
use std::collections::BTreeMap;

use domain::ids::CourtCode;
use event_store::Recorded;
use jiff::Timestamp;
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;

use super::{Block, Change, Taken, changes};
use crate::projection::unfit;

/// Rows that are kept: what a busy day brings. Whoever was away for longer is shown the whole day instead.
const KEPT: i64 = 10_000;

/// From now on this stretch of a court is so.
#[derive(Serialize)]
struct News {
    position: i64,
    court: CourtCode,
    starts_at: Timestamp,
    ends_at: Timestamp,
    state: &'static str,
    held_until: Option<Timestamp>,
    #[serde(flatten)]
    block: Option<Block>,
}

/// Announces `events`, which are not applied yet: what a booking frees is read from the tables as they are.
pub(super) async fn announce(
    db: &mut PgConnection,
    build: i32,
    events: &[Recorded],
) -> Result<(), FollowError> {
    let changes = changes(events)?;
    if changes.is_empty() {
        return Ok(());
    }
    let mut stays = stays(db, &changes).await?;
    let mut news = Vec::with_capacity(changes.len());
    for (position, booking, change) in changes {
        let (stay, state) = match change {
            Change::Taken(taken) => {
                let state = state(&taken);
                stays.insert(booking, taken.clone());
                (taken, state)
            }
            Change::Kept { expires_at } => {
                let Some(stay) = stays.get_mut(&booking) else { continue };
                stay.expires_at = expires_at;
                (stay.clone(), state(stay))
            }
            Change::Free => {
                let Some(stay) = stays.remove(&booking) else { continue };
                (Taken { expires_at: None, ..stay }, "free")
            }
        };
        let Taken { court, starts_at, ends_at, expires_at: held_until, block, .. } = stay;
        let position = position.cast_signed();
        news.push(News { position, court, starts_at, ends_at, state, held_until, block });
    }
    if news.is_empty() {
        return Ok(());
    }
    sqlx::query_file!("src/availability/announce.sql", build, Json(&news) as _)
        .execute(&mut *db)
        .await?;
    sqlx::query_file!("src/availability/prune.sql", KEPT).execute(db).await?;
    Ok(())
}

fn state(taken: &Taken) -> &'static str {
    match taken {
        Taken { block: Some(_), .. } => "blocked",
        Taken { expires_at: Some(_), .. } => "held",
        Taken { .. } => "booked",
    }
}

/// Where the bookings are that `changes` speak of and did not bring themselves.
async fn stays(
    db: &mut PgConnection,
    changes: &[(u64, String, Change)],
) -> Result<BTreeMap<String, Taken>, FollowError> {
    let older = changes.iter().filter(|it| !matches!(it.2, Change::Taken(_)));
    let older: Vec<String> = older.map(|it| it.1.clone()).collect();
    if older.is_empty() {
        return Ok(BTreeMap::new());
    }
    let rows = sqlx::query_file!("src/availability/stays.sql", &older).fetch_all(db).await?;
    let mut stays = BTreeMap::new();
    for it in rows {
        let court: CourtCode = it.court.parse().map_err(|error| unfit(0, error))?;
        let taken = Taken {
            court,
            date: it.date.to_jiff(),
            starts_at: it.starts_at.to_jiff(),
            ends_at: it.ends_at.to_jiff(),
            expires_at: it.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
            block: block(it.block, it.cause)?,
        };
        stays.insert(it.booking, taken);
    }
    Ok(stays)
}

fn block(id: Option<Uuid>, cause: Option<String>) -> Result<Option<Block>, FollowError> {
    let Some((id, cause)) = id.zip(cause) else { return Ok(None) };
    let cause = serde_json::from_value(cause.into()).map_err(|error| unfit(0, error))?;
    Ok(Some(Block { block: domain::ids::BlockId(id), cause }))
}
