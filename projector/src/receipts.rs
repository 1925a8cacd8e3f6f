//! Where the record of each audited event is in the login audit's log, and whose it is: what a proof is found by.
use async_trait::async_trait;
use audit::record::{Record, is_audited};
use domain::audit::{AuditEvent, log_stream, year};
use domain::sessions::SessionEvent;
use event_store::{Position, Recorded};
use runtime::follow::FollowError;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::projection::{Projection, all_met, id, read, unfit};

/// Serves proofs. A record is of an event before it in the log, and so its receipt is there already.
pub struct Receipts;

const SESSIONS: &str = "session-";

/// What a batch has, column by column.
#[derive(Default)]
struct Batch {
    audited: (Vec<Uuid>, Vec<Option<Uuid>>, Vec<Option<Uuid>>),
    begun: (Vec<Uuid>, Vec<Uuid>),
    recorded: (Vec<Uuid>, Vec<i16>, Vec<i64>),
}

#[async_trait]
impl Projection for Receipts {
    fn name(&self) -> &'static str {
        "receipts"
    }

    fn key<'a>(&self, _: &'a Recorded) -> Option<&'a str> {
        None
    }

    fn create(&self) -> &'static str {
        include_str!("receipts/create.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("receipts/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let Batch { audited, begun, recorded } = fold(events)?;
        if !begun.0.is_empty() {
            sqlx::query_file!("src/receipts/begin_sessions.sql", &begun.0, &begun.1)
                .execute(&mut *db)
                .await?;
        }
        if !audited.0.is_empty() {
            let (ids, subjects, sessions) = audited;
            sqlx::query_file!("src/receipts/add.sql", &ids, &subjects as _, &sessions as _)
                .execute(&mut *db)
                .await?;
        }
        if !recorded.0.is_empty() {
            let (ids, years, indexes) = recorded;
            let met = sqlx::query_file!("src/receipts/record.sql", &ids, &years, &indexes)
                .execute(db)
                .await?;
            all_met("receipts", events, ids.len(), met.rows_affected())?;
        }
        Ok(())
    }
}

fn fold(events: &[Recorded]) -> Result<Batch, FollowError> {
    let mut batch = Batch::default();
    for event in events {
        if is_audited(&event.stream, &event.kind) {
            let (subject, session) = whose(event, &mut batch)?;
            batch.audited.0.push(event.id);
            batch.audited.1.push(subject);
            batch.audited.2.push(session);
        }
        // Of a year's two streams, the one of its records.
        let Some(year) = year(&event.stream).filter(|it| log_stream(*it) == event.stream) else {
            continue;
        };
        let AuditEvent::Recorded { record } = read(event)? else { continue };
        let record = Record::read(record.as_bytes()).map_err(|it| unfit(event.position, it))?;
        batch.recorded.0.push(record.event_id);
        batch.recorded.1.push(year);
        batch.recorded.2.push(index(event.revision));
    }
    Ok(batch)
}

/// The person, or the session by which they are found. Nobody's are attempts under unknown names and readings.
fn whose(event: &Recorded, batch: &mut Batch) -> Result<(Option<Uuid>, Option<Uuid>), FollowError> {
    if event.stream.starts_with(SESSIONS) {
        let session: Uuid = id(event, SESSIONS)?;
        if let SessionEvent::Started { user, .. } = read(event)? {
            batch.begun.0.push(session);
            batch.begun.1.push(user.0);
        }
        return Ok((None, Some(session)));
    }
    let person = event.stream.split_once('-').and_then(|it| Uuid::try_parse(it.1).ok());
    Ok((person, None))
}

fn index(revision: Position) -> i64 {
    i64::try_from(revision).unwrap_or(i64::MAX)
}
