use axum::body::Body;

use crate::http::world::{edge, post_, routes};

const GOOD: &str = r#"{"court":"A","starts_at":7}"#;

#[tokio::test]
async fn a_body_is_json_and_says_so() {
    let router = edge().around(routes());
    let table = [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON", 200),
        ("application/merge-patch+json", 200),
        ("", 415),
        ("text/plain", 415),
        ("text/json", 415),
        ("application/jsonp", 415),
        ("application/+json", 415),
        ("application/x-www-form-urlencoded", 415),
    ];
    for (content_type, status) in table {
        let answer = post_(&router, "POST /bookings", content_type, GOOD).await;
        assert_eq!(answer.status.as_u16(), status, "{content_type}: {answer:?}");
    }
    let answer = post_(&router, "POST /bookings", "application/json", GOOD).await;
    assert_eq!(answer.json(), serde_json::json!({"court": "A", "starts_at": 7, "raw": GOOD.len()}));
}

#[tokio::test]
async fn what_is_wrong_with_a_body_is_said_with_its_place() {
    let router = edge().around(routes());
    let deep = format!("{{\"court\":{}}}", "[".repeat(60_000));
    let table: &[(&[u8], &str, &str)] = &[
        (b"", "#", "malformed"),
        (b"{", "#", "malformed"),
        (b"[]", "#", "wrong-type"),
        (b"{\"court\":\"\xff\",\"starts_at\":7}", "#/court", "malformed"),
        (b"{\"court\":\"A\",\"starts_at\":7}{}", "#", "malformed"),
        (b"{\"court\":\"A\",\"starts_at\":\"7\"}", "#/starts_at", "wrong-type"),
        (b"{\"court\":\"A\"}", "#/starts_at", "missing-field"),
        (b"{\"court\":\"A\",\"starts_at\":7,\"role\":\"admin\"}", "#/role", "unknown-field"),
        (b"{\"court\":\"A\",\"court\":\"B\",\"starts_at\":7}", "#/court", "duplicate-field"),
        (deep.as_bytes(), &format!("#/court{}", "/0".repeat(32)), "malformed"),
    ];
    for (body, pointer, code) in table {
        let shown = String::from_utf8_lossy(&body[..body.len().min(60)]);
        let answer = post_(&router, "POST /bookings", "application/json", body.to_vec()).await;
        assert_eq!(answer.problem(), "malformed-request", "{shown}");
        let error = &answer.json()["errors"][0];
        assert_eq!(
            (error["pointer"].as_str(), error["code"].as_str()),
            (Some(*pointer), Some(*code)),
            "{shown}"
        );
    }
}

#[tokio::test]
async fn a_body_has_at_most_64_kib_whatever_reads_it() {
    let router = edge().around(routes());
    for (bytes, status) in [(65_536, 200), (65_537, 413), (1_000_000, 413), (5_000_000, 413)] {
        for path in ["POST /echo", "POST /slow", "GET /plain"] {
            let answer = match (path, status) {
                // These do not look at their body, and a good one keeps them.
                ("POST /slow", 200) => continue,
                _ => post_(&router, path, "", vec![b'x'; bytes]).await,
            };
            assert_eq!(answer.status.as_u16(), status, "{path} {bytes}");
            assert!(status == 200 || answer.problem() == "body-too-large");
        }
    }
}

#[tokio::test]
async fn a_body_may_be_left_out_where_a_route_says_so() {
    let router = edge().around(routes());
    assert_eq!(post_(&router, "POST /confirm", "", Body::empty()).await.body, "nothing");
    assert_eq!(post_(&router, "POST /confirm", "application/json", GOOD).await.body, "A");
    assert_eq!(post_(&router, "POST /confirm", "application/json", "").await.status, 400);
    assert_eq!(post_(&router, "POST /confirm", "", GOOD).await.status, 415);
}
