//! The steps of an erasure, in their order.
mod guest;

use std::time::Duration;

use domain::bookings::{
    Booking, BookingCommand, BookingRejection, BookingState, Canceller, CourtDay,
};
use domain::claims::{Claim, ClaimCommand, ClaimRejection};
use domain::guests::GuestRejection;
use domain::ids::{BookingId, UserId};
use domain::logins::Logins;
use domain::players::{Lease, LeaseState, Player, PlayerCommand, PlayerRejection};
use domain::sealed::Sealed;
use domain::sessions::{RevocationReason, SessionCommand, SessionRejection, SessionState};
use domain::users::{Erasure, User, UserCommand, UserRejection};
use domain::waitlist::{Waitlist, WaitlistCommand, WaitlistRejection, stream};
use event_store::execute::ReadFailure;
use event_store::{ExecuteError, Executor, Metadata};
use jiff::Timestamp;
use runtime::ids;
use sqlx::PgPool;
use uuid::Uuid;
use vault::{LIVES_ON, Vault, VaultError};

use crate::waitlist;

/// Erases people.
pub struct Steps {
    pub executor: Executor,
    pub vault: Vault,
    /// Where it says which waitlists there are.
    pub read: PgPool,
    /// The demo's inbox, where there is one.
    pub inbox: Option<PgPool>,
}

/// One person's erasure, and the event that asked for it.
#[derive(Clone, Copy)]
pub struct Leaving {
    pub user: UserId,
    pub event: Uuid,
    pub at: Timestamp,
}

/// What is left to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    Nothing,
    /// The keys are destroyed, and for so long some process may still have one in memory.
    Wait(Duration),
}

