//! A rebuild parks nothing: it ends at the first event that it cannot apply, and says which that is. Given up by an
//! operator, the event is passed over by the next rebuild.
use event_store::Recorded;
use runtime::causes;
use runtime::follow::FollowError;
use sqlx::PgConnection;

use super::Stop;
use super::replay::Rebuild;
use super::shares::Share;
use crate::builds::Build;
use crate::live::without;
use crate::parking::fault::{Fault, fault};
use crate::parking::{attempt, note};

/// The event that a rebuild ends at.
struct Culprit {
    event: Recorded,
    why: String,
}

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
        match self.find(build, events, None).await {
            Ok(Some(culprit)) => self.give_up(build, culprit).await,
            Ok(None) => error.into(),
            Err(stop) => stop,
        }
    }

    /// The same for shares of a chunk that are of different keys: the first culprit of each is one that all others have no
    /// part in, and the first of those is the first of the chunk.
    pub(super) async fn stop_at_shares(
        &self,
        build: &Build,
        failed: Vec<(Share, FollowError)>,
    ) -> Stop {
        let mut culprits = vec![];
        for (share, _) in &failed {
            match self.find(build, &share.events, Some(share)).await {
                Ok(culprit) => culprits.extend(culprit),
                Err(stop) => return stop,
            }
        }
        match culprits.into_iter().min_by_key(|it| it.event.position) {
            Some(culprit) => self.give_up(build, culprit).await,
            None => failed.into_iter().next().map_or(Stop::Taken, |(_, error)| error.into()),
        }
    }

    /// The same where an error says itself which of `events` it is about.
    pub(super) async fn stop_where_it_says(
        &self,
        build: &Build,
        events: &[Recorded],
        error: FollowError,
    ) -> Stop {
        let culprit = match &error {
            FollowError::Event { position, .. } if fault(&error) == Fault::Event => {
                events.iter().find(|it| it.position == *position)
            }
            _ => None,
        };
        match culprit {
            Some(event) => {
                self.give_up(build, Culprit { event: event.clone(), why: causes(&error) }).await
            }
            None => error.into(),
        }
    }

    /// Finds the first event that cannot be applied, halving what is left each time.
    async fn find(
        &self,
        build: &Build,
        events: &[Recorded],
        share: Option<&Share>,
    ) -> Result<Option<Culprit>, Stop> {
        let mut tx = self.projector.db.begin().await?;
        let from = match share {
            Some(share) => share.lock(&mut tx, build).await?,
            None => build.lock(&mut tx).await?.position,
        };
        build.enter(&mut tx).await?;
        let seen = events.partition_point(|it| it.position <= from);
        let events = without(&events[seen..], &self.skipped);
        let mut suspects = &*events;
        let mut found = None;
        while !suspects.is_empty() {
            let (first, rest) = suspects.split_at(suspects.len().div_ceil(2));
            match attempt(&mut tx, self.projection.as_ref(), first).await {
                Ok(()) => suspects = rest,
                Err(error) if fault(&error) != Fault::Event => return Err(error.into()),
                Err(error) => match first {
                    [event] => {
                        found = Some(Culprit { event: event.clone(), why: causes(&error) });
                        break;
                    }
                    _ => suspects = first,
                },
            }
        }
        // What was applied on the way was only for looking.
        tx.rollback().await?;
        Ok(found)
    }

    /// Keeps the culprit for operators to see.
    async fn give_up(&self, build: &Build, Culprit { event, why }: Culprit) -> Stop {
        let noted = async {
            let mut tx = self.projector.db.begin().await?;
            self.lease.hold(&mut tx).await?;
            note(&mut tx, build, &event, &why).await?;
            tx.commit().await?;
            Ok(())
        };
        if let Err(stop) = noted.await {
            return stop;
        }
        let Recorded { position, id, kind, .. } = event;
        Stop::Hopeless(format!("event {id} ({kind}) at {position} cannot be applied: {why}"))
    }
}
