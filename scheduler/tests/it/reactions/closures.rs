//! Closed days and retired courts reach the court-days they concern, whoever dies, whatever is told twice, late or anew.
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::bookings::{BlockCause, BookingCommand, BookingEvent, CourtDay, Hold, HoldMoved};
use domain::courts::{CourtCommand, CourtState};
use domain::ids::{BookingId, VenueId};
use domain::policies::{DayHours, Policy, Week};
use domain::venues::{VenueCommand, VenueState};
use event_store::{EventStore, Executor, Metadata};
use jiff::SignedDuration;
use jiff::civil::{Date, Time};
use runtime::ids;
use runtime::metrics::Metrics;
use scheduler::closures::follower::ClosuresFollower;
use scheduler::closures::metrics::ClosureMetrics;
use scheduler::closures::worker::Worker;

use testing::eventually;

use crate::reactions::world::{SOON, World, new_hold};

const BOTH: [&str; 2] = ["nord", "sued"];

fn worker(world: &World) -> Worker {
    Worker {
        db: world.db(),
        executor: world.executor.clone(),
        clock: world.clock.clone(),
        metrics: ClosureMetrics::register(&Metrics::default()),
    }
}

/// Two venues that are open day and night.
async fn world() -> World {
    let world = World::new().await;
    for id in BOTH {
        let (name, zone) = (id.to_owned(), "UTC".to_owned());
        venue(&world, id, VenueCommand::Open { name, zone, day_starts_at: Time::midnight() }).await;
        let hours = DayHours { open: Time::midnight(), close: Time::midnight() };
        let (from, week) = (jiff::civil::date(2020, 1, 1), Week::every_day(hours));
        venue(&world, id, VenueCommand::SetHours { from, week }).await;
        venue(&world, id, VenueCommand::SetPolicy { policy: Policy::default() }).await;
    }
    world
}

async fn venue(world: &World, id: &str, command: VenueCommand) {
    let meta = Metadata::new(ids::new(), world.clock.now());
    let stream = id.parse::<VenueId>().unwrap().stream();
    world.executor.execute::<VenueState>(&stream, command, &meta).await.unwrap();
}

async fn court(world: &World, booking: &BookingId, command: CourtCommand) {
    let meta = Metadata::new(ids::new(), world.clock.now());
    let stream = booking.court().stream();
    world.executor.execute::<CourtState>(&stream, command, &meta).await.unwrap();
}

async fn close(world: &World, date: Date) {
    venue(world, "nord", VenueCommand::CloseOn { date, reason: None }).await;
}

async fn reopen(world: &World, date: Date) {
    venue(world, "nord", VenueCommand::ReopenOn { date }).await;
}

async fn retire(world: &World, booking: &BookingId) {
    let (from, reason) = (booking.date(), None);
    court(world, booking, CourtCommand::Retire { from, reason }).await;
}

/// Court `number` of a venue, held tomorrow at ten or some days later, by what the venue and the court say now.
async fn wish(world: &World, at_venue: &str, number: u32, days: i64) -> Hold {
    let mut hold = new_hold(number, 900, world.clock.now());
    let place = &mut hold.place;
    let later = SignedDuration::from_hours(24 * days);
    (place.starts_at, place.ends_at) = (place.starts_at + later, place.ends_at + later);
    let date = place.booking.date().saturating_add(jiff::Span::new().days(days));
    place.booking = BookingId::derive(date, place.booking.court().clone(), ids::new());
    let text = |it: &str| it.to_owned();
    let add = CourtCommand::Add {
        venue: at_venue.parse().unwrap(),
        name: text("Court"),
        kind: text("tennis"),
        surface: text("clay"),
        indoor: false,
    };
    court(world, &place.booking, add).await;
    let found = world.executor.load::<CourtState>(&place.booking.court().stream()).await.unwrap();
    (place.court, place.court_revision) = (found.state.0.unwrap(), found.revision.unwrap());
    let found = world.executor.load::<VenueState>(&place.court.venue.stream()).await.unwrap();
    (place.venue, place.venue_revision) = (found.state.0.unwrap(), found.revision.unwrap());
    hold
}

