//! Quotas: exact over several instances, told in headers, and still there when what counts them is away.
use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;
use axum::routing::post;
use futures::StreamExt;
use futures::future::ready;
use futures::stream::{iter, pending};
use runtime::health::Health;
use runtime::http::Edge;
use runtime::metrics::Metrics;
use runtime::migrations::EDGE;
use runtime::rate_limits::{Buckets, PostgresBuckets, RateLimits, RedisBuckets};
use testing::redis::Redis;
use testing::{Scratch, eventually};

use crate::http::world::{Answer, routes, send, settings};

const SOON: Duration = Duration::from_secs(20);

fn limits(buckets: impl Buckets + 'static, more: &[(&str, &str)]) -> RateLimits {
    RateLimits::new(Box::new(buckets), &settings(more), &Metrics::default())
}

fn redis(server: &Redis) -> RedisBuckets {
    RedisBuckets::new(&server.url().into()).unwrap()
}

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// On a slow machine no more can be counted before patience with what counts them ends.
const AT_ONCE: usize = 40;

/// Of so many over both instances, how many were let in.
async fn let_in(instances: &[RateLimits; 2], many: usize, from: &str) -> usize {
    let asked = iter((0..many).map(|it| instances[it % 2].address(address(from))));
    asked.buffer_unordered(AT_ONCE).filter(|it| ready(it.allowed)).count().await
}

