//! What one would write without a log: the same place, taken in plain SQL. They do less than the product: nothing is
//! remembered of a key, nobody is asked whether the player may have one more, and what was is overwritten.
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Context;
use clap::ValueEnum;
use domain::ids::CourtCode;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff_sqlx::ToSqlx;
use serde::Serialize;
use sqlx::PgPool;
use sqlx::postgres::PgPoolOptions;
use uuid::Uuid;

use super::crowd::Told;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// Look and insert under an advisory lock on the court-day.
    Lock,
    /// Insert, and an exclusion constraint says no.
    Constraint,
}

/// As many as the product has in one process: readers of the log, and of what its keys are remembered in.
const CONNECTIONS: u32 = 20;

/// As often as the product decides anew before it says that others are always faster.
const ATTEMPTS: usize = 8;

/// How long a caller waits for a connection.
const PATIENCE: Duration = Duration::from_mins(2);

#[derive(Clone)]
pub struct Rival {
    pool: PgPool,
    conflicts: Arc<AtomicU64>,
}

/// A time on a court, for somebody.
pub struct Place {
    pub id: Uuid,
    pub court: CourtCode,
    pub date: Date,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub player: Uuid,
}

impl Rival {
    pub fn connect(url: &str) -> anyhow::Result<Self> {
        let pool = PgPoolOptions::new()
            .max_connections(CONNECTIONS)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .connect_lazy(url)?;
        Ok(Self { pool, conflicts: Arc::default() })
    }

    pub async fn make_tables(&self) -> anyhow::Result<()> {
        for it in [include_str!("rivals/by_lock.sql"), include_str!("rivals/by_constraint.sql")] {
            sqlx::raw_sql(it).execute(&self.pool).await?;
        }
        Ok(())
    }

    pub async fn hold(&self, kind: Kind, place: &Place) -> anyhow::Result<Told> {
        match kind {
            Kind::Lock => self.by_lock(place).await,
            Kind::Constraint => self.by_constraint(place).await,
        }
    }

    /// Deadlocks so far: two who wait for each other's row, of whom Postgres ends one after a second.
    pub fn conflicts(&self) -> u64 {
        self.conflicts.load(Ordering::Relaxed)
    }

    async fn by_lock(&self, place: &Place) -> anyhow::Result<Told> {
        let held: bool =
            sqlx::query_scalar("SELECT hold_by_lock($1, $2, $3, tstzrange($4, $5), $6)")
                .bind(place.id)
                .bind(place.court.to_string())
                .bind(place.date.to_sqlx())
                .bind(place.starts_at.to_sqlx())
                .bind(place.ends_at.to_sqlx())
                .bind(place.player)
                .fetch_one(&self.pool)
                .await?;
        Ok(if held { Told::Held } else { Told::Taken })
    }

    async fn by_constraint(&self, place: &Place) -> anyhow::Result<Told> {
        for _ in 0..ATTEMPTS {
            let inserted = sqlx::query(include_str!("rivals/insert_by_constraint.sql"))
                .bind(place.id)
                .bind(place.court.to_string())
                .bind(place.date.to_sqlx())
                .bind(place.starts_at.to_sqlx())
                .bind(place.ends_at.to_sqlx())
                .bind(place.player)
                .execute(&self.pool)
                .await;
            let Err(error) = inserted else { return Ok(Told::Held) };
            let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
            match code.as_deref() {
                Some("23P01") => return Ok(Told::Taken),
                Some("40P01") => _ = self.conflicts.fetch_add(1, Ordering::Relaxed),
                _ => return Err(error.into()),
            }
        }
        Ok(Told::Busy)
    }
}

/// How many of these courts' places somebody has on a date, and how many of them share their time with another.
pub async fn found(
    pool: &PgPool,
    kind: Kind,
    courts: &[CourtCode],
    date: Date,
) -> anyhow::Result<(u64, u64)> {
    let statement = match kind {
        Kind::Lock => include_str!("rivals/found_by_lock.sql"),
        Kind::Constraint => include_str!("rivals/found_by_constraint.sql"),
    };
    let courts: Vec<String> = courts.iter().map(ToString::to_string).collect();
    let (held, overlaps): (i64, i64) = sqlx::query_as(statement)
        .bind(courts)
        .bind(date.to_sqlx())
        .fetch_one(pool)
        .await
        .context("the reference's table cannot be read")?;
    Ok((u64::try_from(held)?, u64::try_from(overlaps)?))
}
