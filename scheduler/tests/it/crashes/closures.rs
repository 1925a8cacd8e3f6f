//! A closed day is being spread over its court-days, and the scheduler is killed with `-9` in the middle.
use domain::courts::{CourtCommand, CourtState};
use domain::ids::{BookingId, VenueId};
use domain::venues::{VenueCommand, VenueState};
use event_store::Metadata;
use jiff::civil::Time;
use runtime::ids;
use testing::eventually;

use crate::crashes::system::{SOON, System};

const COURTS: usize = 60;
/// Nothing runs out meanwhile.
const LONG: u32 = 3_600;

async fn venue(system: &System, command: VenueCommand) {
    let meta = Metadata::new(ids::new(), system.platform.clock.now());
    let stream = "nord".parse::<VenueId>().unwrap().stream();
    system.platform.executor.execute::<VenueState>(&stream, command, &meta).await.unwrap();
}

async fn add_court(system: &System, booking: &BookingId) {
    let text = |it: &str| it.to_owned();
    let (venue, indoor) = ("nord".parse().unwrap(), false);
    let (name, kind, surface) = (text("Court"), text("tennis"), text("clay"));
    let add = CourtCommand::Add { venue, name, kind, surface, indoor };
    let meta = Metadata::new(ids::new(), system.platform.clock.now());
    let stream = booking.court().stream();
    system.platform.executor.execute::<CourtState>(&stream, add, &meta).await.unwrap();
}

/// What came after each hold.
async fn ends(system: &System, booking: &BookingId) -> Vec<String> {
    let events = system.platform.store.read_stream(&booking.stream(), 1, 100).await.unwrap();
    events.into_iter().map(|it| it.kind).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closure_that_a_killed_scheduler_had_begun_to_spread_is_spread_once() {
    let system = System::new().await;
    let (name, zone) = ("Nord".to_owned(), "UTC".to_owned());
    venue(&system, VenueCommand::Open { name, zone, day_starts_at: Time::midnight() }).await;
    let bookings = system.holds(COURTS, LONG).await;
    for booking in &bookings {
        add_court(&system, booking).await;
    }
    let mut dying = system.scheduler().await;
    venue(&system, VenueCommand::CloseOn { date: bookings[0].date(), reason: None }).await;
    let begun = async || {
        for booking in &bookings {
            if !ends(&system, booking).await.is_empty() {
                return true;
            }
        }
        false
    };
    eventually("the first court-day is blocked", SOON, begun).await;
    dying.kill();
    let mut blocked = 0;
    for booking in &bookings {
        blocked += usize::from(!ends(&system, booking).await.is_empty());
    }
    println!("killed after {blocked} of {COURTS}");

    let [second, third] = [system.scheduler().await, system.scheduler().await];
    for booking in &bookings {
        let blocked = async || !ends(&system, booking).await.is_empty();
        eventually("the others are blocked too", SOON, blocked).await;
    }
    // A replay by a scheduler that never heard of any of it.
    drop((second, third));
    sqlx::raw_sql(
        "DELETE FROM checkpoints WHERE name = 'closures';
        TRUNCATE closure_news, booked_days, announcements",
    )
    .execute(&system.read)
    .await
    .unwrap();
    let last = system.scheduler().await;
    let worked = async || {
        let left = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM closure_news");
        left.fetch_one(&system.read).await.unwrap() == 0
    };
    eventually("everything was looked at again", SOON, worked).await;
    for booking in &bookings {
        assert_eq!(
            ends(&system, booking).await,
            ["booking.cancelled.v2", "courtday.blocked.v1"],
            "{booking}"
        );
    }
    drop(last);
    system.end().await;
}
