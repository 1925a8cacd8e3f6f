//! One timer, fired by an operator: its command now, as the sweep would send it.
use access::maintenance::Maintenance;
use domain::bookings::ExpiryCause;
use runtime::metrics::Metrics;
use runtime::{Platform, StartError};
use sqlx::PgPool;
use uuid::Uuid;

use super::commands::{Answer, Commands, NoAnswer};
use super::metrics::TimerMetrics;
use super::rows::{self, ClosedBy};
use super::{Kind, Timer};

/// Why nothing was sent, or nothing came back.
#[derive(Debug, thiserror::Error)]
pub enum NotFired {
    #[error("there is no timer {0}; what was closed a day ago is removed")]
    Unknown(Uuid),
    #[error("a canary ends nothing")]
    Canary,
    #[error(transparent)]
    Unknowable(#[from] StartError),
    #[error("the read database refused a statement")]
    Database(#[from] sqlx::Error),
    #[error("the command was sent and its answer did not come; firing again is safe")]
    NoAnswer(#[source] NoAnswer),
}

/// Sends the command of a timer. What the stream answers counts: a hold that is alive is not ended by this.
pub async fn fire(
    platform: &Platform,
    db: &PgPool,
    timer: Uuid,
) -> Result<(Timer, Answer), NotFired> {
    let timer = rows::find(db, timer).await?.ok_or(NotFired::Unknown(timer))?;
    if matches!(timer.kind, Kind::Canary { .. }) {
        return Err(NotFired::Canary);
    }
    // Counted nowhere: this process serves no metrics.
    let metrics = TimerMetrics::register(&Metrics::default());
    let Platform { executor, clock, shutdown, .. } = platform;
    let maintenance = Maintenance::start(executor.clone(), shutdown.clone()).await?;
    let commands = Commands::new(db.clone(), executor.clone(), clock.clone(), metrics, maintenance);
    let sent = commands.send(&timer, ExpiryCause::Sweep, "operator").await;
    let answer = sent.map_err(NotFired::NoAnswer)?;
    if matches!(answer, Answer::Ended | Answer::AlreadyOver) {
        rows::close(db, timer.timer_id, ClosedBy::Operator, platform.clock.now()).await?;
    }
    Ok((timer, answer))
}
