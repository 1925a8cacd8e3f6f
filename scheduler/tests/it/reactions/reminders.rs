//! Whoever has a court is reminded a day before, and two hours, each once.
use std::sync::Arc;

use domain::bookings::{BookedFor, BookingCommand, By, Canceller, Hold, HoldMoved, Holder, Place};
use domain::ids::{BookingId, GuestId};
use domain::reminders::{ReminderCommand, Reminders, stream};
use domain::users::{Channel, ClockStyle, Language, User, UserCommand, Wanted};
use event_store::Metadata;
use jiff::{SignedDuration, Timestamp};
use runtime::ids;
use scheduler::timers::in_process::InProcess;
use uuid::Uuid;

use crate::reactions::notices::{People, ended};
use crate::reactions::world::{PLAYER, World, new_hold};

pub const DAY: i64 = 24 * 3600;
const HOURS: i64 = 2 * 3600;

/// Moves time to `seconds` before `at`.
pub fn before(world: &World, at: Timestamp, seconds: i64) {
    world.later(0);
    let target = at - SignedDuration::from_secs(seconds);
    world.later(target.duration_since(world.clock.now()).as_secs());
}

/// What is overdue is swept, and what is to be sent is sent, by two of each.
pub async fn turn(people: &People) {
    let world = &people.world;
    world.follow().await;
    let [one, other] = [0, 1].map(|_| world.scheduler(Arc::new(InProcess::default())));
    let (one, other) =
        tokio::join!(one.sweep.round(&world.shutdown), other.sweep.round(&world.shutdown));
    one.unwrap();
    other.unwrap();
    let workers = [people.worker(), people.worker()];
    tokio::join!(people.run(&workers[0]), people.run(&workers[1]));
    world.follow().await;
}

/// Subjects of the reminders that came, and to whom.
pub async fn reminders(people: &People) -> Vec<(String, String)> {
    let is_one = |it: &String| it.starts_with("Reminder: ") || it.starts_with("Erinnerung: ");
    let mails = people.inbox().await.into_iter().map(|it| (it.0, it.1));
    mails.filter(|it| is_one(&it.1)).collect()
}

/// The player has a court, the day after tomorrow at ten.
pub async fn booked(people: &People) -> (BookingId, Timestamp) {
    people.register(false).await;
    let booking = people.world.hold(900).await;
    people.open(&booking).await;
    people.world.confirm(&booking).await;
    (booking.clone(), starts_at(people, &booking).await)
}

async fn starts_at(people: &People, booking: &BookingId) -> Timestamp {
    let day = people.world.executor.load::<domain::bookings::CourtDay>(&booking.stream()).await;
    day.unwrap().state.bookings[booking].held.starts_at
}

pub async fn prefer(people: &People, wanted: Wanted) {
    let meta = Metadata::new(ids::new(), people.world.clock.now());
    let prefer = UserCommand::Prefer(wanted);
    people.world.executor.execute::<User>(&PLAYER.stream(), prefer, &meta).await.unwrap();
}

#[tokio::test]
async fn a_player_is_reminded_a_day_before_and_two_hours_once_each_whoever_does_it() {
    let people = People::new().await;
    let (_, starts) = booked(&people).await;
    before(&people.world, starts, DAY + 60);
    turn(&people).await;
    assert_eq!(reminders(&people).await, [], "not a minute early");
    before(&people.world, starts, DAY - 10);
    turn(&people).await;
    turn(&people).await;
    let first = reminders(&people).await;
    let [(recipient, subject)] = &first[..] else { panic!("{first:?}") };
    assert_eq!(recipient, "juergen@example.org");
    assert!(subject.starts_with("Reminder: your court on "), "{subject}");
    assert!(subject.ends_with(", 10:00 to 11:00 (UTC)"), "{subject}");

    let (language, clock) = (Some(Language::De), Some(ClockStyle::H12));
    prefer(&people, Wanted { language, clock, ..Wanted::default() }).await;
    before(&people.world, starts, HOURS - 10);
    turn(&people).await;
    turn(&people).await;
    let both = reminders(&people).await;
    assert_eq!(both.len(), 2);
    assert!(both[1].1.starts_with("Erinnerung: Ihr Platz am "), "{}", both[1].1);
    assert!(both[1].1.ends_with(", 10:00 am bis 11:00 am (UTC)"), "{}", both[1].1);
}

