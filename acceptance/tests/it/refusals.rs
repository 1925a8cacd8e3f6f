//! Everything a client can get wrong: each its problem, with its place, and nothing changed.
use acceptance::{Answer, Client, PASSWORD, Stack};
use serde_json::{Value, json};

/// `place` is the first error's pointer, parameter or header.
#[track_caller]
fn check(case: &str, answer: &Answer, status: u16, problem: &str, place: Option<&str>) {
    let body = &answer.body;
    assert_eq!((answer.status.as_u16(), answer.problem()), (status, problem), "{case}: {body}");
    assert_eq!(
        answer.header("content-type").as_deref(),
        Some("application/problem+json"),
        "{case}"
    );
    assert_eq!(body["status"], status, "{case}: {body}");
    assert!(
        body["instance"].as_str().is_some_and(|it| it.starts_with("urn:uuid:")),
        "{case}: {body}"
    );
    assert!(body["title"].is_string() && body["detail"].is_string(), "{case}: {body}");
    let first = &body["errors"][0];
    let found = ["pointer", "parameter", "header"].iter().find_map(|it| first[it].as_str());
    if place.is_some() {
        assert_eq!(found, place, "{case}: {body}");
    }
    for name in
        ["x-content-type-options", "content-security-policy", "x-request-id", "cache-control"]
    {
        assert!(answer.header(name).is_some(), "{case}: no {name}");
    }
}

#[tokio::test]
async fn every_mistake_is_named_and_changes_nothing() {
    let stack = Stack::demo().await;
    let anyone = stack.client();
    let login = anyone.login_answer("player", PASSWORD).await.expect(201);
    let me = anyone.with_token(&login.text("access_token"));
    let found = me.get(&Client::search_path("riverside", 12, "12:00", "13:00")).await.expect(200);
    let place = Client::place(&found, 0);
    let before = me.get_after("/v1/bookings?limit=200", &login.position()).await.expect(200);

    bodies_of_a_hold(&me, &place).await;
    bytes_of_a_hold(&me, &place).await;
    keys_of_a_hold(&me, &place).await;
    registrations(&anyone).await;
    paths_and_parameters(&me).await;
    tokens(&anyone, &me).await;

    let after = me.get("/v1/bookings?limit=200").await.expect(200);
    assert_eq!(before.body, after.body, "nothing was changed by any of it");
}

async fn bodies_of_a_hold(me: &Client, place: &Value) {
    let with = |field: &str, value: Value| {
        let mut body = place.clone();
        body[field] = value;
        body
    };
    let without = |field: &str| {
        let mut body = place.clone();
        body.as_object_mut().expect("an object").remove(field);
        body
    };
    let shift = |field: &str, minutes: i64| {
        let at: jiff::Timestamp = place[field].as_str().expect("a time").parse().expect("RFC 3339");
        json!((at + jiff::SignedDuration::from_mins(minutes)).to_string())
    };
    let both = |minutes: i64| {
        let mut body = with("starts_at", shift("starts_at", minutes));
        body["ends_at"] = shift("ends_at", minutes);
        body
    };
    #[rustfmt::skip] // a table
    let cases = [
        ("unknown field",        with("colour", json!("red")),                        400, "malformed-request", "#/colour"),
        ("missing field",        without("ends_at"),                                  400, "malformed-request", "#/ends_at"),
        ("wrong type",           with("starts_at", json!(17)),                        400, "malformed-request", "#/starts_at"),
        ("null",                 with("court", Value::Null),                          400, "malformed-request", "#/court"),
        ("no offset",            with("starts_at", json!("2027-01-01T12:00:00")),     400, "malformed-request", "#/starts_at"),
        ("malformed court",      with("court", json!("court one")),                   400, "malformed-request", "#/court"),
        ("unknown court",        with("court", json!("ZZ99")),                        422, "invalid",           "#/court"),
        ("off the grid",         both(7),                                             422, "invalid",           "#/starts_at"),
        ("end off the grid",     with("ends_at", shift("ends_at", 10)),               422, "invalid",           "#/ends_at"),
        ("too short",            with("ends_at", shift("ends_at", -30)),              422, "invalid",           "#/ends_at"),
        ("too long",             with("ends_at", shift("ends_at", 180)),              422, "invalid",           "#/ends_at"),
        ("end before start",     with("ends_at", shift("starts_at", -60)),            422, "invalid",           "#/ends_at"),
        ("end is start",         with("ends_at", place["starts_at"].clone()),         422, "invalid",           "#/ends_at"),
        ("in the past",          both(-30 * 24 * 60),                                 422, "invalid",           "#/starts_at"),
        ("too far ahead",        both(30 * 24 * 60),                                  422, "invalid",           "#/starts_at"),
        ("across closing",       both(10 * 60 + 30),                                  422, "invalid",           "#/ends_at"),
        ("before opening",       both(-7 * 60),                                       422, "invalid",           "#/starts_at"),
        ("an array",             json!([1, 2]),                                       400, "malformed-request", "#"),
    ];
    for (case, body, status, problem, at) in cases {
        let answer = me.hold(&format!("refused-{case}"), &body).await;
        check(case, &answer, status, problem, Some(at));
    }
}

