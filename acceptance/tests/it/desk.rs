//! The desk's day: who has which court, who has paid and come, where nobody can play; and a day that is closed.
use std::time::Duration;

use acceptance::{Client, PASSWORD, Stack, in_days};
use serde_json::{Value, json};
use testing::eventually;

const DAYS: i64 = 12;
const SOON: Duration = Duration::from_mins(1);

#[tokio::test]
async fn the_desk_has_its_day_before_it_and_closes_it() {
    let stack = Stack::demo().await;
    let anyone = stack.client();
    let staff = anyone.login("staff", PASSWORD).await;
    let me = anyone.newcomer("mara").await;
    let booked = book(&me, "12:00", "13:00", Value::Null).await;
    the_sheet_says_who_has_which_court(&me, &staff, &booked).await;
    what_was_sold_is_summed_by_court_and_hour(&me, &staff, &booked).await;
    a_day_that_is_closed_gives_everything_back(&anyone, &me, &staff, &booked).await;
}

fn day(of: &str) -> String {
    format!("{of}/days/{}", in_days(DAYS))
}

fn sheet() -> String {
    format!("{}/sheet", day("/v1/venues/riverside"))
}

/// Books the first court that is free then, and confirms.
async fn book(by: &Client, start: &str, end: &str, guest: Value) -> Value {
    let path = Client::search_path("riverside", DAYS, start, end);
    let mut place = Client::place(&by.get(&path).await.expect(200), 0);
    if !guest.is_null() {
        place["for"] = json!({ "guest": guest });
    }
    let held = by.hold(&format!("desk {start}"), &place).await.expect(201);
    by.booking(&held.text("id"), "confirm").await.expect(200).body
}

