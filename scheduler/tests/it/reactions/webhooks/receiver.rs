//! Somebody else's server, which answers as it is told and keeps what it is sent; and what anybody needs to check it.
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::net::TcpListener;

#[derive(Clone)]
pub struct Receiver {
    pub url: String,
    plan: Arc<Mutex<VecDeque<Plan>>>,
    came: Arc<Mutex<Vec<Message>>>,
}

/// How it answers, one after the other; 200 when nothing is planned.
#[derive(Clone, Copy)]
pub enum Plan {
    Answer(u16),
    Rest(u16, &'static str),
    Redirect,
    Silence,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub path: &'static str,
    pub id: String,
    pub timestamp: String,
    pub signatures: Vec<String>,
    pub body: String,
}

impl Receiver {
    pub async fn new() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let url = format!("http://{}/hooks?of=nord", listener.local_addr().unwrap());
        let it = Self { url, plan: Arc::default(), came: Arc::default() };
        let elsewhere = async |State(it): State<Self>, headers: HeaderMap, body: String| {
            it.take("/elsewhere", &headers, body);
        };
        let router = Router::new()
            .route("/hooks", post(answer))
            .route("/elsewhere", post(elsewhere))
            .with_state(it.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        it
    }

    pub fn plan(&self, plan: &[Plan]) {
        self.plan.lock().unwrap().extend(plan);
    }

    pub fn came(&self) -> Vec<Message> {
        self.came.lock().unwrap().clone()
    }

    pub fn bodies(&self) -> Vec<String> {
        self.came().into_iter().map(|it| it.body).collect()
    }

    fn take(&self, path: &'static str, headers: &HeaderMap, body: String) {
        let text = |name: &str| headers[name].to_str().unwrap().to_owned();
        assert_eq!(text("content-type"), "application/json");
        self.came.lock().unwrap().push(Message {
            path,
            id: text("webhook-id"),
            timestamp: text("webhook-timestamp"),
            signatures: text("webhook-signature").split(' ').map(str::to_owned).collect(),
            body,
        });
    }
}

async fn answer(State(it): State<Receiver>, headers: HeaderMap, body: String) -> Response<Body> {
    it.take("/hooks", &headers, body);
    let planned = it.plan.lock().unwrap().pop_front().unwrap_or(Plan::Answer(200));
    let answer = |status: u16| Response::builder().status(status);
    let said = Body::from("x".repeat(100_000));
    match planned {
        Plan::Answer(status) => answer(status).body(said).unwrap(),
        Plan::Rest(status, after) => {
            answer(status).header(header::RETRY_AFTER, after).body(said).unwrap()
        }
        Plan::Redirect => {
            let status = StatusCode::TEMPORARY_REDIRECT.as_u16();
            answer(status).header(header::LOCATION, "/elsewhere").body(said).unwrap()
        }
        Plan::Silence => std::future::pending().await,
    }
}

impl Message {
    /// By the specification, with nothing of ours.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = STANDARD.decode(secret.strip_prefix("whsec_").unwrap()).unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&key).unwrap();
        mac.update(format!("{}.{}.{}", self.id, self.timestamp, self.body).as_bytes());
        let expected = format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes()));
        self.signatures.contains(&expected)
    }
}
