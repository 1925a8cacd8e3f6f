//! Two courts on two days under everything that people, the desk, the provider and the scheduler ask of them, while what
//! they ask is lost, late or refused. Whoever gets a 503 may or may not ask again.
mod lawful;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use domain::bookings::{BookingCommand, BookingRejection, BookingState, CourtDay, ExpiryCause};
use domain::ids::BookingId;
use domain::users::Role;
use event_store::{ExecuteError, Executor, Metadata};
use jiff::{SignedDuration, Timestamp};
use runtime::ids;
use serde_json::{Value, json};

use super::{Fickle, world};
use crate::leases;
use crate::payments::{PROVIDER, paid, told};
use crate::world::{Person, Reply, With, World};

use lawful::Lawful;

const COURTS: [&str; 2] = ["RV01", "RV02"];
const DATES: [&str; 2] = ["2026-11-22", "2026-11-23"];
/// They overlap one another, and differ in price.
const TIMES: [(&str, &str); 5] = [
    ("11:00", "12:00"),
    ("11:30", "13:00"),
    ("12:00", "13:00"),
    ("13:00", "14:00"),
    ("16:30", "18:00"),
];
/// The first of all places is `place(0)`.
const PLACES: usize = COURTS.len() * DATES.len() * TIMES.len();
/// Asked on Saturday, when everything lies ahead, and on Sunday, half an hour before the first play.
const SATURDAY: usize = 90;
const SUNDAY: usize = 40;
const UNTIL_SUNDAY: SignedDuration = SignedDuration::from_mins(24 * 60 + 30);

struct Story {
    seed: u64,
    store: Arc<Fickle>,
    world: World,
    /// Two who play, and one at the desk.
    people: [Person; 3],
    is_sunday: bool,
    /// In the order in which they were answered, with whose they are; where they were, for the next move.
    bookings: Vec<(String, usize)>,
    by_key: HashMap<String, String>,
    lawful: Lawful,
}

impl Story {
    async fn begin(seed: u64) -> Self {
        let (store, world) = world(seed, &PROVIDER).await;
        let desk = world.join_as("stefan", Role::Staff, &["riverside"]).await;
        let ada = world.log_in(desk.user, "ada").await;
        world.add_court(&ada, "RV02", "riverside").await;
        let policy = json!({ "payment": "required" });
        let policy = world.send(ada.put("/v1/venues/riverside/policy", &policy)).await;
        assert_eq!(policy.summary(), "204");
        let people = [world.join("eva").await, world.join("ida").await, desk];
        store.through(1);
        let (bookings, by_key, lawful) = Default::default();
        Self { seed, store, world, people, is_sunday: false, bookings, by_key, lawful }
    }

    async fn live(mut self) -> Lawful {
        for _ in 0..SATURDAY {
            self.act().await;
        }
        self.wake_up_on_sunday().await;
        for _ in 0..SUNDAY {
            self.act().await;
        }
        self.end().await
    }

    async fn act(&mut self) {
        match self.store.below(24) {
            _ if self.is_sunday && self.store.below(3) == 0 => self.change("check-in", 0).await,
            0..=5 => self.hold().await,
            6..=10 => self.go().await,
            11 | 12 => self.change("confirm", 2).await,
            13..=15 => self.pay().await,
            16 => self.change("mark-paid", 2).await,
            17 => self.change("release", 0).await,
            18 => self.change("cancel", 0).await,
            19 | 20 => self.change("check-in", 0).await,
            21 => self.block().await,
            22 => self.settle().await,
            _ => self.react().await,
        }
    }

    /// Sends a request as a client does: after a 503 mostly again. `None` if nobody ever heard what became of it.
    async fn send(
        &self,
        request: impl Fn() -> axum::http::Request<axum::body::Body>,
    ) -> Option<Reply> {
        for _ in 0..=self.store.below(4) {
            let reply = self.world.send(request()).await;
            match reply.status {
                503 => {}
                200 | 201 | 204 | 404 | 409 => return Some(reply),
                _ => panic!("seed {}: {}", self.seed, reply.body),
            }
        }
        None
    }

    /// One key means one request.
    async fn hold(&mut self) {
        let n = self.store.below(PLACES);
        let who = n % 3;
        let mut body = place(n);
        if who == 2 {
            body["for"] = json!({ "player": self.people[n % 2].user.0 });
        }
        let (key, whose) = (format!("hold-{n}"), if who == 2 { n % 2 } else { who });
        let hold = || self.people[who].post("/v1/bookings", &body).key(&key);
        let Some(reply) = self.send(hold).await.filter(|it| it.status == 201) else { return };
        self.learn(&key, &reply, whose);
    }

