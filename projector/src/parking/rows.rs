//! Table `parked`.
use event_store::{Metadata, Position, Recorded};
use runtime::follow::FollowError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::builds::Build;
use crate::projection::unfit;

/// Parks events: with an error those that cannot be applied, without one those that wait behind them.
pub(super) async fn add(
    db: &mut PgConnection,
    build: &Build,
    events: &[(&Recorded, String)],
    error: Option<&str>,
) -> Result<(), FollowError> {
    let mut columns = Columns::default();
    for (event, key) in events {
        columns.push(event, key)?;
    }
    let Columns { positions, keys, ids, streams, revisions, kinds, data, meta } = columns;
    sqlx::query_file!(
        "src/parking/add.sql",
        build.projection,
        build.number,
        error,
        &positions,
        &keys,
        &ids,
        &streams,
        &revisions,
        &kinds,
        &data,
        &meta
    )
    .execute(db)
    .await?;
    Ok(())
}

#[derive(Default)]
struct Columns {
    positions: Vec<i64>,
    keys: Vec<String>,
    ids: Vec<Uuid>,
    streams: Vec<String>,
    revisions: Vec<i64>,
    kinds: Vec<String>,
    data: Vec<Vec<u8>>,
    meta: Vec<Vec<u8>>,
}

impl Columns {
    fn push(&mut self, event: &Recorded, key: &str) -> Result<(), FollowError> {
        let meta = serde_json::to_vec(&event.meta).map_err(|it| unfit(event.position, it))?;
        self.positions.push(event.position.cast_signed());
        self.keys.push(key.to_owned());
        self.ids.push(event.id);
        self.streams.push(event.stream.clone());
        self.revisions.push(event.revision.cast_signed());
        self.kinds.push(event.kind.clone());
        self.data.push(event.data.clone());
        self.meta.push(meta);
        Ok(())
    }
}

/// Takes out a parked event and everything that waits behind it, in order; nothing if it is not parked.
pub(super) async fn release(
    db: &mut PgConnection,
    build: &Build,
    event: Uuid,
) -> Result<(Option<String>, Vec<Recorded>), FollowError> {
    let rows = sqlx::query_file!("src/parking/release.sql", build.projection, build.number, event)
        .fetch_all(db)
        .await?;
    let key = rows.first().map(|it| it.key.clone());
    let mut events = Vec::with_capacity(rows.len());
    for it in rows {
        let position: Position = it.position.cast_unsigned();
        let meta: Metadata =
            serde_json::from_slice(&it.meta).map_err(|error| unfit(position, error))?;
        events.push(Recorded {
            position,
            stream: it.stream,
            revision: it.revision.cast_unsigned(),
            id: it.event,
            kind: it.kind,
            data: it.data,
            meta,
        });
    }
    events.sort_unstable_by_key(|it| it.position);
    Ok((key, events))
}

/// Forgets what other builds of a projection had parked.
pub(crate) async fn forget_others(db: &mut PgConnection, build: &Build) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/parking/forget.sql", build.projection, build.number).execute(db).await?;
    Ok(())
}
