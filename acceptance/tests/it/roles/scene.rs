//! The demo, somebody of every kind in it, and something of each kind that they may want.
use std::time::Duration;

use acceptance::{Answer, Client, PASSWORD, Receiver, Stack, asked_while, in_days};
use jiff::civil::Date;
use reqwest::Method;
use serde_json::{Value, json};
use testing::eventually;

use crate::roles::page::{Page, Row, Whose};

const SOON: Duration = Duration::from_mins(1);
/// Of a venue with long holds: none runs out while this is walked.
const VENUE: &str = "riverside";
const COURT: &str = "RV99";

/// What programs may.
const FOLLOWER: &[&str] = &["changes"];
const DESK: &[&str] = &["desk", "catalogue"];
const ALL: &[&str] = &["desk", "catalogue", "audit", "operate", "changes"];

pub struct Scene {
    _stack: Stack,
    pub anyone: Client,
    /// Those who may not come first: what the others do would be in their way.
    pub persons: Vec<Person>,
    objects: Objects,
}

pub struct Person {
    pub name: &'static str,
    pub role: &'static str,
    /// A program's, which has no role.
    scopes: &'static [&'static str],
    /// Whose things are asked for.
    is_owner: bool,
    /// Has a role that reaches the venue.
    is_here: bool,
    pub client: Client,
}

/// What the paths and bodies name.
struct Objects {
    booking: String,
    refund: String,
    session: String,
    /// A login.
    event: String,
    user: String,
    block: String,
    /// Of somebody who waits for what there is not.
    waiting: String,
    rebuild: String,
    webhook: String,
    /// Something it was told.
    delivery: String,
    /// What a calendar program asks for.
    calendar: String,
    service_account: String,
    key: String,
    /// A place nobody has.
    place: Value,
    /// A day nobody plays on.
    day: Date,
    /// What the read models must have seen.
    position: String,
}

impl Person {
    /// Whether what this row is about is theirs, if their role may at all.
    pub fn has(&self, row: &Row) -> bool {
        match row.whose {
            Whose::Own => self.is_owner || !row.path.contains('{'),
            Whose::OwnOrVenues => self.is_owner || self.is_here,
            Whose::OwnOrAudited => {
                let audits = self.scopes.contains(&"audit");
                self.is_owner || audits || matches!(self.role, "auditor" | "admin")
            }
            Whose::Venues(_) => self.is_here,
            Whose::Everybodys => true,
        }
    }

    /// Whether their role, or a program's scopes, may ask for what this row is about.
    pub fn may(&self, page: &Page, row: &Row) -> bool {
        let Some(permission) = &row.permission else { return true };
        if self.scopes.is_empty() {
            return page.is_held(permission, self.role);
        }
        let at_desk = self.scopes.contains(&"desk");
        match row.whose {
            Whose::OwnOrVenues => at_desk,
            // It is not told from what is not there.
            Whose::OwnOrAudited => true,
            // The desk's list, and what it books for others.
            Whose::Own if matches!(&*row.path, "/v1/bookings" | "/v1/series") => at_desk,
            _ => page.is_within(permission, self.scopes),
        }
    }
}

/// With a key for each, at every venue or at one.
async fn program(admin: &Client, scopes: &[&str], venue: Option<&str>) -> Client {
    let venues = venue.map(|it| vec![it]);
    let account = json!({ "name": "A program", "scopes": scopes, "venues": venues });
    let account = admin.post("/v1/service-accounts", account).await.expect(201).text("id");
    let keys = format!("/v1/service-accounts/{account}/keys");
    let key = admin.post(&keys, json!({})).await.expect(201).text("key");
    admin.with_token(&key)
}