    async fn go(&mut self) {
        let Some((id, whose)) = self.any_booking() else { return };
        // Few ways for each, so that they are repeated.
        let n = (self.store.below(3) * 7 + id.len()) % PLACES;
        let key = format!("{id}-{n}");
        let path = format!("/v1/bookings/{id}/move");
        let go = || self.people[whose].post(&path, &place(n)).key(&key);
        let Some(reply) = self.send(go).await.filter(|it| it.status == 200) else { return };
        self.lawful.saw(&id, "moved");
        self.learn(&key, &reply, whose);
    }

    /// By its owner, or at the desk.
    async fn change(&mut self, what: &str, desk: usize) {
        let Some((id, whose)) = self.any_booking() else { return };
        let who = &self.people[whose.max(desk)];
        let path = format!("/v1/bookings/{id}/{what}");
        let reply = self.send(|| who.post(&path, &Value::Null).key(&path)).await;
        if let Some(reply) = reply.filter(|it| it.status == 200) {
            self.lawful.saw(&id, &reply.text("state"));
        }
    }

    /// On Saturday alone: a late payment brings a booking back, whatever its player has by then.
    async fn pay(&mut self) {
        let Some((id, whose)) = self.any_booking().filter(|_| !self.is_sunday) else { return };
        let n = self.store.below(2);
        self.pay_for(&id, whose, n).await;
    }

    async fn pay_for(&mut self, id: &str, whose: usize, n: usize) {
        let start = format!("/v1/bookings/{id}/payments");
        let reference = format!("{id}-{n}");
        self.send(|| self.people[whose].post(&start, &Value::Null).key(&reference)).await;
        let amount = self.lawful.price(id) - [0, 1000][n];
        let body = paid(id, &reference, amount);
        let reply = self.send(|| told(&self.world, &reference, &body)).await;
        if reply.is_some_and(|it| it.status == 204) {
            self.lawful.paid(reference, amount);
        }
    }

    async fn block(&mut self) {
        let n = self.store.below(PLACES);
        let mut body = place(n);
        body["courts"] = json!([body["court"].take()]);
        body.as_object_mut().unwrap().remove("court");
        let lift = body.clone();
        body["cause"] = json!("rain");
        body["on_bookings"] = json!(["refuse", "cancel_with_refund"][n % 2]);
        let (desk, key) = (&self.people[2], format!("block-{n}"));
        let blocks = "/v1/venues/riverside/blocks";
        let block = || desk.post(blocks, &body).key(&key);
        let Some(reply) = self.send(block).await.filter(|it| it.status == 201) else { return };
        let id = reply.text("id");
        self.lawful.blocked(&id);
        let path = format!("{blocks}/{id}/lift");
        let lifted = self.send(|| desk.post(&path, &lift).key(&id)).await;
        if lifted.is_some_and(|it| it.status == 204) {
            self.lawful.lifted(&id);
        }
    }

    async fn settle(&mut self) {
        let Some((id, _)) = self.any_booking() else { return };
        let path = format!("/v1/refunds/{id}.{id}-{}/settle", self.store.below(2));
        self.send(|| self.people[2].post(&path, &Value::Null).key(&path)).await;
    }

    /// The scheduler, a process of its own on the same bad network, thinks that a minute is over.
    async fn react(&self) {
        let executor = Executor::new(self.store.clone());
        for (id, _) in self.places(&executor).await {
            let _ = end_move(&executor, &id, self.now()).await;
        }
    }

    async fn wake_up_on_sunday(&mut self) {
        // A day later nothing is under way any more, and the scheduler has told what the commands could not.
        self.store.calm().await;
        self.book_the_first_play().await;
        let executor = Executor::new(self.store.inner.clone());
        leases::tell_all(&executor, self.now()).await;
        self.world.later(UNTIL_SUNDAY);
        for (person, name) in self.people.iter_mut().zip(["eva", "ida", "stefan"]) {
            person.token = self.world.log_in(person.user, name).await.token;
        }
        self.is_sunday = true;
        self.store.through(2);
    }

    /// Whatever became of the others: somebody comes on Sunday, on either court.
    async fn book_the_first_play(&mut self) {
        for n in 0..COURTS.len() {
            let (body, key) = (place(n), format!("first-{n}"));
            let hold = || self.people[n].post("/v1/bookings", &body).key(&key);
            // Somebody has it already, or it rains.
            let Some(reply) = self.send(hold).await.filter(|it| it.status == 201) else { continue };
            self.learn(&key, &reply, n);
            self.pay_for(&reply.text("id"), n, 0).await;
        }
    }

