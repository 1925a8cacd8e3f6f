//! What becomes of a venue and its courts, and what the public sees of it.
use acceptance::{Answer, Client, PASSWORD, Stack, in_days};
use serde_json::{Value, json};

const DAYS: i64 = 12;

#[tokio::test]
async fn a_venue_changes_under_its_public() {
    let stack = Stack::demo().await;
    let anyone = stack.client();
    let staff = anyone.login("staff", PASSWORD).await;
    who_has_it_already_is_told_so(&anyone).await;
    a_day_is_closed_and_opened(&anyone, &staff).await;
    a_date_has_hours_of_its_own(&anyone, &staff).await;
    a_court_retires_and_returns(&anyone, &staff).await;
    a_raise_is_announced(&anyone, &staff).await;
    a_court_is_described_anew(&anyone, &staff).await;
    days_and_dates_that_are_none(&anyone).await;
}

fn search() -> String {
    Client::search_path("riverside", DAYS, "12:00", "13:00")
}

fn day(of: &str) -> String {
    format!("{of}/days/{}", in_days(DAYS))
}

/// The states of a court's slots, once each.
fn states(slots: &Value) -> Vec<String> {
    let slots = slots.as_array().expect("slots");
    let mut states: Vec<String> =
        slots.iter().map(|it| it["state"].as_str().expect("a state").to_owned()).collect();
    states.dedup();
    states
}

fn count(value: &Value) -> usize {
    value.as_array().map_or(0, Vec::len)
}

async fn who_has_it_already_is_told_so(anyone: &Client) {
    for path in ["/v1/venues/riverside", "/v1/courts/RV01"] {
        let seen = anyone.get(path).await.expect(200);
        let tag = seen.header("etag").expect("a tag");
        let again = anyone.get_request(path).header("if-none-match", &tag);
        let again = anyone.attempt(again).await.expect("an answer").expect(304);
        assert_eq!((again.header("etag"), again.body), (Some(tag), Value::Null), "{path}");
        assert!(again.headers.contains_key("courtside-position"), "{path}");
    }
}

async fn a_day_is_closed_and_opened(anyone: &Client, staff: &Client) {
    let free = anyone.get(&search()).await.expect(200);
    let place = Client::place(&free, 0);
    let closure = format!("/v1/venues/riverside/closures/{}", in_days(DAYS));
    let closed = staff.put(&closure, json!({ "reason": "Storm" })).await.expect(204);

    let found = anyone.get_after(&search(), &closed.position()).await.expect(200);
    assert_eq!(count(&found.body["items"]), 0);
    let alternatives = found.body["alternatives"].as_array().expect("alternatives");
    assert!(!alternatives.is_empty(), "elsewhere");
    assert!(alternatives.iter().all(|it| it["venue"] == "harbour"), "{}", found.body);
    let grid = anyone.get(&day("/v1/venues/riverside")).await.expect(200);
    assert_eq!((&grid.body["opens_at"], count(&grid.body["items"])), (&Value::Null, 4));
    assert!(states(&grid.body["items"][0]["slots"]).is_empty(), "{}", grid.body);
    let venue = anyone.get("/v1/venues/riverside").await.expect(200);
    assert_eq!(venue.body["closed_on"], json!([in_days(DAYS)]));
    assert!(!venue.body.to_string().contains("Storm"), "a reason is not for the public");
    let held = staff.hold("storm", &place).await;
    assert_eq!(first_code(&held.expect(422)), "outside-hours");

    let opened = staff.delete(&closure).await.expect(204);
    let found = anyone.get_after(&search(), &opened.position()).await.expect(200);
    assert_eq!(found.body["items"], free.body["items"], "as it was");
}

async fn a_date_has_hours_of_its_own(anyone: &Client, staff: &Client) {
    let path = format!("/v1/venues/riverside/hours/{}", in_days(DAYS));
    let set = staff.put(&path, json!({ "open": "13:00", "close": "15:00" })).await.expect(204);
    let grid = anyone.get_after(&day("/v1/courts/RV01"), &set.position()).await.expect(200);
    assert_eq!(count(&grid.body["slots"]), 4, "{}", grid.body);
    assert_eq!(states(&grid.body["slots"]), ["free"]);
    let found = anyone.get(&search()).await.expect(200);
    assert_eq!(count(&found.body["items"]), 0, "not open by then");
    assert_eq!(found.body["alternatives"][0]["minutes_away"], 60, "{}", found.body);
    staff.delete(&path).await.expect(204);
}

