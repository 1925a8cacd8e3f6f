//! Any free court: the read models advise, the court-days decide, and the lease remembers.
//!
//! **Invariant:** one command holds one place, whatever answers were lost. Each place it tries is on the player's
//! stream before the court-day hears of it, and a repetition goes back there before it looks anywhere else.
use domain::ids::{BookingId, VenueId};
use domain::players::{LeaseState, Player};
use domain::policies;
use domain::venues::VenueState;
use runtime::Problem;
use uuid::Uuid;

use super::candidates::{self, Fitting};
use super::hold::{self, Wish};
use super::leases;
use super::places::NotTaken;
use super::rejection::{SLOT_TAKEN, explain_hold};
use crate::answer::Answer;
use crate::app::App;
use crate::idempotency::reused;
use crate::refused::Refused;
use crate::venues;

/// Courts tried before the client is told to search again: with more, a full venue costs everybody a walk over it.
const TRIES: usize = 3;

/// What is asked of a court.
pub struct AnyCourt {
    pub venue: VenueId,
    pub kind: Option<String>,
    pub surface: Option<String>,
    pub indoor: Option<bool>,
}

pub async fn hold_any(app: &App, wish: &Wish<'_>, any: &AnyCourt) -> Result<Answer, Refused> {
    if let Some(answer) = return_to_own(app, wish).await? {
        return Ok(answer);
    }
    check(app, wish, any).await?;
    let fitting = Fitting { any, starts_at: wish.starts_at, ends_at: wish.ends_at };
    let mut courts = candidates::free(&app.read, &fitting, wish.command.at).await?;
    // Everybody in an order of their own, and the same in every repetition.
    courts.sort_by_key(|it| Uuid::new_v5(&wish.command.id, it.to_string().as_bytes()));
    let mut refused = None;
    for court in courts.into_iter().take(TRIES) {
        match hold::take_place(app, wish, &court).await {
            Ok(answer) => return Ok(answer),
            Err(NotTaken::Taken(it)) => refused = Some(it),
            Err(NotTaken::Refused(it)) => return Err(it),
            // The same command, on another machine, was faster.
            Err(NotTaken::Elsewhere(booking)) => return go_back(app, wish, &booking).await,
        }
    }
    let detail = "no court that fits is free then";
    let position = refused.and_then(|it| it.position);
    Err(Refused::new(Problem::new(SLOT_TAKEN, detail), position))
}

/// Finishes what this command began before, if it ever came so far; `None` if it may look around.
async fn return_to_own(app: &App, wish: &Wish<'_>) -> Result<Option<Answer>, Refused> {
    let player = app.load::<Player>(&wish.player.player_stream()).await?.state;
    for booking in player.made_by(wish.command.id) {
        match hold::take_place(app, wish, booking.court()).await {
            Ok(answer) => return Ok(Some(answer)),
            // Somebody else has it for certain: what was lent for it would stand in the way of another court.
            Err(NotTaken::Taken(_)) => {
                if let Some(LeaseState::Held { until, .. }) =
                    player.leases.get(booking).map(|it| &it.state)
                {
                    leases::abandon(app, wish.command, wish.player, booking.clone(), *until).await;
                }
            }
            Err(NotTaken::Refused(it)) => return Err(it),
            Err(NotTaken::Elsewhere(_)) => return Err(reused().into()),
        }
    }
    Ok(None)
}

async fn go_back(app: &App, wish: &Wish<'_>, booking: &BookingId) -> Result<Answer, Refused> {
    Ok(hold::take_place(app, wish, booking.court()).await?)
}

/// What no court of the venue could ever sell is said before any is looked for.
async fn check(app: &App, wish: &Wish<'_>, any: &AnyCourt) -> Result<(), Refused> {
    let venue = app.load::<VenueState>(&any.venue.stream()).await?.state.0;
    let Some(venue) = venue else {
        return Err(venues::unknown(&any.venue).into());
    };
    let (starts_at, ends_at) = (wish.starts_at, wish.ends_at);
    policies::check(&venue, starts_at, ends_at, wish.command.at)
        .map_err(|refusal| explain_hold(&refusal.into(), starts_at).into())
}
