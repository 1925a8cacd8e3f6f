//! What becomes free is offered to whoever has waited longest, and nothing else is.
mod dying;

use std::sync::Arc;

use access::maintenance::Maintenance;
use domain::bookings::{
    Block, BlockCause, BookingCommand, BookingEvent, BookingState, Canceller, CourtDay, Hold,
    Holder, OnBookings, Place, stream as court_day,
};
use domain::courts::{CourtCommand, CourtState};
use domain::ids::{BlockId, BookingId, CourtCode, UserId};
use domain::maintenance::{Maintenance as State, MaintenanceCommand, STREAM};
use domain::players::{Player, PlayerCommand, TakeLease};
use domain::policies::Policy;
use domain::stored::StoredEvent;
use domain::users::{ErasureCause, Language, User, UserCommand, Wanted};
use domain::venues::{VenueCommand, VenueState};
use domain::waitlist::{Join, WaitingId, Waitlist, WaitlistCommand, WaitlistEvent, Wish, stream};
use event_store::{Executor, Store};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use runtime::metrics::Metrics;
use runtime::{Clock, ids};
use scheduler::waitlist::follower::WaitlistFollower;
use scheduler::waitlist::metrics::WaitlistMetrics;
use scheduler::waitlist::worker::Worker;
use testing::eventually;
use uuid::Uuid;

use crate::given::{addition, nord, opening, stranger};
use crate::reactions::notices::{People, ended};
use crate::reactions::world::{PLAYER, SOON, World};

const A: UserId = UserId(Uuid::from_u128(0xa));
const B: UserId = UserId(Uuid::from_u128(0xb));
const OTHER: UserId = UserId(Uuid::from_u128(0xc));
const ONE: &str = "0901";
const TWO: &str = "0902";
/// Holds and offers last so long.
const HOLD: i64 = 900;

fn code(text: &str) -> CourtCode {
    text.parse().unwrap()
}

/// Far enough ahead for every hold.
fn day(world: &World) -> Date {
    let today = world.clock.now().to_zoned(TimeZone::UTC).date();
    today.saturating_add(jiff::Span::new().days(2))
}

fn at(world: &World, hour: i8) -> Timestamp {
    day(world).at(hour, 0, 0, 0).to_zoned(TimeZone::UTC).unwrap().timestamp()
}

/// A venue that is open day and night, with these courts, and two people.
async fn furnish(world: &World, courts: &[&str]) {
    // Leases are returned by another worker than ours: stories about something else are not to end at a quota.
    let policy = Policy { max_open_holds: 9, max_bookings_per_day: 9, ..Policy::default() };
    for command in opening("Tennis Nord", policy) {
        world.execute::<VenueState>(&nord().stream(), command).await;
    }
    for court in courts {
        let add = addition(&format!("Court {court}"));
        world.execute::<CourtState>(&code(court).stream(), add).await;
    }
}

async fn register(world: &World, user: UserId) {
    stranger(&world.executor, &world.clock, user).await;
}

async fn club(courts: &[&str]) -> World {
    let world = World::new().await;
    furnish(&world, courts).await;
    for user in [A, B] {
        register(&world, user).await;
    }
    world
}

/// For an hour between two, on any court.
async fn join(world: &World, user: UserId, from: i8, to: i8) -> WaitingId {
    let venue = world.executor.load::<VenueState>(&nord().stream()).await.unwrap().state.0.unwrap();
    let waiting = WaitingId::derive(day(world), nord(), ids::new());
    let (from, to) = (at(world, from), at(world, to));
    let wish = Wish { from, to, minutes: 60, court: None, kind: None, surface: None, indoor: None };
    let join = Join { waiting: waiting.clone(), user, wish, venue, at: world.clock.now() };
    world.execute::<Waitlist>(&waiting.stream(), WaitlistCommand::Join(Box::new(join))).await;
    waiting
}

/// Somebody else has a court from an hour on, for good.
async fn booked(world: &World, court: &str, hour: i8, hours: i64) -> BookingId {
    let load = world.executor.load::<VenueState>(&nord().stream()).await.unwrap();
    let (venue, venue_revision) = (load.state.0.unwrap(), load.revision.unwrap());
    let load = world.executor.load::<CourtState>(&code(court).stream()).await.unwrap();
    let (court_facts, court_revision) = (load.state.0.unwrap(), load.revision.unwrap());
    let booking = BookingId::derive(day(world), code(court), ids::new());
    let place = Place {
        booking: booking.clone(),
        starts_at: at(world, hour),
        ends_at: at(world, hour) + SignedDuration::from_hours(hours),
        at: world.clock.now(),
        venue,
        venue_revision,
        court: court_facts,
        court_revision,
    };
    let hold = Hold { place, by: Holder::Player(OTHER) };
    world.booking(&booking, BookingCommand::Hold(Box::new(hold))).await;
    world.confirm(&booking).await;
    booking
}

