//! Who wants SMS gets SMS, once; who cannot get them gets mail, once, and never both.
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use domain::ids::BookingId;
use domain::notices::{Delivery, Notice, NoticeCommand, stream};
use domain::numbers::{Number, NumberCommand};
use domain::reminders::{ReminderCommand, Reminders};
use domain::users::{Channel, Language, Wanted};
use event_store::Metadata;
use jiff::SignedDuration;
use jiff_sqlx::ToSqlx;
use runtime::ids;
use scheduler::sms::{MOST_SEGMENTS, NotTexted, Texter, segments};
use scheduler::timers::in_process::InProcess;
use testing::eventually;
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::reactions::notices::{People, SERVER, identifiers, mailer};
use crate::reactions::reminders::{DAY, before, booked, prefer, reminders, turn};
use crate::reactions::twilio::{FROM, Says, TOKEN, Twilio, client_at};
use crate::reactions::world::{PLAYER, SOON};

const NUMBER: &str = "+491701234567";

/// A player who has a court, wants reminders by SMS, and is to be reminded now.
async fn wanting_sms() -> (People, Twilio) {
    let (mut people, twilio) = (People::new().await, Twilio::start().await);
    people.texter = Some(twilio.texter(SERVER));
    let (_, starts) = booked(&people).await;
    want_sms(&people).await;
    before(&people.world, starts, DAY - 10);
    (people, twilio)
}

async fn want_sms(people: &People) {
    let number = people.vault.seal(&PLAYER.stream(), "sms_number", ids::new(), NUMBER).await;
    let sms_number = Some(Some(number.unwrap()));
    let reminders = Some(Channel::Sms);
    prefer(people, Wanted { reminders, sms_number, ..Wanted::default() }).await;
}

async fn answers(people: &People, command: NumberCommand) {
    let meta = Metadata::new(ids::new(), people.world.clock.now());
    let stream = identifiers().number_stream(NUMBER);
    people.world.executor.execute::<Number>(&stream, command, &meta).await.unwrap();
}

async fn stop(people: &People) {
    answers(people, NumberCommand::Stop { message_id: ids::new().simple().to_string() }).await;
}

async fn start(people: &People) {
    answers(people, NumberCommand::Start { message_id: ids::new().simple().to_string() }).await;
}

/// As command-api records it.
async fn reported(people: &People, intent: Uuid, message_id: &str, status: Delivery) {
    let meta = Metadata::new(ids::new(), people.world.clock.now());
    let report = NoticeCommand::Report { message_id: message_id.to_owned(), status, code: None };
    people.world.executor.execute::<Notice>(&stream(intent), report, &meta).await.unwrap();
}

/// The desk asks for another reminder of the same booking.
async fn ask_again(people: &People, n: u128) {
    let asked = "SELECT payload->>'booking' FROM outbox WHERE kind = 'reminder' LIMIT 1";
    let booking: String = sqlx::query_scalar(asked).fetch_one(&people.world.db()).await.unwrap();
    let booking: BookingId = booking.parse().unwrap();
    let (request, at) = (Uuid::from_u128(n), people.world.clock.now());
    let name = format!("{}-{n}", domain::reminders::stream(&booking));
    let starts_at = at + SignedDuration::from_hours(20);
    let remind = ReminderCommand::Request { booking, request, starts_at };
    let meta = Metadata::new(request, at);
    people.world.executor.execute::<Reminders>(&name, remind, &meta).await.unwrap();
}

/// Moves time on, and lets everybody work.
async fn turn_after(people: &People, by: SignedDuration) {
    let at = people.world.clock.now() + by;
    before(&people.world, at, 0);
    turn(people).await;
}

type Row = (String, Option<String>, Option<String>, Option<String>, Option<String>);

/// Of each reminder: its state, the way it went, as what, why by mail, and what became of it.
async fn rows(people: &People) -> Vec<Row> {
    sqlx::query_as(
        "SELECT state, channel, message_id, mailed_because, delivery FROM outbox
         WHERE kind = 'reminder' ORDER BY source_position, next_attempt_at",
    )
    .fetch_all(&people.world.db())
    .await
    .unwrap()
}

