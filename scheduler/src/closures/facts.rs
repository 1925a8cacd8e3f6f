//! What a venue and a court say of one service date by now, and which events said so.
use std::collections::BTreeMap;

use domain::bookings::BlockCause;
use domain::courts::{CourtEvent, CourtState};
use domain::ids::{BlockId, CourtCode};
use domain::stored::{StoredDecider, StoredEvent};
use domain::venues::{Venue, VenueEvent, VenueState};
use event_store::Store;
use event_store::execute::ReadFailure;
use jiff::civil::Date;
use uuid::Uuid;

/// The most events read at once; a venue has some hundreds in its life.
const PAGE: usize = 500;

/// What has to be known to block a court-day.
pub(super) struct Facts {
    pub venue: Venue,
    /// Why nobody can play: the causes that hold, none if the court is to be had.
    pub announced: Vec<Announced>,
}

/// A closure that holds.
#[derive(Clone, Copy)]
pub(super) struct Announced {
    pub cause: BlockCause,
    /// The event that said so.
    pub event: Uuid,
}

impl Announced {
    /// The same on every court-day that it blocks, and another one when the day is closed again.
    pub fn block(&self) -> BlockId {
        BlockId(Uuid::new_v5(&self.event, b"block"))
    }
}

/// `None` for a court that nobody ever added, or whose venue nobody opened.
pub(super) async fn of(
    store: &Store,
    court: &CourtCode,
    date: Date,
) -> Result<Option<Facts>, ReadFailure> {
    let mut service = BTreeMap::new();
    let note = |event: &CourtEvent, id| match event {
        CourtEvent::Retired { from, .. } | CourtEvent::Returned { from } => {
            service.insert(*from, id);
        }
        _ => {}
    };
    let state = fold::<CourtState>(store, &court.stream(), note).await?;
    let Some(court) = state.0 else { return Ok(None) };
    let mut closed = None;
    let note = |event: &VenueEvent, id| match event {
        VenueEvent::ClosedOn { date: on, .. } if *on == date => closed = Some(id),
        VenueEvent::ReopenedOn { date: on } if *on == date => closed = None,
        _ => {}
    };
    let state = fold::<VenueState>(store, &court.venue.stream(), note).await?;
    let Some(venue) = state.0 else { return Ok(None) };

    let retired = || service.range(..=date).next_back().map(|it| *it.1);
    let retired = court.is_retired_on(date).then(retired).flatten();
    let causes = [(BlockCause::Closed, closed), (BlockCause::Retired, retired)];
    let announced =
        causes.into_iter().filter_map(|(cause, event)| Some(Announced { cause, event: event? }));
    Ok(Some(Facts { announced: announced.collect(), venue }))
}

/// Folds a stream, and shows each event with its id: a state does not remember which event made it so.
async fn fold<D: StoredDecider>(
    store: &Store,
    stream: &str,
    mut each: impl FnMut(&D::Event, Uuid),
) -> Result<D::State, ReadFailure> {
    let (mut state, mut from) = (D::State::default(), 0);
    loop {
        let page = store.read_stream(stream, from, PAGE).await?;
        let is_last = page.len() < PAGE;
        from += page.len() as u64;
        for it in page {
            let event = D::Event::read(&it.kind, &it.data)
                .map_err(|error| ReadFailure::Codec(error.into()))?;
            each(&event, it.id);
            state = D::evolve(state, event);
        }
        if is_last {
            return Ok(state);
        }
    }
}
