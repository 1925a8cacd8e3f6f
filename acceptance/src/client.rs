//! Somebody outside: knows two base URLs, a token and the last position, and nothing of how it works inside.
use std::time::Duration;

use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};
use testing::eventually;

use crate::PASSWORD;

/// Commands go to one port, queries to the other; they may be the same.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    command: String,
    query: String,
    pub token: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Value,
}

impl Answer {
    #[track_caller]
    #[expect(clippy::return_self_not_must_use, reason = "often the status is all a story asks")]
    pub fn expect(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        self
    }

    /// A text of the body by its name.
    #[track_caller]
    pub fn text(&self, name: &str) -> String {
        self.body[name]
            .as_str()
            .unwrap_or_else(|| panic!("no text {name} in {}", self.body))
            .to_owned()
    }

    #[track_caller]
    pub fn items(&self) -> &[Value] {
        self.body["items"].as_array().expect("items")
    }

    /// The last part of a problem's type.
    pub fn problem(&self) -> &str {
        self.body["type"].as_str().and_then(|it| it.rsplit('/').next()).unwrap_or_default()
    }

    #[track_caller]
    pub fn position(&self) -> String {
        self.header("courtside-position").expect("the answer carries its position")
    }

    pub fn header(&self, name: &str) -> Option<String> {
        self.headers.get(name).and_then(|it| it.to_str().ok()).map(ToOwned::to_owned)
    }
}

