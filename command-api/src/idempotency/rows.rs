//! The rows of the commands, in the edge database. What many requests ask at once is one statement.
use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use runtime::comfort::{Comfort, Missed};
use sqlx::PgPool;
use uuid::Uuid;

use super::together::Together;

/// Above the time a request may take: after this, whoever held the command is gone.
const LEASE_SECONDS: f64 = 15.0;
/// A database that is asked for comfort may cost no more than this,
const PATIENCE: Duration = Duration::from_secs(1);
/// and having failed it is left alone for a while.
const REST: Duration = Duration::from_secs(5);
const SWEEP_BATCH: i64 = 1_000;

/// Cheap to clone. No answer (`None`) means that the database did not say.
#[derive(Clone)]
pub struct Rows {
    database: Arc<Database>,
    takes: Arc<Together<Take, bool>>,
    ends: Arc<Together<End, ()>>,
}

#[derive(Clone)]
struct Take {
    command: Uuid,
    fingerprint: [u8; 32],
}

#[derive(Clone)]
struct End {
    command: Uuid,
    done: Option<Done>,
}

/// What is remembered of an answer.
#[derive(Clone)]
pub struct Done {
    pub status: StatusCode,
    pub position: Option<String>,
}

/// A command that somebody has, or had.
pub struct Row {
    pub fingerprint: Vec<u8>,
    pub status: Option<i32>,
    pub position: Option<String>,
    pub seconds_left: i32,
}

struct Database {
    edge: PgPool,
    comfort: Comfort,
}

impl Rows {
    pub fn new(edge: PgPool) -> Self {
        let database = Arc::new(Database { edge, comfort: Comfort::new(PATIENCE, REST) });
        let here = database.clone();
        let end = move |ends: Vec<End>| {
            let here = here.clone();
            async move { here.end(ends).await }
        };
        let ends = Arc::new(Together::start(end, |_, ()| {}));
        let here = database.clone();
        let take = move |takes: Vec<Take>| {
            let here = here.clone();
            async move { here.take(takes).await }
        };
        let forget = ends.clone();
        let give_back = move |Take { command, .. }: Take, taken: bool| {
            let forget = forget.clone();
            if taken {
                tokio::spawn(async move { forget.ask(End { command, done: None }).await });
            }
        };
        Self { database, takes: Arc::new(Together::start(take, give_back)), ends }
    }

    /// Whether the command is the asker's now.
    pub async fn take(&self, command: Uuid, fingerprint: [u8; 32]) -> Option<bool> {
        self.takes.ask(Take { command, fingerprint }).await
    }

    /// Remembers how a command was answered, or forgets it.
    pub async fn end(&self, command: Uuid, done: Option<Done>) {
        let _ = self.ends.ask(End { command, done }).await;
    }

    pub async fn look(&self, command: Uuid) -> Option<Option<Row>> {
        let row = sqlx::query_file_as!(Row, "src/idempotency/look.sql", command)
            .fetch_optional(&self.database.edge);
        self.database.ask(row).await
    }

    /// Deletes a few of those that are over.
    pub async fn sweep(&self) {
        let over = sqlx::query_file!("src/idempotency/sweep.sql", SWEEP_BATCH);
        // A database that is away is swept another time.
        let _ = self.database.ask(over.execute(&self.database.edge)).await;
    }
}

impl Database {
    async fn take(&self, asked: Vec<Take>) -> Option<Vec<bool>> {
        let commands: Vec<Uuid> = asked.iter().map(|it| it.command).collect();
        let fingerprints: Vec<Vec<u8>> = asked.iter().map(|it| it.fingerprint.to_vec()).collect();
        let rows = sqlx::query_file_scalar!(
            "src/idempotency/take.sql",
            &commands,
            &fingerprints,
            LEASE_SECONDS
        );
        let taken = self.ask(rows.fetch_all(&self.edge)).await?;
        // The first of two that ask for one command has it.
        let mut taken: HashSet<Uuid> = taken.into_iter().collect();
        Some(commands.iter().map(|it| taken.remove(it)).collect())
    }

    async fn end(&self, mut ends: Vec<End>) -> Option<Vec<()>> {
        let answers = vec![(); ends.len()];
        // Rows are locked in the order in which they come.
        ends.sort_by_key(|it| it.command);
        let commands: Vec<Uuid> = ends.iter().map(|it| it.command).collect();
        let status = |it: &End| it.done.as_ref().map(|it| i32::from(it.status.as_u16()));
        let statuses: Vec<Option<i32>> = ends.iter().map(status).collect();
        let position = |it: End| it.done.and_then(|it| it.position);
        let positions: Vec<Option<String>> = ends.into_iter().map(position).collect();
        let end = sqlx::query_file!(
            "src/idempotency/end.sql",
            &commands,
            &statuses as &[Option<i32>],
            &positions as &[Option<String>]
        );
        self.ask(end.execute(&self.edge)).await.map(|_| answers)
    }

    async fn ask<T>(&self, question: impl Future<Output = Result<T, sqlx::Error>>) -> Option<T> {
        match self.comfort.ask(question).await {
            Ok(answer) => Some(answer),
            Err(Missed::Resting) => None,
            Err(Missed::Failed { error, .. }) => {
                let error = &*error as &dyn std::error::Error;
                tracing::warn!(error, "the edge database is away: commands go on without it");
                None
            }
        }
    }
}