impl Scene {
    pub async fn new() -> Self {
        let stack = Stack::demo().await;
        let anyone = stack.client();
        let login = anyone.login_answer("admin", PASSWORD).await.expect(201);
        let admin = anyone.with_token(&login.text("access_token"));
        let id = user(&admin, "chidi", &login.position()).await;
        let elsewhere = json!({ "role": "staff", "venues": ["harbour"] });
        admin.put(&format!("/v1/users/{id}/role"), elsewhere).await.expect(204);

        let login = async |name: &str| anyone.login(name, PASSWORD).await;
        let person = |name, role, client| Person {
            name,
            role,
            scopes: &[],
            is_owner: name == "player",
            is_here: matches!(name, "staff" | "admin"),
            client,
        };
        let with = |name, scopes, client| Person { scopes, ..person(name, "none", client) };
        let (follower, elsewhere, here) = (
            program(&admin, FOLLOWER, None).await,
            program(&admin, DESK, Some("harbour")).await,
            program(&admin, ALL, Some(VENUE)).await,
        );
        let persons = vec![
            with("a program that follows", FOLLOWER, follower),
            with("a program of another venue", DESK, elsewhere),
            person("auditor", "auditor", login("auditor").await),
            person("operator", "operator", login("operator").await),
            person("another player", "player", login("amir").await),
            person("staff of another venue", "staff", login("chidi").await),
            Person { is_here: true, ..with("a program of the venue", ALL, here) },
            person("player", "player", login("player").await),
            person("staff", "staff", login("staff").await),
            person("admin", "admin", admin),
        ];
        let find = |name: &str| persons.iter().find(|it| it.name == name).expect(name);
        let (player, admin) = (&find("player").client, &find("admin").client);
        let objects = Objects::make(player, &find("operator").client, admin).await;
        Self { _stack: stack, anyone, persons, objects }
    }

    /// Asks as `client`, until the read models have come as far as the scene.
    pub async fn ask(&self, client: &Client, row: &Row, key: &str, body: Value) -> Answer {
        let path = self.objects.path(row);
        let ask = async || {
            let request = client.request(row.method.clone(), &path).header("if-match", "*");
            let request = match row.method {
                Method::GET => request.header("courtside-min-position", &self.objects.position),
                Method::PATCH => request
                    .header("content-type", "application/merge-patch+json")
                    .body(body.to_string()),
                _ => request.header("idempotency-key", format!("{row} {key}")).json(&body),
            };
            client.attempt(request).await.expect("an answer")
        };
        let is_behind = |it: &Answer| it.problem() == "projection-behind";
        asked_while(&format!("{row} is answered"), ask, is_behind).await
    }

    pub fn body(&self, row: &Row) -> Value {
        self.objects.body(row)
    }

    /// Who is a program is refused where people ask about themselves: for its question, and not for its body.
    pub fn body_of(&self, person: &Person, row: &Row) -> Value {
        match row.to_string().as_str() {
            _ if person.scopes.is_empty() => self.body(row),
            "DELETE /v1/me" => json!({ "current_password": PASSWORD }),
            "PUT /v1/me/email" => {
                json!({ "email": "door@example.org", "current_password": PASSWORD })
            }
            "POST /v1/me/email/confirm" => json!({ "token": "door" }),
            "PUT /v1/me/username" => json!({ "username": "door", "current_password": PASSWORD }),
            "PUT /v1/me/password" => {
                json!({ "new_password": "eight lobs before lunch", "current_password": PASSWORD })
            }
            "POST /v1/me/second-factor/confirm" => json!({ "code": "123456" }),
            "POST /v1/waitlist" => wish(),
            "POST /v1/participations" => json!({ "token": "none of ours" }),
            // What a desk books for others is a row of its own.
            _ if person.scopes.contains(&"desk") => self.body(row),
            "POST /v1/bookings" => over(),
            "POST /v1/series" => {
                let mut series = over();
                series["times"] = json!(2);
                series
            }
            _ => self.body(row),
        }
    }
}

