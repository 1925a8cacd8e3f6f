use std::collections::HashMap;
use std::sync::Arc;

use domain::courts::Court;
use domain::ids::VenueId;
use domain::venues::Venue;
use jiff::Timestamp;
use runtime::Problem;
use runtime::problem::{NOT_FOUND, Place as At};
use sqlx::PgTransaction;

use crate::courts::{self, Filter};
use crate::venues;

/// A court in question, with the facts that decide about it.
pub struct Candidate {
    pub row: courts::Row,
    pub court: Court,
    pub venue: Arc<Venue>,
}

/// A time on a court.
#[derive(Clone, Copy)]
pub struct Place<'a> {
    pub candidate: &'a Candidate,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
}

/// The courts that a filter leaves, in the order of their codes: two statements, however many venues there are.
pub async fn load(
    tx: &mut PgTransaction<'static>,
    filter: &Filter,
) -> Result<Vec<Candidate>, Problem> {
    let venues = match &filter.venue {
        Some(id) => vec![venues::find(tx, id).await?.ok_or_else(|| unknown(id))?],
        None => venues::all(tx).await?,
    };
    let venues: HashMap<String, Arc<Venue>> =
        venues.into_iter().map(|it| (it.id.clone(), Arc::new(it.facts()))).collect();
    let rows = courts::select(tx, filter, None, i64::MAX).await?;
    Ok(rows.into_iter().filter_map(|row| Candidate::new(row, &venues)).collect())
}

fn unknown(venue: &VenueId) -> Problem {
    let detail = format!("there is no venue {venue}");
    let at = At::Parameter("venue".to_owned());
    Problem::new(NOT_FOUND, detail.clone()).at(at, "unknown-venue", detail)
}

impl Candidate {
    /// `None` for a court whose venue nobody knows: it has no hours to be sold in.
    fn new(row: courts::Row, venues: &HashMap<String, Arc<Venue>>) -> Option<Self> {
        let id: VenueId = row.venue.parse().ok()?;
        let venue = venues.get(&row.venue)?.clone();
        Some(Self { court: row.facts(id), row, venue })
    }
}