/// Why a step was not taken. All of them are taken again.
#[derive(Debug, thiserror::Error)]
pub enum NotErased {
    #[error("a stream cannot be read")]
    Unread(#[from] ReadFailure),
    #[error("a session gave no answer")]
    Session(#[source] ExecuteError<SessionRejection>),
    #[error("the player's stream gave no answer")]
    Player(#[source] ExecuteError<PlayerRejection>),
    #[error("a court-day gave no answer")]
    CourtDay(#[source] ExecuteError<BookingRejection>),
    #[error("a claim gave no answer")]
    Claim(#[source] ExecuteError<ClaimRejection>),
    #[error("the account gave no answer")]
    User(#[source] ExecuteError<UserRejection>),
    #[error("the guest's stream gave no answer")]
    Guest(#[source] ExecuteError<GuestRejection>),
    /// Somebody is in the middle of holding, or of moving; neither takes long.
    #[error("booking {0} is about to be made")]
    Unsettled(BookingId),
    #[error("which waitlists there are cannot be read")]
    Waitlists(#[source] sqlx::Error),
    #[error("a waitlist gave no answer")]
    Waitlist(#[source] ExecuteError<WaitlistRejection>),
    #[error("the demo's inbox")]
    Inbox(#[source] sqlx::Error),
    #[error("the vault")]
    Vault(#[from] VaultError),
}

const ACTOR: &str = "system:scheduler";

impl Steps {
    pub async fn take(&self, it: Leaving) -> Result<Left, NotErased> {
        let user = self.executor.load::<User>(&it.user.stream()).await?.state;
        if user.erasure != Erasure::Requested {
            return Ok(Left::Nothing);
        }
        self.end_sessions(it).await?;
        // First, so that nothing that they give back is offered to themselves.
        self.leave_waitlists(it).await?;
        self.give_back_places(it).await?;
        self.release_claims(it, &user).await?;
        self.forget_mail(it, &user).await?;
        if let Some(rest) = self.destroy_keys(&it.user.stream(), it.event).await? {
            return Ok(Left::Wait(rest));
        }
        let meta = it.meta("finish");
        let finish = UserCommand::FinishErasure;
        let done = self.executor.execute::<User>(&it.user.stream(), finish, &meta).await;
        done.map(|_| Left::Nothing).map_err(NotErased::User)
    }

    /// And how long from now some process may still have one in memory.
    async fn destroy_keys(
        &self,
        subject: &str,
        event: Uuid,
    ) -> Result<Option<Duration>, VaultError> {
        self.vault.destroy(subject, Some(event)).await?;
        let destroyed_for = self.vault.destroyed_for(subject).await?.unwrap_or_default();
        Ok((destroyed_for < LIVES_ON).then(|| LIVES_ON.saturating_sub(destroyed_for)))
    }

    /// None of them counts since the account's epoch was raised; this says so of each.
    async fn end_sessions(&self, it: Leaving) -> Result<(), NotErased> {
        let logins = self.executor.load::<Logins>(&it.user.login_stream()).await?.state;
        for session in logins.sessions {
            let stream = session.stream();
            let revoke = SessionCommand::Revoke { reason: RevocationReason::Erased };
            let done =
                self.executor.execute::<SessionState>(&stream, revoke, &it.meta(&stream)).await;
            match done {
                // A login that was cut off before its session began.
                Ok(_)
                | Err(ExecuteError::Rejected {
                    rejection: SessionRejection::UnknownSession, ..
                }) => {}
                Err(error) => return Err(NotErased::Session(error)),
            }
        }
        Ok(())
    }

    /// Every place is lent a lease before it is taken. So once no more are lent, what is lent is all there will be.
    async fn give_back_places(&self, it: Leaving) -> Result<(), NotErased> {
        let stream = it.user.player_stream();
        let close = self
            .executor
            .execute::<Player>(&stream, PlayerCommand::Close, &it.meta(&stream))
            .await
            .map_err(NotErased::Player)?;
        // What cannot be given back yet keeps nobody off the others.
        let mut unsettled = Ok(());
        for (id, lease) in &close.state.leases {
            match self.give_back(it, id, lease).await {
                Err(error @ NotErased::Unsettled(_)) => unsettled = Err(error),
                other => other?,
            }
        }
        unsettled
    }

    async fn give_back(&self, it: Leaving, id: &BookingId, lease: &Lease) -> Result<(), NotErased> {
        let day = self.executor.load::<CourtDay>(&id.stream()).await?.state;
        let Some(booking) = day.bookings.get(id) else { return unmade(id, lease, it.at) };
        if booking.held.booked_for.player() != Some(it.user) {
            return Ok(());
        }
        let Some(command) = end_of(booking, id, it.at) else { return Ok(()) };
        let meta = it.meta(&format!("{} {}", id.stream(), id));
        match self.executor.execute::<CourtDay>(&id.stream(), command, &meta).await {
            Ok(_) => Ok(()),
            Err(ExecuteError::Rejected { rejection: BookingRejection::MoveUnderWay, .. }) => {
                Err(NotErased::Unsettled(id.clone()))
            }
            Err(error) => Err(NotErased::CourtDay(error)),
        }
    }

    /// Nobody joins any more who cannot log in. A list that the table does not know yet is found in the next round, which
    /// the keys' end waits for; and nothing is offered to somebody who is being erased.
    async fn leave_waitlists(&self, it: Leaving) -> Result<(), NotErased> {
        let days = waitlist::days(&self.read).await.map_err(NotErased::Waitlists)?;
        for (venue, date) in days {
            let stream = stream(&venue, date);
            let list = self.executor.load::<Waitlist>(&stream).await?.state;
            for waiter in list.waiting(it.at).filter(|waiter| waiter.user == it.user) {
                let meta = it.meta(&format!("{stream} {}", waiter.id));
                let leave = WaitlistCommand::Leave { waiting: waiter.id.clone() };
                let done = self.executor.execute::<Waitlist>(&stream, leave, &meta).await;
                done.map_err(NotErased::Waitlist)?;
            }
        }
        Ok(())
    }

    /// What the account ever owned, and what it may have claimed and never owned.
    async fn release_claims(&self, it: Leaving, user: &User) -> Result<(), NotErased> {
        for claim in user.claims.iter().chain(user.abandoned.keys()) {
            let held = self.executor.load::<Claim>(claim).await?.state.held_by(it.user);
            let Some(claim_revision) = held else { continue };
            let release = ClaimCommand::Release { user: it.user, claim_revision };
            let done = self.executor.execute::<Claim>(claim, release, &it.meta(claim)).await;
            done.map_err(NotErased::Claim)?;
        }
        Ok(())
    }

    /// While the address can still be read.
    async fn forget_mail(&self, it: Leaving, user: &User) -> Result<(), NotErased> {
        let subject = it.user.stream();
        let number = user.preferences.sms_number.as_ref().map(|it| ("sms_number", it));
        for address in user.email.as_ref().map(|it| ("email", it)).into_iter().chain(number) {
            self.forget_mail_to(&subject, address).await?;
        }
        Ok(())
    }

    /// Whatever was caught on its way to an address or a number, which is sealed as this field.
    async fn forget_mail_to(
        &self,
        subject: &str,
        (field, sealed): (&str, &Sealed),
    ) -> Result<(), NotErased> {
        let Some(inbox) = &self.inbox else { return Ok(()) };
        let Some(recipient) = self.vault.open(subject, field, sealed).await? else {
            return Ok(());
        };
        sqlx::query_file!("src/erasures/forget_mail.sql", recipient)
            .execute(inbox)
            .await
            .map_err(NotErased::Inbox)?;
        Ok(())
    }
}

impl Leaving {
    fn meta(&self, name: &str) -> Metadata {
        meta(self.event, self.at, name)
    }
}

/// Of a command that is the same whoever sends it, and however often.
fn meta(event: Uuid, at: Timestamp, name: &str) -> Metadata {
    let id = ids::derive(event, &["erase", name]);
    Metadata { causation: Some(event), ..Metadata::new(id, at).correlation(event).actor(ACTOR) }
}

/// A lease whose booking is nowhere: its hold is just being made, or never was.
fn unmade(id: &BookingId, lease: &Lease, at: Timestamp) -> Result<(), NotErased> {
    match lease.state {
        LeaseState::Held { until, .. } if at < until => Err(NotErased::Unsettled(id.clone())),
        LeaseState::Held { .. } | LeaseState::Confirmed { .. } | LeaseState::Returned => Ok(()),
    }
}

/// What ends a booking that lies ahead: a hold is released, and a confirmed one cancelled by its terms, as the player
/// could have. What has begun takes its course.
fn end_of(booking: &Booking, id: &BookingId, at: Timestamp) -> Option<BookingCommand> {
    let booking_id = id.clone();
    match booking.state_at(at) {
        BookingState::Held => Some(BookingCommand::Release { booking: booking_id, at }),
        BookingState::Confirmed if at < booking.held.starts_at => {
            Some(BookingCommand::Cancel { booking: booking_id, by: Canceller::Player, at })
        }
        BookingState::Confirmed
        | BookingState::Expired
        | BookingState::Released
        | BookingState::Cancelled
        | BookingState::Moved { .. }
        | BookingState::CheckedIn
        | BookingState::Missed => None,
    }
}
