//! Events of accounts → rows of table `erasures`.
use async_trait::async_trait;
use domain::stored::StoredEvent;
use domain::users::UserEvent;
use event_store::Recorded;
use runtime::Clock;
use runtime::follow::{FollowError, Follower};
use sqlx::PgTransaction;
use uuid::Uuid;

use super::rows::Noted;

/// Names the checkpoint.
pub const NAME: &str = "erasures";

/// Notes who is to be erased, and who has been.
pub struct ErasuresFollower {
    pub clock: Clock,
}

#[async_trait]
impl Follower for ErasuresFollower {
    fn name(&self) -> &str {
        NAME
    }

    async fn apply(
        &self,
        tx: &mut PgTransaction<'static>,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        let mut noted = Noted::default();
        for it in events {
            note(&mut noted, it)
                .map_err(|error| FollowError::Event { position: it.position, error })?;
        }
        noted.write(tx, self.clock.now()).await?;
        Ok(())
    }
}

type Unreadable = Box<dyn std::error::Error + Send + Sync>;

/// Told apart by name without their version: a newer version of one of these has to be waited for, not passed over.
fn note(noted: &mut Noted, it: &Recorded) -> Result<(), Unreadable> {
    let concerns =
        it.kind.starts_with("user.erasure-requested.") || it.kind.starts_with("user.erased.");
    let Some(user) = it.stream.strip_prefix("user-").filter(|_| concerns) else { return Ok(()) };
    let user = Uuid::try_parse(user)?;
    match UserEvent::read(&it.kind, &it.data)? {
        UserEvent::ErasureRequested { .. } => noted.requested(user, it.id),
        UserEvent::Erased {} => noted.erased(user),
        _ => {}
    }
    Ok(())
}