async fn a_court_retires_and_returns(anyone: &Client, staff: &Client) {
    let from = json!({ "from": in_days(DAYS) });
    let mut with_reason = from.clone();
    with_reason["reason"] = json!("The net is torn");
    let retired = staff.post("/v1/courts/RV01/retire", with_reason).await.expect(204);
    let found = anyone.get_after(&search(), &retired.position()).await.expect(200);
    let offers_it = |it: &Answer| it.body["items"].to_string().contains("RV01");
    assert!(!offers_it(&found), "{}", found.body);
    let grid = anyone.get(&day("/v1/courts/RV01")).await.expect(200);
    assert_eq!(states(&grid.body["slots"]), ["closed"]);
    let court = anyone.get("/v1/courts/RV01").await.expect(200);
    assert_eq!(court.body["service"][0]["state"], "retired", "and is still to be seen");
    let another = Client::place(&found, 0);
    let mut place = another.clone();
    place["court"] = json!("RV01");
    assert_eq!(first_code(&staff.hold("torn", &place).await.expect(422)), "court-retired");

    let back = staff.post("/v1/courts/RV01/return", from).await.expect(204);
    let found = anyone.get_after(&search(), &back.position()).await.expect(200);
    assert!(offers_it(&found), "{}", found.body);
}

async fn a_raise_is_announced(anyone: &Client, staff: &Client) {
    let raise = json!({ "from": in_days(DAYS), "currency": "EUR", "off_peak_per_hour_minor": 9900,
        "peak_per_hour_minor": 9900 });
    let raised = staff.put("/v1/courts/RV02/prices", raise).await.expect(204);
    let price = async |days| {
        let path = format!("/v1/courts/RV02/days/{}", in_days(days));
        let grid = anyone.get_after(&path, &raised.position()).await.expect(200);
        grid.body["slots"][0]["price"]["amount_minor"].clone()
    };
    assert_eq!((price(DAYS - 1).await, price(DAYS).await), (json!(1200), json!(4950)));
    let found = anyone.get(&search()).await.expect(200);
    let items = found.body["items"].as_array().expect("items");
    let it = items.iter().find(|it| it["code"] == "RV02").expect("a free court");
    assert_eq!(it["price"]["amount_minor"], 9900);
}

async fn a_court_is_described_anew(anyone: &Client, staff: &Client) {
    let seen = anyone.get("/v1/courts/RV03").await.expect(200);
    let tag = seen.header("etag").expect("a tag");
    let patch = json!({ "name": "Padel under glass", "indoor": true });
    let patched = staff.patch("/v1/courts/RV03", &tag, patch.clone()).await.expect(204);
    let again = staff.patch("/v1/courts/RV03", &tag, json!({ "indoor": false })).await;
    assert_eq!(again.expect(412).problem(), "stale");
    let indoors = format!("{}&kind=padel&indoor=true", search());
    let found = anyone.get_after(&indoors, &patched.position()).await.expect(200);
    assert_eq!(found.body["items"][0]["name"], "Padel under glass", "{}", found.body);
    // Outdoors there is none left: the one under glass is the nearest to it.
    let outdoors = anyone.get(&format!("{}&kind=padel&indoor=false", search())).await.expect(200);
    assert_eq!(count(&outdoors.body["items"]), 0);
    let nearest = &outdoors.body["alternatives"][0];
    assert_eq!((&nearest["code"], &nearest["minutes_away"]), (&json!("RV03"), &json!(0)));
    let page = anyone.get(&format!("{}?limit=3", day("/v1/venues/riverside"))).await.expect(200);
    let rest = anyone.get(&page.text("next")).await.expect(200);
    assert_eq!((count(&page.body["items"]), count(&rest.body["items"])), (3, 1));
}

async fn days_and_dates_that_are_none(anyone: &Client) {
    let days = [
        ("/v1/venues/riverside/days/2026-02-30", 400),
        ("/v1/venues/riverside/days/20261121", 400),
        ("/v1/venues/riverside/days/-009999-01-01", 400),
        ("/v1/venues/riverside/days/9999-12-31", 400),
        ("/v1/venues/Riverside/days/2026-11-21", 400),
        ("/v1/venues/lakeside/days/2026-11-21", 404),
        ("/v1/courts/ZZZZ/days/2026-11-21", 404),
        ("/v1/courts/RV01/days/tomorrow", 400),
        ("/v1/courts/RV01/days/2026-11-21?page=2", 400),
        ("/v1/courts/available?date=-009999-01-01&start_time=12:00&end_time=13:00", 400),
        ("/v1/venues/riverside/days/2199-12-31", 200),
        ("/v1/venues/riverside/days/2000-01-01", 200),
    ];
    for (path, status) in days {
        let answer = anyone.get(path).await;
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.body);
    }
}

fn first_code(answer: &Answer) -> &str {
    answer.body["errors"][0]["code"].as_str().unwrap_or_default()
}
