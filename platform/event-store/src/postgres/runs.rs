//! Many calls in one transaction: appends behind one another, all of them or none.
//!
//! The order lock is held over round trips here, as nowhere else: whoever copies a log is the only one who writes to it.
use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::sync::Mutex;

use super::batch::{self, Append};
use super::connection::Dedicated;
use super::patience::in_time;
use crate::Appended;

/// How long one transaction may take, of which each call may take five seconds (session.sql).
const PATIENCE: Duration = Duration::from_secs(30);

/// A connection for them, made when the first come.
pub(super) struct Runs(Mutex<Dedicated>);

impl Runs {
    pub(super) fn new(connection: Dedicated) -> Self {
        Self(Mutex::new(connection))
    }

    /// Says where each stands; `None` if not all of them could be appended, for whatever reason. Then none was, or the
    /// answer is lost.
    pub(super) async fn append(&self, appends: &[Append]) -> Option<Vec<Appended>> {
        let mut dedicated = self.0.lock().await;
        let connection = dedicated.get().await.ok()?;
        let Ok(recorded) = in_time(PATIENCE, record(connection, appends)).await else {
            // With the transaction in it, if there still is one.
            dedicated.discard();
            return None;
        };
        recorded
    }
}

async fn record(
    connection: &mut PgConnection,
    appends: &[Append],
) -> Result<Option<Vec<Appended>>, sqlx::Error> {
    let mut transaction = connection.begin().await?;
    let mut recorded = Vec::with_capacity(appends.len());
    while let rest @ [_, ..] = &appends[recorded.len()..] {
        let call: Vec<_> = rest[..batch::side_by_side(rest)].iter().collect();
        for outcome in batch::send(&mut transaction, &call).await? {
            let Ok(appended) = outcome.result else {
                transaction.rollback().await?;
                return Ok(None);
            };
            recorded.push(appended);
        }
    }
    transaction.commit().await?;
    Ok(Some(recorded))
}
