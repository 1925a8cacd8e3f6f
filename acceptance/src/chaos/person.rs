//! One of the load: knows what to do about every answer, and about none.
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::time::Instant;

use super::Ledger;
use super::load::{DAYS, Pace, Plan};
use crate::{Answer, Client, PASSWORD};

/// Rounds between one login and the next: a person has at most ten sessions, and a token a quarter of an hour.
const ROUNDS_A_SESSION: usize = 8;
/// Whatever was broken has been mended long before.
const PATIENCE: Duration = Duration::from_mins(2);
/// Before what got no answer is asked again.
const PAUSE: Duration = Duration::from_millis(50);

pub struct Person {
    number: usize,
    /// Whose account is in use.
    name: String,
    me: Client,
    plan: Plan,
    ledger: Arc<Ledger>,
    pace: Arc<Pace>,
}

impl Person {
    pub fn new(
        number: usize,
        me: Client,
        plan: Plan,
        ledger: Arc<Ledger>,
        pace: Arc<Pace>,
    ) -> Self {
        Self { number, name: String::new(), me, plan, ledger, pace }
    }

    pub async fn until(mut self, over: Arc<AtomicBool>) {
        for round in 0.. {
            if over.load(Ordering::Relaxed) {
                return;
            }
            if round % ROUNDS_A_SESSION == 0 {
                self.renew_session(round).await;
            }
            self.play(round).await;
        }
    }

    /// Out, a guess under a name that nobody has, and in again.
    async fn renew_session(&mut self, round: usize) {
        if self.me.token.is_some() {
            let out =
                self.definite("logout", |me| me.request(Method::DELETE, "/v1/sessions/current"));
            // An answer that was lost leaves a token that counts no more.
            let out = out.await.status;
            assert!([204, 401].contains(&out.as_u16()), "a logout: {out}");
            self.me.token = None;
        }
        let stranger = format!("nobody-{}-{round}", self.number);
        self.sign_in(&stranger, 401).await;
        // Everybody's turn with an account comes before anybody has it twice.
        let turn = self.number + round / ROUNDS_A_SESSION * self.plan.people;
        self.plan.names[turn % self.plan.names.len()].clone_into(&mut self.name);
        self.enter().await;
    }

    async fn enter(&mut self) {
        self.me.token = None;
        let answer = self.sign_in(&self.name, 201).await;
        self.me.token = Some(answer.text("access_token"));
    }

    async fn sign_in(&self, name: &str, expected: u16) -> Answer {
        let body = json!({ "identifier": name, "password": PASSWORD });
        let answer = self.definite("login", |me| me.post_request("/v1/sessions").json(&body)).await;
        let answer = answer.expect(expected);
        // The version before did not name refused ones.
        if let Some(event) = answer.header("audit-event") {
            self.ledger.login(event);
        }
        answer
    }

    /// Searches for a place, holds it, and does one of the things that can be done about a hold.
    async fn play(&mut self, round: usize) {
        let nth = round + self.number * 7;
        let venue = self.plan.venues[nth % self.plan.venues.len()].clone();
        let hour = 7 + nth % 13;
        let (start, end) = (format!("{hour:02}:00"), format!("{:02}:00", hour + 1));
        // A venue of the demo, where a hold runs out within seconds.
        let at_the_harbour = venue == "harbour";
        let most = if at_the_harbour { DAYS } else { self.plan.days };
        let days = 3 + i64::try_from(nth / 13 % most).expect("a few days");
        let search = Client::search_path(&venue, days, &start, &end);
        let Some(found) = self.ask("search", |me| me.get_request(&search)).await else { return };
        let free = found.expect(200).body["items"].as_array().cloned().unwrap_or_default();
        if free.is_empty() {
            return;
        }
        let it = &free[nth % free.len()];
        let place =
            json!({ "court": it["code"], "starts_at": it["starts_at"], "ends_at": it["ends_at"] });
        let key = format!("{}-{round}", self.number);
        let held = loop {
            let held = self.definite("hold", |me| me.hold_request(&key, &place)).await;
            if held.status != 401 {
                break held;
            }
            self.enter().await;
        };
        if held.status != 201 {
            assert_eq!(held.status, 409, "only a faster one may be in the way: {}", held.body);
            return;
        }
        let id = held.text("id");
        self.ledger.held(id.clone(), place);
        self.decide(&id, nth, at_the_harbour).await;
    }

    async fn decide(&mut self, id: &str, nth: usize, ends_soon: bool) {
        if nth.is_multiple_of(5) {
            if !ends_soon {
                self.change(id, "release").await;
            }
            return;
        }
        if !self.change(id, "confirm").await {
            return;
        }
        let shown = self.ask("booking", |me| me.get_request(&format!("/v1/bookings/{id}"))).await;
        if let Some(shown) = shown {
            assert!([200, 401, 404].contains(&shown.status.as_u16()), "{}", shown.body);
        }
        if !(nth / 5).is_multiple_of(self.plan.keep_one_in) {
            self.change(id, "cancel").await;
        }
    }

    /// Whether it was done; a hold may have run out meanwhile.
    async fn change(&mut self, id: &str, what: &'static str) -> bool {
        let answer = loop {
            let answer = self.definite(what, |me| me.booking_request(id, what)).await;
            if answer.status != 401 {
                break answer;
            }
            self.enter().await;
        };
        if answer.status == 200 {
            self.ledger.told(id, what);
            return true;
        }
        let gone = (answer.status.as_u16(), answer.problem());
        assert_eq!(gone, (409, "hold-expired"), "{what} {id}: {}", answer.body);
        false
    }

    /// Asks once, when it is its turn.
    async fn ask(
        &self,
        what: &'static str,
        request: impl Fn(&Client) -> RequestBuilder,
    ) -> Option<Answer> {
        let due = self.pace.turn().await;
        let answer = self.attempt(what, request(&self.me)).await?;
        self.ledger.took(what, due.elapsed());
        Some(answer)
    }

    /// Asks until there is an answer that says what happened.
    async fn definite(
        &self,
        what: &'static str,
        request: impl Fn(&Client) -> RequestBuilder,
    ) -> Answer {
        let due = self.pace.turn().await;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.attempt(what, request(&self.me)).await {
                Some(answer) if answer.problem() != "still-running" => {
                    self.ledger.took(what, due.elapsed());
                    return answer;
                }
                _ => tokio::time::sleep(PAUSE).await,
            }
            assert!(Instant::now() < deadline, "{what} gets its answer within {PATIENCE:?}");
        }
    }

    /// No answer, and one of a server that cannot, are written down.
    async fn attempt(&self, what: &str, request: RequestBuilder) -> Option<Answer> {
        let answer = self.me.attempt(request).await;
        let came = match &answer {
            None => "silence",
            Some(it) if it.status.is_server_error() => {
                assert_eq!(it.status, 503, "a server that cannot says so: {}", it.body);
                it.problem()
            }
            Some(_) => {
                self.ledger.answered();
                return answer;
            }
        };
        self.ledger.lost(what, came);
        tokio::time::sleep(PAUSE).await;
        None
    }
}

/// The text under a name in a place.
pub fn text(place: &Value, name: &str) -> String {
    place[name].as_str().unwrap_or_default().to_owned()
}