impl Objects {
    async fn make(player: &Client, operator: &Client, admin: &Client) -> Self {
        let found = player.get(&Client::search_path(VENUE, 12, "20:00", "21:00")).await.expect(200);
        let hold = async |n: usize| {
            let place = Client::place(&found, n);
            player.hold(&format!("roles {n}"), &place).await.expect(201).text("id")
        };
        let (booking, paid) = (hold(0).await, hold(1).await);
        let refund = refund(player, admin, &paid).await;
        let spare = player.login_answer("player", PASSWORD).await.expect(201);

        let court = json!({ "code": COURT, "venue": VENUE, "name": "Spare", "kind": "tennis",
            "surface": "clay", "indoor": false, "prices": prices() });
        admin.post("/v1/courts", court).await.expect(201);
        let linked = player.post("/v1/me/calendar", json!({})).await.expect(201);
        let calendar = linked.text("url").rsplit('/').next().expect("a file").to_owned();
        let day = in_days(40);
        let blocks = format!("/v1/venues/{VENUE}/blocks");
        let block = admin.post_once(&blocks, "roles", &rain(day)).await.expect(201).text("id");

        let waiting = player.post_once("/v1/waitlist", "roles", &wish()).await;
        let waiting = waiting.expect(201).text("id");

        let account = json!({ "name": "Door", "scopes": ["desk"] });
        let account = admin.post("/v1/service-accounts", account).await.expect(201).text("id");
        let keys = format!("/v1/service-accounts/{account}/keys");
        let key = admin.post(&keys, json!({})).await.expect(201).text("id");

        let (webhook, delivery) = told(admin).await;

        let rebuilds = "/v1/projections/guests/rebuilds";
        let rebuild = operator.post(rebuilds, json!({})).await.expect(202);
        let (position, rebuild) = (rebuild.position(), rebuild.text("id"));
        let monitor = format!("{rebuilds}/{rebuild}");
        eventually("a projector knows of the rebuild", SOON, async || {
            operator.get(&monitor).await.status == 200
        })
        .await;
        eventually("a checkpoint is signed", SOON, async || {
            operator.get(&format!("/v1/audit/log/{}/checkpoint", year())).await.status == 200
        })
        .await;
        Self {
            booking,
            refund,
            session: spare.text("session_id"),
            event: spare.header("audit-event").expect("a login is audited"),
            user: user(admin, "dora", &position).await,
            block,
            waiting,
            rebuild,
            webhook,
            delivery,
            calendar,
            service_account: account,
            key,
            place: Client::place(&found, 2),
            day,
            position,
        }
    }

    fn path(&self, row: &Row) -> String {
        let id = match row.path.split('/').nth(2).expect("a collection") {
            "bookings" => &self.booking,
            "refunds" => &self.refund,
            "sessions" => &self.session,
            "service-accounts" => &self.service_account,
            "users" => &self.user,
            "projections" | "outbox" => &self.rebuild,
            "waitlist" => &self.waiting,
            "webhooks" => &self.webhook,
            _ => VENUE,
        };
        let path = row
            .path
            .replace("{id}", id)
            .replace("{code}", COURT)
            .replace("{file}", &self.calendar)
            .replace("{block}", &self.block)
            .replace("{delivery}", &self.delivery)
            .replace("{user}", &self.user)
            .replace("{event}", &self.event)
            .replace("{key}", &self.key)
            .replace("{date}", &self.day.to_string())
            .replace("{name}", "guests")
            .replace("{event}", &self.rebuild)
            .replace("{year}", &year())
            .replace("{path}", "0/000.p/1")
            .replace("{n}", "000.p/1");
        let parameters = match (row.path.as_str(), row.with.as_str()) {
            ("/v1/courts/available", _) => {
                format!("?date={}&start_time=12:00&end_time=13:00", self.day)
            }
            ("/v1/venues/{id}/statistics", _) => format!("?from={0}&to={0}", self.day),
            ("/v1/refunds", _) => format!("?venue={VENUE}"),
            ("/v1/bookings", with) if with.contains("venue") => format!("?venue={VENUE}"),
            _ => String::new(),
        };
        format!("{path}{parameters}")
    }

