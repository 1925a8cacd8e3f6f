use domain::bookings::{BookingCommand, CourtDay, Place as CourtTime};
use domain::courts::CourtState;
use domain::ids::{BookingId, CourtCode};
use domain::policies;
use domain::venues::VenueState;
use event_store::{Done, ExecuteError, Metadata};
use jiff::Timestamp;
use runtime::Problem;
use runtime::problem::{INVALID, Place};

use super::rejection;
use crate::app::App;
use crate::asked::Command;
use crate::refused::{Refused, failed};

/// The place that a command wants on a court, with the venue and the court as they are now.
pub async fn find(
    app: &App,
    command: &Command,
    code: &CourtCode,
    starts_at: Timestamp,
    ends_at: Timestamp,
) -> Result<CourtTime, Problem> {
    let unknown = || {
        let detail = format!("there is no court {code}");
        Problem::new(INVALID, detail.clone()).at(Place::field("court"), "unknown-court", detail)
    };
    let court = app.load::<CourtState>(&code.stream()).await?;
    let (Some(court), Some(court_revision)) = (court.state.0, court.revision) else {
        return Err(unknown());
    };
    let venue = app.load::<VenueState>(&court.venue.stream()).await?;
    let (Some(venue), Some(venue_revision)) = (venue.state.0, venue.revision) else {
        return Err(unknown());
    };
    let date = policies::service_date(&venue, starts_at);
    let booking = BookingId::derive(date, code.clone(), command.id);
    let at = command.at;
    Ok(CourtTime { booking, starts_at, ends_at, at, venue, venue_revision, court, court_revision })
}

/// Takes a place, or says what is wrong with it. It begins at `starts_at`.
pub async fn take(
    app: &App,
    id: &BookingId,
    take: BookingCommand,
    starts_at: Timestamp,
    meta: &Metadata,
) -> Result<Done<CourtDay>, Refused> {
    match app.executor.execute::<CourtDay>(&id.stream(), take, meta).await {
        Ok(done) => Ok(done),
        Err(ExecuteError::Rejected { rejection, position }) => {
            let problem = rejection::explain_hold(&rejection, starts_at);
            Err(Refused { problem, position: Some(app.token(position)) })
        }
        Err(failure) => Err(failed(failure).into()),
    }
}