async fn bytes_of_a_hold(me: &Client, place: &Value) {
    let json = "application/json";
    let whole = serde_json::to_vec(place).expect("a body");
    let large = format!(r#"{{"court": "{}"}}"#, "A".repeat(100_000)).into_bytes();
    let deep = [vec![b'['; 20_000], vec![b']'; 20_000]].concat();
    let twice =
        format!(r#"{{"court":"RV01","court":"RV02",{}"#, &String::from_utf8_lossy(&whole)[1..])
            .into_bytes();
    #[rustfmt::skip] // a table
    let cases = [
        ("not JSON",      json,         b"{\"court\": ".to_vec(),              400, "malformed-request"),
        ("nothing",       json,         Vec::new(),                            400, "malformed-request"),
        ("two values",    json,         [whole.clone(), whole.clone()].concat(), 400, "malformed-request"),
        ("not UTF-8",     json,         b"{\"court\": \"\xff\xfe\"}".to_vec(), 400, "malformed-request"),
        ("a key twice",   json,         twice,                                 400, "malformed-request"),
        ("too deep",      json,         deep,                                  400, "malformed-request"),
        ("too large",     json,         large,                                 413, "body-too-large"),
        ("a form",        "application/x-www-form-urlencoded", b"court=RV01".to_vec(), 415, "unsupported-media-type"),
        ("plain text",    "text/plain", whole.clone(),                         415, "unsupported-media-type"),
    ];
    for (case, media_type, body, status, problem) in cases {
        let answer = me.post_raw("/v1/bookings", media_type, Some(case), body).await;
        check(case, &answer, status, problem, None);
    }
}

async fn keys_of_a_hold(me: &Client, place: &Value) {
    let whole = serde_json::to_vec(place).expect("a body");
    let none = me.post_raw("/v1/bookings", "application/json", None, whole.clone()).await;
    check("no key", &none, 400, "malformed-request", Some("Idempotency-Key"));
    let long = "k".repeat(256);
    for (case, key) in
        [("empty", ""), ("too long", long.as_str()), ("only quotes", "\"\""), ("a tab", "a\tb")]
    {
        let answer =
            me.post_raw("/v1/bookings", "application/json", Some(key), whole.clone()).await;
        check(
            &format!("a key: {case}"),
            &answer,
            400,
            "malformed-request",
            Some("Idempotency-Key"),
        );
    }
}

async fn registrations(anyone: &Client) {
    let body = |field: &str, value: Value| {
        let mut body = json!({
            "email": "ok@example.test", "username": "fine", "password": "a slow walk by the river",
            "display_name": "Fine"
        });
        body[field] = value;
        body
    };
    #[rustfmt::skip] // a table
    let cases = [
        ("no address",          body("email", json!("nobody")),               "#/email"),
        ("a long address",      body("email", json!(format!("{}@example.test", "a".repeat(250)))), "#/email"),
        ("a short username",    body("username", json!("ab")),                "#/username"),
        ("spaces in it",        body("username", json!("a b c")),             "#/username"),
        ("a short password",    body("password", json!("short one")),         "#/password"),
        ("a common password",   body("password", json!("password1234")),      "#/password"),
        ("a long password",     body("password", json!("x".repeat(129))),     "#/password"),
        ("the username again",  body("password", json!("finefinefine")),      "#/password"),
        ("no name",             body("display_name", json!("")),              "#/display_name"),
        ("a name with a line",  body("display_name", json!("a\nb")),          "#/display_name"),
        ("no phone number",     body("phone", json!("0123")),                 "#/phone"),
    ];
    for (case, body, at) in cases {
        let answer = anyone.post("/v1/registrations", body).await;
        check(case, &answer, 422, "invalid", Some(at));
    }
    let role = anyone.post("/v1/registrations", body("role", json!("admin"))).await;
    check("a role of one's own", &role, 400, "malformed-request", Some("#/role"));
    let token =
        anyone.post("/v1/registrations/verify", json!({ "token": "not one of ours" })).await;
    check("a token of one's own", &token, 422, "bad-token", None);
}

async fn paths_and_parameters(me: &Client) {
    let day = "date=2027-01-01&start_time=12:00&end_time=13:00";
    #[rustfmt::skip] // a table
    let cases = [
        ("/v1/nothing",                                            404, "not-found",         None),
        ("/v1/bookings/17",                                        400, "malformed-request", Some("id")),
        ("/v1/bookings/2026-11-21-RV01-AAAAAAAA",                  404, "not-found",         None),
        ("/v1/courts/ZZ99",                                        404, "not-found",         None),
        ("/v1/courts/court%20one",                                 400, "malformed-request", Some("code")),
        ("/v1/courts/RV01/days/tomorrow",                          400, "malformed-request", Some("date")),
        ("/v1/venues/nowhere",                                     404, "not-found",         None),
        ("/v1/courts/available",                                   400, "malformed-request", Some("date")),
        ("/v1/courts/available?date=2027-02-30&start_time=12:00&end_time=13:00", 400, "malformed-request", Some("date")),
        ("/v1/courts/available?date=2027-01-01&start_time=25:00&end_time=13:00", 400, "malformed-request", Some("start_time")),
        (&format!("/v1/courts/available?{day}&colour=red"),        400, "malformed-request", Some("colour")),
        (&format!("/v1/courts/available?{day}&date=2027-01-02"),   400, "malformed-request", Some("date")),
        (&format!("/v1/courts/available?{day}&indoor=maybe"),      400, "malformed-request", Some("indoor")),
        (&format!("/v1/courts/available?{day}&venue=nowhere"),     404, "not-found",         Some("venue")),
        ("/v1/courts/available?date=2020-01-01&start_time=12:00&end_time=13:00", 422, "invalid", Some("start_time")),
        ("/v1/courts/available?date=2027-01-01&start_time=12:10&end_time=13:10", 422, "invalid", Some("start_time")),
        ("/v1/bookings?limit=201",                                 400, "malformed-request", Some("limit")),
        ("/v1/bookings?limit=0",                                   400, "malformed-request", Some("limit")),
        ("/v1/bookings?after=nonsense",                            400, "bad-cursor",        Some("after")),
        // Texts with U+0000, and times before the database's calendar begins: nothing that can be asked for.
        ("/v1/venues?after=Ilx1MDAwMCI",                           400, "bad-cursor",        Some("after")),
        ("/v1/bookings?after=WyIyMDI3LTAxLTAxVDAwOjAwOjAwWiIsIlx1MDAwMCJd", 400, "bad-cursor", Some("after")),
        ("/v1/bookings?after=WyItMDA1MDAwLTAxLTAxVDAwOjAwOjAwWiIsIngiXQ", 400, "malformed-request", None),
        ("/v1/bookings?from=-005000-01-01T00:00:00Z",              400, "malformed-request", None),
        ("/v1/bookings?state=lost",                                400, "malformed-request", Some("state")),
        ("/v1/bookings?venue=riverside",                           403, "forbidden",         None),
    ];
    for (path, status, problem, at) in cases {
        check(path, &me.get(path).await, status, problem, at);
    }
    let early = me.get_after("/v1/courts", "not-a-position").await;
    check(
        "a position of one's own",
        &early,
        400,
        "malformed-request",
        Some("Courtside-Min-Position"),
    );
    let here = me.get("/v1/courts").await.position();
    let (log, _) = here.split_once('-').expect("a token");
    let future = me.get_after("/v1/courts", &format!("{log}-999999999")).await;
    let future = future.expect(200);
    assert_eq!(
        future.header("courtside-position-reset").as_deref(),
        Some("true"),
        "the log ends before it: it was restored since"
    );
    let elsewhere = format!("{}-17", "0".repeat(32));
    let other = me.get_after("/v1/courts", &elsewhere).await.expect(200);
    assert_eq!(other.header("courtside-position-reset").as_deref(), Some("true"));

    let method = me.put("/v1/bookings", json!({})).await;
    check("a method", &method, 405, "method-not-allowed", None);
    let allowed = method.header("allow").unwrap_or_default();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
}

async fn tokens(anyone: &Client, me: &Client) {
    let mine = me.token.clone().expect("a token");
    let parts: Vec<&str> = mine.split('.').collect();
    let unsigned = format!("{}.{}.", parts[0], parts[1]);
    let other = anyone.login("amir", PASSWORD).await.token.expect("a token");
    let grafted =
        format!("{}.{}.{}", parts[0], parts[1], other.rsplit('.').next().expect("a signature"));
    // {"alg":"none","typ":"at+jwt"}
    let none = format!("eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.{}.", parts[1]);
    let long = format!("{mine}{}", "A".repeat(5_000));
    for (case, token) in [
        ("nonsense", "nonsense"),
        ("unsigned", &unsigned),
        ("grafted", &grafted),
        ("alg none", &none),
        ("long", &long),
    ] {
        let answer = anyone.with_token(token).get("/v1/me").await;
        check(case, &answer, 401, "unauthenticated", None);
        assert!(
            answer.header("www-authenticate").is_some_and(|it| it.starts_with("Bearer")),
            "{case}"
        );
    }
}
