use domain::ids::UserId;
use domain::waitlist::{OfferEnd, WaitlistEvent, Wish};
use serde_json::{Value, json};

use crate::given::{Log, PLAYER, at, t};
use crate::views::cuts::Bench;

const LIST: &str = "waitlist-riverside-2026-11-21";
const ID: &str = "2026-11-21-riverside-9X3M2KQD";
const OTHER: &str = "2026-11-21-riverside-9X3M2KQE";
const BOOKING: &str = "2026-11-21-7FK2-9X3M2KQD";

fn joined(id: &str) -> WaitlistEvent {
    let wish = Wish {
        from: t(600),
        to: t(720),
        minutes: 60,
        court: None,
        kind: Some("tennis".to_owned()),
        surface: None,
        indoor: Some(true),
    };
    WaitlistEvent::Joined { waiting: id.parse().unwrap(), user: UserId(PLAYER), wish }
}

fn offered(booking: &str) -> WaitlistEvent {
    WaitlistEvent::Offered {
        waiting: ID.parse().unwrap(),
        booking: booking.parse().unwrap(),
        starts_at: t(600),
        ends_at: t(660),
        until: t(20),
    }
}

fn ended(how: OfferEnd) -> WaitlistEvent {
    let (waiting, booking) = (ID.parse().unwrap(), BOOKING.parse().unwrap());
    WaitlistEvent::OfferEnded { waiting, booking, how }
}

fn row(id: &str, state: &str, offer: Option<&str>) -> Value {
    let instant = |minutes| offer.map(|_| at(minutes));
    json!({
        "id": id, "user_id": PLAYER, "venue": "riverside", "date": "2026-11-21", "from_at": at(600), "to_at": at(720),
        "minutes": 60, "court": null, "kind": "tennis", "surface": null, "indoor": true, "joined_at": at(1),
        "state": state, "offer_booking": offer, "offer_starts_at": instant(600), "offer_ends_at": instant(660),
        "offer_until": instant(20),
    })
}

#[tokio::test]
async fn people_see_what_they_wait_for_and_what_is_offered() {
    let bench = Bench::of("waitlist").await;
    let check = async |claim: &str, log: &Log, rows: Value| {
        bench.check(claim, &log.0, "waitlist_v1", rows).await;
    };
    let log = Log::default().with(LIST, 1, &joined(ID)).with(LIST, 1, &joined(OTHER));
    let other = || row(OTHER, "waiting", None);
    check("two wishes", &log, json!([row(ID, "waiting", None), other()])).await;
    let log = log.with(LIST, 5, &offered(BOOKING));
    check("an offer", &log, json!([row(ID, "waiting", Some(BOOKING)), other()])).await;
    let lapsed = Log(log.0.clone()).with(LIST, 20, &ended(OfferEnd::Lapsed));
    check("it lapses", &lapsed, json!([row(ID, "waiting", None), other()])).await;
    let next = "2026-11-21-7FK3-9X3M2KQD";
    let again = lapsed.with(LIST, 21, &offered(next));
    check("the next one", &again, json!([row(ID, "waiting", Some(next)), other()])).await;
    let served = Log(log.0.clone()).with(LIST, 9, &ended(OfferEnd::Accepted));
    check("accepted", &served, json!([row(ID, "served", None), other()])).await;
    let left = log.with(LIST, 9, &WaitlistEvent::Left { waiting: ID.parse().unwrap() });
    check("left with an offer", &left, json!([row(ID, "left", Some(BOOKING)), other()])).await;
}
