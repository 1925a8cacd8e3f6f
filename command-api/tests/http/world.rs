//! One command-api with everything it stands on, and how to talk to it.
use std::ffi::OsString;
use std::net::SocketAddr;
use std::sync::Arc;

use access::Access;
use access::mail_tokens::{MailTokens, Purpose};
use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::{HeaderMap, Request};
use domain::ids::{SessionId, UserId, VenueId};
use domain::stored::StoredEvent;
use domain::users::{Role, User, UserCommand};
use event_store::memory::MemoryStore;
use event_store::{Executor, Metadata, Recorded, Store, Tail, open_log};
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use runtime::health::Health;
use runtime::http::Edge;
use runtime::metrics::Metrics;
use runtime::rate_limits::{PostgresBuckets, RateLimits};
use runtime::{Clock, Platform, Settings, Shutdown, ids};
use serde_json::{Value, json};
use testing::Scratch;
use tower::ServiceExt;
use uuid::Uuid;

pub struct World {
    pub platform: Platform,
    pub edge: Scratch,
    pub vault: Scratch,
    router: Router,
    /// The machine's time when the world began; the world's own is `MORNING`.
    ahead: SignedDuration,
}

/// Somebody who has logged in.
pub struct Person {
    pub user: UserId,
    pub session: SessionId,
    pub token: String,
    pub refresh_token: String,
}

pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

/// A Saturday morning in Berlin, when every story begins.
pub const MORNING: &str = "2026-11-21T10:00:00+01:00";
pub const PASSWORD: &str = "seven lobs before breakfast";
pub const KEY: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