    /// A body that can be read, where a role may be refused: it is the permission that decides.
    fn body(&self, row: &Row) -> Value {
        let whole = row.to_string();
        let far = in_days(300);
        match whole.as_str() {
            "POST /v1/bookings with `for`" => {
                let mut place = self.place.clone();
                place["for"] = json!({ "guest": { "name": "Eva" } });
                place
            }
            "POST /v1/bookings/{id}/move" => self.place.clone(),
            "POST /v1/bookings/{id}/reinstate"
            | "POST /v1/users/{id}/erase"
            | "POST /v1/projections/{name}/pause"
            | "POST /v1/projections/{name}/parked/{event}/skip" => {
                json!({ "reason": "asked" })
            }
            "POST /v1/courts" => json!({ "code": COURT, "venue": VENUE, "name": "Spare",
                "kind": "tennis", "surface": "clay", "indoor": false }),
            "PUT /v1/courts/{code}/prices" => prices(),
            "PATCH /v1/venues/{id}" | "PATCH /v1/courts/{code}" => json!({ "name": "Another" }),
            "POST /v1/venues" => json!({ "id": VENUE, "name": "It", "zone": "Europe/Berlin" }),
            "POST /v1/venues/{id}/blocks" => rain(self.day),
            "POST /v1/venues/{id}/blocks/{block}/lift" => {
                let mut part = rain(self.day);
                part.as_object_mut().expect("an object").remove("cause");
                part
            }
            "PUT /v1/venues/{id}/hours" => json!({ "from": far, "week": {} }),
            "PUT /v1/venues/{id}/hours/{date}" => json!({ "open": "08:00", "close": "20:00" }),
            "POST /v1/webhooks" => json!({ "url": "https://club.example/" }),
            "PUT /v1/users/{id}/role" => json!({ "role": "player" }),
            "POST /v1/service-accounts" => json!({ "name": "Gate", "scopes": ["desk"] }),
            _ => json!({}),
        }
    }
}

/// A place whose time is over, as a desk asks for it: what comes of it is a refusal, and nobody's booking.
fn over() -> Value {
    json!({ "court": COURT, "for": { "guest": { "name": "Eva" } },
        "starts_at": "2026-01-05T11:00:00Z", "ends_at": "2026-01-05T12:00:00Z" })
}

/// A booking paid at the desk and cancelled: the money has to go back.
async fn refund(player: &Client, desk: &Client, booking: &str) -> String {
    player.booking(booking, "confirm").await.expect(200);
    desk.booking(booking, "mark-paid").await.expect(200);
    let cancelled = player.booking(booking, "cancel").await.expect(200);
    let owed = format!("/v1/refunds?venue={VENUE}&state=owed&limit=200");
    let owed = desk.get_after(&owed, &cancelled.position()).await.expect(200);
    let owed = owed.body["items"].as_array().expect("refunds").clone();
    let it = owed.iter().find(|it| it["booking"] == booking).expect("the booking's refund");
    it["id"].as_str().expect("an id").to_owned()
}

/// A webhook, and the first thing that it took.
async fn told(admin: &Client) -> (String, String) {
    let url = Receiver::start().await.url;
    let webhook = admin.post("/v1/webhooks", json!({ "url": url })).await.expect(201).text("id");
    let test = admin.post(&format!("/v1/webhooks/{webhook}/test"), json!({})).await.expect(202);
    let (delivery, position) = (test.text("id"), test.position());
    let path = format!("/v1/webhooks/{webhook}/deliveries?state=delivered&limit=200");
    eventually("the webhook has taken it", SOON, async || {
        let told = admin.get_after(&path, &position).await.expect(200);
        let told = told.body["items"].as_array().expect("deliveries").clone();
        told.iter().any(|it| it["id"] == delivery)
    })
    .await;
    (webhook, delivery)
}

async fn user(admin: &Client, name: &str, seen: &str) -> String {
    let found = admin.get_after(&format!("/v1/users?username={name}"), seen).await.expect(200);
    found.body["items"][0]["id"].as_str().expect(name).to_owned()
}

fn prices() -> Value {
    json!({ "currency": "EUR", "off_peak_per_hour_minor": 1000, "peak_per_hour_minor": 2000 })
}

fn rain(day: Date) -> Value {
    json!({ "courts": [COURT], "starts_at": format!("{day}T10:00:00Z"),
        "ends_at": format!("{day}T11:00:00Z"), "cause": "rain" })
}

/// For what there is not.
fn wish() -> Value {
    json!({ "venue": VENUE, "from": format!("{}T12:00:00Z", in_days(12)),
        "to": format!("{}T15:00:00Z", in_days(12)), "minutes": 60, "kind": "chess" })
}

fn year() -> String {
    in_days(0).year().to_string()
}