async fn hold(world: &World, hold: Hold) -> BookingId {
    let booking = hold.place.booking.clone();
    world.booking(&booking, BookingCommand::Hold(Box::new(hold))).await;
    booking
}

async fn booked(world: &World, at_venue: &str, number: u32, days: i64) -> BookingId {
    let booking = hold(world, wish(world, at_venue, number, days).await).await;
    world.confirm(&booking).await;
    booking
}

async fn follow(world: &World) {
    world.follow_with(&ClosuresFollower { clock: world.clock.clone() }).await;
}

/// Reads the log to its end and works on all that is due.
async fn settle(world: &World, worker: &Worker) {
    follow(world).await;
    while worker.round().await.unwrap() > 0 {}
}

async fn rows(world: &World) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM closure_news").fetch_one(&world.db()).await.unwrap()
}

async fn run(world: &World, statement: &'static str) {
    sqlx::raw_sql(statement).execute(&world.db()).await.unwrap();
}

/// The blocks that stand on a booking's court-day.
async fn blocks(world: &World, booking: &BookingId) -> Vec<BlockCause> {
    let day = world.executor.load::<CourtDay>(&booking.stream()).await.unwrap().state;
    let standing = day.blocks.into_values().filter(|it| !it.lifted);
    standing.map(|it| it.cause).collect()
}

const KEPT: [&str; 1] = ["booking.confirmed.v1"];
const CLOSED: [&str; 3] = ["booking.confirmed.v1", "booking.cancelled.v2", "courtday.blocked.v1"];

#[tokio::test]
async fn a_closed_day_is_blocked_wherever_somebody_has_booked_and_everything_is_given_back() {
    let world = world().await;
    let worker = worker(&world);
    let theirs = [booked(&world, "nord", 1, 0).await, booked(&world, "nord", 2, 0).await];
    let only_held = hold(&world, wish(&world, "nord", 3, 0).await).await;
    let next_day = booked(&world, "nord", 1, 1).await;
    let elsewhere = booked(&world, "sued", 4, 0).await;
    settle(&world, &worker).await;
    close(&world, theirs[0].date()).await;
    settle(&world, &worker).await;

    for booking in &theirs {
        assert_eq!(world.ends(booking).await, CLOSED);
    }
    assert_eq!(world.ends(&only_held).await, ["booking.cancelled.v2", "courtday.blocked.v1"]);
    for booking in [&next_day, &elsewhere] {
        assert_eq!(world.ends(booking).await, KEPT);
    }
    let events = world.events(&theirs[0]).await;
    let [
        _,
        _,
        BookingEvent::Cancelled { refund, .. },
        BookingEvent::Blocked { cause, starts_at, ends_at, .. },
    ] = events.as_slice()
    else {
        panic!("cancelled and blocked: {events:?}")
    };
    assert_eq!((*cause, ends_at.duration_since(*starts_at).as_hours()), (BlockCause::Closed, 24));
    let price = match &events[0] {
        BookingEvent::Held(held) => held.price.clone(),
        other => panic!("{other:?}"),
    };
    assert_eq!(*refund, price, "everything");
    let recorded = world.store.inner_events(&theirs[0]).await.pop().unwrap();
    let closed = world.store.inner_stream("venue-nord").await.pop().unwrap();
    assert_eq!(recorded.meta.causation, Some(closed.id), "and why is on record");
    assert_eq!(recorded.meta.actor.as_deref(), Some("system:scheduler"));
    assert_eq!((rows(&world).await, worker.metrics.blocked.get()), (0, 3));
}

#[tokio::test]
async fn a_day_that_is_opened_again_has_its_courts_back_and_can_be_closed_once_more() {
    let world = world().await;
    let worker = worker(&world);
    let booking = booked(&world, "nord", 1, 0).await;
    for _ in 0..2 {
        close(&world, booking.date()).await;
        settle(&world, &worker).await;
        assert_eq!(blocks(&world, &booking).await, [BlockCause::Closed]);
        reopen(&world, booking.date()).await;
        settle(&world, &worker).await;
        assert_eq!(blocks(&world, &booking).await, []);
        // The court is to be had again.
        hold(&world, wish(&world, "nord", 1, 0).await).await;
    }
}

