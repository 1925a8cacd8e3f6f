//! What the tables say, in the words of the port.
use sqlx::FromRow;
use uuid::Uuid;

use crate::{Metadata, ReadError, Recorded, Source, StreamEvent, Unreadable};

#[derive(FromRow)]
pub(super) struct StreamRow {
    revision: i64,
    event_id: Uuid,
    r#type: String,
    data: Vec<u8>,
    meta: Vec<u8>,
}

#[derive(FromRow)]
pub(super) struct Row {
    position: i64,
    stream_id: String,
    #[sqlx(flatten)]
    event: StreamRow,
}

impl TryFrom<StreamRow> for StreamEvent {
    type Error = ReadError;

    fn try_from(row: StreamRow) -> Result<Self, ReadError> {
        let meta: Metadata = serde_json::from_slice(&row.meta).map_err(corrupt)?;
        let revision = u64::try_from(row.revision).map_err(corrupt)?;
        Ok(Self { revision, id: row.event_id, kind: row.r#type, data: row.data, meta })
    }
}

impl TryFrom<Row> for Recorded {
    type Error = ReadError;

    fn try_from(row: Row) -> Result<Self, ReadError> {
        let position = u64::try_from(row.position).map_err(corrupt)?;
        let (stream, revision) = (row.stream_id, row.event.revision.cast_unsigned());
        match row.event.try_into() {
            Ok(StreamEvent { revision, id, kind, data, meta }) => {
                Ok(Self { position, stream, revision, id, kind, data, meta })
            }
            Err(ReadError::Corrupt(source)) => {
                Err(corrupt(Unreadable { position, stream, revision, source }))
            }
            Err(error) => Err(error),
        }
    }
}

fn corrupt(source: impl Into<Source>) -> ReadError {
    ReadError::Corrupt(source.into())
}