impl World {
    pub async fn new() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::on(Arc::new(MemoryStore::default()), settings).await
    }

    pub async fn on(store: Store, settings: &[(&str, &str)]) -> Self {
        let edge = Scratch::new(&runtime::migrations::EDGE).await;
        let vault = Scratch::new(&vault::MIGRATOR).await;
        let clock = Clock::new();
        let ahead = MORNING.parse::<Timestamp>().unwrap().duration_since(clock.now());
        clock.correct(ahead);
        let executor = Executor::new(store.clone());
        let settings = read(&edge, &vault, settings);
        let metrics = Metrics::default();
        let shutdown = Shutdown::new();
        let platform = Platform {
            rate_limits: limits(&edge, &settings, &metrics),
            settings: Arc::new(settings),
            log: open_log(&store, ids::new(), clock.now()).await.unwrap(),
            clock,
            tail: Tail::new(store.clone()),
            store,
            executor,
            metrics,
            ending: shutdown.child_token(),
            shutdown,
        };
        let router = start(&platform).await;
        Self { platform, edge, vault, router, ahead }
    }

    /// Another process on the same servers: what it has in memory it has for itself.
    pub async fn another_process(&self) -> Router {
        let executor = Executor::new(self.platform.store.clone());
        let metrics = Metrics::default();
        let rate_limits = limits(&self.edge, &self.platform.settings, &metrics);
        start(&Platform { executor, metrics, rate_limits, ..self.platform.clone() }).await
    }

    /// Another process that was told otherwise.
    pub async fn another_process_with(&self, settings: Settings) -> (Router, Metrics) {
        let (executor, metrics) = (Executor::new(self.platform.store.clone()), Metrics::default());
        let settings = Arc::new(settings);
        let rate_limits = limits(&self.edge, &settings, &metrics);
        let platform = self.platform.clone();
        let platform = Platform { executor, metrics, settings, rate_limits, ..platform };
        (start(&platform).await, platform.metrics)
    }

    /// Moves the clock to so long after the morning (and what the test has taken).
    pub fn later(&self, by: SignedDuration) {
        self.platform.clock.correct(self.ahead + by);
    }

    pub async fn send(&self, request: Request<Body>) -> Reply {
        send_to(&self.router, request).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send(post(path, &body)).await
    }

    /// Every event of a stream, by name and data.
    pub async fn events(&self, stream: &str) -> Vec<(String, Value)> {
        let events = self.platform.store.read_stream(stream, 0, 10_000).await.unwrap();
        events.into_iter().map(|it| (it.kind, serde_json::from_slice(&it.data).unwrap())).collect()
    }

    pub async fn names(&self, stream: &str) -> Vec<String> {
        self.events(stream).await.into_iter().map(|it| it.0).collect()
    }

    pub async fn all(&self) -> Vec<Recorded> {
        self.platform.store.read_all(0, 100_000).await.unwrap()
    }

    /// The code in the mail that a registration sends.
    pub async fn mailed_code(&self, user: UserId) -> String {
        let events = self.platform.store.read_stream(&user.stream(), 0, 10).await.unwrap();
        let registered = events.iter().find(|it| it.kind == "user.registered.v1").unwrap();
        MailTokens::new(&KEY.into()).token(Purpose::VerifyEmail, user, registered.id)
    }

    /// The code in the mail that was asked for last.
    pub async fn mailed_reset(&self, user: UserId) -> String {
        let events = self.events(&user.login_stream()).await;
        let asked = events.iter().rev().find(|it| it.0 == "login.code-requested.v1").unwrap();
        let code = asked.1["code"].as_str().unwrap().parse().unwrap();
        MailTokens::new(&KEY.into()).token(Purpose::ResetPassword, user, code)
    }

    /// The code in the mail to the address that was asked for last.
    pub async fn mailed_change(&self, user: UserId) -> String {
        let events = self.events(&user.stream()).await;
        let asked = events.iter().rev().find(|it| it.0 == "user.email-change-requested.v1");
        let change = asked.unwrap().1["change"].as_str().unwrap().parse().unwrap();
        MailTokens::new(&KEY.into()).token(Purpose::ChangeEmail, user, change)
    }

    /// The only user registered since `before` events were in the log.
    pub async fn registered_since(&self, before: usize) -> UserId {
        let all = self.all().await;
        let mut new = all[before..].iter().filter(|it| it.kind == "user.registered.v1");
        let user =
            new.next().expect("somebody registered").stream["user-".len()..].parse().unwrap();
        assert!(new.next().is_none(), "one registered, not two");
        UserId(user)
    }

    /// Registers, verifies and logs in.
    pub async fn join(&self, name: &str) -> Person {
        let user = self.register(name).await;
        self.log_in(user, name).await
    }

    /// The same as somebody with more rights, who has them before logging in.
    pub async fn join_as(&self, name: &str, role: Role, venues: &[&str]) -> Person {
        let user = self.register(name).await;
        let venues: Vec<VenueId> = venues.iter().map(|it| it.parse().unwrap()).collect();
        let meta = Metadata::new(ids::new(), self.platform.clock.now());
        let change = UserCommand::ChangeRole { role, venues, reason: None };
        self.platform.executor.execute::<User>(&user.stream(), change, &meta).await.unwrap();
        self.log_in(user, name).await
    }

    pub async fn register(&self, name: &str) -> UserId {
        let before = self.all().await.len();
        let reply = self.post("/v1/registrations", registration(name)).await;
        assert_eq!(reply.summary(), "202");
        let user = self.registered_since(before).await;
        let code = self.mailed_code(user).await;
        let reply = self.post("/v1/registrations/verify", json!({ "token": code })).await;
        assert_eq!(reply.summary(), "204");
        user
    }

    pub async fn log_in(&self, user: UserId, name: &str) -> Person {
        let reply = self.try_password(name, PASSWORD).await;
        assert_eq!(reply.summary(), "201");
        Person::of(user, &reply)
    }

    /// Whether a person's access token still counts; a release of nothing is a harmless question.
    pub async fn lets_in(&self, person: &Person) -> bool {
        let probe = person.post("/v1/bookings/2026-11-22-RV01-00000000/release", &Value::Null);
        match self.send(probe).await.summary().as_str() {
            "404 not-found" => true,
            "401 unauthenticated" => false,
            other => panic!("{other}"),
        }
    }

    pub async fn refresh(&self, token: &str) -> Reply {
        self.post("/v1/sessions/refresh", json!({ "refresh_token": token })).await
    }

    /// The person is neither let in nor given new tokens.
    pub async fn is_out(&self, person: &Person, why: &str) {
        assert_eq!(
            self.refresh(&person.refresh_token).await.summary(),
            "401 invalid-token",
            "{why}"
        );
        let soon = std::time::Duration::from_secs(20);
        testing::eventually(why, soon, async || !self.lets_in(person).await).await;
    }

    pub async fn try_password(&self, identifier: &str, password: &str) -> Reply {
        self.post("/v1/sessions", json!({ "identifier": identifier, "password": password })).await
    }

    /// Opens `riverside` in Berlin with court `RV01`, open from six to eleven every day.
    pub async fn open_riverside(&self) {
        let admin = self.join_as("ada", Role::Admin, &[]).await;
        let venue = json!({ "id": "riverside", "name": "Riverside", "zone": "Europe/Berlin" });
        assert_eq!(self.send(admin.post("/v1/venues", &venue)).await.summary(), "201");
        let hours = json!({ "week": every_day("06:00", "23:00") });
        assert_eq!(
            self.send(admin.put("/v1/venues/riverside/hours", &hours)).await.summary(),
            "204"
        );
        // Stories about something else are not to end at a quota.
        let policy =
            json!({ "max_open_holds": 100, "max_bookings_per_day": 100, "max_upcoming": 100 });
        assert_eq!(
            self.send(admin.put("/v1/venues/riverside/policy", &policy)).await.summary(),
            "204"
        );
        self.add_court(&admin, "RV01", "riverside").await;
    }

    pub async fn add_court(&self, admin: &Person, code: &str, venue: &str) {
        let court = json!({
            "code": code, "venue": venue, "name": "Centre court", "kind": "tennis",
            "surface": "clay", "indoor": false,
            "prices": { "currency": "EUR", "off_peak_per_hour_minor": 2000, "peak_per_hour_minor": 3000,
                "peak": [{ "weekdays": [1, 2, 3, 4, 5, 6, 7], "from": "17:00", "to": "22:00" }] },
        });
        assert_eq!(self.send(admin.post("/v1/courts", &court)).await.summary(), "201");
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.platform.shutdown.cancel();
    }
}

