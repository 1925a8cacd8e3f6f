use std::time::Duration;

use async_trait::async_trait;
use axum::body::Body;
use axum::http::Request;
use runtime::health::{Check, Health};
use tokio::time::Instant;

use crate::http::world::{edge, get_, routes, send};

enum Needs {
    Nothing,
    More,
    Time,
    /// Not needed, and not there.
    Luxury,
}

#[async_trait]
impl Check for Needs {
    fn name(&self) -> &'static str {
        match self {
            Self::Nothing => "fine",
            Self::More => "broken",
            Self::Time => "hanging",
            Self::Luxury => "luxury",
        }
    }

    fn is_needed(&self) -> bool {
        !matches!(self, Self::Luxury)
    }

    async fn check(&self) -> Result<(), String> {
        match self {
            Self::Nothing => Ok(()),
            Self::More => Err("the database does not answer".to_owned()),
            Self::Time => std::future::pending().await,
            Self::Luxury => Err("not connected".to_owned()),
        }
    }
}

const LIVE: [&str; 3] = ["/health", "/health/live", "/api/health/live"];
const READY: [&str; 4] = ["/health/ready", "/ready", "/readiness", "/api/health/ready"];

#[tokio::test(start_paused = true)]
async fn a_role_is_ready_when_everything_it_needs_is_there() {
    let mut edge = edge();
    edge.health = Health::default().with(Needs::Nothing);
    let router = edge.around(routes());
    for path in READY {
        let answer = get_(&router, path).await;
        assert_eq!(answer.status, 200, "{path}");
        assert_eq!(
            answer.json(),
            serde_json::json!({"status": "ready", "checks": {"fine": {"ok": true}}})
        );
    }
    edge.health = Health::default().with(Needs::Nothing).with(Needs::More).with(Needs::Time);
    let router = edge.around(routes());
    for path in READY {
        let began = Instant::now();
        let answer = get_(&router, path).await;
        assert_eq!(answer.status, 503, "{path}");
        assert_eq!(
            answer.json(),
            serde_json::json!({"status": "unready", "checks": {
                "fine": {"ok": true},
                "broken": {"ok": false, "detail": "the database does not answer"},
                "hanging": {"ok": false, "detail": "no answer in time"},
            }})
        );
        assert!(
            began.elapsed() < Duration::from_secs(3),
            "a probe does not hang with what it asks"
        );
    }
    for path in LIVE {
        assert_eq!(
            get_(&router, path).await.json()["status"],
            "live",
            "{path}: no restart mends a database"
        );
    }
}

#[tokio::test]
async fn what_a_role_can_do_without_degrades_it_and_takes_it_out_of_no_service() {
    let mut edge = edge();
    edge.health = Health::default().with(Needs::Nothing).with(Needs::Luxury);
    let answer = get_(&edge.around(routes()), "/health/ready").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        serde_json::json!({"status": "degraded", "checks": {
            "fine": {"ok": true},
            "luxury": {"ok": false, "detail": "not connected"},
        }})
    );
    edge.health = Health::default().with(Needs::More).with(Needs::Luxury);
    let answer = get_(&edge.around(routes()), "/health/ready").await;
    assert_eq!((answer.status.as_u16(), &answer.json()["status"]), (503, &"unready".into()));
}

#[tokio::test]
async fn probes_answer_get_and_head_and_nothing_else() {
    let router = edge().around(routes());
    for path in LIVE.into_iter().chain(READY) {
        for (method, status) in [("HEAD", 200), ("POST", 405), ("DELETE", 405)] {
            let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            let answer = send(&router, request).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        }
    }
}