#[tokio::test]
async fn what_was_opened_again_before_anybody_looked_touches_nobody() {
    let world = world().await;
    let worker = worker(&world);
    let booking = booked(&world, "nord", 1, 0).await;
    close(&world, booking.date()).await;
    follow(&world).await;
    reopen(&world, booking.date()).await;
    settle(&world, &worker).await;
    assert_eq!(world.ends(&booking).await, KEPT);
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test]
async fn a_court_retires_from_a_date_on_and_is_to_be_had_again_when_it_returns() {
    let world = world().await;
    let worker = worker(&world);
    let before = booked(&world, "nord", 1, 0).await;
    let [first, later] = [booked(&world, "nord", 1, 1).await, booked(&world, "nord", 1, 9).await];
    let beside = booked(&world, "nord", 2, 1).await;
    retire(&world, &first).await;
    settle(&world, &worker).await;
    for booking in [&before, &beside] {
        assert_eq!(world.ends(booking).await, KEPT);
    }
    for booking in [&first, &later] {
        assert_eq!(world.ends(booking).await, CLOSED);
        assert_eq!(blocks(&world, booking).await, [BlockCause::Retired]);
    }

    // Closed as well, it stays blocked for that when it returns.
    close(&world, later.date()).await;
    court(&world, &first, CourtCommand::Return { from: later.date() }).await;
    settle(&world, &worker).await;
    assert_eq!(blocks(&world, &first).await, [BlockCause::Retired]);
    assert_eq!(blocks(&world, &later).await, [BlockCause::Closed]);
}

#[tokio::test]
async fn who_was_sold_a_place_by_what_the_venue_or_the_court_was_before_is_found() {
    let world = world().await;
    let worker = worker(&world);
    // Decided on what was so, and recorded only after the closure was spread.
    let late = wish(&world, "nord", 1, 0).await;
    let retired = wish(&world, "nord", 2, 0).await;
    let other_day = wish(&world, "nord", 3, 1).await;
    close(&world, late.place.booking.date()).await;
    retire(&world, &retired.place.booking).await;
    reopen(&world, late.place.booking.date()).await;
    close(&world, late.place.booking.date()).await;
    settle(&world, &worker).await;

    let late = hold(&world, late).await;
    let other_day = hold(&world, other_day).await;
    settle(&world, &worker).await;
    assert_eq!(world.ends(&late).await, ["booking.cancelled.v2", "courtday.blocked.v1"]);
    assert_eq!(world.ends(&other_day).await, [] as [&str; 0], "a day that nobody closed");
    let retired = hold(&world, retired).await;
    settle(&world, &worker).await;
    assert_eq!(world.ends(&retired).await[0], "booking.cancelled.v2");
    let mut causes = blocks(&world, &retired).await;
    causes.sort_by_key(|it| format!("{it:?}"));
    assert_eq!(causes, [BlockCause::Closed, BlockCause::Retired]);

    // Who knows is nobody's business.
    hold(&world, wish(&world, "nord", 3, 1).await.at(12)).await;
    follow(&world).await;
    assert_eq!(rows(&world).await, 0);
}

/// Another hour of the same day, for who needs one.
trait At {
    fn at(self, hour: i64) -> Self;
}

impl At for Hold {
    fn at(mut self, hour: i64) -> Self {
        let later = SignedDuration::from_hours(hour - 10);
        let place = &mut self.place;
        (place.starts_at, place.ends_at) = (place.starts_at + later, place.ends_at + later);
        self
    }
}