async fn intent(people: &People) -> Uuid {
    let asked = sqlx::query_scalar("SELECT intent FROM outbox WHERE kind = 'reminder'");
    asked.fetch_one(&people.world.db()).await.unwrap()
}

fn by_sms(sid: &str) -> Row {
    ("sent".to_owned(), Some("sms".to_owned()), Some(sid.to_owned()), None, None)
}

/// One reminder went by mail for this reason, and no SMS.
async fn mailed_because(people: &People, twilio: &Twilio, why: &str) {
    assert_eq!(reminders(people).await.len(), 1, "{why}");
    assert_eq!(twilio.taken().len(), 0, "{why}");
    let rows = rows(people).await;
    let [(state, channel, _, because, _)] = &rows[..] else { panic!("{rows:?}") };
    let told = (state.as_str(), channel.as_deref(), because.as_deref());
    assert_eq!(told, ("sent", Some("mail"), Some(why)));
}

#[tokio::test]
async fn who_wants_sms_gets_one_and_no_mail() {
    let (people, twilio) = wanting_sms().await;
    turn(&people).await;
    turn(&people).await;
    let taken = twilio.taken();
    let [sms] = &taken[..] else { panic!("{taken:?}") };
    assert_eq!((sms.to.as_str(), sms.from.as_str()), (NUMBER, FROM));
    assert!(sms.body.starts_with("Reminder: your court is booked for "), "{}", sms.body);
    assert!(
        sms.body.contains(", 10:00 to 11:00 (UTC). Tennis Nord, Center Court. "),
        "{}",
        sms.body
    );
    assert!(segments(&sms.body) <= MOST_SEGMENTS);
    let intent = intent(&people).await;
    assert_eq!(sms.callback, format!("{SERVER}/v1/sms-events/{intent}"));
    assert_eq!(reminders(&people).await, []);
    assert_eq!(rows(&people).await, [by_sms(&sms.sid)]);
    let recorded = people.world.store.inner_stream(&stream(intent)).await;
    let [sent] = &recorded[..] else { panic!("{recorded:?}") };
    let data: serde_json::Value = serde_json::from_slice(&sent.data).unwrap();
    let expected =
        serde_json::json!({ "kind": "reminder", "channel": "sms", "message_id": sms.sid });
    assert_eq!(data, expected);
    let row: String = sqlx::query_scalar("SELECT outbox::text FROM outbox WHERE kind = 'reminder'")
        .fetch_one(&people.world.db())
        .await
        .unwrap();
    assert!(!row.contains("170123"), "no number in clear: {row}");
}

#[tokio::test]
async fn an_sms_is_in_the_persons_language() {
    let (people, twilio) = wanting_sms().await;
    prefer(&people, Wanted { language: Some(Language::De), ..Wanted::default() }).await;
    turn(&people).await;
    let body = &twilio.taken()[0].body;
    assert!(body.starts_with("Erinnerung: Ihr Platz ist gebucht, "), "{body}");
    assert!(body.contains("STOP") && segments(body) <= MOST_SEGMENTS, "{body}");
}

#[tokio::test]
async fn what_the_provider_refuses_for_good_goes_by_mail_and_the_row_says_why() {
    for code in [21_211, 21_610, 21_408] {
        let (people, twilio) = wanting_sms().await;
        twilio.says(&[Says::Refuses(code)]);
        turn(&people).await;
        mailed_because(&people, &twilio, &format!("the SMS provider refused it: {code}")).await;
        turn(&people).await;
        assert_eq!((twilio.asked(), reminders(&people).await.len()), (1, 1));
    }
}

#[tokio::test]
async fn what_was_to_go_by_mail_goes_by_mail_also_if_the_mail_server_was_away() {
    let (people, twilio) = wanting_sms().await;
    people.world.follow().await;
    let scheduler = people.world.scheduler(Arc::new(InProcess::default()));
    scheduler.sweep.round(&people.world.shutdown).await.unwrap();
    twilio.says(&[Says::Refuses(21_610)]);
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let worker = people.worker_with(Some(mailer(&format!("smtp://{nobody}"))));
    worker.round(&people.world.shutdown).await.unwrap();
    assert_eq!((twilio.asked(), reminders(&people).await.len()), (1, 0));
    // It would be taken now; it is promised to mail.
    turn_after(&people, SignedDuration::from_mins(1)).await;
    mailed_because(&people, &twilio, "the SMS provider refused it: 21610").await;
    assert_eq!(twilio.asked(), 1);
}

