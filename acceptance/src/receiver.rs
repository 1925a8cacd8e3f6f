//! A program of somebody else's, which is told what happens.
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::{Value, json};
use tokio::net::TcpListener;

/// Takes everything, and remembers what came.
pub struct Receiver {
    pub url: String,
    came: Came,
}

type Came = Arc<Mutex<Vec<Told>>>;

/// A message: its `webhook-id`, and what it says.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    pub id: String,
    pub body: Value,
}

impl Told {
    /// What is told of an item of the feed.
    pub fn of(item: &Value) -> Self {
        let body =
            json!({ "type": item["type"], "timestamp": item["timestamp"], "data": item["data"] });
        Self { id: item["id"].as_str().expect("an item has an id").to_owned(), body }
    }
}

impl Receiver {
    /// Listens for as long as the test runs.
    pub async fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
        let url = format!("http://{}/hooks", listener.local_addr().expect("an address"));
        let came = Came::default();
        let router = Router::new().route("/hooks", post(take)).with_state(Arc::clone(&came));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, came }
    }

    /// In the order in which it came.
    pub fn came(&self) -> Vec<Told> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

async fn take(State(came): State<Came>, headers: HeaderMap, body: String) -> StatusCode {
    let id = headers.get("webhook-id").and_then(|it| it.to_str().ok()).unwrap_or_default();
    let body = serde_json::from_str(&body).unwrap_or_default();
    let told = Told { id: id.to_owned(), body };
    came.lock().unwrap_or_else(PoisonError::into_inner).push(told);
    StatusCode::NO_CONTENT
}