async fn start(platform: &Platform) -> Router {
    let shutdown = platform.shutdown.clone();
    let (executor, clock) = (platform.executor.clone(), platform.clock.clone());
    let access = Access::start(&platform.settings, executor, clock, shutdown).await.unwrap();
    let (routes, _) = command_api::routes(platform, access).await.unwrap();
    Edge::new(&platform.settings, Health::default(), platform.metrics.clone())
        .limited(platform.rate_limits.clone(), false)
        .around(routes)
}

fn limits(edge: &Scratch, settings: &Settings, metrics: &Metrics) -> RateLimits {
    let buckets = PostgresBuckets(edge.pool.clone());
    RateLimits::new(Box::new(buckets), settings, metrics)
}

fn read(edge: &Scratch, vault: &Scratch, more: &[(&str, &str)]) -> Settings {
    let nowhere = "postgres://nobody@127.0.0.1:1/nothing";
    let mut pairs = vec![
        ("SERVER_URL", "https://courtside.example"),
        ("EVENT_STORE_URL", nowhere),
        ("READ_DATABASE_URL", nowhere),
        ("EDGE_DATABASE_URL", edge.url.as_str()),
        ("VAULT_DATABASE_URL", vault.url.as_str()),
        ("AMQP_URL", "amqp://127.0.0.1:1/%2f"),
        ("HASH_THREADS", "2"),
        ("RATE_LIMIT_FACTOR", "1000"),
        ("AUTH_SECOND_FACTOR_REQUIRED", "false"),
    ];
    pairs.extend(["INDEX_KEY", "PEPPER", "REFRESH_KEY", "MAIL_KEY", "KEK"].map(|it| (it, KEY)));
    pairs.extend(more);
    Settings::read(
        pairs.into_iter().map(|(name, value)| (OsString::from(name), OsString::from(value))),
    )
    .unwrap()
}

pub async fn send_to(router: &Router, mut request: Request<Body>) -> Reply {
    let peer: SocketAddr = "198.51.100.7:4711".parse().unwrap();
    request.extensions_mut().insert(ConnectInfo(peer));
    let response = router.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.unwrap().to_bytes();
    let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() };
    Reply { status: parts.status.as_u16(), headers: parts.headers, body }
}

pub fn post(path: &str, body: &Value) -> Request<Body> {
    request("POST", path, body)
}

