//! Some weeks of bookings, two behind us and nearly two ahead.
use domain::bookings::{BookingCommand, By, Canceller, CourtDay, Hold, Holder, Place};
use domain::courts::{Court, CourtState};
use domain::ids::{BookingId, CourtCode, UserId};
use domain::policies;
use domain::venues::{Venue, VenueState};
use event_store::Metadata;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::{Timestamp, ToSpan, civil::Date};
use runtime::Platform;
use uuid::Uuid;

use super::catalogue::VENUES;
use super::{HISTORY_DAYS, command};

/// Service days with bookings, counted from the day the demo was first loaded.
const DAYS: std::ops::Range<i64> = -14..11;
const MINUTES: u32 = 60;
/// One place in this many is taken.
const ONE_IN: u8 = 4;
/// Court-days written side by side: enough to fill a batch, few enough not to fill the pool.
const AT_ONCE: usize = 16;

/// Everything on one court and one day.
struct CourtDayPlan {
    code: CourtCode,
    court: Court,
    court_revision: u64,
    venue: Venue,
    venue_revision: u64,
    date: Date,
}

pub async fn load(platform: &Platform, began: Timestamp, players: &[UserId]) -> anyhow::Result<()> {
    let plans = plans(platform, began).await?;
    stream::iter(plans)
        .map(|plan| async move { fill(platform, &plan, players, began).await })
        .buffered(AT_ONCE)
        .try_collect::<Vec<()>>()
        .await?;
    Ok(())
}

/// The court-days in the order of their dates, so that the log tells the story nearly as it would have happened.
async fn plans(platform: &Platform, began: Timestamp) -> anyhow::Result<Vec<CourtDayPlan>> {
    let loaded_on = began + (HISTORY_DAYS * 24).hours();
    let mut plans = Vec::new();
    for offset in DAYS {
        for demo in &VENUES {
            let loaded = platform.executor.load::<VenueState>(&demo.id().stream()).await?;
            let (Some(venue), Some(venue_revision)) = (loaded.state.0, loaded.revision) else {
                continue;
            };
            let date = policies::service_date(&venue, loaded_on + (offset * 24).hours());
            for court in &demo.courts {
                let code = court.code();
                let loaded = platform.executor.load::<CourtState>(&code.stream()).await?;
                let (Some(court), Some(court_revision)) = (loaded.state.0, loaded.revision) else {
                    continue;
                };
                let venue = venue.clone();
                plans.push(CourtDayPlan {
                    code,
                    court,
                    court_revision,
                    venue,
                    venue_revision,
                    date,
                });
            }
        }
    }
    Ok(plans)
}

async fn fill(
    platform: &Platform,
    plan: &CourtDayPlan,
    players: &[UserId],
    began: Timestamp,
) -> anyhow::Result<()> {
    let stream = domain::bookings::stream(&plan.code, plan.date);
    let loaded_on = began + (HISTORY_DAYS * 24).hours();
    // A stream with events was filled before, or has real visitors by now; either way it is not ours to fill.
    if platform.executor.load::<CourtDay>(&stream).await?.revision.is_some() {
        return Ok(());
    }
    let mut free_from = None;
    for (starts_at, ends_at) in policies::slots(&plan.venue, plan.date, MINUTES) {
        let command = command(&["hold", &plan.code.to_string(), &starts_at.to_string()]);
        let chance = command.as_bytes()[0];
        if !chance.is_multiple_of(ONE_IN) || free_from.is_some_and(|it| starts_at < it) {
            continue;
        }
        free_from = Some(ends_at);
        // Booked a day and a half before, or, for the days to come, the day before the demo was loaded: too long ago for
        // anybody to be mailed about it now.
        let at = (starts_at - 36.hours()).min(loaded_on - 30.hours());
        let player = players[usize::from(command.as_bytes()[1]) % players.len()];
        book(platform, plan, &stream, Wish { starts_at, ends_at, at, command, player }, chance)
            .await?;
    }
    Ok(())
}

struct Wish {
    starts_at: Timestamp,
    ends_at: Timestamp,
    at: Timestamp,
    command: Uuid,
    player: UserId,
}

async fn book(
    platform: &Platform,
    plan: &CourtDayPlan,
    stream: &str,
    wish: Wish,
    chance: u8,
) -> anyhow::Result<()> {
    let booking = BookingId::derive(plan.date, plan.code.clone(), wish.command);
    let actor = format!("user:{}", wish.player);
    let place = Place {
        booking: booking.clone(),
        starts_at: wish.starts_at,
        ends_at: wish.ends_at,
        at: wish.at,
        venue: plan.venue.clone(),
        venue_revision: plan.venue_revision,
        court: plan.court.clone(),
        court_revision: plan.court_revision,
    };
    let by = Holder::Player(wish.player);
    let hold = BookingCommand::Hold(Box::new(Hold { place, by }));
    let execute = async |command: BookingCommand, id: Uuid, at: Timestamp| {
        let meta = Metadata::new(id, at).actor(actor.clone());
        platform.executor.execute::<CourtDay>(stream, command, &meta).await
    };
    execute(hold, wish.command, wish.at).await?;
    let confirmed_at = wish.at + 5.seconds();
    let confirm = BookingCommand::Confirm {
        booking: booking.clone(),
        payment_reference: None,
        by: By::Desk,
        at: confirmed_at,
    };
    execute(confirm, command(&["confirm", &booking.to_string()]), confirmed_at).await?;
    // A few change their minds.
    if chance.is_multiple_of(ONE_IN * 5) {
        let at = wish.at + 20.minutes();
        let cancel = BookingCommand::Cancel { booking: booking.clone(), by: Canceller::Player, at };
        execute(cancel, command(&["cancel", &booking.to_string()]), at).await?;
    }
    Ok(())
}
