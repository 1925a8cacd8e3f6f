//! What people are told so that they can do something about it: each once, and none after their erasure.
use domain::bookings::{
    Block, BlockCause, BookingCommand, BookingEvent, Canceller, CourtDay, OnBookings,
};
use domain::courts::Court;
use domain::ids::{BlockId, BookingId, SessionId};
use domain::logins::{Attempt, FOR_GOOD, Limits, LoginCommand, LoginEvent, Origin, Proof};
use domain::policies::Prices;
use domain::sealed::Sealed;
use domain::sessions::{SessionCommand, SessionState};
use domain::stored::StoredEvent;
use domain::users::{ErasureCause, FactorCommand, User, UserCommand};
use event_store::Metadata;
use jiff::SignedDuration;
use runtime::ids;

use crate::given;
use crate::reactions::accounts::from;
use crate::reactions::notices::{People, ended};
use crate::reactions::world::{PLAYER, new_hold};

const LOCKED: &str = "Your Courtside account takes no password just now";
const DEVICE: &str = "Your Courtside account was used on a new device";
const REUSED: &str = "One of your Courtside sessions was ended";
const FACTOR: &str = "The second factor of your Courtside account was taken away";
const TAKEN: &str = "You have a Courtside account already";
const AGENT: &str = "Walker/1.0 (Linux)";
const ADDRESS: &str = "198.51.100.7";

impl People {
    /// Tries a password, which is wrong unless it begins a session.
    async fn attempt(&self, from: Origin, device: Option<&str>, right: bool, max_attempts: u32) {
        let attempt = Attempt {
            password_right: right,
            proof: Proof::NotNeeded,
            verified: true,
            disabled: false,
            session: right.then(|| SessionId(ids::new())),
            from,
            device: device.map(str::to_owned),
            at: self.world.clock.now(),
            limits: Limits {
                max_attempts,
                window: SignedDuration::from_mins(15),
                lockout: SignedDuration::from_mins(30),
            },
        };
        self.door(LoginCommand::Attempt(Box::new(attempt))).await;
    }

    async fn lock(&self) {
        self.attempt(from(), None, false, 1).await;
    }

    /// From where the mail says, sealed as it is at the door.
    async fn enter(&self, device: &str) {
        let (subject, seal) = (Origin::subject(PLAYER, self.world.clock.now()), ids::new());
        let sealed =
            async |field, text| Some(self.vault.seal(&subject, field, seal, text).await.unwrap());
        let from = Origin {
            address: sealed("address", ADDRESS).await,
            user_agent: sealed("user_agent", AGENT).await,
            identifier: "9c41f0".to_owned(),
        };
        self.attempt(from, Some(device), true, 5).await;
    }

    async fn use_a_token_twice(&self) {
        let (id, at) = (SessionId(ids::new()), self.world.clock.now());
        let until = at + SignedDuration::from_hours(1);
        let start = SessionCommand::Start {
            user: PLAYER,
            epoch: 0,
            nonce: "0".to_owned(),
            refresh_key: "k".to_owned(),
            refresh_until: until,
            ends_at: until,
            factor: false,
        };
        let refresh = || SessionCommand::Refresh {
            seq: 0,
            nonce: "1".to_owned(),
            refresh_key: "k".to_owned(),
            refresh_until: until,
            grace: SignedDuration::ZERO,
            at,
        };
        for command in [start, refresh(), refresh()] {
            let meta = Metadata::new(ids::new(), at);
            let executor = &self.world.executor;
            executor.execute::<SessionState>(&id.stream(), command, &meta).await.unwrap();
        }
    }

    async fn lose_the_factor(&self, actor: &str) {
        let secret = Sealed("s".to_owned());
        let confirm = FactorCommand::Confirm { secret: secret.clone(), step: 1, recovery: vec![] };
        for command in [FactorCommand::Offer { secret }, confirm] {
            self.user(UserCommand::Factor(command)).await;
        }
        let remove = UserCommand::Factor(FactorCommand::Remove { reason: None });
        let meta = Metadata::new(ids::new(), self.world.clock.now()).actor(actor);
        let executor = &self.world.executor;
        executor.execute::<User>(&PLAYER.stream(), remove, &meta).await.unwrap();
    }

    async fn register_again(&self) {
        let at = self.world.clock.now();
        self.door(LoginCommand::AttemptRegistration { from: from(), at }).await;
    }

    /// A confirmed booking of court `number` for 24.01 EUR, paid at the desk if so.
    async fn booked(&self, number: u32, paid: bool) -> BookingId {
        let at = self.world.clock.now();
        let mut hold = new_hold(number, 900, at);
        let prices = Prices { off_peak_per_hour_minor: 2_401, ..Prices::default() };
        hold.place.court = Court { prices: prices.into(), ..hold.place.court };
        let booking = hold.place.booking.clone();
        self.world.booking(&booking, BookingCommand::Hold(Box::new(hold))).await;
        self.world.confirm(&booking).await;
        if paid {
            let payment_reference = "desk-1".to_owned();
            let paid = BookingCommand::MarkPaid { booking: booking.clone(), payment_reference, at };
            self.world.booking(&booking, paid).await;
        }
        booking
    }

