//! What the follower writes.
use domain::deliveries;
use domain::webhooks::StopCause;
use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use sqlx::PgTransaction;
use uuid::Uuid;

use crate::webhooks::news::{Again, Ended, Happened};

type Transaction = PgTransaction<'static>;

pub async fn add(
    tx: &mut Transaction,
    webhook: Uuid,
    url: &str,
    types: &[String],
    description: &str,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let at = at.to_sqlx() as SqlTimestamp;
    sqlx::query_file!("src/webhooks/add.sql", webhook, url, types, description, at as SqlTimestamp)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn change(
    tx: &mut Transaction,
    webhook: Uuid,
    url: &str,
    types: &[String],
    description: &str,
) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/webhooks/change.sql", webhook, url, types, description)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn rotate(
    tx: &mut Transaction,
    webhook: Uuid,
    generation: u32,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let at = at.to_sqlx() as SqlTimestamp;
    let generation = generation.cast_signed();
    sqlx::query_file!("src/webhooks/rotate.sql", webhook, generation, at as SqlTimestamp)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn stop(
    tx: &mut Transaction,
    webhook: Uuid,
    why: StopCause,
    at: Timestamp,
) -> Result<(), sqlx::Error> {
    let at = at.to_sqlx() as SqlTimestamp;
    sqlx::query_file!("src/webhooks/stop.sql", webhook, why.name(), at as SqlTimestamp)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn resume(tx: &mut Transaction, webhook: Uuid, at: Timestamp) -> Result<(), sqlx::Error> {
    let at = at.to_sqlx() as SqlTimestamp;
    sqlx::query_file!("src/webhooks/resume.sql", webhook).execute(&mut **tx).await?;
    sqlx::query_file!("src/webhooks/hurry.sql", webhook, at as SqlTimestamp)
        .execute(&mut **tx)
        .await?;
    Ok(())
}

pub async fn remove(tx: &mut Transaction, webhook: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/webhooks/remove.sql", webhook).execute(&mut **tx).await?;
    sqlx::query_file!("src/webhooks/forget.sql", webhook).execute(&mut **tx).await?;
    Ok(())
}

/// What a webhook wants to be told.
pub struct Wish {
    pub webhook: Uuid,
    pub types: Vec<String>,
}

impl Wish {
    pub fn wants(&self, kind: &str) -> bool {
        self.types.is_empty() || self.types.iter().any(|it| it == kind)
    }
}

/// Of those that are not stopped.
pub async fn wishes(tx: &mut Transaction) -> Result<Vec<Wish>, sqlx::Error> {
    sqlx::query_file_as!(Wish, "src/webhooks/wishes.sql").fetch_all(&mut **tx).await
}

/// New rows, column by column.
#[derive(Default)]
pub struct Made {
    deliveries: Vec<Uuid>,
    webhooks: Vec<Uuid>,
    events: Vec<Uuid>,
    kinds: Vec<&'static str>,
    bodies: Vec<String>,
    at: Vec<SqlTimestamp>,
    positions: Vec<i64>,
}

impl Made {
    pub fn push(&mut self, webhook: Uuid, it: &Happened) {
        self.deliveries.push(deliveries::id(webhook, it.event));
        self.webhooks.push(webhook);
        self.events.push(it.event);
        self.kinds.push(it.kind);
        self.bodies.push(it.body.clone());
        self.at.push(it.at.to_sqlx());
        self.positions.push(it.position);
    }
}

pub async fn make(tx: &mut Transaction, made: Made) -> Result<(), sqlx::Error> {
    if made.deliveries.is_empty() {
        return Ok(());
    }
    sqlx::query_file!(
        "src/webhooks/make.sql",
        &made.deliveries,
        &made.webhooks,
        &made.events,
        &made.kinds as &[&str],
        &made.bodies,
        &made.at as &[SqlTimestamp],
        &made.positions,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn make_again(tx: &mut Transaction, it: &Again) -> Result<(), sqlx::Error> {
    let at = it.at.to_sqlx() as SqlTimestamp;
    sqlx::query_file!(
        "src/webhooks/make_again.sql",
        it.delivery,
        it.former,
        at as SqlTimestamp,
        it.position,
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}

pub async fn mark_ended(tx: &mut Transaction, ended: Ended) -> Result<(), sqlx::Error> {
    if ended.deliveries.is_empty() {
        return Ok(());
    }
    sqlx::query_file!(
        "src/webhooks/mark_ended.sql",
        &ended.deliveries,
        &ended.states as &[&str],
        &ended.attempts,
        &ended.statuses as &[Option<i32>],
        &ended.at as &[SqlTimestamp],
    )
    .execute(&mut **tx)
    .await?;
    Ok(())
}