#[tokio::test]
async fn a_reminder_that_is_of_use_for_minutes_does_not_wait_for_the_provider_until_play_begins() {
    let (people, twilio) = wanting_sms().await;
    twilio.says(&[Says::TooMany(600)]);
    people.world.follow().await;
    let scheduler = people.world.scheduler(Arc::new(InProcess::default()));
    scheduler.sweep.round(&people.world.shutdown).await.unwrap();
    let soon = people.world.clock.now() + SignedDuration::from_mins(6);
    sqlx::query("UPDATE outbox SET valid_until = $1::timestamptz WHERE kind = 'reminder'")
        .bind(soon.to_sqlx())
        .execute(&people.world.db())
        .await
        .unwrap();
    turn(&people).await;
    assert_eq!((twilio.asked(), reminders(&people).await.len()), (1, 0));
    turn_after(&people, SignedDuration::from_secs(125)).await;
    mailed_because(&people, &twilio, "the SMS provider was away too long").await;
}

#[tokio::test]
async fn where_an_sms_cannot_go_mail_goes() {
    let (people, twilio) = wanting_sms().await;
    stop(&people).await;
    turn(&people).await;
    mailed_because(&people, &twilio, "the number takes no SMS: STOP").await;

    let (mut people, twilio) = wanting_sms().await;
    people.texter = None;
    turn(&people).await;
    mailed_because(&people, &twilio, "no SMS provider is set up").await;
}

#[tokio::test]
async fn stop_holds_until_start() {
    let (people, twilio) = wanting_sms().await;
    stop(&people).await;
    start(&people).await;
    turn(&people).await;
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (1, 0));
    stop(&people).await;
    ask_again(&people, 1).await;
    turn(&people).await;
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (1, 1));
    start(&people).await;
    ask_again(&people, 2).await;
    turn(&people).await;
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (2, 1));
}

#[tokio::test]
async fn a_person_gets_so_many_sms_an_hour_and_the_rest_as_mail() {
    let (mut people, twilio) = wanting_sms().await;
    people.sms_per_hour = "2";
    turn(&people).await;
    for n in 1..=3 {
        ask_again(&people, n).await;
    }
    turn(&people).await;
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (2, 2));
    let because: Vec<_> = rows(&people).await.into_iter().filter_map(|it| it.3).collect();
    assert_eq!(because, ["no SMS is left this hour", "no SMS is left this hour"]);
}

#[tokio::test]
async fn a_provider_that_is_busy_is_left_alone_for_as_long_as_it_says() {
    let (people, twilio) = wanting_sms().await;
    twilio.says(&[Says::TooMany(90)]);
    turn(&people).await;
    turn_after(&people, SignedDuration::from_secs(80)).await;
    assert_eq!((twilio.asked(), reminders(&people).await.len()), (1, 0));
    turn_after(&people, SignedDuration::from_secs(15)).await;
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (1, 0));
}

#[tokio::test]
async fn a_provider_that_is_away_is_asked_again_and_after_a_while_mail_goes() {
    for says in [Says::Broken, Says::Nothing] {
        let (people, twilio) = wanting_sms().await;
        twilio.says(&[says]);
        turn(&people).await;
        assert_eq!(reminders(&people).await, [], "{says:?}");
        turn_after(&people, SignedDuration::from_mins(2)).await;
        assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (1, 0), "{says:?}");
    }
    let (people, twilio) = wanting_sms().await;
    twilio.says(&[Says::Broken; 20]);
    turn(&people).await;
    turn_after(&people, SignedDuration::from_mins(5)).await;
    assert_eq!(reminders(&people).await, []);
    turn_after(&people, SignedDuration::from_mins(6)).await;
    mailed_because(&people, &twilio, "the SMS provider was away too long").await;
    twilio.says(&[]);
    turn_after(&people, SignedDuration::from_mins(30)).await;
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (0, 1), "one of them");
}

