//! postgres-es through its repository, the cheapest way in: no aggregate is loaded, nothing is decided.
use std::time::{Duration, Instant};

use cqrs_es::event_sink::EventSink;
use cqrs_es::persist::{PersistedEventRepository, SerializedEvent};
use cqrs_es::{Aggregate, DomainEvent};
use postgres_es::PostgresEventRepository;
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgPoolOptions;

use crate::protocol::{Read, ReadReply};
use crate::sample::Sample;
use crate::worker::Contestant;

/// Its own, from the crate's `db/init.sql`, less what it keeps for views and snapshots.
const TABLES: &str = "
    CREATE TABLE IF NOT EXISTS events (
        aggregate_type text                         NOT NULL,
        aggregate_id   text                         NOT NULL,
        sequence       bigint CHECK (sequence >= 0) NOT NULL,
        event_type     text                         NOT NULL,
        event_version  text                         NOT NULL,
        payload        json                         NOT NULL,
        metadata       json                         NOT NULL,
        PRIMARY KEY (aggregate_type, aggregate_id, sequence)
    )";

pub struct PostgresEs {
    repository: PostgresEventRepository,
    /// Its own pool is of another version of sqlx.
    tables: sqlx::PgPool,
    sample: Sample,
}

impl PostgresEs {
    pub fn connect(url: &str, sample: Sample, connections: u32) -> anyhow::Result<Self> {
        let pool = sqlx_of_postgres_es::postgres::PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(Duration::from_secs(30))
            .connect_lazy(url)?;
        let tables = PgPoolOptions::new().max_connections(1).connect_lazy(url)?;
        Ok(Self { repository: PostgresEventRepository::new(pool), tables, sample })
    }
}

impl Contestant for PostgresEs {
    async fn migrate(&self) -> anyhow::Result<()> {
        sqlx::raw_sql(TABLES).execute(&self.tables).await?;
        Ok(())
    }

    async fn append(&self, stream: &str, events: usize) -> anyhow::Result<()> {
        let event = |sequence| SerializedEvent {
            aggregate_id: stream.to_owned(),
            sequence,
            aggregate_type: CourtDay::TYPE.to_owned(),
            event_type: self.sample.kind.clone(),
            event_version: "1".to_owned(),
            payload: self.sample.data.clone(),
            metadata: self.sample.meta.clone(),
        };
        let events: Vec<_> = (1..=events).map(event).collect();
        Ok(self.repository.persist::<CourtDay>(&events, None).await?)
    }

    /// Not in any order: it has none over all aggregates.
    async fn read(&self, read: Read) -> anyhow::Result<ReadReply> {
        let begin = Instant::now();
        let end = begin + Duration::from_secs_f64(read.seconds);
        let mut events = self.repository.stream_all_events::<CourtDay>().await?;
        let mut reply = ReadReply::default();
        while Instant::now() < end
            && let Some(event) = events.next::<CourtDay>(&[]).await
        {
            event?;
            reply.events += 1;
        }
        reply.seconds = begin.elapsed().as_secs_f64();
        Ok(reply)
    }
}

/// What its types ask for. Nothing here is ever run: events go in and come out as they are stored.
#[derive(Default, Serialize, Deserialize)]
struct CourtDay;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
struct Stored(serde_json::Value);

impl DomainEvent for Stored {
    fn event_type(&self) -> String {
        "booking.held.v1".to_owned()
    }

    fn event_version(&self) -> String {
        "1".to_owned()
    }
}

impl Aggregate for CourtDay {
    const TYPE: &'static str = "court-day";
    type Command = ();
    type Event = Stored;
    type Error = std::convert::Infallible;
    type Services = ();

    async fn handle(
        &mut self,
        (): (),
        (): &(),
        _: &EventSink<Self>,
    ) -> Result<(), std::convert::Infallible> {
        Ok(())
    }

    fn apply(&mut self, _: Stored) {}
}