async fn the_sheet_says_who_has_which_court(me: &Client, staff: &Client, booked: &Value) {
    let id = booked["id"].as_str().expect("an id");
    let guest = json!({ "name": "=HYPERLINK(\"http://x\")", "phone": "+36301234567", "notes": "two, \"left\"" });
    let theirs = book(staff, "14:00", "15:00", guest).await;
    assert_eq!(theirs["court"], booked["court"], "the first court is free at both times");
    let court = theirs["court"].as_str().expect("a court");
    staff.booking(theirs["id"].as_str().expect("an id"), "mark-paid").await.expect(200);
    let rain = json!({
        "courts": [court], "starts_at": theirs["ends_at"], "ends_at": end_of(&theirs), "cause": "rain",
    });
    let blocks = "/v1/venues/riverside/blocks";
    let blocked = staff.post_once(blocks, "rain", &rain).await.expect(201);

    me.get(&sheet()).await.expect(403);
    let shown = staff.get_after(&sheet(), &blocked.position()).await.expect(200);
    let items = shown.body["items"].as_array().expect("courts");
    let it = items.iter().find(|it| it["court"] == court).expect("the court");
    let [mine, guests] = it["bookings"].as_array().expect("bookings").as_slice() else {
        panic!("two bookings: {it}")
    };
    assert_eq!(
        (&mine["id"], &mine["name"], &mine["state"]),
        (&json!(id), &json!("mara"), &json!("confirmed"))
    );
    assert_eq!((&mine["local"]["start"], &mine["checked_in"]), (&json!("12:00"), &json!(false)));
    assert_eq!((&mine["paid"]["amount_minor"], &mine["due"]), (&json!(0), &mine["price"]));
    assert_eq!((&guests["player"], &guests["phone"]), (&Value::Null, &json!("+36301234567")));
    assert_eq!((&guests["paid"], &guests["due"]["amount_minor"]), (&guests["price"], &json!(0)));
    assert_eq!(it["blocks"][0]["cause"], "rain");
    assert_eq!(it["blocks"][0]["id"], blocked.body["id"]);

    let csv = staff.attempt(staff.get_request(&sheet()).header("accept", "text/csv")).await;
    let csv = csv.expect("an answer").expect(200);
    let text = csv.body.as_str().expect("a table").to_owned();
    assert_eq!(
        csv.header("content-type").as_deref(),
        Some("text/csv; charset=utf-8; header=present")
    );
    let asked = staff.get(&format!("{}?format=csv", sheet())).await.expect(200);
    assert_eq!(asked.body.as_str(), Some(text.as_str()), "asked for by link, it is the same");
    let rows: Vec<&str> = text.lines().filter(|it| it.starts_with(court)).collect();
    let [first, second, third] = rows.as_slice() else { panic!("three rows: {text}") };
    assert!(first.contains(&format!(",{id},confirmed,mara,")), "{first}");
    assert!(
        second.contains(r#","'=HYPERLINK(""http://x"")",'+36301234567,"two, ""left""","#),
        "{second}"
    );
    assert!(third.ends_with(",rain") && third.contains(",block,"), "{third}");
    let odd = staff.get(&format!("{}?format=pdf", sheet())).await.expect(400);
    assert_eq!(odd.body["errors"][0]["code"], "unknown-value");
    staff.get(&sheet().replace("riverside", "nowhere")).await.expect(404);

    // Lifted, so that what follows has but one reason.
    let lift = format!("{blocks}/{}/lift", blocked.text("id"));
    let mut lifted = rain.clone();
    lifted.as_object_mut().expect("a body").remove("cause");
    staff.post(&lift, lifted).await.expect(204);
}

async fn what_was_sold_is_summed_by_court_and_hour(me: &Client, staff: &Client, booked: &Value) {
    let path = |from: i64, to: i64| {
        format!("/v1/venues/riverside/statistics?from={}&to={}", in_days(from), in_days(to))
    };
    me.get(&path(DAYS, DAYS)).await.expect(403);
    let shown = staff.get(&path(DAYS, DAYS)).await.expect(200);
    let items = shown.body["items"].as_array().expect("hours");
    let at = |hour: i64| {
        let found = items.iter().find(|it| it["court"] == booked["court"] && it["hour"] == hour);
        found.unwrap_or_else(|| panic!("no hour {hour}: {}", shown.body))
    };
    let (price, nothing) = (json!([booked["price"]]), json!([]));
    for (hour, sold, prices, takings) in
        [(12, 60, &price, &nothing), (13, 0, &nothing, &nothing), (14, 60, &price, &price)]
    {
        let it = at(hour);
        assert_eq!(it["for_sale_minutes"], 60, "{it}");
        let said = (&it["sold_minutes"], &it["prices"], &it["takings"]);
        assert_eq!(said, (&json!(sold), prices, takings), "{it}");
    }
    let csv = staff.get(&format!("{}&format=csv", path(DAYS, DAYS))).await.expect(200);
    assert!(csv.body.as_str().is_some_and(|it| it.starts_with("court,hour,")), "{}", csv.body);
    for (from, to, code) in [(1, 0, "end-before-start"), (0, 92, "too-long")] {
        let refused = staff.get(&path(from, to)).await.expect(422);
        assert_eq!(refused.body["errors"][0]["code"], code);
    }
    staff.get(&path(0, 91)).await.expect(200);
}

/// An hour after the end of a booking.
fn end_of(booking: &Value) -> String {
    let ends_at: jiff::Timestamp =
        booking["ends_at"].as_str().expect("an end").parse().expect("a time");
    (ends_at + jiff::SignedDuration::from_hours(1)).to_string()
}

async fn a_day_that_is_closed_gives_everything_back(
    anyone: &Client,
    me: &Client,
    staff: &Client,
    booked: &Value,
) {
    let id = booked["id"].as_str().expect("an id");
    let closure = format!("/v1/venues/riverside/closures/{}", in_days(DAYS));
    let previewed = staff.put(&format!("{closure}?dry_run=true"), json!({})).await.expect(200);
    let hit = previewed.body["parts"].to_string();
    assert!(hit.contains(id) && hit.contains(r#""refund""#), "{}", previewed.body);

    staff.put(&closure, json!({ "reason": "Storm" })).await.expect(204);
    let path = format!("/v1/bookings/{id}");
    let cancelled = async || me.get(&path).await.expect(200).text("state") == "cancelled";
    eventually("the booking is cancelled", SOON, cancelled).await;
    let shown = me.get(&path).await.expect(200);
    assert_eq!(shown.body["refund"], booked["price"], "everything");

    let causes = async || {
        let grid = anyone.get(&day("/v1/venues/riverside")).await.expect(200);
        let blocks = grid.body["blocks"].as_array().cloned().unwrap_or_default();
        blocks.iter().map(|it| it["cause"].clone()).collect::<Vec<_>>()
    };
    eventually("the grid says why", SOON, async || causes().await == ["closed"]).await;
    let shown = staff.get(&sheet()).await.expect(200);
    let listed = shown.body["items"].to_string();
    assert!(listed.contains(r#""cause":"closed""#) && !listed.contains(id), "{listed}");

    staff.delete(&closure).await.expect(204);
    eventually("the court is open again", SOON, async || causes().await.is_empty()).await;
    let place = json!({
        "court": booked["court"], "starts_at": booked["starts_at"], "ends_at": booked["ends_at"],
    });
    let again = me.hold("after the storm", &place).await.expect(201);
    me.booking(&again.text("id"), "release").await.expect(200);
}
