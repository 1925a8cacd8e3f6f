//! Rows and the position they reflect, read in one snapshot; and waiting until that position is far enough.
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use event_store::{LogId, Position};
use runtime::position::{MIN_POSITION, POSITION, POSITION_RESET, PositionToken};
use runtime::problem::{
    MALFORMED_REQUEST, PROJECTION_BEHIND, PROJECTION_PARKED, Place, UNAVAILABLE,
};
use runtime::{Problem, Shutdown};
use sqlx::postgres::PgListener;
use sqlx::{PgPool, PgTransaction};
use tokio::sync::watch;
use tokio::time::Instant;

use crate::App;

/// How long a query waits for its projections.
const PATIENCE: Duration = Duration::from_secs(2);
/// An operator has to look: sooner than this nothing changes.
const MENDING_SECONDS: u32 = 30;
/// How long it waits for a wake-up before it looks by itself.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// `Courtside-Min-Position`, if the client sent one.
#[derive(Default)]
pub struct MinPosition(Option<PositionToken>);

/// A read-only transaction in which nothing changes any more.
pub struct Snapshot {
    pub tx: PgTransaction<'static>,
    pub seen: Seen,
}

/// What the rows of an answer reflect.
#[derive(Clone, Copy)]
pub struct Seen {
    token: PositionToken,
    /// The client asked for a position of another log, or of what this one was before it was restored.
    reset: bool,
}

/// How far projections have come.
struct Reached {
    token: PositionToken,
    /// The event at the position asked for was put aside by one of them.
    is_parked: bool,
}

/// Tells waiting queries that a projection has moved.
#[derive(Clone)]
pub struct Arrivals(watch::Receiver<u64>);

impl App {
    /// Opens a snapshot in which each of `projections` has passed the position asked for.
    pub async fn snapshot(
        &self,
        wanted: &MinPosition,
        projections: &[&str],
    ) -> Result<Snapshot, Problem> {
        let deadline = Instant::now() + PATIENCE;
        let mut reset = wanted.0.is_some_and(|it| it.log != self.log);
        let wanted = wanted.0.filter(|_| !reset).map_or(0, |it| it.position);
        let mut looks = 0;
        let mut arrivals = self.arrivals.0.clone();
        loop {
            arrivals.mark_unchanged();
            let mut tx = self
                .read
                .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
                .await
                .map_err(away)?;
            let Reached { token, is_parked } = self.reached(&mut tx, projections, wanted).await?;
            let here = token.log == self.log;
            // What no projection keeps in step with the log has no position to wait for.
            let waits = 0 < wanted && !projections.is_empty();
            if reset || !waits || (here && wanted <= token.position) {
                if is_parked && !reset {
                    let detail = format!("what is at position {wanted} could not be shown so far");
                    return Err(
                        Problem::new(PROJECTION_PARKED, detail).retry_after(MENDING_SECONDS)
                    );
                }
                return Ok(Snapshot { tx, seen: Seen { token, reset } });
            }
            tx.rollback().await.map_err(away)?;
            // Once, and not before the projections had a moment: most waits are over by then.
            looks += 1;
            if looks == 2 && self.is_lost(wanted).await {
                reset = true;
                continue;
            }
            if deadline <= Instant::now() {
                let PositionToken { position, .. } = token;
                let detail = format!("the answer reflects position {position}, not yet {wanted}");
                return Err(Problem::new(PROJECTION_BEHIND, detail).retry_after(1));
            }
            let _ = tokio::time::timeout(LOOK_AGAIN, arrivals.changed()).await;
        }
    }
}