impl Client {
    pub fn new(command_port: u16, query_port: u16) -> Self {
        Self {
            http: reqwest::Client::builder()
                .timeout(Duration::from_secs(15))
                .build()
                .expect("a client"),
            command: format!("http://127.0.0.1:{command_port}"),
            query: format!("http://127.0.0.1:{query_port}"),
            token: None,
        }
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let base = if method == Method::GET { &self.query } else { &self.command };
        let request = self.http.request(method, format!("{base}{path}"));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends and reads; `None` when nobody answered.
    pub async fn attempt(&self, request: RequestBuilder) -> Option<Answer> {
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status(), response.headers().clone());
        // What has no end is not waited for.
        let type_ = headers.get("content-type").and_then(|it| it.to_str().ok()).unwrap_or_default();
        if type_.starts_with("text/event-stream") {
            return Some(Answer { status, headers, body: Value::Null });
        }
        let text = response.text().await.ok()?;
        let body = if text.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&text).unwrap_or(json!(text))
        };
        Some(Answer { status, headers, body })
    }

    async fn send(&self, request: RequestBuilder) -> Answer {
        self.attempt(request).await.expect("the server answers")
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub fn get_request(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    /// Asks for an answer in which `position` is seen. Told that the read models are behind, or still being built for
    /// the first time, it asks again, as the answer says it should.
    pub async fn get_after(&self, path: &str, position: &str) -> Answer {
        let request = || self.request(Method::GET, path).header("courtside-min-position", position);
        let is_behind = |it: &Answer| it.status == 503 && it.problem() == "projection-behind";
        let what = format!("{path} shows {position}");
        asked_while(&what, async || self.send(request()).await, is_behind).await
    }

    /// All there is in the feed from `first` on, page by page, and where that ends.
    pub async fn changes(&self, first: &str) -> (Vec<Value>, String) {
        let (mut next, mut all) = (first.to_owned(), Vec::new());
        loop {
            let page = self.get(&next).await.expect(200);
            all.extend_from_slice(page.items());
            if page.body["more"] == json!(false) {
                return (all, page.position());
            }
            next = page.text("next");
        }
    }

    pub fn post_request(&self, path: &str) -> RequestBuilder {
        self.request(Method::POST, path)
    }

    pub async fn delete_with(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::DELETE, path).json(&body)).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::POST, path).json(&body)).await
    }

    /// Posts under an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        let request = self.request(Method::POST, path).header("idempotency-key", key);
        self.send(request.json(body)).await
    }

    /// Sends a body as it is, under any media type.
    pub async fn post_raw(
        &self,
        path: &str,
        media_type: &str,
        key: Option<&str>,
        body: Vec<u8>,
    ) -> Answer {
        let mut request =
            self.request(Method::POST, path).header("content-type", media_type).body(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        self.send(request).await
    }

    /// Puts to whatever is there now.
    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.send(self.request(Method::PUT, path).header("if-match", "*").json(&body)).await
    }

    /// Patches what was seen under `tag`.
    pub async fn patch(&self, path: &str, tag: &str, body: Value) -> Answer {
        let patch = self.request(Method::PATCH, path).header("if-match", tag);
        let patch = patch.body(body.to_string());
        self.send(patch.header("content-type", "application/merge-patch+json")).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    /// Logs in as somebody of the demo, or anybody else.
    pub async fn login(&self, identifier: &str, password: &str) -> Self {
        let path = "/v1/sessions";
        let body = json!({ "identifier": identifier, "password": password });
        self.with_token(&self.post_patiently(path, &body).await.expect(201).text("access_token"))
    }

    /// Told that something is away just now and nothing happened, it asks again, as the answer says it should: a system
    /// that has just started is short of everything on two cores.
    async fn post_patiently(&self, path: &str, body: &Value) -> Answer {
        let is_away = |it: &Answer| it.status == 503 && it.header("retry-after").is_some();
        let what = format!("{path} is answered");
        asked_while(&what, async || self.post(path, body.clone()).await, is_away).await
    }

    pub async fn login_answer(&self, identifier: &str, password: &str) -> Answer {
        self.post("/v1/sessions", json!({ "identifier": identifier, "password": password })).await
    }

    #[must_use]
    pub fn with_token(&self, token: &str) -> Self {
        Self { token: Some(token.to_owned()), ..self.clone() }
    }

    /// Registers, verifies by the caught mail, and logs in.
    pub async fn newcomer(&self, name: &str) -> Self {
        let code = self.code_for(&self.register(name).await).await;
        self.post("/v1/registrations/verify", json!({ "token": code })).await.expect(204);
        self.login(name, PASSWORD).await
    }

    /// Registers, and says under which address. The settings say whether that has to be verified before anything else.
    pub async fn register(&self, name: &str) -> String {
        let email = format!("{name}@example.test");
        let body =
            json!({ "email": email, "username": name, "password": PASSWORD, "display_name": name });
        self.post_patiently("/v1/registrations", &body).await.expect(202);
        email
    }

    /// The verification code in the newest mail to `email`.
    pub async fn code_for(&self, email: &str) -> String {
        let found = std::cell::RefCell::new(String::new());
        eventually(&format!("a mail to {email}"), Duration::from_mins(1), || async {
            let inbox = self.get("/dev/inbox.json").await.body;
            let mails = inbox.as_array().into_iter().flatten().filter(|it| it["to"] == email);
            let texts = mails.filter_map(|it| it["text"].as_str());
            let code = texts
                .flat_map(str::lines)
                .map(str::trim)
                .find(|it| 80 <= it.len() && !it.contains(' '));
            code.unwrap_or_default().clone_into(&mut found.borrow_mut());
            !found.borrow().is_empty()
        })
        .await;
        found.into_inner()
    }

    /// Waits until the read models are built and have come as far as the log is now: before that, a search offers what
    /// the demo's people have booked.
    pub async fn built(&self) {
        eventually("the read models are built", Duration::from_mins(1), || async {
            let answer = self.get("/v1/courts").await;
            answer.status == 200 && answer.body["items"].as_array().is_some_and(|it| !it.is_empty())
        })
        .await;
        // A machine that has just begun with everything at once may ask for a moment.
        let known = std::cell::RefCell::new(None);
        eventually("somebody can log in", Duration::from_mins(1), || async {
            let answer = self.login_answer("player", PASSWORD).await;
            let is_in = answer.status == 201;
            if is_in {
                known.replace(Some(answer.position()));
            }
            is_in
        })
        .await;
        let now = known.into_inner().expect("a position");
        let search = Self::search_path("riverside", 9, "07:00", "08:00");
        eventually("the search has come as far as the log", Duration::from_mins(1), || async {
            self.get_after(&search, &now).await.status == 200
        })
        .await;
    }

    /// The search for a court of `venue` in `days` days, from `start` to `end`.
    ///
    /// Of twelve days ahead nothing is booked in the demo, whatever day it is; of ten, a quarter is.
    pub fn search_path(venue: &str, days: i64, start: &str, end: &str) -> String {
        let date = in_days(days);
        format!("/v1/courts/available?date={date}&start_time={start}&end_time={end}&venue={venue}")
    }

    /// The body that holds the first court a search finds.
    #[track_caller]
    pub fn place(found: &Answer, n: usize) -> Value {
        let it = &found.body["items"][n];
        assert!(it.is_object(), "no court {n} in {}", found.body);
        json!({ "court": it["code"], "starts_at": it["starts_at"], "ends_at": it["ends_at"] })
    }

    pub async fn hold(&self, key: &str, place: &Value) -> Answer {
        self.send(self.hold_request(key, place)).await
    }

    pub fn hold_request(&self, key: &str, place: &Value) -> RequestBuilder {
        self.request(Method::POST, "/v1/bookings").header("idempotency-key", key).json(place)
    }

    /// `confirm`, `release` or `cancel`.
    pub async fn booking(&self, id: &str, what: &str) -> Answer {
        self.post(&format!("/v1/bookings/{id}/{what}"), json!({})).await
    }

    pub fn booking_request(&self, id: &str, what: &str) -> RequestBuilder {
        self.request(Method::POST, &format!("/v1/bookings/{id}/{what}")).json(&json!({}))
    }
}

/// Asks, and again for a minute while the answer asks for that.
pub async fn asked_while(
    what: &str,
    ask: impl AsyncFn() -> Answer,
    is_early: impl Fn(&Answer) -> bool,
) -> Answer {
    let last = std::cell::RefCell::new(None);
    eventually(what, Duration::from_mins(1), async || {
        let answer = ask().await;
        let is_early = is_early(&answer);
        last.replace(Some(answer));
        !is_early
    })
    .await;
    last.into_inner().expect("it was asked")
}

/// The date in so many days, in UTC.
pub fn in_days(days: i64) -> Date {
    let now = Timestamp::now() + (days * 24).hours();
    now.to_zoned(jiff::tz::TimeZone::UTC).date()
}