async fn share_one_quota(instances: [RateLimits; 2]) {
    assert_eq!(let_in(&instances, 400, "198.51.100.1").await, 50, "many at once");
    assert_eq!(let_in(&instances, 10, "198.51.100.2").await, 10, "somebody else has their own");
    // A customer has a whole /64 of v6, and could come from another of its addresses each time.
    assert_eq!(let_in(&instances, 40, "2001:db8::1").await, 40);
    assert_eq!(let_in(&instances, 40, "2001:db8::2").await, 10, "the same /64");
    assert_eq!(let_in(&instances, 40, "2001:db8:0:1::1").await, 40, "another");
    let over = instances[0].address(address("198.51.100.1")).await;
    assert_eq!((over.allowed, over.remaining), (false, 0));
    assert!(!over.wait.is_zero() && over.wait <= over.policy.cost(), "{over:?}");
    assert!(over.reset <= over.policy.window, "{over:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_share_one_quota_in_postgres() {
    let edge = Scratch::new(&EDGE).await;
    let instance = || limits(PostgresBuckets(edge.pool.clone()), &[("RATE_LIMIT_REQUESTS", "50")]);
    share_one_quota([instance(), instance()]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_instances_share_one_quota_in_redis() {
    let server = Redis::start();
    let buckets = [redis(&server), redis(&server)];
    for buckets in &buckets {
        answers(buckets).await;
    }
    let instances = buckets.map(|it| limits(it, &[("RATE_LIMIT_REQUESTS", "50")]));
    share_one_quota(instances).await;
}

/// Waits until the server is there.
async fn answers(buckets: &RedisBuckets) {
    let policy = runtime::rate_limits::Policy { name: "test", quota: 10, window: SOON };
    eventually("Redis answers", SOON, async || buckets.take(b"test", &policy).await.is_ok()).await;
}

#[tokio::test]
async fn a_quota_comes_back_little_by_little() {
    let edge = Scratch::new(&EDGE).await;
    let server = Redis::start();
    answers(&redis(&server)).await;
    // 60 a minute: one comes back each second.
    let more = [("RATE_LIMIT_REQUESTS", "60"), ("RATE_LIMIT_WINDOW_MINUTES", "1")];
    for limits in [limits(PostgresBuckets(edge.pool.clone()), &more), limits(redis(&server), &more)]
    {
        let take = async || limits.address(address("198.51.100.1")).await;
        while take().await.allowed {}
        eventually("one came back", SOON, async || take().await.allowed).await;
        let next = take().await;
        assert!(!next.allowed || next.remaining < 5, "and not all of them: {next:?}");
    }
}

#[tokio::test]
async fn while_redis_is_away_each_process_counts_its_share() {
    let mut server = Redis::start();
    let buckets = redis(&server);
    answers(&buckets).await;
    let more = [("RATE_LIMIT_REQUESTS", "50"), ("EXPECTED_INSTANCES", "5")];
    let limits = limits(buckets, &more);
    let take = async || limits.address(address("198.51.100.1")).await;
    assert!(take().await.allowed);
    server.kill();
    let mut allowed = 0;
    for _ in 0..50 {
        allowed += usize::from(take().await.allowed);
    }
    assert_eq!(
        allowed, 10,
        "a fifth of the quota, and nobody was turned away for the server's sake"
    );
    server.restart();
    // An empty Redis knows of no request: whoever is let in now was let in by it.
    eventually("it is asked again", SOON, async || take().await.allowed).await;
}

#[tokio::test]
async fn without_a_database_each_process_counts_its_share() {
    let nowhere = sqlx::PgPool::connect_lazy("postgres://nobody@127.0.0.1:1/nothing").unwrap();
    let limits = limits(PostgresBuckets(nowhere), &[("RATE_LIMIT_REQUESTS", "5")]);
    let mut allowed = 0;
    for _ in 0..20 {
        allowed += usize::from(limits.address(address("198.51.100.1")).await.allowed);
    }
    assert_eq!(allowed, 5);
}

async fn ask(edge: &Edge, line: &str, from: &str) -> Answer {
    let sessions = routes().route("/v1/sessions", post(async || "in"));
    let (method, path) = line.split_once(' ').unwrap();
    let peer: SocketAddr = format!("{from}:4711").parse().unwrap();
    let request = Request::builder().method(method).uri(path).extension(ConnectInfo(peer));
    send(&edge.around(sessions), request.body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn whoever_asks_too_much_is_told_how_much_and_when() {
    let database = Scratch::new(&EDGE).await;
    let more = [("RATE_LIMIT_REQUESTS", "5"), ("RATE_LIMIT_SIGN_INS", "2")];
    let limits = limits(PostgresBuckets(database.pool.clone()), &more);
    let edge = Edge::new(&settings(&more), Health::default(), Metrics::default());
    let edge = edge.limited(limits, false);

    let first = ask(&edge, "GET /plain", "203.0.113.7").await;
    assert_eq!(first.header("ratelimit-policy"), "\"address\";q=5;w=900");
    assert_eq!(first.header("ratelimit"), "\"address\";r=4;t=180");

    let mut statuses = Vec::new();
    for _ in 0..3 {
        statuses.push(ask(&edge, "POST /v1/sessions", "203.0.113.7").await.status.as_u16());
    }
    assert_eq!(statuses, [200, 200, 429], "a password costs more than a look");
    let over = ask(&edge, "GET /plain", "203.0.113.7").await;
    assert_eq!((over.status.as_u16(), over.header("ratelimit").contains("r=0")), (200, true));
    let over = ask(&edge, "GET /plain", "203.0.113.7").await;
    assert_eq!(over.problem(), "quota-exceeded");
    let wait: u32 = over.header("retry-after").parse().unwrap();
    assert!((1..=180).contains(&wait), "{wait}");
    assert!(over.json()["detail"].as_str().unwrap().contains("at most 5 in 900 s"), "{over:?}");

    for path in ["/health/live", "/health/ready", "/problems/quota-exceeded"] {
        let answer = ask(&edge, &format!("GET {path}"), "203.0.113.7").await;
        assert_eq!((answer.status.as_u16(), answer.header("ratelimit")), (200, ""), "{path}");
    }
    assert_eq!(ask(&edge, "GET /plain", "203.0.113.8").await.status, 200, "somebody else");
}

#[tokio::test(start_paused = true)]
async fn whoever_sends_no_body_is_counted_before_anybody_waits_for_it() {
    let nowhere = sqlx::PgPool::connect_lazy("postgres://nobody@127.0.0.1:1/nothing").unwrap();
    let more = [("RATE_LIMIT_REQUESTS", "5")];
    let edge = Edge::new(&settings(&more), Health::default(), Metrics::default());
    let router = edge.limited(limits(PostgresBuckets(nowhere), &more), false).around(routes());
    let mut statuses = Vec::new();
    for _ in 0..6 {
        let peer: SocketAddr = "203.0.113.7:4711".parse().unwrap();
        let body = Body::from_stream(pending::<Result<Vec<u8>, Infallible>>());
        let request = Request::post("/echo").extension(ConnectInfo(peer)).body(body).unwrap();
        statuses.push(send(&router, request).await.status.as_u16());
    }
    assert_eq!(statuses, [408, 408, 408, 408, 408, 429]);
}
