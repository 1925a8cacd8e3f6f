//! The worker: one rebuild at a time, from the row that asks for it to the event that ends it.
use std::sync::Arc;
use std::time::Duration;

use domain::projections::{ProjectionCommand, ProjectionState, stream};
use event_store::{ExecuteError, Metadata, Position};
use runtime::backoff::Backoff;
use runtime::{causes, ids};

use super::lease::{self, Lease};
use super::replay::Rebuild;
use super::requests::{ACTOR, have_read};
use super::verify::Verdict;
use super::{Stop, tidy};
use crate::Projector;
use crate::builds::{self, Build};
use crate::parking::skipped;
use crate::projection::Projection;

/// How often to look for work without being told of any.
const PATIENCE: Duration = Duration::from_secs(1);

/// Works off rebuilds, one after the other.
pub(crate) struct Worker<'a> {
    projector: &'a Projector,
    /// The end of the log when we began, until all requests up to there are read: before that one may look
    /// unfinished whose end is only not read yet.
    begun_at: Option<Position>,
}

/// What a round came to.
enum Round {
    Worked,
    /// There was nothing to do.
    Idle,
    /// What there is to do has to wait.
    Hindered,
}

impl<'a> Worker<'a> {
    pub fn new(projector: &'a Projector, head: Position) -> Self {
        Self { projector, begun_at: Some(head) }
    }

    /// Works until shutdown.
    pub async fn work(mut self) {
        let mut backoff = Backoff::up_to(Duration::from_secs(10));
        let projector = self.projector;
        loop {
            let outcome = self.round().await;
            if matches!(outcome, Ok(Round::Worked | Round::Idle)) {
                backoff.reset();
            }
            let wait = match outcome {
                Ok(Round::Worked) => Duration::ZERO,
                Ok(Round::Idle) => PATIENCE,
                Ok(Round::Hindered) => backoff.wait(),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "rebuilds wait");
                    backoff.wait()
                }
            };
            tokio::select! {
                biased;
                () = projector.shutdown.cancelled() => return,
                () = projector.requested.notified() => {}
                () = tokio::time::sleep(wait) => {}
            }
        }
    }

    /// Cleans up, then takes a rebuild and brings it as far as it goes.
    async fn round(&mut self) -> Result<Round, Stop> {
        let Projector { db, projections, pace, .. } = self.projector;
        if let Some(head) = self.begun_at {
            if !have_read(db, head).await? {
                return Ok(Round::Idle);
            }
            self.begun_at = None;
        }
        tidy::tidy(db).await?;
        let names: Vec<String> = projections.iter().map(|it| it.name().to_owned()).collect();
        let Some(lease) = lease::take(db, pace.lease, &names).await? else {
            return Ok(Round::Idle);
        };
        let Some(projection) = projections.iter().find(|it| it.name() == lease.projection) else {
            return Ok(Round::Idle);
        };
        self.carry(projection, &lease).await
    }

    /// Works on a rebuild while it is ours, and says so if it cannot succeed.
    async fn carry(&self, projection: &Arc<dyn Projection>, lease: &Lease) -> Result<Round, Stop> {
        let projector = self.projector;
        let outcome = tokio::select! {
            it = Box::pin(self.rebuild(projection, lease)) => it,
            it = lease.keep(&projector.db) => Err(it),
            () = projector.shutdown.cancelled() => Ok(lease.release(&projector.db).await?),
        };
        let Lease { id, projection, .. } = lease;
        match outcome {
            Ok(()) => Ok(Round::Worked),
            Err(Stop::Taken) => {
                tracing::info!(%id, projection, "a rebuild was taken over or ended by others");
                Ok(Round::Worked)
            }
            Err(Stop::Hopeless(why)) => {
                tracing::error!(%id, projection, why, "a rebuild failed");
                let command = ProjectionCommand::Abort { rebuild: *id, reason: why };
                self.record(lease, command).await?;
                Ok(Round::Worked)
            }
            Err(Stop::Paused) => {
                tracing::info!(%id, projection, "a rebuild is paused");
                lease.release(&projector.db).await?;
                Ok(Round::Worked)
            }
            Err(stop @ (Stop::Interrupted(_) | Stop::Locked)) => {
                let why = causes(&stop);
                if lease.complain(&projector.db, &why, PATIENCE).await? {
                    tracing::warn!(%id, projection, why, "a rebuild waits");
                }
                Ok(Round::Hindered)
            }
        }
    }

    async fn rebuild(&self, projection: &Arc<dyn Projection>, lease: &Lease) -> Result<(), Stop> {
        let projector = self.projector;
        let skipped = skipped(&projector.executor, projection.name()).await?.into();
        let rebuild = Rebuild { projector, projection, lease, skipped };
        let build = rebuild.begin().await?;
        let Build { projection, number } = &build;
        tracing::info!(id = %lease.id, projection, build = number, "rebuilding");
        rebuild.replay(&build).await?;
        rebuild.index(&build).await?;
        build.analyze(&projector.db).await?;
        loop {
            let live = builds::live_of(&projector.db, projection).await?;
            // Whoever had this rebuild before came as far as the switch, and no further.
            if live == build {
                break;
            }
            if rebuild.join(&build, &live).await? {
                let verdict = rebuild.verify(&build, &live).await?;
                if verdict == Verdict::Differs {
                    return Ok(());
                }
                if verdict == Verdict::Same && rebuild.switch(&build, &live).await? {
                    break;
                }
            }
            rebuild.replay(&build).await?;
        }
        projector.switched.notify_one();
        tracing::info!(id = %lease.id, projection, build = number, "switched");
        let recorded = self.record(lease, ProjectionCommand::Switch { rebuild: lease.id }).await?;
        if !recorded {
            // Aborted in the very moment of the switch. The log keeps the abort, the row says what queries read.
            sqlx::query_file!("src/rebuilds/switched.sql", lease.id).execute(&projector.db).await?;
        }
        Ok(())
    }

    /// Records how a rebuild ended; false if it was recorded before that it ended otherwise.
    async fn record(&self, lease: &Lease, command: ProjectionCommand) -> Result<bool, Stop> {
        let projector = self.projector;
        let what = match &command {
            ProjectionCommand::RequestRebuild { .. } => "request",
            ProjectionCommand::Accept { .. } => "accept",
            ProjectionCommand::Switch { .. } => "switch",
            ProjectionCommand::Abort { .. } => "abort",
            ProjectionCommand::Retry { .. } => "retry",
            ProjectionCommand::Skip { .. } => "skip",
            ProjectionCommand::Pause { .. } => "pause",
            ProjectionCommand::Resume => "resume",
            ProjectionCommand::DropOld => "drop-old",
        };
        // The same however often it is tried.
        let id = ids::derive(lease.id, &[what]);
        let meta = Metadata::new(id, projector.clock.now())
            .actor(ACTOR)
            .correlation(lease.event)
            .causation(lease.event);
        let stream = stream(&lease.projection);
        match projector.executor.execute::<ProjectionState>(&stream, command, &meta).await {
            Ok(_) => Ok(true),
            Err(ExecuteError::Rejected { rejection, .. }) => {
                tracing::warn!(id = %lease.id, rejection = %rejection, "a rebuild ended otherwise");
                Ok(false)
            }
            Err(error) => Err(Stop::Interrupted(error.into())),
        }
    }
}
