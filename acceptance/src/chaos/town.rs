//! More places and people than the demo has: a long load would else meet itself on a few court-days, and give one person the
//! bookings of a whole town.
use serde_json::json;
use tokio::task::{JoinSet, LocalSet};

use crate::Client;

const DAYS: [&str; 7] =
    ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const COURTS: usize = 8;
/// How far ahead they sell, and on how many of these days a load may book: from the third on.
const ADVANCE: usize = 63;
pub const BOOKED_DAYS: usize = 60;
/// More are asked for than one password pool hashes.
const AT_ONCE: usize = 8;

/// Opens so many venues of eight courts each, where nobody's quota is ever full, and says their names.
pub async fn open_venues(admin: &Client, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|it| format!("ground-{it}")).collect();
    let hours = json!({ "open": "06:00", "close": "23:00" });
    let week: serde_json::Map<_, _> =
        DAYS.iter().map(|it| ((*it).to_owned(), hours.clone())).collect();
    let policy = json!({
        "advance_days": ADVANCE, "max_open_holds": 100, "max_bookings_per_day": 1000,
        "max_upcoming": 1000
    });
    for (number, name) in names.iter().enumerate() {
        let venue = json!({ "id": name, "name": name, "zone": "Europe/Berlin" });
        admin.post("/v1/venues", venue).await.expect(201);
        admin.put(&format!("/v1/venues/{name}/hours"), json!({ "week": week })).await.expect(204);
        admin.put(&format!("/v1/venues/{name}/policy"), policy.clone()).await.expect(204);
        for court in 0..COURTS {
            let prices = json!({
                "currency": "EUR", "off_peak_per_hour_minor": 2000, "peak_per_hour_minor": 3000
            });
            let court = json!({
                "code": format!("G{number:02}C{court}"), "venue": name, "name": "A court",
                "kind": "tennis", "surface": "clay", "indoor": false, "prices": prices
            });
            admin.post("/v1/courts", court).await.expect(201);
        }
    }
    names
}

/// Registers so many where no mail is needed for that (`AUTH_EMAIL_VERIFICATION_REQUIRED`), and says their names.
pub async fn invite(anyone: &Client, count: usize) -> Vec<String> {
    let names: Vec<String> = (0..count).map(|it| format!("guest{it}")).collect();
    for some in names.chunks(AT_ONCE) {
        let (here, mut all) = (LocalSet::new(), JoinSet::new());
        for name in some {
            let (anyone, name) = (anyone.clone(), name.clone());
            all.spawn_local_on(async move { anyone.register(&name).await }, &here);
        }
        here.run_until(all.join_all()).await;
    }
    names
}
