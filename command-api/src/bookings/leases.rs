//! The player's side of a booking: a lease before a court-day holds a place, and news of it afterwards.
use domain::bookings::{BookedFor, Booking, Place as CourtTime};
use domain::ids::{BookingId, UserId};
use domain::players::{FullQuota, Player, PlayerCommand, PlayerRejection, Quota, TakeLease};
use event_store::{ExecuteError, Metadata};
use jiff::Timestamp;
use runtime::Problem;
use runtime::problem::{NOT_FOUND, Place};

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

/// What a place needs before somebody has it.
pub struct Lease {
    pub player: UserId,
    pub take: TakeLease,
}

impl Lease {
    /// Of whoever plays there; a guest of the desk's has no quotas. Lent for as long as a hold lasts here, also where
    /// the place will be held without a clock: if it never comes to that the lease ends by itself, and else it follows.
    pub fn of(place: &CourtTime, booked_for: &BookedFor, command: &Command) -> Option<Self> {
        let take = TakeLease::of(place, command.id);
        booked_for.player().map(|player| Self { player, take })
    }

    /// For a booking that moves here, by the first id it ever had: it counts once, at both ends.
    pub fn moving(mut self, reference: &BookingId) -> Self {
        self.take.reference = reference.clone();
        self
    }

    /// Whatever the quotas say, if the desk gives a reason.
    pub fn beyond<T>(mut self, reason: Option<&T>) -> Self {
        if reason.is_some() {
            self.take.quotas = None;
        }
        self
    }
}

/// Only from inside the turn of the court-day that is about to give the place.
pub async fn take(app: &App, command: &Command, lease: &Lease) -> Result<(), NoLease> {
    let stream = lease.player.player_stream();
    let meta = command.on(&stream);
    let take = PlayerCommand::TakeLease(Box::new(lease.take.clone()));
    match app.executor.execute::<Player>(&stream, take, &meta).await {
        Ok(_) => Ok(()),
        Err(ExecuteError::Rejected { rejection, position }) => match &rejection {
            PlayerRejection::LeasedElsewhere { booking } => {
                Err(NoLease::Elsewhere(booking.clone()))
            }
            PlayerRejection::Closed => Err(NoLease::Refused(Refused::new(
                Problem::new(NOT_FOUND, rejection.to_string()),
                Some(app.token(position)),
            ))),
            PlayerRejection::QuotaFull { full } => {
                Err(NoLease::Refused(Refused::new(explain(full), Some(app.token(position)))))
            }
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
    let meta = command.on(&format!("{stream} abandon"));
    let abandon = PlayerCommand::AbandonLease { booking, until };
    tell(app, &stream, abandon, &meta).await;
}

/// Tells the player's stream what became of a booking. Nobody has to wait for it: the scheduler hears of it too.
pub async fn follow(app: &App, command: &Command, booking: &Booking) {
    let Some(player) = booking.held.booked_for.player() else { return };
    let stream = player.player_stream();
    let meta = command.on(&format!("{stream} follow"));
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