async fn cancel(world: &World, booking: &BookingId) {
    let (by, at) = (Canceller::Player, world.clock.now());
    world.booking(booking, BookingCommand::Cancel { booking: booking.clone(), by, at }).await;
}

async fn release(world: &World, booking: &BookingId) {
    let at = world.clock.now();
    world.booking(booking, BookingCommand::Release { booking: booking.clone(), at }).await;
}

fn worker_by(world: &World, clock: Clock) -> Worker {
    Worker {
        db: world.db(),
        executor: Executor::new(Arc::clone(&world.store) as Store),
        clock,
        maintenance: world.maintenance.clone(),
        metrics: WaitlistMetrics::register(&Metrics::default()),
    }
}

/// As a process that has just begun: nothing in memory.
fn worker(world: &World) -> Worker {
    worker_by(world, world.clock.clone())
}

async fn follow(world: &World) {
    world.follow_with(&WaitlistFollower { clock: world.clock.clone() }).await;
}

/// Reads the log to its end and works on all that is due, until nothing comes of it.
async fn settle(world: &World, worker: &Worker) {
    loop {
        follow(world).await;
        if worker.round().await.unwrap() == 0 {
            return;
        }
    }
}

/// What the list says, in short.
async fn told(world: &World) -> Vec<String> {
    let events = world.store.inner_stream(&stream(&nord(), day(world))).await;
    let list = world.executor.load::<Waitlist>(&stream(&nord(), day(world))).await.unwrap().state;
    let name = |id: &WaitingId| match list.find(id).unwrap().user {
        A => "A",
        B => "B",
        _ => "another",
    };
    let said = events.iter().map(|it| WaitlistEvent::read(&it.kind, &it.data).unwrap());
    said.map(|it| match it {
        WaitlistEvent::Joined { waiting, .. } => format!("{} joined", name(&waiting)),
        WaitlistEvent::Left { waiting } => format!("{} left", name(&waiting)),
        WaitlistEvent::Offered { waiting, booking, .. } => {
            format!("{} offered {}", name(&waiting), booking.court())
        }
        WaitlistEvent::OfferEnded { waiting, how, .. } => format!("{} {how:?}", name(&waiting)),
    })
    .collect()
}

/// Whom a court-day's live bookings are for.
async fn live(world: &World, court: &str) -> Vec<(UserId, BookingState)> {
    let name = court_day(&code(court), day(world));
    let state = world.executor.load::<CourtDay>(&name).await.unwrap().state;
    let now = world.clock.now();
    let live = state.bookings.values().filter(|it| it.is_live(now));
    live.map(|it| (it.held.booked_for.player().unwrap(), it.state_at(now))).collect()
}

async fn offer(world: &World) -> BookingId {
    let list = world.executor.load::<Waitlist>(&stream(&nord(), day(world))).await.unwrap().state;
    let open: Vec<_> = list.open_offers().map(|it| it.booking.clone()).collect();
    let [booking] = &open[..] else { panic!("{open:?}") };
    booking.clone()
}

async fn held(world: &World, court: &str) -> usize {
    let name = court_day(&code(court), day(world));
    let events = world.store.inner_stream(&name).await;
    events.iter().filter(|it| it.kind.starts_with("booking.held.")).count()
}

async fn rows(world: &World) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM waitlist_days").fetch_one(&world.db()).await.unwrap()
}

async fn run(world: &World, statement: &'static str) {
    sqlx::raw_sql(statement).execute(&world.db()).await.unwrap();
}

#[tokio::test]
async fn what_is_cancelled_is_offered_to_who_came_first_and_lapses_to_the_next() {
    let world = club(&[ONE]).await;
    let worker = worker(&world);
    let taken = booked(&world, ONE, 10, 1).await;
    join(&world, A, 10, 11).await;
    join(&world, B, 10, 11).await;
    settle(&world, &worker).await;
    assert_eq!(told(&world).await, ["A joined", "B joined"], "nothing is free");

    cancel(&world, &taken).await;
    settle(&world, &worker).await;
    assert_eq!(told(&world).await[2..], ["A offered 0901"]);
    assert_eq!(live(&world, ONE).await, [(A, BookingState::Held)]);
    let events = world.events(&offer(&world).await).await;
    let Some(BookingEvent::Held(hold)) =
        events.iter().rev().find(|it| matches!(it, BookingEvent::Held(_)))
    else {
        panic!("{events:?}")
    };
    let lasts = hold.expires_at.unwrap().duration_since(world.clock.now());
    assert!((HOLD - 10..=HOLD).contains(&lasts.as_secs()), "as long as any hold: {lasts}");

    world.later(HOLD - 20);
    settle(&world, &worker).await;
    assert_eq!(told(&world).await.len(), 3, "not a moment early");
    // By the clock alone, within a minute; the timer of the hold would have woken it at once.
    world.later(HOLD + 60);
    settle(&world, &worker).await;
    assert_eq!(told(&world).await[3..], ["A Lapsed", "B offered 0901"]);
    assert_eq!(live(&world, ONE).await, [(B, BookingState::Held)]);

    world.confirm(&offer(&world).await).await;
    settle(&world, &worker).await;
    assert_eq!(told(&world).await[5..], ["B Accepted"]);
    assert_eq!(live(&world, ONE).await, [(B, BookingState::Confirmed)]);
    assert_eq!((worker.metrics.offers.get(), worker.metrics.lapsed.get()), (2, 1));
}

