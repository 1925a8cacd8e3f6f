//! Two venues in two time zones, four courts each.
use anyhow::Context;
use domain::courts::{CourtCommand, CourtState};
use domain::ids::{CourtCode, VenueId};
use domain::policies::{DayHours, PeakWindow, Policy, Prices, Week};
use domain::venues::{VenueCommand, VenueState};
use event_store::Metadata;
use jiff::Timestamp;
use jiff::civil::{Time, time};
use runtime::Platform;

use super::command;

pub const LONG_HOLD_SECONDS: u32 = 900;
/// Short enough to watch a hold run out.
pub const SHORT_HOLD_SECONDS: u32 = 10;

pub struct DemoVenue {
    pub id: &'static str,
    name: &'static str,
    zone: &'static str,
    open: Time,
    close: Time,
    hold_seconds: u32,
    currency: &'static str,
    pub courts: [DemoCourt; 4],
}

pub struct DemoCourt {
    pub code: &'static str,
    name: &'static str,
    kind: &'static str,
    surface: &'static str,
    indoor: bool,
}

const fn court(
    code: &'static str,
    name: &'static str,
    kind: &'static str,
    surface: &'static str,
    indoor: bool,
) -> DemoCourt {
    DemoCourt { code, name, kind, surface, indoor }
}

pub const VENUES: [DemoVenue; 2] = [
    DemoVenue {
        id: "riverside",
        name: "Riverside Tennis & Padel",
        zone: "Europe/Berlin",
        open: time(6, 0, 0, 0),
        close: time(23, 0, 0, 0),
        hold_seconds: LONG_HOLD_SECONDS,
        currency: "EUR",
        courts: [
            court("RV01", "Centre court", "tennis", "clay", false),
            court("RV02", "Court 2", "tennis", "clay", false),
            court("RV03", "Padel 1", "padel", "artificial_grass", false),
            court("RV04", "The hall", "tennis", "hard", true),
        ],
    },
    DemoVenue {
        id: "harbour",
        name: "Harbour Racquet Club",
        zone: "America/New_York",
        open: time(7, 0, 0, 0),
        // Past midnight: the last hour belongs to the service day before.
        close: time(1, 0, 0, 0),
        hold_seconds: SHORT_HOLD_SECONDS,
        currency: "USD",
        courts: [
            court("HB01", "Pier 1", "tennis", "hard", false),
            court("HB02", "Pier 2", "tennis", "hard", false),
            court("HB03", "Badminton A", "badminton", "wood", true),
            court("HB04", "Badminton B", "badminton", "wood", true),
        ],
    },
];

pub fn first_venue() -> VenueId {
    VENUES[0].id()
}

impl DemoVenue {
    pub fn id(&self) -> VenueId {
        self.id.parse().expect("the demo's venues have well-formed ids")
    }
}

impl DemoCourt {
    pub fn code(&self) -> CourtCode {
        self.code.parse().expect("the demo's courts have well-formed codes")
    }
}

pub async fn load(platform: &Platform, at: Timestamp) -> anyhow::Result<()> {
    for venue in &VENUES {
        let id = venue.id();
        let hours = DayHours { open: venue.open, close: venue.close };
        let zone = jiff::tz::TimeZone::get(venue.zone)
            .context("the time zone database lacks a demo venue's zone")?;
        let steps = [
            VenueCommand::Open {
                name: venue.name.to_owned(),
                zone: venue.zone.to_owned(),
                day_starts_at: time(4, 0, 0, 0),
            },
            VenueCommand::SetHours { from: at.to_zoned(zone).date(), week: Week::every_day(hours) },
            VenueCommand::SetPolicy { policy: policy(venue.hold_seconds) },
        ];
        for (step, what) in steps.into_iter().zip(["open", "hours", "policy"]) {
            let meta = Metadata::new(command(&[venue.id, what]), at).actor("demo");
            platform.executor.execute::<VenueState>(&id.stream(), step, &meta).await?;
        }
        for court in &venue.courts {
            let steps = [
                CourtCommand::Add {
                    venue: id.clone(),
                    name: court.name.to_owned(),
                    kind: court.kind.to_owned(),
                    surface: court.surface.to_owned(),
                    indoor: court.indoor,
                },
                CourtCommand::Price { from: None, prices: prices(venue.currency) },
            ];
            for (step, what) in steps.into_iter().zip(["add", "price"]) {
                let meta = Metadata::new(command(&[court.code, what]), at).actor("demo");
                platform
                    .executor
                    .execute::<CourtState>(&court.code().stream(), step, &meta)
                    .await?;
            }
        }
    }
    Ok(())
}

/// The demo's five players have hundreds of bookings between them: its quotas are there to be seen, not to be in the
/// way. A venue that says nothing has 2, 2 and 6.
fn policy(hold_seconds: u32) -> Policy {
    Policy {
        hold_seconds,
        max_open_holds: 20,
        max_bookings_per_day: 40,
        max_upcoming: 500,
        ..Policy::default()
    }
}

fn prices(currency: &str) -> Prices {
    let evenings =
        PeakWindow { weekdays: (1..=5).collect(), from: time(17, 0, 0, 0), to: time(21, 0, 0, 0) };
    Prices {
        currency: currency.to_owned(),
        off_peak_per_hour_minor: 2_400,
        peak_per_hour_minor: 3_200,
        peak: vec![evenings],
    }
}