#[tokio::test]
async fn a_log_that_is_read_anew_changes_nothing() {
    let world = world().await;
    let worker = worker(&world);
    let [closed, opened, retired] = [
        booked(&world, "nord", 1, 0).await,
        booked(&world, "nord", 1, 1).await,
        booked(&world, "nord", 2, 2).await,
    ];
    close(&world, closed.date()).await;
    close(&world, opened.date()).await;
    retire(&world, &retired).await;
    settle(&world, &worker).await;
    reopen(&world, opened.date()).await;
    settle(&world, &worker).await;
    hold(&world, wish(&world, "nord", 1, 1).await).await;
    let before = world.store.inner.read_all(0, 1_000).await.unwrap();

    run(&world, "DELETE FROM checkpoints WHERE name = 'closures'").await;
    settle(&world, &worker).await;
    run(&world, "DELETE FROM checkpoints; TRUNCATE booked_days, announcements").await;
    settle(&world, &worker).await;
    // The old half of it, as a worker that slept would tell it.
    run(&world, "UPDATE checkpoints SET position = 8 WHERE name = 'closures'").await;
    settle(&world, &worker).await;
    assert_eq!(world.store.inner.read_all(0, 1_000).await.unwrap(), before);
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test]
async fn whoever_dies_at_any_step_leaves_the_rest_to_the_next() {
    // Three court-days to block: dead after so many appends, the last of which nobody heard the answer of.
    for words in 1..=4_u32 {
        let mut world = world().await;
        let bookings = [
            booked(&world, "nord", 1, 0).await,
            booked(&world, "nord", 2, 0).await,
            booked(&world, "nord", 3, 0).await,
        ];
        close(&world, bookings[0].date()).await;
        follow(&world).await;
        *world.store.last_words.lock().unwrap() = Some(words);
        worker(&world).round().await.unwrap();
        assert_eq!(world.store.away.swap(false, Ordering::SeqCst), words <= 3, "it was used up");
        *world.store.last_words.lock().unwrap() = None;

        // Another process, which has nothing in memory.
        world.executor = Executor::new(Arc::clone(&world.store) as event_store::Store);
        world.later(20);
        settle(&world, &worker(&world)).await;
        for booking in &bookings {
            assert_eq!(world.ends(booking).await, CLOSED, "dead after {words}");
        }
        assert_eq!(rows(&world).await, 0);
    }
}

#[tokio::test]
async fn who_claims_and_dies_is_followed_by_another_and_not_before() {
    let world = world().await;
    let booking = booked(&world, "nord", 1, 0).await;
    close(&world, booking.date()).await;
    follow(&world).await;
    // Claimed, and never done; meanwhile the day is opened again.
    run(&world, "UPDATE closure_news SET next_attempt_at = next_attempt_at + interval '15 s'")
        .await;
    reopen(&world, booking.date()).await;
    follow(&world).await;
    let next = worker(&world);
    assert_eq!(next.round().await.unwrap(), 0, "one at a time");
    world.later(4_000);
    assert_eq!(next.round().await.unwrap(), 1);
    assert_eq!(world.ends(&booking).await, KEPT);
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test]
async fn a_day_that_opens_again_while_its_court_is_being_blocked_is_open_in_the_end() {
    let world = world().await;
    let booking = booked(&world, "nord", 1, 0).await;
    close(&world, booking.date()).await;
    follow(&world).await;
    let held_up = world.store.court_days.write().await;
    let slow = worker(&world);
    let slow = tokio::spawn(async move { slow.round().await.unwrap() });
    let has_read = async || world.store.waiting.load(Ordering::SeqCst) == 1;
    eventually("it has read that the day is closed", SOON, has_read).await;
    reopen(&world, booking.date()).await;
    follow(&world).await;
    drop(held_up);
    assert_eq!(slow.await.unwrap(), 1);
    let next = worker(&world);
    let done = async || {
        settle(&world, &next).await;
        rows(&world).await == 0
    };
    eventually("the newer news are worked on", SOON, done).await;
    assert_eq!(blocks(&world, &booking).await, []);
}

