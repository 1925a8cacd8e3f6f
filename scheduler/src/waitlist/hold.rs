//! The hold that an offer is, asked for as any player's is: the court-day decides first, and only a place that it would
//! give asks for a lease on the player's stream.
use domain::bookings::{
    BookingCommand, BookingRejection, BookingState, CourtDay, Hold, Holder, Place,
};
use domain::players::{Player, PlayerCommand, PlayerRejection, TakeLease};
use domain::policies;
use domain::waitlist::{Offer, Offerable, Waiter};
use event_store::{ExecuteError, Executor, Metadata, PermitError};
use jiff::Timestamp;

use super::scene::Scene;
use super::worker::ACTOR;

/// What came of asking for a place.
pub(super) enum Asked {
    /// It is theirs for a while.
    Held(Offer, Box<CourtDay>),
    /// Somebody was faster, or the court cannot be had. Another place may do.
    Taken,
    /// A quota of theirs is full, or they are being erased: no place will do.
    NotForThem,
}

/// There was no answer. Asking again is safe.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotHeld {
    #[error("the court-day gave no answer")]
    CourtDay(#[source] ExecuteError<BookingRejection>),
    #[error("the player's stream gave no answer")]
    Player(#[source] ExecuteError<PlayerRejection>),
}

/// Why no lease is lent.
enum NoLease {
    Refused,
    NoAnswer(ExecuteError<PlayerRejection>),
}

pub(super) async fn hold(
    executor: &Executor,
    scene: &Scene,
    waiter: &Waiter,
    it: &Offerable,
    at: Timestamp,
) -> Result<Asked, NotHeld> {
    let Offerable { court, starts_at, ends_at } = it;
    let Some(ground) = scene.ground(court) else { return Ok(Asked::Taken) };
    let (starts_at, ends_at) = (*starts_at, *ends_at);
    let command = waiter.offer_command(court, starts_at, ends_at);
    let booking = waiter.offer_booking(court, starts_at, ends_at);
    let until = policies::expires_at(&scene.venue.policy, starts_at, at);
    let place = Place {
        booking: booking.clone(),
        starts_at,
        ends_at,
        at,
        venue: scene.venue.clone(),
        venue_revision: scene.venue_revision,
        court: ground.court.clone(),
        court_revision: ground.court_revision,
    };
    let lease = TakeLease::of(&place, command);
    let hold = BookingCommand::Hold(Box::new(Hold { place, by: Holder::Player(waiter.user) }));
    let meta = Metadata::new(command, at).actor(ACTOR);
    let player = waiter.user.player_stream();
    let ask = take(executor, &player, &meta, lease.clone());
    let give_back = give_back(executor, &player, &meta, &lease);
    let held = executor
        .execute_permitted::<CourtDay, _>(&booking.stream(), hold, &meta, ask, give_back)
        .await;
    match held {
        Ok(done) => {
            let hold = done.state.bookings.get(&booking);
            let Some(hold) = hold.filter(|it| it.state_at(at) == BookingState::Held) else {
                return Ok(Asked::Taken);
            };
            // Another worker may have made it, a moment ago.
            let until = hold.held.expires_at.unwrap_or(until);
            let offer = Offer { waiting: waiter.id.clone(), booking, starts_at, ends_at, until };
            Ok(Asked::Held(offer, Box::new(done.state)))
        }
        Err(PermitError::Denied(NoLease::Refused)) => Ok(Asked::NotForThem),
        Err(PermitError::Denied(NoLease::NoAnswer(error))) => Err(NotHeld::Player(error)),
        Err(PermitError::Command(ExecuteError::Rejected { .. })) => Ok(Asked::Taken),
        Err(PermitError::Command(error)) => Err(NotHeld::CourtDay(error)),
    }
}

/// Only from inside the turn of the court-day that is about to give the place.
async fn take(
    executor: &Executor,
    player: &str,
    meta: &Metadata,
    lease: TakeLease,
) -> Result<(), NoLease> {
    let take = PlayerCommand::TakeLease(Box::new(lease));
    match executor.execute::<Player>(player, take, &meta.on(player)).await {
        Ok(_) => Ok(()),
        Err(ExecuteError::Rejected { .. }) => Err(NoLease::Refused),
        Err(error) => Err(NoLease::NoAnswer(error)),
    }
}

/// If that fails it ends by itself.
async fn give_back(executor: &Executor, player: &str, meta: &Metadata, lease: &TakeLease) {
    let (booking, until) = (lease.booking.clone(), lease.until);
    let abandon = PlayerCommand::AbandonLease { booking, until };
    let meta = meta.on(&format!("{player} abandon"));
    if let Err(error) = executor.execute::<Player>(player, abandon, &meta).await {
        let error = &error as &dyn std::error::Error;
        tracing::debug!(error, player, "a lease is not given back yet");
    }
}