#[tokio::test]
async fn whatever_frees_a_place_wakes_the_list() {
    let world = club(&[ONE]).await;
    let worker = worker(&world);
    let name = court_day(&code(ONE), day(&world));
    // The whole day but these hours.
    let morning = booked(&world, ONE, 9, 1).await;
    booked(&world, ONE, 10, 2).await;
    let load = world.executor.load::<VenueState>(&nord().stream()).await.unwrap();
    let block = Block {
        block: BlockId(ids::new()),
        date: day(&world),
        venue: load.state.0.unwrap(),
        starts_at: at(&world, 12),
        ends_at: at(&world, 13),
        cause: BlockCause::Rain,
        reason: None,
        on_bookings: OnBookings::Refuse,
        at: world.clock.now(),
    };
    let id = block.block;
    world.execute::<CourtDay>(&name, BookingCommand::Block(Box::new(block))).await;
    join(&world, A, 9, 13).await;
    settle(&world, &worker).await;
    assert_eq!(told(&world).await, ["A joined"]);

    world.execute::<CourtDay>(&name, BookingCommand::Unblock { block: id }).await;
    settle(&world, &worker).await;
    assert_eq!(told(&world).await[1..], ["A offered 0901"], "a block is lifted");
    release(&world, &offer(&world).await).await;
    settle(&world, &worker).await;
    assert_eq!(
        told(&world).await[2..],
        ["A Declined"],
        "and what they let go is not offered again"
    );
    cancel(&world, &morning).await;
    settle(&world, &worker).await;
    assert_eq!(told(&world).await[3..], ["A offered 0901"], "a booking is cancelled");
    release(&world, &offer(&world).await).await;
    let add = CourtCommand::Add {
        venue: nord(),
        name: "New".to_owned(),
        kind: "tennis".to_owned(),
        surface: "clay".to_owned(),
        indoor: false,
    };
    world.execute::<CourtState>(&code(TWO).stream(), add).await;
    settle(&world, &worker).await;
    assert_eq!(told(&world).await[4..], ["A Declined", "A offered 0902"], "a court is added");
    // The court is taken away again: the hold goes, and the offer with it.
    let load = world.executor.load::<VenueState>(&nord().stream()).await.unwrap();
    let (block, date) = (BlockId(ids::new()), day(&world));
    let whole =
        Block::of_day(block, date, &load.state.0.unwrap(), BlockCause::Rain, world.clock.now());
    let name = court_day(&code(TWO), date);
    world.execute::<CourtDay>(&name, BookingCommand::Block(Box::new(whole))).await;
    settle(&world, &worker).await;
    assert_eq!(told(&world).await[6..], ["A Withdrawn"]);
}

#[tokio::test]
async fn a_list_that_nobody_is_on_is_looked_at_no_more() {
    let world = club(&[ONE]).await;
    let worker = worker(&world);
    let waiting = join(&world, A, 10, 11).await;
    settle(&world, &worker).await;
    assert_eq!(rows(&world).await, 1);
    world
        .execute::<Waitlist>(&waiting.stream(), WaitlistCommand::Leave { waiting: waiting.clone() })
        .await;
    settle(&world, &worker).await;
    assert_eq!(rows(&world).await, 1, "the offer stands: leaving gives nothing back");
    assert_eq!(live(&world, ONE).await, [(A, BookingState::Held)]);
    join(&world, B, 10, 11).await;
    settle(&world, &worker).await;
    release(&world, &offer(&world).await).await;
    settle(&world, &worker).await;
    let expected =
        ["A joined", "A offered 0901", "A left", "B joined", "A Declined", "B offered 0901"];
    assert_eq!(told(&world).await, expected);
    world.confirm(&offer(&world).await).await;
    settle(&world, &worker).await;
    assert_eq!(rows(&world).await, 0);
}

