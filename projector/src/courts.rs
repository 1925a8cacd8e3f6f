//! The catalogue: venues with their hours and policies, courts with their prices.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::courts::CourtEvent;
use domain::ids::{CourtCode, VenueId};
use domain::policies::{Policy, Prices, Week};
use domain::venues::VenueEvent;
use event_store::Recorded;
use jiff::civil::{Date, Time};
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::projection::{Projection, all_met, id, read};

/// Serves the catalogue, and the facts a search needs.
pub struct Courts;

const VENUES: &str = "venue-";
const COURTS: &str = "court-";

#[derive(Default, Serialize)]
struct VenueChange {
    id: String,
    name: Option<String>,
    zone: Option<String>,
    day_starts_at: Option<Time>,
    policy: Option<Policy>,
    revision: u64,
}

#[derive(Default, Serialize)]
struct CourtChange {
    code: String,
    venue: Option<VenueId>,
    name: Option<String>,
    kind: Option<String>,
    surface: Option<String>,
    indoor: Option<bool>,
    prices: Option<Prices>,
    revision: u64,
}

#[derive(Serialize)]
struct Hours {
    venue: VenueId,
    from_date: Date,
    week: Week,
}

#[async_trait]
impl Projection for Courts {
    fn name(&self) -> &'static str {
        "courts"
    }

    fn create(&self) -> &'static str {
        include_str!("courts/create.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("courts/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let (venues, hours) = fold_venues(events)?;
        if !venues.is_empty() {
            let merged = sqlx::query_file!("src/courts/merge_venues.sql", Json(&venues) as _)
                .execute(&mut *db)
                .await?;
            all_met("venues", events, venues.len(), merged.rows_affected())?;
        }
        if !hours.is_empty() {
            sqlx::query_file!("src/courts/set_hours.sql", Json(&hours) as _)
                .execute(&mut *db)
                .await?;
        }
        let courts = fold_courts(events)?;
        if !courts.is_empty() {
            let merged = sqlx::query_file!("src/courts/merge_courts.sql", Json(&courts) as _)
                .execute(&mut *db)
                .await?;
            all_met("courts", events, courts.len(), merged.rows_affected())?;
        }
        Ok(())
    }
}

fn fold_venues(events: &[Recorded]) -> Result<(Vec<VenueChange>, Vec<Hours>), FollowError> {
    let mut venues = BTreeMap::new();
    let mut hours = BTreeMap::new();
    for event in events.iter().filter(|it| it.stream.starts_with(VENUES)) {
        let venue: VenueId = id(event, VENUES)?;
        let change: &mut VenueChange = venues.entry(venue.clone()).or_default();
        change.id = venue.to_string();
        change.revision = event.revision;
        match read(event)? {
            VenueEvent::Opened { name, zone, day_starts_at } => {
                change.name = Some(name);
                change.zone = Some(zone);
                change.day_starts_at = Some(day_starts_at);
                // A venue that never said otherwise sells by the rules everybody begins with.
                change.policy = Some(Policy::default());
            }
            VenueEvent::HoursSet { from, week } => {
                hours.insert((venue, from), week);
            }
            VenueEvent::PolicySet { policy } => change.policy = Some(policy),
        }
    }
    let hours =
        hours.into_iter().map(|((venue, from_date), week)| Hours { venue, from_date, week });
    Ok((venues.into_values().collect(), hours.collect()))
}

fn fold_courts(events: &[Recorded]) -> Result<Vec<CourtChange>, FollowError> {
    let mut courts: BTreeMap<CourtCode, CourtChange> = BTreeMap::new();
    for event in events.iter().filter(|it| it.stream.starts_with(COURTS)) {
        let code: CourtCode = id(event, COURTS)?;
        let change = courts.entry(code.clone()).or_default();
        change.code = code.to_string();
        change.revision = event.revision;
        match read(event)? {
            CourtEvent::Added { venue, name, kind, surface, indoor } => {
                change.venue = Some(venue);
                change.name = Some(name);
                change.kind = Some(kind);
                change.surface = Some(surface);
                change.indoor = Some(indoor);
                change.prices = Some(Prices::default());
            }
            CourtEvent::Priced { prices } => change.prices = Some(prices),
        }
    }
    Ok(courts.into_values().collect())
}
