//! The limit of a batch: a lock held to the commit and one insert of many rows, in one call, with nothing checked.
use anyhow::Context;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use crate::protocol::{Read, ReadReply};
use crate::sample::Sample;
use crate::worker::Contestant;

/// The log's table without its guards. The numbers come from a sequence: cheaper than any order.
pub const TABLE: &str = "
    CREATE SEQUENCE IF NOT EXISTS positions;
    CREATE TABLE IF NOT EXISTS bare (
        position    bigint      NOT NULL,
        stream_id   text        COLLATE \"C\" NOT NULL,
        revision    bigint      NOT NULL,
        event_id    uuid        NOT NULL,
        type        text        COLLATE \"C\" NOT NULL,
        data        bytea       NOT NULL,
        meta        bytea       NOT NULL,
        recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
        CONSTRAINT bare_pkey PRIMARY KEY (position),
        CONSTRAINT bare_stream_revision UNIQUE (stream_id, revision)
    )";

const INSERT: &str = "
    WITH held AS MATERIALIZED (SELECT pg_advisory_xact_lock(4711, 1))
    INSERT INTO bare (position, stream_id, revision, event_id, type, data, meta)
    SELECT nextval('positions'), e.stream_id, e.revision, e.event_id, e.type, e.data, e.meta
    FROM held,
         unnest($1::text[], $2::bigint[], $3::uuid[], $4::text[], $5::bytea[], $6::bytea[])
             e(stream_id, revision, event_id, type, data, meta)";

pub struct Bare {
    pool: PgPool,
    kind: String,
    data: Vec<u8>,
    meta: Vec<u8>,
    command: Uuid,
}

impl Bare {
    pub fn connect(url: &str, sample: &Sample, connections: u32) -> anyhow::Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .test_before_acquire(false)
            .connect_lazy(url)?;
        let command = sample.metadata().command;
        Ok(Self {
            pool,
            kind: sample.kind.clone(),
            data: sample.data().to_vec(),
            meta: sample.meta()?,
            command,
        })
    }
}

impl Contestant for Bare {
    async fn migrate(&self) -> anyhow::Result<()> {
        sqlx::raw_sql(TABLE).execute(&self.pool).await?;
        Ok(())
    }

    async fn append(&self, stream: &str, events: usize) -> anyhow::Result<()> {
        let revisions: Vec<i64> = (0..i64::try_from(events)?).collect();
        let ids = (0..).take(events).map(|it| event_store::event_id(stream, it, self.command));
        let done = sqlx::query(INSERT)
            .bind(vec![stream; events])
            .bind(&revisions)
            .bind(ids.collect::<Vec<_>>())
            .bind(vec![self.kind.as_str(); events])
            .bind(vec![self.data.as_slice(); events])
            .bind(vec![self.meta.as_slice(); events])
            .execute(&self.pool)
            .await?;
        let rows = usize::try_from(done.rows_affected())?;
        (rows == events).then_some(()).context("not all rows were inserted")
    }

    async fn read(&self, _: Read) -> anyhow::Result<ReadReply> {
        anyhow::bail!("reading is measured by COPY")
    }
}