#[tokio::test]
async fn an_answer_that_was_lost_is_made_up_for_by_the_providers_report() {
    let (people, twilio) = wanting_sms().await;
    twilio.says(&[Says::TakesInSilence]);
    turn(&people).await;
    turn(&people).await;
    assert_eq!((twilio.asked(), twilio.taken().len()), (1, 1), "the report comes first");
    let (intent, sid) = (intent(&people).await, twilio.taken()[0].sid.clone());
    assert_eq!(rows(&people).await[0].0, "pending");
    reported(&people, intent, &sid, Delivery::Accepted).await;
    turn_after(&people, SignedDuration::from_mins(1)).await;
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (1, 0));
    let (state, channel, message_id, because, _) = rows(&people).await.remove(0);
    assert_eq!((state.as_str(), channel.as_deref()), ("sent", Some("sms")));
    assert_eq!((message_id, because), (Some(sid), None));
}

#[tokio::test]
async fn who_does_not_answer_is_asked_again_ever_later_and_not_once_a_report_is_there() {
    let (people, twilio) = wanting_sms().await;
    twilio.says(&[Says::TakesInSilence, Says::Nothing, Says::Nothing]);
    turn(&people).await;
    assert_eq!(twilio.asked(), 1);
    // After half a minute, a minute, and two.
    for (seconds, asked) in [(15, 1), (20, 2), (35, 2), (30, 3), (90, 3)] {
        turn_after(&people, SignedDuration::from_secs(seconds)).await;
        assert_eq!(twilio.asked(), asked, "{seconds} s later");
    }
    let (intent, sid) = (intent(&people).await, twilio.taken()[0].sid.clone());
    reported(&people, intent, &sid, Delivery::Accepted).await;
    turn_after(&people, SignedDuration::from_hours(1)).await;
    assert_eq!((twilio.asked(), reminders(&people).await.len()), (3, 0));
    let (state, _, message_id, ..) = rows(&people).await.remove(0);
    assert_eq!((state.as_str(), message_id), ("sent", Some(sid)));
}

#[tokio::test]
async fn what_was_taken_is_taken_whatever_becomes_of_the_rest_of_the_answer() {
    let (people, twilio) = wanting_sms().await;
    twilio.says(&[Says::TakesAndTrailsOff]);
    turn(&people).await;
    turn_after(&people, SignedDuration::from_mins(5)).await;
    assert_eq!((twilio.asked(), reminders(&people).await.len()), (1, 0));
    let unnamed = format!("unnamed-{}", intent(&people).await);
    assert_eq!(rows(&people).await, [by_sms(&unnamed)]);
}

#[tokio::test]
async fn a_provider_that_cannot_be_reached_has_nothing_and_is_asked_again_soon() {
    let (mut people, twilio) = wanting_sms().await;
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap().local_addr().unwrap();
    let nobody = client_at(format!("http://{nobody}"), SERVER, TOKEN);
    people.texter = Some(Texter::Twilio(nobody.into()));
    turn(&people).await;
    assert_eq!(rows(&people).await[0].0, "pending");
    people.texter = Some(twilio.texter(SERVER));
    turn_after(&people, SignedDuration::from_secs(10)).await;
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (1, 0));
}

#[tokio::test]
async fn what_became_of_an_sms_is_on_its_row_and_never_goes_backwards() {
    let (people, twilio) = wanting_sms().await;
    turn(&people).await;
    let (intent, sid) = (intent(&people).await, twilio.taken()[0].sid.clone());
    for (status, stands) in [
        (Delivery::Accepted, None),
        (Delivery::Undelivered, Some("undelivered")),
        (Delivery::Accepted, Some("undelivered")),
        (Delivery::Delivered, Some("delivered")),
        (Delivery::Delivered, Some("delivered")),
        (Delivery::Failed, Some("delivered")),
    ] {
        reported(&people, intent, &sid, status).await;
        turn(&people).await;
        let rows = rows(&people).await;
        assert_eq!((rows.len(), rows[0].4.as_deref()), (1, stands), "{status:?}");
    }
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (1, 0));
    let events = people.world.store.inner_stream(&stream(intent)).await;
    assert_eq!(events.len(), 3, "sent, undelivered, delivered");
}