impl App {
    /// Opens a snapshot for the rest of an answer that has begun: it has everything that the first one had. One that has
    /// less is of projections that were made anew meanwhile.
    pub async fn snapshot_like(
        &self,
        seen: Seen,
        projections: &[&str],
    ) -> Result<PgTransaction<'static>, Problem> {
        let mut tx = self
            .read
            .begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            .await
            .map_err(away)?;
        let Reached { token, .. } = self.reached(&mut tx, projections, 0).await?;
        let PositionToken { log, position } = token;
        if log == seen.token.log && seen.token.position <= position {
            Ok(tx)
        } else {
            Err(Problem::new(PROJECTION_BEHIND, "the read models have begun again"))
        }
    }

    /// The least position of the projections' live builds: all of them have seen at least this much. Where one of them
    /// has come in another log, this is a position of that log, which no position of ours is reached by.
    async fn reached(
        &self,
        tx: &mut PgTransaction<'static>,
        projections: &[&str],
        wanted: Position,
    ) -> Result<Reached, Problem> {
        let names: Vec<String> = projections.iter().map(|&it| it.to_owned()).collect();
        let builds = sqlx::query_file!("src/snapshot/positions.sql", &names, wanted.cast_signed())
            .fetch_all(&mut **tx)
            .await
            .map_err(away)?;
        if builds.len() < projections.len() {
            return Err(
                Problem::new(PROJECTION_BEHIND, "the read models are being built").retry_after(2)
            );
        }
        let other = builds.iter().map(|it| LogId(it.log_id)).find(|it| *it != self.log);
        let log = other.unwrap_or(self.log);
        let of_log = builds.iter().filter(|it| it.log_id == log.0);
        let least = of_log.map(|it| it.position).min();
        let position = least.and_then(|it| Position::try_from(it).ok()).unwrap_or(0);
        let is_parked = builds.iter().any(|it| it.is_parked);
        Ok(Reached { token: PositionToken { log, position }, is_parked })
    }

    /// Whether a position is one that the log had and has no more: nobody is given one beyond its end. A log that
    /// cannot be asked has lost nothing.
    async fn is_lost(&self, wanted: Position) -> bool {
        self.store.head().await.is_ok_and(|it| it < wanted)
    }
}

impl Seen {
    /// Of an answer that was read from the log itself.
    pub fn at(token: PositionToken) -> Self {
        Self { token, reset: false }
    }

    /// Rows up to here are in every snapshot like this one.
    pub fn position(self) -> i64 {
        i64::try_from(self.token.position).unwrap_or(i64::MAX)
    }

    /// Adds to an answer the position it reflects.
    pub fn on(self, answer: impl IntoResponse) -> Response {
        let mut response = answer.into_response();
        if let Ok(value) = HeaderValue::from_str(&self.token.to_string()) {
            response.headers_mut().insert(POSITION.clone(), value);
        }
        if self.reset {
            response.headers_mut().insert(POSITION_RESET.clone(), HeaderValue::from_static("true"));
        }
        response
    }
}

/// A read database that does not answer is ours to mend: logged here, and the client may try again. One that cannot take a
/// value that was asked for, as a time before its calendar, will not take it later either.
pub fn away(error: sqlx::Error) -> Problem {
    if is_of_a_value(&error) {
        tracing::info!(
            error = &error as &dyn std::error::Error,
            "a value cannot be asked for of the read models"
        );
        let detail = "a value lies beyond what the read models can be asked for";
        return Problem::new(MALFORMED_REQUEST, detail);
    }
    tracing::error!(error = &error as &dyn std::error::Error, "the read models cannot be read");
    Problem::new(UNAVAILABLE, "the read models cannot be read just now").retry_after(1)
}

/// Of SQLSTATE's class 22, "data exception".
fn is_of_a_value(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(sqlx::error::DatabaseError::code);
    code.is_some_and(|it| it.starts_with("22"))
}

impl<S: Send + Sync> FromRequestParts<S> for MinPosition {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Some(value) = parts.headers.get(&MIN_POSITION) else {
            return Ok(Self(None));
        };
        let token = value.to_str().ok().and_then(|it| it.parse().ok()).ok_or_else(|| {
            let detail = "Courtside-Min-Position takes the value of a Courtside-Position header";
            let place = Place::Header("Courtside-Min-Position".to_owned());
            Problem::new(MALFORMED_REQUEST, detail).at(place, "malformed", detail)
        })?;
        Ok(Self(Some(token)))
    }
}

impl Arrivals {
    /// Everything up to here is known.
    pub fn mark_seen(&mut self) {
        self.0.mark_unchanged();
    }

    /// Waits for the next one.
    pub async fn next(&mut self) {
        // The end of the sender is that of the process.
        let _ = self.0.changed().await;
    }

    /// Listens for moved checkpoints until `shutdown`. A lost notification costs a query 25 ms, no more.
    pub fn listen(read: PgPool, shutdown: Shutdown) -> Self {
        let (sender, receiver) = watch::channel(0);
        tokio::spawn(async move {
            let listening = async {
                loop {
                    if let Err(error) = forward(&read, &sender).await {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "not listening to the read models"
                        );
                    }
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            };
            tokio::select! {
                () = shutdown.cancelled() => {}
                () = listening => {}
            }
        });
        Self(receiver)
    }
}

async fn forward(read: &PgPool, sender: &watch::Sender<u64>) -> Result<(), sqlx::Error> {
    let mut listener = PgListener::connect_with(read).await?;
    listener.listen("courtside_read").await?;
    loop {
        listener.recv().await?;
        sender.send_modify(|it| *it += 1);
    }
}
