use domain::bookings::{BookedFor, BookingEvent, Held};
use domain::guests::GuestEvent;
use domain::ids::GuestId;
use serde_json::json;
use uuid::Uuid;

use crate::given::{Log, confirmed, court_day, held, id};
use crate::views::cuts::Bench;

const GUEST: GuestId = GuestId(Uuid::from_u128(0x6E57));

/// A hold of the desk's, for a guest.
async fn held_for_guest(bench: &Bench, suffix: &str, starts_at: i64) -> BookingEvent {
    let subject = GUEST.stream();
    let seal = async |field, text| {
        bench.vault.seal(&subject, field, Uuid::from_u128(1), text).await.expect("a sealed value")
    };
    let booked_for = BookedFor::Guest {
        guest: GUEST,
        name: seal("name", "Dóra Kovács").await,
        email: None,
        phone: Some(seal("phone", "+36301234567").await),
        notes: Some(seal("notes", "brings a child").await),
    };
    let BookingEvent::Held(hold) = held(2, suffix, starts_at) else { panic!("a hold") };
    BookingEvent::Held(Box::new(Held { booked_for, expires_at: None, ..*hold }))
}

#[tokio::test]
async fn the_desk_is_told_whom_a_booking_is_for_until_they_are_erased() {
    let bench = Bench::of("guests").await;
    let log = Log::default()
        .with(&court_day(2), 0, &held(2, "A", 120))
        .with(&court_day(2), 1, &held_for_guest(&bench, "B", 180).await)
        .with(&court_day(2), 2, &confirmed(2, "B"))
        .with(&court_day(2), 3, &held_for_guest(&bench, "C", 240).await);
    let row = |suffix: &str| {
        json!({
            "booking": id(2, suffix), "name": "Dóra Kovács", "email": null, "phone": "+36301234567",
            "notes": "brings a child",
        })
    };
    bench.check("guests alone", &log.0, "guests_v1", json!([row("B"), row("C")])).await;

    let nobody = |suffix: &str| json!({ "booking": id(2, suffix), "name": "[erased]", "email": null, "phone": "[erased]", "notes": "[erased]" });
    let erased = Log(log.0.clone()).with(&GUEST.stream(), 0, &GuestEvent::Erased {});
    bench.check("in a live build", &erased.0, "guests_v1", json!([nobody("B"), nobody("C")])).await;

    bench.vault.destroy(&GUEST.stream(), None).await.expect("an erasure");
    bench.check("erased", &log.0, "guests_v1", json!([nobody("B"), nobody("C")])).await;
}
