//! A rebuild parks nothing: it ends at the first event that it cannot apply, and says which that is. Given up by an
//! operator, the event is passed over by the next rebuild.
use event_store::Recorded;
use runtime::causes;
use runtime::follow::FollowError;
use sqlx::PgConnection;

use super::Stop;
use super::replay::Rebuild;
use crate::builds::Build;
use crate::live::without;
use crate::parking::fault::{Fault, fault};
use crate::parking::{attempt, note};

/// Forgets what earlier rebuilds failed at.
pub(super) async fn forget(db: &mut PgConnection, projection: &str) -> Result<(), sqlx::Error> {
    sqlx::query_file!("src/rebuilds/forget_culprits.sql", projection).execute(db).await?;
    Ok(())
}

impl Rebuild<'_> {
    /// What to do about a chunk that was not applied, and was rolled back.
    pub(super) async fn stop_at(
        &self,
        build: &Build,
        events: &[Recorded],
        error: FollowError,
    ) -> Stop {
        if fault(&error) != Fault::Event {
            return error.into();
        }
        match self.find(build, events).await {
            Ok(Some(why)) => Stop::Hopeless(why),
            Ok(None) => error.into(),
            Err(stop) => stop,
        }
    }

    /// Finds the first event that cannot be applied, halving what is left each time, and keeps it for operators to see.
    async fn find(&self, build: &Build, events: &[Recorded]) -> Result<Option<String>, Stop> {
        let mut tx = self.projector.db.begin().await?;
        let from = build.lock(&mut tx).await?.position;
        build.enter(&mut tx).await?;
        let seen = events.partition_point(|it| it.position <= from);
        let events = without(&events[seen..], &self.skipped);
        let mut suspects = &*events;
        let mut found = None;
        while !suspects.is_empty() {
            let (first, rest) = suspects.split_at(suspects.len().div_ceil(2));
            match attempt(&mut tx, self.projection, first).await {
                Ok(()) => suspects = rest,
                Err(error) if fault(&error) != Fault::Event => return Err(error.into()),
                Err(error) => match first {
                    [culprit] => {
                        found = Some((culprit, causes(&error)));
                        break;
                    }
                    _ => suspects = first,
                },
            }
        }
        // What was applied on the way was only for looking.
        tx.rollback().await?;
        let Some((culprit, why)) = found else { return Ok(None) };
        let mut tx = self.projector.db.begin().await?;
        self.lease.hold(&mut tx).await?;
        note(&mut tx, build, culprit, &why).await?;
        tx.commit().await?;
        let Recorded { position, id, kind, .. } = culprit;
        Ok(Some(format!("event {id} ({kind}) at {position} cannot be applied: {why}")))
    }
}