    async fn cancel(&self, booking: &BookingId, by: Canceller) {
        let at = self.world.clock.now();
        let cancel = BookingCommand::Cancel { booking: booking.clone(), by, at };
        self.world.booking(booking, cancel).await;
    }

    /// Closes the court for the hour of the booking.
    async fn close(&self, booking: &BookingId, cause: BlockCause) {
        let day = self.world.executor.load::<CourtDay>(&booking.stream()).await.unwrap().state;
        let held = &day.bookings[booking].held;
        let block = Block {
            block: BlockId(ids::new()),
            date: booking.date(),
            venue: given::venue(900),
            starts_at: held.starts_at,
            ends_at: held.ends_at,
            cause,
            reason: None,
            on_bookings: OnBookings::CancelWithRefund,
            at: self.world.clock.now(),
        };
        self.world.booking(booking, BookingCommand::Block(Box::new(block))).await;
    }

    /// One of each kind, and how many that is.
    async fn everything(&self) -> usize {
        self.enter("home").await;
        self.enter("away").await;
        self.use_a_token_twice().await;
        self.lose_the_factor("user:0193a1b2-0000-7000-8000-000000000009").await;
        self.register_again().await;
        let booking = self.booked(1, true).await;
        self.open(&booking).await;
        self.cancel(&booking, Canceller::Desk).await;
        self.lock().await;
        6
    }

    /// The only mail there is.
    async fn mail(&self) -> (String, String) {
        let mut inbox = self.inbox().await;
        assert_eq!(inbox.len(), 1, "{inbox:?}");
        let (recipient, subject, body) = inbox.remove(0);
        assert_eq!(recipient, "juergen@example.org");
        (subject, body)
    }
}

#[tokio::test]
async fn who_is_locked_out_is_told_how_to_get_in_while_the_lock_lasts() {
    let people = People::new().await;
    people.register(false).await;
    people.lock().await;
    people.tell().await;
    let (subject, body) = people.mail().await;
    assert_eq!(subject, LOCKED);
    assert!(body.contains("https://courts.example.org/#/forgotten\n"), "{body}");
    assert!(body.contains("takes no password until"), "{body}");

    // Lifted, locked again and lifted again before anybody could be told.
    for _ in 0..2 {
        people.door(LoginCommand::Unlock { reason: None }).await;
        people.lock().await;
    }
    people.door(LoginCommand::Unlock { reason: None }).await;
    people.tell().await;
    let outbox = people.outbox().await;
    assert_eq!(outbox[1..], vec![ended("expired", Some("the lock is lifted by now")); 2]);
}

#[tokio::test]
async fn who_is_locked_out_for_good_is_told_so() {
    let people = People::new().await;
    people.register(false).await;
    for _ in 0..100 {
        people.attempt(from(), None, false, 100).await;
    }
    let last = people.world.store.inner_stream(&PLAYER.login_stream()).await.pop().unwrap();
    let last = LoginEvent::read(&last.kind, &last.data).unwrap();
    assert!(matches!(last, LoginEvent::Locked { until, .. } if until == FOR_GOOD), "{last:?}");
    people.tell().await;
    let (_, body) = people.mail().await;
    assert!(body.contains("takes no password any more until a new one is set"), "{body}");
}

#[tokio::test]
async fn a_login_on_a_new_device_is_told_with_where_it_came_from() {
    let people = People::new().await;
    people.register(false).await;
    people.enter("home").await;
    people.enter("home").await;
    people.tell().await;
    assert_eq!(people.outbox().await, [], "the first device, and the same again");
    people.enter("away").await;
    people.tell().await;
    let (subject, body) = people.mail().await;
    assert_eq!(subject, DEVICE);
    assert!(body.contains(AGENT) && body.contains(ADDRESS), "{body}");
    people.enter("away").await;
    people.enter("home").await;
    people.tell().await;
    assert_eq!(people.outbox().await.len(), 1, "both are known by now");
}

#[tokio::test]
async fn a_token_used_twice_is_told_to_its_owner() {
    let people = People::new().await;
    people.register(false).await;
    people.use_a_token_twice().await;
    people.tell().await;
    assert_eq!(people.mail().await.0, REUSED);
}

#[tokio::test]
async fn a_second_factor_that_was_taken_away_is_told_with_by_whom() {
    let own = format!("user:{PLAYER}");
    for (actor, who) in [
        ("user:0193a1b2-0000-7000-8000-000000000009", "by an administrator"),
        ("cli", "by an administrator"),
        (&*own, "by somebody logged in as you"),
    ] {
        let people = People::new().await;
        people.register(false).await;
        people.lose_the_factor(actor).await;
        people.tell().await;
        let (subject, body) = people.mail().await;
        assert_eq!(subject, FACTOR);
        assert!(body.contains(who), "{actor}: {body}");
    }
}

