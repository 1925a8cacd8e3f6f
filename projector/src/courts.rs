//! The catalogue: venues with their hours, closed days and policies, courts with their prices and their service.
use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::courts::{CourtEvent, Service};
use domain::ids::{CourtCode, VenueId};
use domain::policies::{DayHours, Policy, Prices, Week};
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

/// What a batch did to a single service date of a venue.
#[derive(Default, Serialize)]
struct DateChange {
    /// What is `None` stays.
    closed: Option<bool>,
    /// Whether `hours` is what the batch says, or it said nothing.
    sets_hours: bool,
    hours: Option<DayHours>,
}

/// One row of a table whose key is a thing and a date.
#[derive(Serialize)]
struct Dated<K, V> {
    of: K,
    date: Date,
    #[serde(flatten)]
    value: V,
}

#[derive(Serialize)]
struct Priced {
    prices: Prices,
}

#[derive(Serialize)]
struct InService {
    state: Service,
}

/// What a batch did to venues, and to courts.
#[derive(Default)]
struct Venues {
    changes: BTreeMap<VenueId, VenueChange>,
    hours: BTreeMap<(VenueId, Date), Week>,
    dates: BTreeMap<(VenueId, Date), DateChange>,
}

#[derive(Default)]
struct CourtChanges {
    changes: BTreeMap<CourtCode, CourtChange>,
    prices: BTreeMap<(CourtCode, Date), Priced>,
    service: BTreeMap<(CourtCode, Date), InService>,
}

#[async_trait]
impl Projection for Courts {
    fn name(&self) -> &'static str {
        "courts"
    }

    fn create(&self) -> &'static str {
        include_str!("courts/create.sql")
    }

    fn indexes(&self) -> &'static str {
        include_str!("courts/indexes.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("courts/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        write_venues(db, events, fold_venues(events)?).await?;
        write_courts(db, events, fold_courts(events)?).await
    }
}

async fn write_venues(
    db: &mut PgConnection,
    events: &[Recorded],
    Venues { changes, hours, dates }: Venues,
) -> Result<(), FollowError> {
    if changes.is_empty() {
        return Ok(());
    }
    let changes: Vec<VenueChange> = changes.into_values().collect();
    let merged = sqlx::query_file!("src/courts/merge_venues.sql", Json(&changes) as _)
        .execute(&mut *db)
        .await?;
    all_met("venues", events, changes.len(), merged.rows_affected())?;
    if !hours.is_empty() {
        let hours = hours.into_iter();
        let hours: Vec<Hours> =
            hours.map(|((venue, from_date), week)| Hours { venue, from_date, week }).collect();
        sqlx::query_file!("src/courts/set_hours.sql", Json(&hours) as _).execute(&mut *db).await?;
    }
    if !dates.is_empty() {
        let dates = dated(dates);
        sqlx::query_file!("src/courts/merge_dates.sql", Json(&dates) as _)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

async fn write_courts(
    db: &mut PgConnection,
    events: &[Recorded],
    CourtChanges { changes, prices, service }: CourtChanges,
) -> Result<(), FollowError> {
    if changes.is_empty() {
        return Ok(());
    }
    let changes: Vec<CourtChange> = changes.into_values().collect();
    let merged = sqlx::query_file!("src/courts/merge_courts.sql", Json(&changes) as _)
        .execute(&mut *db)
        .await?;
    all_met("courts", events, changes.len(), merged.rows_affected())?;
    if !prices.is_empty() {
        let prices = dated(prices);
        sqlx::query_file!("src/courts/set_prices.sql", Json(&prices) as _)
            .execute(&mut *db)
            .await?;
    }
    if !service.is_empty() {
        let service = dated(service);
        sqlx::query_file!("src/courts/set_service.sql", Json(&service) as _)
            .execute(&mut *db)
            .await?;
    }
    Ok(())
}

fn dated<K, V>(rows: BTreeMap<(K, Date), V>) -> Vec<Dated<K, V>> {
    rows.into_iter().map(|((of, date), value)| Dated { of, date, value }).collect()
}

fn fold_venues(events: &[Recorded]) -> Result<Venues, FollowError> {
    let mut folded = Venues::default();
    for event in events.iter().filter(|it| it.stream.starts_with(VENUES)) {
        let venue: VenueId = id(event, VENUES)?;
        let change = folded.changes.entry(venue.clone()).or_default();
        change.id = venue.to_string();
        change.revision = event.revision;
        let dates = &mut folded.dates;
        match read(event)? {
            VenueEvent::Opened { name, zone, day_starts_at } => {
                change.name = Some(name);
                change.zone = Some(zone);
                change.day_starts_at = Some(day_starts_at);
                // A venue that never said otherwise sells by the rules everybody begins with.
                change.policy = Some(Policy::default());
            }
            VenueEvent::Renamed { name } => change.name = Some(name),
            VenueEvent::HoursSet { from, week } => {
                folded.hours.insert((venue, from), week);
            }
            VenueEvent::HoursSetOn { date, hours, .. } => {
                let it = dates.entry((venue, date)).or_default();
                (it.sets_hours, it.hours) = (true, Some(hours));
            }
            VenueEvent::HoursLiftedOn { date } => {
                let it = dates.entry((venue, date)).or_default();
                (it.sets_hours, it.hours) = (true, None);
            }
            VenueEvent::ClosedOn { date, .. } => {
                dates.entry((venue, date)).or_default().closed = Some(true);
            }
            VenueEvent::ReopenedOn { date } => {
                dates.entry((venue, date)).or_default().closed = Some(false);
            }
            VenueEvent::PolicySet { policy } => change.policy = Some(policy),
        }
    }
    Ok(folded)
}

fn fold_courts(events: &[Recorded]) -> Result<CourtChanges, FollowError> {
    let mut folded = CourtChanges::default();
    for event in events.iter().filter(|it| it.stream.starts_with(COURTS)) {
        let code: CourtCode = id(event, COURTS)?;
        let change = folded.changes.entry(code.clone()).or_default();
        change.code = code.to_string();
        change.revision = event.revision;
        let mut in_service = |from, state| {
            folded.service.insert((code.clone(), from), InService { state });
        };
        match read(event)? {
            CourtEvent::Added { venue, name, kind, surface, indoor } => {
                change.venue = Some(venue);
                change.describe(name, kind, surface, indoor);
                change.prices = Some(Prices::default());
            }
            CourtEvent::Described { name, kind, surface, indoor } => {
                change.describe(name, kind, surface, indoor);
            }
            CourtEvent::Priced { from: None, prices } => change.prices = Some(prices),
            CourtEvent::Priced { from: Some(from), prices } => {
                folded.prices.insert((code, from), Priced { prices });
            }
            CourtEvent::Retired { from, .. } => in_service(from, Service::Retired),
            CourtEvent::Returned { from } => in_service(from, Service::Returned),
        }
    }
    Ok(folded)
}

impl CourtChange {
    fn describe(&mut self, name: String, kind: String, surface: String, indoor: bool) {
        self.name = Some(name);
        self.kind = Some(kind);
        self.surface = Some(surface);
        self.indoor = Some(indoor);
    }
}