#[tokio::test]
async fn several_at_once_block_each_court_day_once() {
    let world = world().await;
    let mut bookings = vec![];
    for number in 1..=20 {
        bookings.push(booked(&world, "nord", number, 0).await);
    }
    close(&world, bookings[0].date()).await;
    follow(&world).await;
    let workers = [worker(&world), worker(&world), worker(&world)];
    let everything = async |it: &Worker| while it.round().await.unwrap() > 0 {};
    let [one, two, three] = &workers;
    tokio::join!(everything(one), everything(two), everything(three));
    for booking in &bookings {
        assert_eq!(world.ends(booking).await, CLOSED);
    }
    let blocked: u64 = workers.iter().map(|it| it.metrics.blocked.get()).sum();
    assert_eq!((blocked, rows(&world).await), (20, 0));
}

#[tokio::test]
async fn a_block_waits_for_a_booking_that_is_just_moving_here() {
    let world = world().await;
    let worker = worker(&world);
    let from = booked(&world, "nord", 1, 0).await;
    let held = match world.events(&from).await.remove(0) {
        BookingEvent::Held(held) => *held,
        other => panic!("{other:?}"),
    };
    let place = wish(&world, "nord", 2, 1).await.place;
    let to = place.booking.clone();
    let price = held.price.clone();
    let moving = HoldMoved { from: held, place, overridden: None };
    world.booking(&to, BookingCommand::HoldMoved(Box::new(moving))).await;
    close(&world, to.date()).await;
    settle(&world, &worker).await;
    assert_eq!(rows(&world).await, 1, "it stays");
    assert_eq!(world.ends(&to).await, [] as [&str; 0]);

    let at = world.clock.now();
    let (booking, there) = (from.clone(), to.clone());
    let commit = BookingCommand::CommitMove { booking, to: there, price, at };
    world.booking(&from, commit).await;
    let day = world.executor.load::<CourtDay>(&from.stream()).await.unwrap().state;
    world.booking(&to, day.bookings[&from].arrive(to.clone())).await;
    world.later(20);
    settle(&world, &worker).await;
    assert_eq!(world.ends(&to).await, CLOSED);
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test]
async fn a_store_that_is_away_is_waited_for() {
    let world = world().await;
    let worker = worker(&world);
    let booking = booked(&world, "nord", 1, 0).await;
    close(&world, booking.date()).await;
    follow(&world).await;
    world.store.away.store(true, Ordering::SeqCst);
    assert_eq!(worker.round().await.unwrap(), 1);
    world.store.away.store(false, Ordering::SeqCst);
    assert_eq!(rows(&world).await, 1);
    world.later(20);
    assert_eq!(worker.round().await.unwrap(), 1);
    assert_eq!(world.ends(&booking).await, CLOSED);
}

#[tokio::test]
async fn a_block_that_the_desk_has_lifted_stays_lifted() {
    let world = world().await;
    let worker = worker(&world);
    let booking = booked(&world, "nord", 1, 0).await;
    close(&world, booking.date()).await;
    settle(&world, &worker).await;
    let day = world.executor.load::<CourtDay>(&booking.stream()).await.unwrap().state;
    let block = *day.blocks.keys().next().unwrap();
    world.booking(&booking, BookingCommand::Unblock { block }).await;
    run(&world, "DELETE FROM checkpoints").await;
    settle(&world, &worker).await;
    assert_eq!(blocks(&world, &booking).await, []);
}

#[tokio::test]
async fn days_that_are_over_are_nobodys_business() {
    let world = world().await;
    let worker = worker(&world);
    let booking = booked(&world, "nord", 1, 0).await;
    world.later(3 * 24 * 3_600);
    // The day is over here, and not yet everywhere.
    close(&world, booking.date()).await;
    settle(&world, &worker).await;
    assert_eq!(
        (world.ends(&booking).await, rows(&world).await),
        (KEPT.map(str::to_owned).into(), 0)
    );
    world.later(5 * 24 * 3_600);
    run(&world, "DELETE FROM checkpoints; TRUNCATE booked_days").await;
    follow(&world).await;
    let days: i64 = sqlx::query_scalar("SELECT count(*) FROM booked_days")
        .fetch_one(&world.db())
        .await
        .unwrap();
    assert_eq!(days, 0);
}
