use axum::body::Body;
use axum::http::Request;
use runtime::problem::{COMMON, problem_pages};
use uuid::Uuid;

use crate::http::world::{SERVER_URL, edge, get_, post_, routes, send, with_header};

/// Method and path, status, problem, and a header that comes with it.
const REFUSALS: &[(&str, u16, &str, (&str, &str))] = &[
    ("GET /nowhere", 404, "not-found", ("", "")),
    ("DELETE /nowhere", 404, "not-found", ("", "")),
    ("DELETE /plain", 405, "method-not-allowed", ("allow", "GET,HEAD")),
    ("GET /echo", 405, "method-not-allowed", ("allow", "POST")),
    ("GET /bookings/seven", 400, "malformed-request", ("", "")),
    ("GET /bookings/%ff", 400, "malformed-request", ("", "")),
    ("POST /bookings", 415, "unsupported-media-type", ("accept", "application/json")),
    (
        "PATCH /bookings",
        415,
        "unsupported-media-type",
        ("accept-patch", "application/merge-patch+json"),
    ),
    ("GET /panics", 500, "internal", ("", "")),
    ("GET /stranger", 401, "unauthenticated", ("www-authenticate", "Bearer")),
    ("GET /forbidden", 403, "forbidden", ("", "")),
    ("GET /away", 503, "unavailable", ("retry-after", "7")),
    ("GET /invalid", 422, "invalid", ("", "")),
    ("GET /text-refusal", 409, "about:blank", ("", "")),
    ("GET /text-failure", 502, "about:blank", ("", "")),
    ("GET /problems/unknown", 404, "not-found", ("", "")),
];

#[tokio::test]
async fn every_refusal_is_a_problem() {
    let router = edge().around(routes());
    for (line, status, problem, (name, value)) in REFUSALS {
        let answer = post_(&router, line, "", Body::empty()).await;
        assert_eq!(answer.status.as_u16(), *status, "{line}: {answer:?}");
        assert_eq!(answer.problem(), *problem, "{line}");
        assert!(name.is_empty() || answer.header(name) == *value, "{line}: {answer:?}");
    }
    let errors = get_(&router, "/invalid").await.json()["errors"].clone();
    assert_eq!(
        errors,
        serde_json::json!([{"pointer": "#/starts_at", "code": "off-grid", "detail": "not on the hour"}])
    );
    assert_eq!(get_(&router, "/text-refusal").await.json()["detail"], "there is one already");
    assert!(
        !get_(&router, "/text-failure").await.body.contains("db01"),
        "what failed inside is not told"
    );
}

#[tokio::test]
async fn every_answer_has_its_headers() {
    let router = edge().around(routes());
    let others = [
        "GET /plain",
        "HEAD /plain",
        "GET /health/live",
        "GET /health/ready",
        "GET /problems/not-found",
        "HEAD /nowhere",
    ];
    for line in REFUSALS.iter().map(|it| it.0).chain(others) {
        let answer = post_(&router, line, "", Body::empty()).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("x-xss-protection", "0"),
            ("referrer-policy", "strict-origin-when-cross-origin"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("strict-transport-security", "max-age=31536000; includeSubDomains; preload"),
        ] {
            assert_eq!(answer.header(name), value, "{line}: {name}");
        }
        assert!(answer.header("permissions-policy").contains("geolocation=()"), "{line}");
        assert!(Uuid::try_parse(answer.header("x-request-id")).is_ok(), "{line}");
        let kept =
            if line.contains("/problems/not-found") { "public, max-age=3600" } else { "no-store" };
        assert_eq!(answer.header("cache-control"), kept, "{line}");
    }
}

#[tokio::test]
async fn a_handler_has_the_last_word_on_what_a_page_may_load_and_who_may_keep_it() {
    let router = edge().around(routes());
    let answer = get_(&router, "/own-headers").await;
    assert_eq!(answer.header("content-security-policy"), "default-src 'self'");
    assert_eq!(answer.header("cache-control"), "public, max-age=60");
    assert_eq!(answer.header("x-frame-options"), "DENY", "but not on who may frame it");
}

#[tokio::test]
async fn browsers_are_told_to_stay_on_tls_only_where_there_is_tls() {
    let mut plain = edge();
    plain.server_url = "http://127.0.0.1:8080".to_owned();
    let answer = get_(&plain.around(routes()), "/plain").await;
    assert_eq!(answer.header("strict-transport-security"), "");
}

#[tokio::test]
async fn a_request_keeps_the_id_it_came_with_and_gets_one_otherwise() {
    let router = edge().around(routes());
    let id = "0199d1c0-7a3b-7e55-8f0a-3a1c7d2b9e44";
    let answer = send(&router, with_header("/nowhere", "x-request-id", id)).await;
    assert_eq!(answer.header("x-request-id"), id);
    assert_eq!(answer.json()["instance"], format!("urn:uuid:{id}"));
    for other in ["", "7", "' OR 1=1", "00000000-0000-0000-0000-000000000000"] {
        let answer = send(&router, with_header("/plain", "x-request-id", other)).await;
        let own = Uuid::try_parse(answer.header("x-request-id")).expect(other);
        assert!(!own.is_nil() && own.to_string() != other, "{other}");
    }
}

#[tokio::test]
async fn head_of_a_refusal_has_no_body() {
    let router = edge().around(routes());
    let whole = get_(&router, "/nowhere").await;
    let head = send(&router, Request::head("/nowhere").body(Body::empty()).unwrap()).await;
    assert_eq!((head.status, head.body.as_str()), (whole.status, ""));
    assert_eq!(head.header("content-length"), whole.body.len().to_string());
}

#[tokio::test]
async fn every_problem_leads_to_its_page() {
    let router = edge().around(routes());
    for kind in COMMON {
        let answer = get_(&router, &format!("/problems/{}", kind.name)).await;
        assert_eq!(answer.status, 200, "docs/problems/{}.md is missing", kind.name);
        assert_eq!(answer.header("content-type"), "text/markdown; charset=utf-8");
        assert!(
            answer.body.starts_with(&format!("# {}\n", kind.title)),
            "{}: {}",
            kind.name,
            answer.body
        );
        assert!(answer.body.contains(&format!("status {}", kind.status.as_u16())), "{}", kind.name);
    }
    assert!(COMMON.len() <= problem_pages().len());
    let kind = get_(&router, "/nowhere").await.json()["type"].as_str().unwrap().to_owned();
    assert_eq!(get_(&router, kind.strip_prefix(SERVER_URL).unwrap()).await.status, 200);
}