#[tokio::test]
async fn whoever_may_have_no_more_is_passed_over_until_they_may() {
    let world = club(&[ONE]).await;
    let worker = worker(&world);
    let lend = async |n: u8| {
        let booking = BookingId::derive(day(&world), code(TWO), Uuid::from_u128(n.into()));
        let take = TakeLease {
            booking: booking.clone(),
            reference: booking,
            command: Uuid::from_u128(n.into()),
            venue: nord(),
            until: world.clock.now() + SignedDuration::from_secs(600),
            at: world.clock.now(),
            quotas: None,
        };
        world.execute::<Player>(&A.player_stream(), PlayerCommand::TakeLease(Box::new(take))).await;
    };
    let policy = VenueCommand::SetPolicy { policy: Policy::default() };
    world.execute::<VenueState>(&nord().stream(), policy).await;
    lend(1).await;
    lend(2).await;
    join(&world, A, 10, 11).await;
    settle(&world, &worker).await;
    assert_eq!(told(&world).await, ["A joined"], "two open holds are the most");
    assert_eq!(held(&world, ONE).await, 0);
    world.later(601);
    settle(&world, &worker).await;
    assert_eq!(told(&world).await[1..], ["A offered 0901"], "without any news");
}

#[tokio::test]
async fn nothing_is_offered_to_who_is_disabled_or_leaving() {
    let world = club(&[ONE]).await;
    let worker = worker(&world);
    world.execute::<User>(&A.stream(), UserCommand::Disable { reason: None }).await;
    let erase = UserCommand::RequestErasure { cause: ErasureCause::Own, reason: None };
    world.execute::<User>(&B.stream(), erase).await;
    register(&world, OTHER).await;
    join(&world, A, 10, 11).await;
    join(&world, B, 10, 11).await;
    join(&world, OTHER, 10, 11).await;
    settle(&world, &worker).await;
    let expected = ["A joined", "B joined", "another joined", "B left", "another offered 0901"];
    assert_eq!(told(&world).await, expected);
}

#[tokio::test]
async fn nothing_is_offered_and_nothing_lapses_during_a_maintenance() {
    let mut world = club(&[ONE]).await;
    let (executor, shutdown) = (world.executor.clone(), world.shutdown.clone());
    world.maintenance = Maintenance::start(executor, shutdown).await.unwrap();
    let worker = worker(&world);
    join(&world, A, 10, 11).await;
    let (reason, until) = ("the disk".to_owned(), None);
    let begin = MaintenanceCommand::Begin { reason, until, at: world.clock.now() };
    world.execute::<State>(STREAM, begin).await;
    eventually("it is on", SOON, async || world.maintenance.is_on()).await;
    settle(&world, &worker).await;
    assert_eq!(told(&world).await, ["A joined"]);
    world.execute::<State>(STREAM, MaintenanceCommand::End).await;
    eventually("it is over", SOON, async || !world.maintenance.is_on()).await;
    settle(&world, &worker).await;
    assert_eq!(told(&world).await[1..], ["A offered 0901"]);
}

#[tokio::test]
async fn an_offer_comes_by_mail_in_their_language_while_it_can_be_answered() {
    let people = People::new().await;
    let world = &people.world;
    people.register(false).await;
    furnish(world, &[ONE, TWO]).await;
    let worker = worker(world);
    join(world, PLAYER, 10, 11).await;
    settle(world, &worker).await;
    world.follow().await;
    people.run(&people.worker()).await;
    let inbox = people.inbox().await;
    let [(recipient, subject, body)] = &inbox[..] else { panic!("{inbox:?}") };
    assert_eq!(recipient, "juergen@example.org");
    assert!(subject.starts_with("A court is free for you: "), "{subject}");
    assert!(subject.ends_with(", 10:00 to 11:00 (UTC)"), "{subject}");
    let booking = offer(world).await;
    for line in ["Tennis Nord, Court 0901", "Price", "Held until", booking.to_string().as_str()] {
        assert!(body.contains(line), "{line}: {body}");
    }

    // The next one in German; and the third is not sent, because it was declined before.
    let wanted = Wanted { language: Some(Language::De), ..Wanted::default() };
    world.execute::<User>(&PLAYER.stream(), UserCommand::Prefer(wanted)).await;
    release(world, &booking).await;
    settle(world, &worker).await;
    world.follow().await;
    people.run(&people.worker()).await;
    let inbox = people.inbox().await;
    assert_eq!(inbox.len(), 2);
    assert!(inbox[1].1.starts_with("Für Sie ist ein Platz frei: "), "{}", inbox[1].1);
    assert!(inbox[1].2.contains("Tennis Nord, Court 0902"), "{}", inbox[1].2);
    join(world, PLAYER, 12, 13).await;
    release(world, &offer(world).await).await;
    settle(world, &worker).await;
    release(world, &offer(world).await).await;
    world.follow().await;
    people.run(&people.worker()).await;
    assert_eq!(people.inbox().await.len(), 2);
    let unsent = Some("the place is not held any more");
    assert_eq!(people.outbox().await.last(), Some(&ended("expired", unsent)));
}
