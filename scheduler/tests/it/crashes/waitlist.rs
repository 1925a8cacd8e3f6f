//! Places are being offered, and the scheduler is killed with `-9` in the middle; the broker brings the end of each offer.
use std::collections::BTreeSet;

use domain::bookings::{BookingEvent, ExpiryCause, stream as court_day};
use domain::courts::CourtState;
use domain::ids::{CourtCode, UserId};
use domain::policies::Policy;
use domain::stored::StoredEvent;
use domain::venues::VenueState;
use domain::waitlist::{Join, WaitingId, Waitlist, WaitlistCommand, Wish, stream};
use jiff::SignedDuration;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use runtime::{Platform, ids};
use testing::eventually;

use crate::crashes::system::{CARRIED, SOON, System};
use crate::given::{addition, nord, opening, stranger};

const COURTS: [&str; 2] = ["0901", "0902"];
const PEOPLE: usize = 4;

async fn furnish(system: &System) {
    let policy = Policy { hold_seconds: CARRIED, ..Policy::default() };
    for command in opening("Nord", policy) {
        system.execute::<VenueState>(&nord().stream(), command).await;
    }
    for court in COURTS {
        system.execute::<CourtState>(&format!("court-{court}"), addition("Court")).await;
    }
}

/// Somebody who waits for an hour that there is once on each court.
async fn join(system: &System, date: Date) {
    let user = UserId(ids::new());
    let Platform { executor, clock, .. } = &system.platform;
    stranger(executor, clock, user).await;
    let venue = executor.load::<VenueState>(&nord().stream()).await.unwrap().state.0.unwrap();
    let from = date.at(10, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp();
    let to = from + SignedDuration::from_hours(1);
    let wish = Wish { from, to, minutes: 60, court: None, kind: None, surface: None, indoor: None };
    let waiting = WaitingId::derive(date, nord(), ids::new());
    let at = clock.now();
    let join = Join { waiting: waiting.clone(), user, wish, venue, at };
    system.execute::<Waitlist>(&waiting.stream(), WaitlistCommand::Join(Box::new(join))).await;
}

async fn happened(system: &System, date: Date) -> Vec<BookingEvent> {
    let mut all = vec![];
    for court in COURTS {
        let name = court_day(&court.parse::<CourtCode>().unwrap(), date);
        let events = system.platform.store.read_stream(&name, 0, 1_000).await.unwrap();
        all.extend(events.iter().map(|it| BookingEvent::read(&it.kind, &it.data).unwrap()));
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn offers_are_made_once_and_lapse_to_the_next_whoever_is_killed() {
    let system = System::new().await;
    furnish(&system).await;
    let today = system.platform.clock.now().to_zoned(TimeZone::UTC).date();
    let date = today.saturating_add(jiff::Span::new().days(2));
    let mut dying = system.scheduler().await;
    for _ in 0..PEOPLE {
        join(&system, date).await;
    }
    let held = async || !happened(&system, date).await.is_empty();
    eventually("the first place is held", SOON, held).await;
    dying.kill();

    let pair = [system.scheduler().await, system.scheduler().await];
    let list = async || {
        system.platform.executor.load::<Waitlist>(&stream(&nord(), date)).await.unwrap().state
    };
    let through = async || {
        let list = list().await;
        let asked = list.waiters.iter().all(|it| !it.offers.is_empty());
        asked && list.open_offers().next().is_none()
    };
    eventually("everybody was asked, and nobody answered", SOON, through).await;
    let list = list().await;
    let offers: Vec<_> = list.waiters.iter().flat_map(|it| &it.offers).collect();
    let told: BTreeSet<_> = offers.iter().map(|it| it.booking.clone()).collect();
    assert_eq!(told.len(), offers.len(), "each offer is told once");
    let events = happened(&system, date).await;
    let held = events.iter().filter(|it| matches!(it, BookingEvent::Held(_))).count();
    // A hold of four seconds that the dead one had made is over before another may take its claim.
    assert!((told.len()..=told.len() + COURTS.len()).contains(&held), "{held} holds: {told:?}");
    let by_timer =
        |it: &&BookingEvent| matches!(it, BookingEvent::Expired { cause: ExpiryCause::Timer, .. });
    println!(
        "{held} holds, {} told, {} by timer",
        told.len(),
        events.iter().filter(by_timer).count()
    );
    assert!(events.iter().any(|it| by_timer(&it)), "the broker brings the end");
    drop(pair);
    system.end().await;
}
