use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request};
use axum::routing::get;
use futures::{StreamExt, stream};
use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::http::world::{edge, get_, post_, routes, send};

#[tokio::test(start_paused = true)]
async fn an_answer_that_does_not_come_is_given_up_and_a_command_is_not_said_to_have_failed() {
    let router = edge().around(routes());
    for (line, problem) in [("GET /slow", "unavailable"), ("POST /slow", "outcome-unknown")] {
        let began = Instant::now();
        let answer = post_(&router, line, "", Body::empty()).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, problem), "{line}");
        assert_eq!(answer.header("retry-after"), "1");
        let waited = began.elapsed();
        assert!((Duration::from_secs(10)..Duration::from_secs(11)).contains(&waited), "{waited:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_has_begun_may_go_on_for_ever() {
    let began = Instant::now();
    let answer = get_(&edge().around(routes()), "/stream").await;
    assert_eq!(answer.body, "first second");
    assert!(Duration::from_mins(1) <= began.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_given_up() {
    let router = edge().around(routes());
    for (sent, status, problem) in [(10, 408, "request-timeout"), (100_000, 413, "body-too-large")]
    {
        let began = Instant::now();
        let beginning = stream::once(async move { Ok::<_, Infallible>(vec![b'x'; sent]) });
        let body = Body::from_stream(beginning.chain(stream::pending()));
        let answer = post_(&router, "POST /echo", "", body).await;
        assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (status, problem));
        assert!(began.elapsed() < Duration::from_secs(6));
    }
}

#[tokio::test]
async fn a_request_has_at_most_64_header_lines() {
    let router = edge().around(routes());
    for (lines, status) in [(64, 200), (65, 431)] {
        let mut request = Request::get("/plain").body(Body::empty()).unwrap();
        for _ in 0..lines {
            let name = HeaderName::from_static("cookie");
            request.headers_mut().append(name, HeaderValue::from_static("a=b"));
        }
        let answer = send(&router, request).await;
        assert_eq!(answer.status.as_u16(), status, "{lines}");
        assert!(status == 200 || answer.problem() == "too-many-headers");
    }
}

#[tokio::test]
async fn whoever_is_too_many_is_sent_away_at_once_and_probes_are_not() {
    static GATE: Semaphore = Semaphore::const_new(0);
    static INSIDE: Semaphore = Semaphore::const_new(0);
    async fn wait() -> &'static str {
        INSIDE.add_permits(1);
        GATE.acquire().await.map(|_| "done").unwrap_or_default()
    }
    let router = edge().around(Router::new().route("/wait", get(wait)));
    let waiting: Vec<_> = (0..512)
        .map(|_| {
            let router = router.clone();
            tokio::spawn(async move { get_(&router, "/wait").await })
        })
        .collect();
    let all_inside = INSIDE.acquire_many(512).await.unwrap();
    let answer = get_(&router, "/wait").await;
    assert_eq!((answer.status.as_u16(), answer.problem().as_str()), (503, "overloaded"));
    assert_eq!(answer.header("retry-after"), "1");
    assert_eq!(get_(&router, "/health/ready").await.status, 200);

    GATE.add_permits(512);
    for it in waiting {
        assert_eq!(it.await.unwrap().body, "done");
    }
    drop(all_inside);
    assert_eq!(get_(&router, "/wait").await.body, "done", "places are given back");
}
