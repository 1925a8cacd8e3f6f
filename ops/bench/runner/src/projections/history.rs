//! Months of a place with courts, written into the log by its own port: bookings held and confirmed, and people who
//! logged in.
use std::time::Instant;

use anyhow::Context;
use domain::bookings::{BookedFor, BookingEvent, Held, Terms};
use domain::ids::{BookingId, CourtCode, SessionId, UserId};
use domain::logins::{LoginEvent, Origin};
use domain::money::Money;
use domain::policies::Payment;
use domain::stored::StoredEvent;
use event_store::{Expected, Metadata, NewEvent, Run, event_id};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use runtime::ids;
use serde::Serialize;
use uuid::Uuid;
use vault::Vault;

use crate::booking::places::{self, OPENS};
use crate::booking::progress::Progress;
use crate::booking::scene::Scene;
use crate::booking::search;
use crate::results::{short, whole};

/// Of a court's seventeen hours on a day.
const HOURS: i8 = 8;
/// Held, and confirmed.
const STEPS: i64 = 2;
const PEOPLE: i32 = 2_000;
/// Runs in one call, a few thousand events.
const RUNS: usize = 200;

/// How much of it.
#[derive(Clone, Copy)]
pub struct History {
    days: i32,
    logins_each: i32,
}

#[derive(Clone, Debug, Serialize)]
pub struct Filled {
    pub events: u64,
    pub seconds: f64,
}

impl Filled {
    pub fn line(&self) -> String {
        let a_second = short(per_second(self.events, self.seconds));
        format!("{} events in {:.0} s, {a_second}/s", whole(self.events), self.seconds)
    }
}

pub fn per_second(count: u64, seconds: f64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
    let count = count as f64;
    count / seconds
}

impl History {
    pub fn of(quick: bool) -> Self {
        if quick {
            Self { days: 10, logins_each: 10 }
        } else {
            Self { days: 200, logins_each: 200 }
        }
    }

    /// What each projection that is measured has in its own table when it is done.
    pub fn rows(self) -> [(&'static str, i64); 3] {
        let courts = i64::try_from(search::COURTS).unwrap_or_default();
        let bookings = courts * i64::from(self.days) * i64::from(HOURS);
        let logins = i64::from(PEOPLE) * i64::from(self.logins_each);
        [("availability", bookings), ("bookings", bookings), ("logins", logins)]
    }

    pub async fn write(self, scene: &Scene, progress: &Progress) -> anyhow::Result<Filled> {
        let began = Instant::now();
        let before = scene.platform.store.head().await?;
        let first = *scene.dates().first().context("there are days to come")?;
        for day in 0..self.days {
            let date = first + day.days();
            let courts =
                (0..search::COURTS).map(places::court).collect::<anyhow::Result<Vec<_>>>()?;
            let runs =
                courts.iter().map(|it| court_day(scene, it, date)).collect::<Result<_, _>>()?;
            append(scene, runs).await?;
            progress.tick();
        }
        let vault = scene.vault()?;
        let mut runs = Vec::with_capacity(RUNS);
        for person in 0..PEOPLE {
            runs.push(self.logins(scene, &vault, usize::try_from(person)?).await?);
            if runs.len() == RUNS / 10 {
                append(scene, std::mem::take(&mut runs)).await?;
                progress.tick();
            }
        }
        append(scene, runs).await?;
        let events = scene.platform.store.head().await? - before;
        Ok(Filled { events, seconds: began.elapsed().as_secs_f64() })
    }

    /// All logins of one person, from one address and one browser, as most people's are.
    async fn logins(self, scene: &Scene, vault: &Vault, person: usize) -> anyhow::Result<Run> {
        let user: UserId = places::person(person);
        let stream = user.login_stream();
        let at = scene.platform.clock.now();
        let zoned = at.to_zoned(TimeZone::UTC);
        let quarter = (zoned.month() - 1) / 3 + 1;
        let subject = format!("user-{}/{}Q{quarter}", user.0, zoned.year());
        let fields =
            [("address", "198.51.100.7"), ("user_agent", "Mozilla/5.0 (X11; Linux x86_64)")];
        let mut events = Vec::new();
        for revision in 0..self.logins_each {
            let command = ids::new();
            let mut sealed = vault.seal_many(&subject, command, &fields).await?.into_iter();
            let from = Origin {
                address: sealed.next(),
                user_agent: sealed.next(),
                identifier: format!("identifier-{person}"),
            };
            let event = LoginEvent::Succeeded {
                session: SessionId(ids::new()),
                from,
                device: None,
                new_device: false,
            };
            events.push(new(&stream, u64::try_from(revision)?, command, at, &event)?);
        }
        Ok(Run { stream, expected: Expected::NoStream, events })
    }
}

/// Eight hours of a court on a day, each held by somebody and confirmed.
fn court_day(scene: &Scene, court: &CourtCode, date: Date) -> anyhow::Result<Run> {
    let at = scene.platform.clock.now();
    let stream = domain::bookings::stream(court, date);
    let venue = venue_of(court)?;
    let mut events = Vec::new();
    for hour in 0..HOURS {
        let command = ids::new();
        let booking = BookingId::derive(date, court.clone(), command);
        let start = date.at(OPENS + hour, 0, 0, 0).to_zoned(TimeZone::UTC)?.timestamp();
        let person = usize::try_from(command.as_u128() % 2_000)?;
        let held = BookingEvent::Held(Box::new(Held {
            booking: booking.clone(),
            reference: booking.clone(),
            generation: 1,
            venue: venue.parse()?,
            booked_for: BookedFor::Player { user: places::person(person) },
            starts_at: start,
            ends_at: start + 1.hour(),
            zone: "Etc/UTC".to_owned(),
            expires_at: Some(at + 900.seconds()),
            price: Money { amount_minor: 2_400, currency: "EUR".to_owned() },
            terms: Terms { full_refund_hours: 24, late_refund_percent: 50 },
            payment: Payment::None,
            payment_extension_seconds: 600,
            moved_from: None,
            overridden: None,
            venue_revision: 2,
            court_revision: 1,
        }));
        let confirmed = BookingEvent::Confirmed { booking, payment_reference: None };
        for event in [held, confirmed] {
            events.push(new(&stream, u64::try_from(events.len())?, command, at, &event)?);
        }
    }
    debug_assert_eq!(i64::try_from(events.len())?, i64::from(HOURS) * STEPS);
    Ok(Run { stream, expected: Expected::NoStream, events })
}

fn venue_of(court: &CourtCode) -> anyhow::Result<String> {
    let number: usize = court.to_string().trim_start_matches('C').parse()?;
    Ok(search::venue_name(number * search::VENUES / search::COURTS))
}

fn new<E: StoredEvent>(
    stream: &str,
    revision: u64,
    command: Uuid,
    at: Timestamp,
    event: &E,
) -> anyhow::Result<NewEvent> {
    let (kind, data) = event.write()?;
    let id = event_id(stream, revision, command);
    Ok(NewEvent { id, kind, data, meta: Metadata::new(command, at).actor("bench") })
}

async fn append(scene: &Scene, runs: Vec<Run>) -> anyhow::Result<()> {
    scene.platform.store.append_in_order(runs).await?;
    Ok(())
}
