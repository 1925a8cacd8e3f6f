//! The player's side of a booking: a lease before a court-day holds a place, and news of it afterwards.
use domain::bookings::Booking;
use domain::ids::{BookingId, UserId};
use domain::players::{
    FullQuota, Player, PlayerCommand, PlayerRejection, Quota, Quotas, TakeLease, counts_until,
};
use domain::policies;
use event_store::{ExecuteError, Metadata};
use jiff::Timestamp;
use runtime::Problem;
use runtime::problem::Place;
use uuid::Uuid;

use super::rejection::QUOTA_FULL;
use crate::app::App;
use crate::asked::Command;
use crate::refused::{Refused, failed};

/// Why a player gets no lease.
pub enum NoLease {
    Refused(Refused),
    /// The command has a place already, and it is this one.
    Elsewhere(BookingId),
}

/// The lease that a hold of this place needs.
pub fn wanted(place: &domain::bookings::Place, command: &Command) -> TakeLease {
    let policy = &place.venue.policy;
    TakeLease {
        booking: place.booking.clone(),
        command: command.id,
        venue: place.court.venue.clone(),
        until: counts_until(policies::expires_at(policy, place.starts_at, place.at)),
        at: place.at,
        quotas: Quotas::from(policy),
    }
}

/// Only from inside the turn of the court-day that is about to hold the place.
pub async fn take(
    app: &App,
    command: &Command,
    player: UserId,
    take: TakeLease,
) -> Result<(), NoLease> {
    let stream = player.player_stream();
    let meta = meta(command, &stream, "");
    let take = PlayerCommand::TakeLease(Box::new(take));
    match app.executor.execute::<Player>(&stream, take, &meta).await {
        Ok(_) => Ok(()),
        Err(ExecuteError::Rejected { rejection, position }) => match rejection {
            PlayerRejection::LeasedElsewhere { booking } => Err(NoLease::Elsewhere(booking)),
            PlayerRejection::QuotaFull { full } => Err(NoLease::Refused(Refused {
                problem: explain(&full),
                position: Some(app.token(position)),
            })),
        },
        Err(failure) => Err(NoLease::Refused(failed(failure).into())),
    }
}

/// Gives a lease back whose hold was refused. If that fails it ends by itself.
pub async fn abandon(
    app: &App,
    command: &Command,
    player: UserId,
    booking: BookingId,
    until: Timestamp,
) {
    let stream = player.player_stream();
    let meta = meta(command, &stream, " abandon");
    let abandon = PlayerCommand::AbandonLease { booking, until };
    tell(app, &stream, abandon, &meta).await;
}

/// Tells the player's stream what became of a booking. Nobody has to wait for it: the scheduler hears of it too.
pub async fn follow(app: &App, command: &Command, booking: &Booking) {
    let Some(player) = booking.held.booked_for.player() else { return };
    let stream = player.player_stream();
    let meta = meta(command, &stream, " follow");
    tell(app, &stream, PlayerCommand::following(booking, command.at), &meta).await;
}

async fn tell(app: &App, stream: &str, command: PlayerCommand, meta: &Metadata) {
    if let Err(error) = app.executor.execute::<Player>(stream, command, meta).await {
        tracing::debug!(
            error = &error as &dyn std::error::Error,
            stream,
            "a lease does not follow yet"
        );
    }
}

/// The same command's appends to another stream have ids of their own, derived from its.
fn meta(command: &Command, stream: &str, step: &str) -> Metadata {
    let id = Uuid::new_v5(&command.id, format!("{stream}{step}").as_bytes());
    Metadata { command: id, ..command.meta.clone() }
}

fn explain(full: &[FullQuota]) -> Problem {
    let said = |it: &FullQuota| match it.quota {
        Quota::OpenHolds => {
            ("#", "open-holds", format!("at most {} holds may be open here at one time", it.limit))
        }
        Quota::BookingsPerDay => (
            "#/starts_at",
            "bookings-per-day",
            format!("at most {} bookings may be had here on one day", it.limit),
        ),
        Quota::Upcoming => {
            ("#", "upcoming", format!("at most {} bookings may lie ahead here", it.limit))
        }
    };
    let details: Vec<String> = full.iter().map(|it| said(it).2).collect();
    let mut problem = Problem::new(QUOTA_FULL, details.join("; "));
    for (pointer, code, detail) in full.iter().map(said) {
        problem = problem.at(Place::Pointer(pointer.to_owned()), code, detail);
    }
    problem
}
