//! `/status`: for whom the guard lets in; what cannot be said hides nothing.
use std::future::pending;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::Request;
use runtime::http::status_router;
use runtime::settings::MetricsGuard;
use runtime::status::{Part, Status};
use serde_json::{Value, json};

use crate::http::world::{edge, get_, send};

struct Says(&'static str, Option<Result<Value, String>>);

#[async_trait]
impl Part for Says {
    fn name(&self) -> &'static str {
        self.0
    }

    async fn tell(&self) -> Result<Value, String> {
        match &self.1 {
            Some(told) => told.clone(),
            None => pending().await,
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_said_hides_nothing() {
    let status = Status::default()
        .with(Says("pools", Some(Ok(json!({ "read": 1 })))))
        .with(Says("pools", Some(Ok(json!({ "vault": 2 })))))
        .with(Says("timers", Some(Err("the read database does not answer".to_owned()))))
        .with(Says("keys", None));
    let router = edge().around(status_router(status, &MetricsGuard::Nobody));
    let answer = get_(&router, "/status").await;
    assert_eq!((answer.status.as_u16(), answer.header("cache-control")), (200, "no-store"));
    assert_eq!(
        serde_json::from_str::<Value>(&answer.body).unwrap(),
        json!({
            "pools": { "read": 1, "vault": 2 },
            "timers": { "fault": "the read database does not answer" },
            "keys": { "fault": "no answer in time" },
        })
    );
}

#[tokio::test]
async fn who_may_not_scrape_may_not_look() {
    let guard = MetricsGuard::Secret("correct horse battery".to_owned().into());
    let router = edge().around(status_router(Status::default(), &guard));
    for (secret, expected) in
        [("correct horse battery", 200), ("correct horse batterz", 403), ("", 403)]
    {
        let request = Request::builder().uri("/status").header("x-metrics-secret", secret);
        let answer = send(&router, request.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status, expected, "{secret}: {}", answer.body);
        assert!(!answer.body.contains("horse"), "{}", answer.body);
    }
}