#[tokio::test]
async fn tables_made_anew_and_messages_that_come_twice_remind_nobody_again() {
    let people = People::new().await;
    let (_, starts) = booked(&people).await;
    before(&people.world, starts, HOURS - 10);
    turn(&people).await;
    assert_eq!(reminders(&people).await.len(), 1, "the first is of no use any more");
    let all = people.inbox().await.len();

    sqlx::raw_sql("TRUNCATE outbox, timers; DELETE FROM checkpoints")
        .execute(&people.world.db())
        .await
        .unwrap();
    turn(&people).await;
    assert_eq!(people.inbox().await.len(), all, "the log says that they were sent");

    // As if nothing had been noted but the intent, and the message that fired came again.
    sqlx::raw_sql(
        "UPDATE outbox SET state = 'pending', attempts = 0, accepted_at = NULL, next_attempt_at = '2000-01-01';
         UPDATE timers SET state = 'armed', closed_at = NULL, closed_by = NULL WHERE kind LIKE 'reminder%'",
    )
    .execute(&people.world.db())
    .await
    .unwrap();
    turn(&people).await;
    assert_eq!(people.inbox().await.len(), all);
}

#[tokio::test]
async fn what_was_cancelled_reminds_nobody_also_when_it_was_due_already() {
    let people = People::new().await;
    let (booking, starts) = booked(&people).await;
    let cancel = async |at| {
        let booking = booking.clone();
        let cancel = BookingCommand::Cancel { booking: booking.clone(), by: Canceller::Player, at };
        people.world.booking(&booking, cancel).await;
    };
    before(&people.world, starts, DAY - 10);
    people.world.follow().await;
    // It falls due, and is cancelled before anybody has sent it.
    let scheduler = people.world.scheduler(Arc::new(InProcess::default()));
    assert_eq!(scheduler.sweep.round(&people.world.shutdown).await.unwrap(), 1);
    cancel(people.world.clock.now()).await;
    turn(&people).await;
    before(&people.world, starts, HOURS - 10);
    turn(&people).await;
    assert_eq!(reminders(&people).await, []);
    let off = ended("expired", Some("the booking is not confirmed any more"));
    assert_eq!(people.outbox().await.first(), Some(&off), "it was intended, and is pointless");
}

#[tokio::test]
async fn a_booking_that_moved_is_reminded_of_at_its_new_time_alone() {
    let people = People::new().await;
    let (from, starts) = booked(&people).await;
    let at = people.world.clock.now();
    let place = new_hold(900, 900, at).place;
    let later = SignedDuration::from_hours(4);
    let place =
        Place { starts_at: place.starts_at + later, ends_at: place.ends_at + later, ..place };
    let (to, executor) = (place.booking.clone(), &people.world.executor);
    let day = executor.load::<domain::bookings::CourtDay>(&from.stream()).await.unwrap().state;
    let held = day.bookings[&from].held.clone();
    let hold = HoldMoved { from: held.clone(), place, overridden: None };
    people.world.booking(&to, BookingCommand::HoldMoved(Box::new(hold))).await;
    let commit =
        BookingCommand::CommitMove { booking: from.clone(), to: to.clone(), price: held.price, at };
    people.world.booking(&from, commit).await;
    let confirm = BookingCommand::ConfirmMoved {
        booking: to.clone(),
        payment_reference: None,
        payments: vec![],
    };
    people.world.booking(&to, confirm).await;
    let court = domain::courts::CourtCommand::Add {
        venue: "nord".parse().unwrap(),
        name: "Platz 2".to_owned(),
        kind: "tennis".to_owned(),
        surface: "clay".to_owned(),
        indoor: false,
    };
    let meta = Metadata::new(ids::new(), at);
    let court_stream = to.court().stream();
    executor.execute::<domain::courts::CourtState>(&court_stream, court, &meta).await.unwrap();

    turn(&people).await;
    let told = people.inbox().await;
    let [(_, subject, body)] = &told[..] else { panic!("{told:?}") };
    assert!(subject.starts_with("Moved: your court on "), "{subject}");
    assert!(subject.ends_with(", 14:00 to 15:00 (UTC)"), "{subject}");
    let before_line = body.lines().find(|it| it.starts_with("  Before  ")).unwrap_or_default();
    assert!(before_line.ends_with(", 10:00 to 11:00 (UTC)"), "{body}");

    before(&people.world, starts, DAY - 10);
    turn(&people).await;
    before(&people.world, starts, HOURS - 10);
    turn(&people).await;
    let early = reminders(&people).await;
    // Two hours before the old time it is still within a day of the new one.
    let [(_, subject)] = &early[..] else { panic!("{early:?}") };
    assert!(subject.ends_with(", 14:00 to 15:00 (UTC)"), "{subject}");
    before(&people.world, starts + later, HOURS - 10);
    turn(&people).await;
    assert_eq!(reminders(&people).await.len(), 2);
}

