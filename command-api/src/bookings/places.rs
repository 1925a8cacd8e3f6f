use domain::bookings::{BookingCommand, CourtDay, Place as CourtTime};
use domain::courts::CourtState;
use domain::ids::{BookingId, CourtCode};
use domain::policies;
use domain::venues::VenueState;
use event_store::{Done, ExecuteError, Metadata, PermitError};
use jiff::Timestamp;
use runtime::Problem;

use super::leases::{self, Lease, NoLease};
use super::rejection;
use crate::app::App;
use crate::asked::Command;
use crate::idempotency::reused;
use crate::refused::{Refused, failed};

/// The place that a command wants on a court, with what is known of the venue and the court.
pub async fn find(
    app: &App,
    command: &Command,
    code: &CourtCode,
    starts_at: Timestamp,
    ends_at: Timestamp,
) -> Result<CourtTime, Problem> {
    let unknown =
        || Problem::invalid("court", "unknown-court", format!("there is no court {code}"));
    let court = app.fact::<CourtState>(&code.stream()).await?;
    let (Some(court), Some(court_revision)) = (court.state.0, court.revision) else {
        return Err(unknown());
    };
    let venue = app.fact::<VenueState>(&court.venue.stream()).await?;
    let (Some(venue), Some(venue_revision)) = (venue.state.0, venue.revision) else {
        return Err(unknown());
    };
    let date = policies::service_date(&venue, starts_at);
    let booking = BookingId::derive(date, code.clone(), command.id);
    let at = command.at;
    Ok(CourtTime { booking, starts_at, ends_at, at, venue, venue_revision, court, court_revision })
}

/// A place that is to be somebody's.
pub struct Taking {
    pub id: BookingId,
    /// What the court-day is asked.
    pub take: BookingCommand,
    pub starts_at: Timestamp,
    pub meta: Metadata,
    /// What it needs of the player's stream; a guest has none.
    pub lease: Option<Lease>,
}

/// Why nobody has the place now.
pub enum NotTaken {
    /// Somebody else has it for certain. Another court may do.
    Taken(Refused),
    /// The command has a place already, and it is this one.
    Elsewhere(BookingId),
    Refused(Refused),
}

/// Takes a place, or says why not. The court-day decides first, and only what it would give asks for a lease, with its
/// turn kept: see `domain/src/players.rs`.
pub async fn take(app: &App, command: &Command, it: Taking) -> Result<Done<CourtDay>, NotTaken> {
    let Taking { id, take, starts_at, meta, lease } = it;
    let lease = lease.as_ref();
    let ask = async {
        match lease {
            Some(lease) => leases::take(app, command, lease).await,
            None => Ok(()),
        }
    };
    let give_back = async {
        if let Some(Lease { player, take }) = lease {
            leases::abandon(app, command, *player, take.booking.clone(), take.until).await;
        }
    };
    let executor = &app.executor;
    let taken =
        executor.execute_permitted::<CourtDay, _>(&id.stream(), take, &meta, ask, give_back).await;
    match taken {
        Ok(done) => Ok(done),
        Err(PermitError::Denied(NoLease::Elsewhere(booking))) => Err(NotTaken::Elsewhere(booking)),
        Err(PermitError::Denied(NoLease::Refused(refused))) => Err(NotTaken::Refused(refused)),
        Err(PermitError::Command(ExecuteError::Rejected { rejection, position })) => {
            let problem = rejection::explain_hold(&rejection, starts_at);
            let refused = Refused::new(problem, Some(app.token(position)));
            let is_taken = rejection::is_taken(&rejection);
            Err(if is_taken { NotTaken::Taken(refused) } else { NotTaken::Refused(refused) })
        }
        Err(PermitError::Command(failure)) => Err(NotTaken::Refused(failed(failure).into())),
    }
}

impl From<Refused> for NotTaken {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

/// Where no other place will do.
impl From<NotTaken> for Refused {
    fn from(it: NotTaken) -> Self {
        match it {
            NotTaken::Taken(refused) | NotTaken::Refused(refused) => refused,
            NotTaken::Elsewhere(_) => reused().into(),
        }
    }
}
