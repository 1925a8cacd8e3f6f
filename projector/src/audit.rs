//! The login audit's log as it is served: records, tiles, and the last checkpoint of each year.
use std::collections::BTreeMap;

use async_trait::async_trait;
use audit::tiles::{Builder, Of, Tile};
use audit::tlog::{self, Hash};
use domain::audit::{AuditEvent, year};
use event_store::{Position, Recorded};
use runtime::follow::FollowError;
use sqlx::PgConnection;

use crate::projection::{Projection, read, unfit};

/// Serves auditors. A checkpoint stands in the log behind its records, and so it is never here before its tiles.
pub struct Audit;

/// What a batch has of one year.
#[derive(Default)]
struct Year {
    /// The revision of the first of `records`.
    first: u64,
    records: Vec<String>,
    checkpoint: Option<(u64, String)>,
    position: Position,
}

/// Says that a record stands where another has to.
#[derive(Debug, thiserror::Error)]
#[error("records of {year} go on at {there}, not at {found}")]
struct Gap {
    year: i16,
    there: u64,
    found: u64,
}

#[async_trait]
impl Projection for Audit {
    fn name(&self) -> &'static str {
        "audit"
    }

    /// Each record stands on the one before.
    fn key<'a>(&self, _: &'a Recorded) -> Option<&'a str> {
        None
    }

    fn create(&self) -> &'static str {
        include_str!("audit/create.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("audit/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        for (year, it) in fold(events)? {
            if !it.records.is_empty() {
                add(db, year, &it).await?;
            }
            if let Some((size, note)) = it.checkpoint {
                sqlx::query_file!("src/audit/sign.sql", year, signed(size), note)
                    .execute(&mut *db)
                    .await?;
            }
        }
        Ok(())
    }
}

fn fold(events: &[Recorded]) -> Result<BTreeMap<i16, Year>, FollowError> {
    let mut years = BTreeMap::<i16, Year>::new();
    for event in events {
        let Some(number) = year(&event.stream) else { continue };
        let year = years.entry(number).or_default();
        match read(event)? {
            AuditEvent::Recorded { record } => {
                if year.records.is_empty() {
                    (year.first, year.position) = (event.revision, event.position);
                }
                year.records.push(record);
            }
            AuditEvent::CheckpointSigned { size, note, .. } => year.checkpoint = Some((size, note)),
            AuditEvent::Read { .. } => {}
        }
    }
    Ok(years)
}

/// Adds records, and to the tiles the hashes that follow from them.
async fn add(db: &mut PgConnection, number: i16, year: &Year) -> Result<(), FollowError> {
    let there = sqlx::query_file_scalar!("src/audit/size.sql", number).fetch_one(&mut *db).await?;
    let there = there.cast_unsigned();
    if there != year.first {
        return Err(unfit(year.position, Gap { year: number, there, found: year.first }));
    }
    let partial = sqlx::query_file!("src/audit/partial.sql", number).fetch_all(&mut *db).await?;
    let partial: BTreeMap<i16, Vec<Hash>> = partial
        .into_iter()
        .map(|it| (it.level, audit::tiles::hashes(&it.hashes).unwrap_or_default()))
        .collect();
    let mut builder =
        Builder::begun(there, |level| partial.get(&i16::from(level)).cloned().unwrap_or_default());
    let mut tiles = Vec::new();
    for record in &year.records {
        builder.push(tlog::leaf(record.as_bytes()), |tile, hashes| tiles.push(row(tile, hashes)));
    }
    tiles.extend(builder.partial().map(|(tile, hashes)| row(tile, hashes)));
    let indexes: Vec<i64> = (there..).map(signed).take(year.records.len()).collect();
    sqlx::query_file!("src/audit/add_records.sql", number, &indexes, &year.records)
        .execute(&mut *db)
        .await?;
    let (levels, rest): (Vec<i16>, Vec<(i64, Vec<u8>)>) = tiles.into_iter().unzip();
    let (numbers, hashes): (Vec<i64>, Vec<Vec<u8>>) = rest.into_iter().unzip();
    sqlx::query_file!("src/audit/merge_tiles.sql", number, &levels, &numbers, &hashes)
        .execute(db)
        .await?;
    Ok(())
}

fn row(tile: Tile, hashes: &[Hash]) -> (i16, (i64, Vec<u8>)) {
    let level = match tile.of {
        Of::Level(level) => level.into(),
        Of::Entries => 0,
    };
    (level, (signed(tile.n), hashes.concat()))
}

/// A number as Postgres keeps it. A log of more records than that fills every disk first.
fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