#[tokio::test]
async fn who_has_the_address_already_is_told_proved_or_not() {
    for verification_required in [false, true] {
        let people = People::new().await;
        people.register(verification_required).await;
        people.register_again().await;
        people.register_again().await;
        people.tell().await;
        let told = people.subjects().await.into_iter().filter(|it| it == TAKEN).count();
        assert_eq!(told, 1);
    }
}

#[tokio::test]
async fn a_booking_that_the_venue_took_back_is_told_with_what_is_paid_back() {
    let desk = "the venue had to cancel your booking";
    for (number, paid, cause, why, back) in [
        (1, true, None, desk, "You are paid back 24.01 EUR."),
        (2, false, None, desk, "Nothing was paid for it."),
        (3, true, Some(BlockCause::Closed), "the venue is closed that day", "24.01 EUR"),
        (4, true, Some(BlockCause::Retired), "the court is no longer let", "24.01 EUR"),
        (5, false, Some(BlockCause::Rain), "the court cannot be played on", "Nothing was paid"),
    ] {
        let people = People::new().await;
        people.register(false).await;
        let booking = people.booked(number, paid).await;
        people.open(&booking).await;
        if let Some(cause) = cause {
            people.close(&booking, cause).await;
        } else {
            // In full, whatever the terms say of the time that is left.
            let reason = Sealed("v1.reason".to_owned());
            people.cancel(&booking, Canceller::DeskInFull { reason }).await;
        }
        people.tell().await;
        let (subject, body) = people.mail().await;
        assert!(subject.starts_with("Cancelled: your court on "), "{subject}");
        assert!(body.contains(why) && body.contains(back), "{number}: {body}");
        assert!(body.contains("Tennis Nord, Center Court"), "{body}");
    }
}

#[tokio::test]
async fn what_the_player_cancelled_and_what_was_brought_back_is_no_news() {
    let people = People::new().await;
    people.register(false).await;
    let (own, back) = (people.booked(1, false).await, people.booked(2, false).await);
    people.cancel(&own, Canceller::Player).await;
    people.cancel(&back, Canceller::Desk).await;
    let (booking, at) = (back.clone(), people.world.clock.now());
    people.world.booking(&back, BookingCommand::Reinstate { booking, reason: None, at }).await;
    let events = people.world.events(&back).await;
    assert!(events.iter().any(|it| matches!(it, BookingEvent::Cancelled { .. })));
    people.world.follow().await;
    let kinds: Vec<(String, i64)> =
        sqlx::query_as("SELECT kind, count(*) FROM outbox GROUP BY kind ORDER BY kind")
            .fetch_all(&people.world.db())
            .await
            .unwrap();
    let expected = [("booking-cancelled", 1), ("booking-confirmed", 3)];
    assert_eq!(kinds, expected.map(|(kind, count)| (kind.to_owned(), count)));
    people.run(&people.worker()).await;
    let subjects = people.subjects().await;
    assert!(!subjects.iter().any(|it| it.starts_with("Cancelled")), "{subjects:?}");
}

#[tokio::test]
async fn every_warning_is_sent_once_whatever_is_replayed() {
    let people = People::new().await;
    people.register(false).await;
    let warnings = people.everything().await;
    people.tell().await;
    let mut subjects = people.subjects().await;
    subjects.sort();
    subjects.dedup();
    assert_eq!((people.inbox().await.len(), subjects.len()), (warnings, warnings), "{subjects:?}");

    sqlx::raw_sql("TRUNCATE outbox, timers; DELETE FROM checkpoints")
        .execute(&people.world.db())
        .await
        .unwrap();
    people.tell().await;
    // As if the followers had not come to the records yet.
    sqlx::raw_sql("UPDATE outbox SET state = 'pending', accepted_at = NULL, next_attempt_at = now() WHERE state = 'sent'")
        .execute(&people.world.db())
        .await
        .unwrap();
    people.run(&people.worker()).await;
    assert_eq!(people.inbox().await.len(), warnings);

    let rows: Vec<String> = sqlx::query_scalar("SELECT outbox::text FROM outbox")
        .fetch_all(&people.world.db())
        .await
        .unwrap();
    // Their addresses are of that domain too; a message's own id ends in our host.
    let rows: Vec<String> = rows.iter().map(|it| it.replace("@courts.example.org>", ">")).collect();
    for marker in ["juergen", "Jürgen", "Groß", "example.org", AGENT, ADDRESS] {
        assert!(!rows.iter().any(|it| it.contains(marker)), "{marker} in {rows:?}");
    }
}

#[tokio::test]
async fn nobody_is_warned_who_is_being_erased() {
    let people = People::new().await;
    people.register(false).await;
    people.everything().await;
    people.user(UserCommand::RequestErasure { cause: ErasureCause::Own, reason: None }).await;
    people.tell().await;
    assert_eq!(people.inbox().await, []);
    let outbox = people.outbox().await;
    let why = |it: &Option<String>| {
        ["the person was erased", "the booking is not confirmed any more"]
            .contains(&it.as_deref().unwrap_or_default())
    };
    assert!(outbox.iter().all(|(state, it)| state == "expired" && why(it)), "{outbox:?}");
}
