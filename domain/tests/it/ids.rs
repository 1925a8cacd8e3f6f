//! Names of things.
use domain::ids::{BookingId, CourtCode, MalformedId, VenueId};
use jiff::civil::date;
use uuid::Uuid;

#[test]
fn a_booking_id_locates_its_booking() {
    let id: BookingId = "2026-11-21-7FK2-9X3M2KQD".parse().unwrap();
    assert_eq!((id.date(), id.court().to_string()), (date(2026, 11, 21), "7FK2".to_owned()));
    assert_eq!(id.stream(), "courtday-7FK2-2026-11-21");
    assert_eq!(id.to_string(), "2026-11-21-7FK2-9X3M2KQD");
}

#[test]
fn a_retried_command_makes_the_same_booking_id() {
    let court: CourtCode = "7FK2".parse().unwrap();
    let derive =
        |command| BookingId::derive(date(2026, 11, 21), court.clone(), Uuid::from_u128(command));
    // Frozen: an id that changes with a release books twice what is retried across it.
    assert_eq!(derive(1).to_string(), "2026-11-21-7FK2-7XHP76T2");
    assert_eq!(derive(1), derive(1));
    assert_eq!(derive(1).to_string().parse(), Ok(derive(1)));
}

#[test]
fn commands_of_one_moment_make_different_booking_ids() {
    // UUIDv7: the first 48 bits are the time.
    let court: CourtCode = "7FK2".parse().unwrap();
    let command =
        |random: u128| Uuid::from_u128(0x0199_f3a1_b2c3_7000_8000_0000_0000_0000 | random);
    let ids = (0..1000).map(|it| BookingId::derive(date(2026, 11, 21), court.clone(), command(it)));
    assert_eq!(ids.collect::<std::collections::BTreeSet<_>>().len(), 1000);
}

#[test]
fn one_id_has_one_text() {
    let booking = |text: &str| text.parse::<BookingId>();
    for text in [
        "",
        "2026-11-21",
        "2026-11-21-7FK2",
        "2026-11-21-7FK2-9X3M2KQ",
        "2026-11-21-7FK2-9X3M2KQDD",
        "2026-11-21-7FK2-9X3M2KQU",
        "2026-11-21-7fk2-9X3M2KQD",
        "2026-11-21-7FK2-9X3M2KQD-",
        "2026-11-31-7FK2-9X3M2KQD",
        "2026-1-021-7FK2-9X3M2KQD",
        "20261121---7FK2-9X3M2KQD",
        "ÄÄÄÄÄ-7FK2-9X3M2KQD",
    ] {
        assert_eq!(booking(text), Err(MalformedId::Booking), "{text}");
    }
    for text in ["n", "Nord", "1nord", "nord_west", &"n".repeat(41)] {
        assert_eq!(text.parse::<VenueId>(), Err(MalformedId::Venue), "{text}");
    }
    for text in ["7", "7FK2ILOU", "7FK2-7FK2", "7FK27FK27"] {
        assert_eq!(text.parse::<CourtCode>(), Err(MalformedId::Court), "{text}");
    }
}