#[tokio::test]
async fn tables_made_anew_send_no_sms_again() {
    let (people, twilio) = wanting_sms().await;
    turn(&people).await;
    sqlx::raw_sql("TRUNCATE outbox, timers; DELETE FROM checkpoints")
        .execute(&people.world.db())
        .await
        .unwrap();
    turn(&people).await;
    turn(&people).await;
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (1, 0));

    // As if nothing had been noted but the intent.
    sqlx::raw_sql(
        "UPDATE outbox SET state = 'pending', attempts = 0, accepted_at = NULL, channel = NULL, message_id = NULL,
             texted_at = NULL, next_attempt_at = '2000-01-01'",
    )
    .execute(&people.world.db())
    .await
    .unwrap();
    turn(&people).await;
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (1, 0));
}

#[tokio::test]
async fn an_sms_that_was_taken_and_could_not_be_recorded_is_recorded_later_and_not_sent_again() {
    let (people, twilio) = wanting_sms().await;
    people.world.follow().await;
    let scheduler = people.world.scheduler(Arc::new(InProcess::default()));
    scheduler.sweep.round(&people.world.shutdown).await.unwrap();
    people.world.store.full.store(true, Ordering::SeqCst);
    let (worker, stop) = (people.worker(), runtime::Shutdown::new());
    let round = async { worker.round(&stop).await.unwrap() };
    let kill = async {
        eventually("the SMS is out", SOON, async || twilio.taken().len() == 1).await;
        let refused = || people.world.store.refused.load(Ordering::SeqCst);
        eventually("and cannot be recorded", SOON, async || refused() > 0).await;
        stop.cancel();
    };
    tokio::join!(round, kill);
    people.world.store.full.store(false, Ordering::SeqCst);
    turn_after(&people, SignedDuration::from_hours(1)).await;
    assert_eq!((twilio.taken().len(), reminders(&people).await.len()), (1, 0));
    assert_eq!(rows(&people).await, [by_sms(&twilio.taken()[0].sid)]);
}

#[tokio::test]
async fn the_demo_keeps_sms_beside_mail() {
    let mut people = People::new().await;
    let (db, clock) = (people.edge().clone(), people.world.clock.clone());
    people.texter = Some(Texter::Inbox { db, clock });
    let (_, starts) = booked(&people).await;
    want_sms(&people).await;
    before(&people.world, starts, DAY - 10);
    turn(&people).await;
    let caught: Vec<(String, String, String)> =
        sqlx::query_as("SELECT recipient, subject, body FROM inbox WHERE kind = 'sms'")
            .fetch_all(people.edge())
            .await
            .unwrap();
    let [(to, subject, body)] = &caught[..] else { panic!("{caught:?}") };
    assert_eq!((to.as_str(), subject.as_str()), (NUMBER, "SMS"));
    assert!(body.starts_with("Reminder: "), "{body}");
    assert_eq!(reminders(&people).await, []);
}

#[tokio::test]
async fn who_is_erased_gets_no_sms() {
    let (people, twilio) = wanting_sms().await;
    people.vault.destroy(&PLAYER.stream(), None).await.unwrap();
    turn(&people).await;
    assert_eq!((twilio.asked(), reminders(&people).await.len()), (0, 0));
}

#[tokio::test]
async fn whether_the_account_is_known_is_asked_without_sending() {
    let twilio = Twilio::start().await;
    assert_eq!(twilio.client("https://courts.example.org", TOKEN).greet().await, Ok(()));
    let refused = twilio.client("https://courts.example.org", "another").greet().await;
    let why = "the SMS provider answered 401".to_owned();
    assert_eq!(refused, Err(NotTexted::Unavailable { why, not_before: None }));
    assert_eq!((twilio.asked(), twilio.taken().len()), (0, 0));
}