    /// Everything late arrives, and the scheduler comes to its work.
    async fn end(self) -> Lawful {
        self.store.calm().await;
        let executor = Executor::new(self.store.inner.clone());
        for (id, generation) in self.places(&executor).await {
            end_move(&executor, &id, self.now()).await.expect("nothing is lost now");
            let (booking, at, cause) = (id.clone(), self.now(), ExpiryCause::Sweep);
            let expire = BookingCommand::Expire { booking, generation, cause, at };
            let _ = execute(&executor, &id, expire, self.now()).await;
        }
        leases::tell_all(&executor, self.now()).await;
        for person in &self.people[..2] {
            leases::count_what_is_had(&executor, person, self.now()).await;
        }
        let mut days = vec![];
        for stream in streams() {
            let events = crate::world::read_events(&self.world, &stream).await;
            days.push((executor.load::<CourtDay>(&stream).await.unwrap().state, events));
        }
        self.lawful.check(self.seed, self.now(), &days);
        self.lawful
    }

    async fn places(&self, executor: &Executor) -> BTreeMap<BookingId, u32> {
        let mut all = BTreeMap::new();
        for stream in streams() {
            let day = executor.load::<CourtDay>(&stream).await.map(|it| it.state);
            let held = day.unwrap_or_default().bookings.into_iter();
            let held = held.filter(|it| it.1.state == BookingState::Held);
            all.extend(held.map(|(id, it)| (id, it.held.generation)));
        }
        all
    }

    fn any_booking(&self) -> Option<(String, usize)> {
        let count = self.bookings.len();
        // Mostly one of the last few: the others are over.
        let back = self.store.below(6).min(count.checked_sub(1)?);
        self.bookings.get(count - 1 - back).cloned()
    }

    fn learn(&mut self, key: &str, reply: &Reply, whose: usize) {
        let id = reply.text("id");
        let known = self.by_key.insert(key.to_owned(), id.clone());
        assert!(known.is_none_or(|it| it == id), "seed {}: one key, two bookings", self.seed);
        self.lawful.held(&id, &reply.body["price"]);
        self.lawful.saw(&id, &reply.text("state"));
        if !self.bookings.iter().any(|it| it.0 == id) {
            self.bookings.push((id, whose));
        }
    }

    fn now(&self) -> Timestamp {
        self.world.platform.clock.now()
    }
}

fn place(n: usize) -> Value {
    let (court, date) = (COURTS[n % 2], DATES[n / 2 % 2]);
    let (start, end) = TIMES[n / 4];
    let at = |time| format!("{date}T{time}:00+01:00");
    json!({ "court": court, "starts_at": at(start), "ends_at": at(end) })
}

fn streams() -> impl Iterator<Item = String> {
    COURTS.into_iter().flat_map(|court| DATES.map(|date| format!("courtday-{court}-{date}")))
}

type Answer = Result<(), ExecuteError<BookingRejection>>;

async fn execute(
    executor: &Executor,
    id: &BookingId,
    command: BookingCommand,
    at: Timestamp,
) -> Answer {
    let meta = Metadata::new(ids::new(), at);
    executor.execute::<CourtDay>(&id.stream(), command, &meta).await.map(|_| ())
}

/// Ends a move to this place, as the scheduler does.
async fn end_move(executor: &Executor, to: &BookingId, at: Timestamp) -> Answer {
    let day = executor.load::<CourtDay>(&to.stream()).await?.state;
    let held = day.bookings.get(to).filter(|it| it.is_moving_here());
    let Some(from) = held.and_then(|it| it.held.moved_from.clone()) else { return Ok(()) };
    let abandon = BookingCommand::AbandonMove { booking: from.clone(), to: to.clone() };
    let next = match execute(executor, &from, abandon, at).await {
        Ok(()) => BookingCommand::ReleaseMoved { booking: to.clone() },
        Err(ExecuteError::Rejected {
            rejection: BookingRejection::BookingMoved { .. }, ..
        }) => {
            let day = executor.load::<CourtDay>(&from.stream()).await?.state;
            day.bookings[&from].arrive(to.clone())
        }
        Err(error) => return Err(error),
    };
    execute(executor, to, next, at).await
}

#[tokio::test]
async fn no_booking_is_lost_doubled_or_overlapped_and_quotas_and_money_are_exact() {
    let mut done = BTreeMap::new();
    for seed in testing::seeds(1..6) {
        for (state, count) in Story::begin(seed).await.live().await.seen() {
            *done.entry(state).or_insert(0) += count;
        }
    }
    println!("{done:?}");
    let is_alone = std::env::var_os("TEST_SEED").is_some();
    for state in ["confirmed", "moved", "cancelled", "checked_in", "paid", "blocked"] {
        let count = done.get(state).copied().unwrap_or_default();
        assert!(is_alone || count > 0, "the worlds must not be empty: {state} in {done:?}");
    }
}