#[tokio::test]
async fn who_books_late_is_told_only_what_is_still_ahead_and_after_the_start_nothing() {
    for (seconds, expected) in [(DAY - 3600, 1), (HOURS - 600, 0)] {
        let people = People::new().await;
        people.register(false).await;
        let hold = new_hold(1, 900, people.world.clock.now());
        let (booking, starts) = (hold.place.booking.clone(), hold.place.starts_at);
        before(&people.world, starts, seconds);
        let at = people.world.clock.now();
        let hold = Hold { place: Place { at, ..hold.place }, ..hold };
        people.world.booking(&booking, BookingCommand::Hold(Box::new(hold))).await;
        people.open(&booking).await;
        people.world.confirm(&booking).await;
        turn(&people).await;
        assert_eq!(reminders(&people).await.len(), 0, "they know: {seconds}");
        before(&people.world, starts, 600.min(HOURS - 60));
        turn(&people).await;
        assert_eq!(reminders(&people).await.len(), expected, "{seconds} before");
    }

    // Nobody was there to send it until play had begun.
    let people = People::new().await;
    let (_, starts) = booked(&people).await;
    people.world.follow().await;
    people.run(&people.worker()).await;
    before(&people.world, starts, -60);
    turn(&people).await;
    assert_eq!(reminders(&people).await, []);
    let late: Vec<_> = people.outbox().await.into_iter().filter(|it| it.0 == "expired").collect();
    assert_eq!(late, [ended("expired", Some("too late")), ended("expired", Some("too late"))]);
}

#[tokio::test]
async fn a_guest_is_reminded_by_mail_and_whoever_wants_no_reminders_gets_none() {
    let people = People::new().await;
    let guest = GuestId(Uuid::from_u128(0x6E57));
    let seal = async |field, text| {
        people.vault.seal(&guest.stream(), field, ids::new(), text).await.unwrap()
    };
    let booked_for = BookedFor::Guest {
        guest,
        name: seal("name", "Dóra {when}\r\nBcc: all@example.org").await,
        email: Some(seal("email", "dora@example.org").await),
        phone: None,
        notes: None,
    };
    let at = people.world.clock.now();
    let hold = new_hold(1, 900, at);
    let (booking, starts) = (hold.place.booking.clone(), hold.place.starts_at);
    let hold = Hold { by: Holder::Desk { booked_for, overridden: None }, ..hold };
    people.world.booking(&booking, BookingCommand::Hold(Box::new(hold))).await;
    people.open(&booking).await;
    let confirm = BookingCommand::Confirm {
        booking: booking.clone(),
        payment_reference: None,
        by: By::Desk,
        at,
    };
    people.world.booking(&booking, confirm).await;
    before(&people.world, starts, HOURS - 10);
    turn(&people).await;
    let [(recipient, _)] = &reminders(&people).await[..] else { panic!("one reminder") };
    assert_eq!(recipient, "dora@example.org");
    let body = people.inbox().await.pop().unwrap().2;
    assert!(body.starts_with("Hello Dóra {when}  Bcc: all@example.org,\n"), "{body}");

    let people = People::new().await;
    let (_, starts) = booked(&people).await;
    prefer(&people, Wanted { reminders: Some(Channel::None), ..Wanted::default() }).await;
    before(&people.world, starts, HOURS - 10);
    turn(&people).await;
    assert_eq!(reminders(&people).await, []);
    let unwanted = ended("expired", Some("no reminders are wanted"));
    assert!(people.outbox().await.contains(&unwanted));
}

#[tokio::test]
async fn ten_an_hour_and_no_more_reach_one_person_however_many_the_desk_asks_for() {
    let people = People::new().await;
    let (booking, _) = booked(&people).await;
    turn(&people).await;
    let at = people.world.clock.now();
    for n in 0..12_u128 {
        // Three of each would be the limit: another stream for each, of the same booking.
        let request = Uuid::from_u128(n + 1);
        let starts_at = at + SignedDuration::from_hours(40);
        let remind = ReminderCommand::Request { booking: booking.clone(), request, starts_at };
        let meta = Metadata::new(request, at);
        let stream = format!("{}-{n}", stream(&booking));
        people.world.executor.execute::<Reminders>(&stream, remind, &meta).await.unwrap();
    }
    turn(&people).await;
    assert_eq!(reminders(&people).await.len(), 10);
    let waiting = people.outbox().await.into_iter().filter(|it| it.0 == "pending").count();
    assert_eq!(waiting, 2, "they wait for their turn");
    sqlx::raw_sql("TRUNCATE rate_limits").execute(people.edge()).await.unwrap();
    people.world.later(3700);
    turn(&people).await;
    assert_eq!(reminders(&people).await.len(), 12);
}