pub fn request(method: &str, path: &str, body: &Value) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("user-agent", "story/1");
    match body {
        Value::Null => request.body(Body::empty()),
        body => {
            request.header("content-type", "application/json").body(Body::from(body.to_string()))
        }
    }
    .unwrap()
}

/// A change of a request, to be read as part of a sentence.
pub trait With: Sized {
    fn header(self, name: &'static str, value: &str) -> Self;

    fn key(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }
}

impl With for Request<Body> {
    fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers_mut().insert(name, value.parse().unwrap());
        self
    }
}

impl Person {
    /// With the tokens of an answer.
    pub fn of(user: UserId, reply: &Reply) -> Self {
        Self {
            user,
            session: SessionId(reply.text("session_id").parse().unwrap()),
            token: reply.text("access_token"),
            refresh_token: reply.text("refresh_token"),
        }
    }

    pub fn request(&self, method: &str, path: &str, body: &Value) -> Request<Body> {
        request(method, path, body).header("authorization", &format!("Bearer {}", self.token))
    }

    pub fn post(&self, path: &str, body: &Value) -> Request<Body> {
        self.request("POST", path, body)
    }

    /// Whatever is there now: most stories change what nobody else does.
    pub fn put(&self, path: &str, body: &Value) -> Request<Body> {
        self.request("PUT", path, body).header("if-match", "*")
    }

    pub fn patch(&self, path: &str, body: &Value) -> Request<Body> {
        let patch = self.request("PATCH", path, body).header("if-match", "*");
        patch.header("content-type", "application/merge-patch+json")
    }

    pub fn delete(&self, path: &str) -> Request<Body> {
        self.request("DELETE", path, &Value::Null)
    }

    /// Wants court RV01 tomorrow for an hour; `key` makes it a command of its own.
    pub fn hold(&self, start: &str, end: &str, key: &str) -> Request<Body> {
        self.post("/v1/bookings", &place("RV01", start, end)).key(key)
    }
}

pub fn place(court: &str, start: &str, end: &str) -> Value {
    let at = |time| format!("2026-11-22T{time}:00+01:00");
    json!({ "court": court, "starts_at": at(start), "ends_at": at(end) })
}

pub fn registration(name: &str) -> Value {
    json!({
        "email": format!("{name}@example.org"), "username": name,
        "password": PASSWORD, "display_name": name,
    })
}

pub fn every_day(open: &str, close: &str) -> Value {
    let day = json!({ "open": open, "close": close });
    json!({
        "monday": day, "tuesday": day, "wednesday": day, "thursday": day, "friday": day,
        "saturday": day, "sunday": day,
    })
}

impl Reply {
    /// `422 invalid #/email malformed, #/password too-short`: all of a problem that clients branch on.
    pub fn summary(&self) -> String {
        let Some(kind) = self.body.get("type").and_then(Value::as_str) else {
            return self.status.to_string();
        };
        let name =
            kind.strip_prefix("https://courtside.example/problems/").expect("our own problems");
        assert_eq!(self.body["status"], self.status, "the body says the same");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        assert!(self.body["detail"].is_string() && self.body["title"].is_string());
        let errors = self.body["errors"].as_array().into_iter().flatten();
        let errors: Vec<String> = errors
            .map(|it| {
                let place = ["pointer", "parameter", "header"]
                    .into_iter()
                    .find_map(|name| it[name].as_str());
                format!("{} {}", place.expect("a place"), it["code"].as_str().expect("a code"))
            })
            .collect();
        format!("{} {name} {}", self.status, errors.join(", ")).trim_end().to_owned()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|it| it.to_str().unwrap())
    }

    pub fn text(&self, field: &str) -> String {
        self.body[field].as_str().unwrap_or_else(|| panic!("{field} in {}", self.body)).to_owned()
    }
}

/// Reads events of one kind of stream back.
pub async fn read_events<E: StoredEvent>(world: &World, stream: &str) -> Vec<E> {
    let events = world.platform.store.read_stream(stream, 0, 10_000).await.unwrap();
    events.iter().map(|it| E::read(&it.kind, &it.data).unwrap()).collect()
}

pub fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}

/// A code made with the right key for somebody who need not be there.
pub fn code_for(user: UserId) -> String {
    MailTokens::new(&KEY.into()).token(Purpose::VerifyEmail, user, ids::new())
}
