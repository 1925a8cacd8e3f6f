//! What a batch of events comes to, until it is written.
use domain::changes::{Change, STREAMS};
use domain::deliveries::{self, DeliveryEvent};
use domain::features::{of_stream, prefix};
use domain::stored::StoredEvent;
use event_store::{Recorded, Source};
use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use serde::Serialize;
use sqlx::PgTransaction;
use uuid::Uuid;

use super::rows::{self, DELIVERED, GIVEN_UP, Made, Wish};

/// Written in this order: what is told again was told before, and what has ended was made.
#[derive(Default)]
pub(super) struct News {
    made: Made,
    again: Vec<Again>,
    ended: Ended,
}

/// Something to tell.
pub(super) struct Happened {
    pub event: Uuid,
    pub kind: &'static str,
    pub body: String,
    pub at: Timestamp,
    pub position: i64,
}

/// Something to tell once more.
pub(super) struct Again {
    pub delivery: Uuid,
    pub former: Uuid,
    pub at: Timestamp,
    pub position: i64,
}

/// What the log says became of deliveries, column by column.
#[derive(Default)]
pub(super) struct Ended {
    pub deliveries: Vec<Uuid>,
    pub states: Vec<&'static str>,
    pub attempts: Vec<i32>,
    pub statuses: Vec<Option<i32>>,
    pub at: Vec<SqlTimestamp>,
}

/// What is sent, in this order.
#[derive(Serialize)]
struct Body<'a, D> {
    #[serde(rename = "type")]
    kind: &'a str,
    timestamp: Timestamp,
    data: D,
}

/// What a test is about: nothing else.
#[derive(Serialize)]
struct Tested {
    webhook: Uuid,
}

/// Its type; no change is called so.
const TEST: &str = "webhook.test";

impl News {
    /// To those who want it.
    pub fn happened(&mut self, it: &Recorded, wishes: &[Wish]) -> Result<(), Source> {
        if wishes.is_empty() {
            return Ok(());
        }
        let Some(change) = change(it)? else { return Ok(()) };
        let happened = Happened::new(it, it.id, change.kind, &change.data)?;
        for wish in wishes.iter().filter(|it| it.wants(change.kind)) {
            self.made.push(wish.webhook, &happened);
        }
        Ok(())
    }

    /// To one webhook alone, whatever it wants to be told. `request` is what its receiver knows it by.
    pub fn test(it: &Recorded, webhook: Uuid, request: Uuid) -> Result<Self, Source> {
        let mut news = Self::default();
        news.made.push(webhook, &Happened::new(it, request, TEST, Tested { webhook })?);
        Ok(news)
    }

    pub fn of_delivery(&mut self, delivery: &str, it: &Recorded) -> Result<(), Source> {
        let delivery = Uuid::try_parse(delivery)?;
        match DeliveryEvent::read(&it.kind, &it.data)? {
            DeliveryEvent::Succeeded { attempts, status, .. } => {
                self.ended.push(delivery, DELIVERED, attempts, Some(status), it.meta.at);
            }
            DeliveryEvent::GivenUp { attempts, status, .. } => {
                self.ended.push(delivery, GIVEN_UP, attempts, status, it.meta.at);
            }
            DeliveryEvent::RedeliveryRequested { request } => self.again.push(Again {
                delivery: deliveries::again(delivery, request),
                former: delivery,
                at: it.meta.at,
                position: it.position.cast_signed(),
            }),
        }
        Ok(())
    }

    pub async fn write(self, tx: &mut PgTransaction<'static>) -> Result<(), sqlx::Error> {
        rows::make(tx, self.made).await?;
        for it in &self.again {
            rows::make_again(tx, it).await?;
        }
        rows::mark_ended(tx, self.ended).await
    }
}

/// An event of a newer build is waited for, and not passed over: it may be one that has to be told.
fn change(it: &Recorded) -> Result<Option<Change>, Source> {
    let feature = of_stream(&it.stream).filter(|_| STREAMS.contains(&prefix(&it.stream)));
    if let Some(feature) = feature
        && !(feature.knows)(&it.kind)
    {
        (feature.rewrite)(&it.kind, &it.data)?;
    }
    Ok(Change::of(&it.stream, &it.kind, &it.data)?)
}

impl Happened {
    fn new(
        it: &Recorded,
        event: Uuid,
        kind: &'static str,
        data: impl Serialize,
    ) -> Result<Self, Source> {
        let at = it.meta.at;
        let body = serde_json::to_string(&Body { kind, timestamp: at, data })?;
        Ok(Self { event, kind, body, at, position: it.position.cast_signed() })
    }
}

impl Ended {
    fn push(
        &mut self,
        delivery: Uuid,
        state: &'static str,
        attempts: u32,
        status: Option<u16>,
        at: Timestamp,
    ) {
        self.deliveries.push(delivery);
        self.states.push(state);
        self.attempts.push(i32::try_from(attempts).unwrap_or(i32::MAX));
        self.statuses.push(status.map(i32::from));
        self.at.push(at.to_sqlx());
    }
}
