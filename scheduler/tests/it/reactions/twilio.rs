//! A Twilio on a real socket, which answers as the real one does: also late, wrongly, or not at all.
use std::collections::VecDeque;
use std::convert::Infallible;
use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use runtime::http::form;
use runtime::{Clock, settings};
use scheduler::sms::Texter;
use serde_json::json;
use tokio::net::TcpListener;

pub const SID: &str = "AC00112233445566778899aabbccddeeff";
pub const TOKEN: &str = "ffeeddccbbaa99887766554433221100";
pub const FROM: &str = "+493098765432";

/// What it says next; when nothing is left to say, that it is created.
#[derive(Clone, Copy, Debug)]
pub enum Says {
    Created,
    /// 429, to come back after so many seconds.
    TooMany(u64),
    /// 400 and the number of what is wrong.
    Refuses(u32),
    Broken,
    /// Takes it and says so, and never comes to the end of its answer.
    TakesAndTrailsOff,
    /// Takes it, and never says so.
    TakesInSilence,
    /// Neither.
    Nothing,
}

#[derive(Clone, Default)]
pub struct Twilio(Arc<Inner>);

#[derive(Default)]
struct Inner {
    script: Mutex<VecDeque<Says>>,
    asked: Mutex<u32>,
    taken: Mutex<Vec<Sms>>,
    url: Mutex<String>,
}

/// One that was taken.
#[derive(Clone, Debug)]
pub struct Sms {
    pub sid: String,
    pub to: String,
    pub from: String,
    pub body: String,
    pub callback: String,
}

impl Twilio {
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let it = Self::default();
        *it.0.url.lock().unwrap() = format!("http://{}", listener.local_addr().unwrap());
        let path = "/2010-04-01/Accounts/{account}/Messages.json";
        let router = Router::new()
            .route(path, post(messages))
            .route("/2010-04-01/Accounts/{account}", get(account))
            .with_state(it.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        it
    }

    pub fn says(&self, script: &[Says]) {
        *self.0.script.lock().unwrap() = script.iter().copied().collect();
    }

    /// How often it was asked, whatever it said.
    pub fn asked(&self) -> u32 {
        *self.0.asked.lock().unwrap()
    }

    pub fn taken(&self) -> Vec<Sms> {
        self.0.taken.lock().unwrap().clone()
    }

    pub fn url(&self) -> String {
        self.0.url.lock().unwrap().clone()
    }

    /// The way there, as the settings would have it.
    pub fn texter(&self, server: &str) -> Texter {
        Texter::Twilio(self.client(server, TOKEN).into())
    }

    pub fn client(&self, server: &str, token: &str) -> scheduler::sms::Twilio {
        client_at(self.url(), server, token)
    }

    fn take(&self, form: &[(String, String)]) -> String {
        let field = |name: &str| {
            form.iter().find(|it| it.0 == name).map_or(String::new(), |it| it.1.clone())
        };
        let mut taken = self.0.taken.lock().unwrap();
        let sid = format!("SM{:032x}", taken.len() + 1);
        taken.push(Sms {
            sid: sid.clone(),
            to: field("To"),
            from: field("From"),
            body: field("Body"),
            callback: field("StatusCallback"),
        });
        sid
    }
}

pub fn client_at(base_url: String, server: &str, token: &str) -> scheduler::sms::Twilio {
    let settings = settings::Twilio {
        base_url,
        account_sid: SID.to_owned(),
        auth_tokens: vec![token.to_owned().into()],
        from: FROM.to_owned(),
    };
    let twilio = scheduler::sms::Twilio::new(&settings, server, Clock::new()).unwrap();
    twilio.patient_for(Duration::from_millis(500))
}

fn is_us(headers: &HeaderMap) -> bool {
    let expected = format!("Basic {}", STANDARD.encode(format!("{SID}:{TOKEN}")));
    headers.get(header::AUTHORIZATION).is_some_and(|it| *it == *expected)
}

async fn account(headers: HeaderMap) -> Response {
    if is_us(&headers) {
        Json(json!({ "sid": SID, "status": "active" })).into_response()
    } else {
        fault(StatusCode::UNAUTHORIZED, 20_003)
    }
}

async fn messages(State(it): State<Twilio>, headers: HeaderMap, body: String) -> Response {
    *it.0.asked.lock().unwrap() += 1;
    if !is_us(&headers) {
        return fault(StatusCode::UNAUTHORIZED, 20_003);
    }
    let form = form(body.as_bytes()).unwrap();
    let field = |name: &str| form.iter().find(|it| it.0 == name).map_or("", |it| it.1.as_str());
    if !field("To").starts_with('+') {
        return fault(StatusCode::BAD_REQUEST, 21_211);
    }
    if field("Body").is_empty() {
        return fault(StatusCode::BAD_REQUEST, 21_602);
    }
    let says = it.0.script.lock().unwrap().pop_front().unwrap_or(Says::Created);
    match says {
        Says::Created => {
            let sid = it.take(&form);
            (StatusCode::CREATED, Json(json!({ "sid": sid, "status": "queued" }))).into_response()
        }
        Says::TooMany(seconds) => {
            let mut answer = fault(StatusCode::TOO_MANY_REQUESTS, 20_429);
            answer.headers_mut().insert(header::RETRY_AFTER, seconds.into());
            answer
        }
        Says::Refuses(code) => fault(StatusCode::BAD_REQUEST, code),
        Says::Broken => (StatusCode::SERVICE_UNAVAILABLE, "<html>oops</html>").into_response(),
        Says::TakesAndTrailsOff => {
            it.take(&form);
            let rest = futures::stream::pending::<Result<Vec<u8>, Infallible>>();
            (StatusCode::CREATED, Body::from_stream(rest)).into_response()
        }
        Says::TakesInSilence => {
            it.take(&form);
            std::future::pending().await
        }
        Says::Nothing => std::future::pending().await,
    }
}

fn fault(status: StatusCode, code: u32) -> Response {
    let body =
        json!({ "code": code, "message": "'To' +491701234567 …", "status": status.as_u16() });
    (status, Json(body)).into_response()
}
