//! Events of accounts and guests → rows of table `erasures`.
use async_trait::async_trait;
use domain::guests::GuestEvent;
use domain::stored::StoredEvent;
use domain::users::UserEvent;
use event_store::{Recorded, Source};
use runtime::Clock;
use runtime::follow::{FollowError, Follower, noted};
use sqlx::PgTransaction;

use super::person::Person;
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
        let noted: Noted = noted(events, note)?;
        noted.write(tx, self.clock.now()).await?;
        Ok(())
    }
}

/// Told apart by name without their version: a newer version of one of these has to be waited for, not passed over.
fn note(noted: &mut Noted, it: &Recorded) -> Result<(), Source> {
    let Some((feature @ ("user" | "guest"), what)) = it.kind.split_once('.') else { return Ok(()) };
    if !what.starts_with("erasure-requested.") && !what.starts_with("erased.") {
        return Ok(());
    }
    let Some(person) = Person::of_stream(&it.stream).transpose()? else { return Ok(()) };
    match person {
        Person::User(_) if feature == "user" => match UserEvent::read(&it.kind, &it.data)? {
            UserEvent::ErasureRequested { .. } => noted.requested(person, it.id),
            UserEvent::Erased {} => noted.erased(person),
            _ => {}
        },
        Person::Guest(_) if feature == "guest" => match GuestEvent::read(&it.kind, &it.data)? {
            GuestEvent::ErasureRequested { .. } => noted.requested(person, it.id),
            GuestEvent::Erased {} => noted.erased(person),
        },
        Person::User(_) | Person::Guest(_) => {}
    }
    Ok(())
}
