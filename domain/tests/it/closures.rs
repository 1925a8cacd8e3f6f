//! Days that are closed, hours of one day, courts out of service, prices by date: what is sold, what is kept, and what
//! the clocks have to say about it.
use domain::bookings::{
    BookingCommand, BookingEvent, BookingRejection, By, CourtDay, Hold, Holder, Place,
};
use domain::courts::{Court, Service};
use domain::decider::Decider;
use domain::ids::{BookingId, UserId};
use domain::policies::{
    DayHours, PeakWindow, PriceList, Prices, Refusal, check, check_court, grid, open_hours,
    service_day, slots,
};
use domain::venues::Venue;
use jiff::Timestamp;
use uuid::Uuid;

use crate::place::{at, date, time, venue, venue_in};

fn court() -> Court {
    let [name, kind, surface] = ["Court 1", "tennis", "clay"].map(str::to_owned);
    let (prices, service) = (PriceList::default(), [].into());
    Court { venue: "nord".parse().unwrap(), name, kind, surface, indoor: true, prices, service }
}

fn closed_on(mut venue: Venue, on: &str) -> Venue {
    venue.closed_on.insert(date(on));
    venue
}

fn open_on(mut venue: Venue, on: &str, open: &str, close: &str) -> Venue {
    venue.hours_on.insert(date(on), DayHours { open: time(open), close: time(close) });
    venue
}

const CLOSED: Result<(), Refusal> = Err(Refusal::OutsideHours { opens_at: None, closes_at: None });

#[test]
fn a_closed_day_ends_with_its_night_and_touches_no_other() {
    // Open from 18:00 to 02:00: the night after Saturday is Saturday's.
    let venue = closed_on(venue_in("Europe/Berlin", "04:00", "18:00", "02:00"), "2026-11-21");
    let now = at("2026-11-20T12:00+01:00");
    let sold = |from, to| check(&venue, at(from), at(to), now);
    assert_eq!(sold("2026-11-21T00:30+01:00", "2026-11-21T01:30+01:00"), Ok(()), "Friday's night");
    assert_eq!(sold("2026-11-21T18:00+01:00", "2026-11-21T19:00+01:00"), CLOSED);
    assert_eq!(
        sold("2026-11-22T00:30+01:00", "2026-11-22T01:30+01:00"),
        CLOSED,
        "Saturday's night"
    );
    assert_eq!(sold("2026-11-22T18:00+01:00", "2026-11-22T19:00+01:00"), Ok(()));
    assert_eq!(slots(&venue, date("2026-11-21"), 60), []);
    assert_eq!(grid(&venue, date("2026-11-21")), []);
}

#[test]
fn the_hours_of_one_date_are_what_is_sold_on_it() {
    let venue = open_on(venue(), "2026-12-31", "08:00", "12:00");
    let open = |on| open_hours(&venue, date(on));
    assert_eq!(
        open("2026-12-31"),
        Some((at("2026-12-31T08:00+01:00"), at("2026-12-31T12:00+01:00")))
    );
    assert_eq!(
        open("2027-01-01"),
        Some((at("2027-01-01T06:00+01:00"), at("2027-01-01T23:00+01:00")))
    );
    assert_eq!(grid(&venue, date("2026-12-31")).len(), 8);

    let never_open = Venue { hours: [].into(), ..venue };
    assert_eq!(
        open_hours(&never_open, date("2026-12-31")).map(|it| it.0),
        Some(at("2026-12-31T08:00+01:00")),
        "a date alone"
    );
}

#[test]
#[rustfmt::skip] // a table
fn days_on_which_the_clocks_change_close_and_open_as_others_do() {
    let round_the_clock = |zone: &str, start: &str| venue_in(zone, start, start, start);
    // Zone, start of the day, the day, its hours by the stop watch.
    let rows = [
        ("Europe/Berlin",       "04:00", "2026-03-28", 23 * 60),
        ("Europe/Berlin",       "04:00", "2026-10-24", 25 * 60),
        ("America/Santiago",    "00:00", "2026-09-06", 23 * 60), // begins at 01:00
        ("America/Santiago",    "00:00", "2026-04-04", 25 * 60), // its last hour comes twice
        ("Africa/Cairo",        "00:00", "2026-04-24", 23 * 60),
        ("Africa/Cairo",        "00:00", "2026-10-29", 25 * 60),
        ("Australia/Lord_Howe", "04:00", "2026-10-03", 23 * 60 + 30),
        ("Australia/Lord_Howe", "04:00", "2026-04-04", 24 * 60 + 30),
    ];
    for (zone, start, on, minutes) in rows {
        let open = round_the_clock(zone, start);
        let day = service_day(&open, date(on));
        assert_eq!(open_hours(&open, date(on)), Some(day), "{zone} {on}");
        assert_eq!(day.1.duration_since(day.0).as_mins(), minutes, "{zone} {on}");

        // Closed, nothing of it is sold, and all of the days beside it are.
        let closed = closed_on(open.clone(), on);
        let now = day.0 - jiff::SignedDuration::from_hours(30);
        assert_eq!(open_hours(&closed, date(on)), None, "{zone} {on}");
        assert_eq!(service_day(&closed, date(on)), day, "a closed day is as long: {zone} {on}");
        for (from, to) in slots(&open, date(on), 60) {
            assert_eq!(check(&open, from, to, now), Ok(()), "{from} {zone}");
            assert_eq!(check(&closed, from, to, now), CLOSED, "{from} {zone}");
        }
        for beside in [date(on).yesterday().unwrap(), date(on).tomorrow().unwrap()] {
            assert_eq!(slots(&closed, beside, 60), slots(&open, beside, 60), "{zone} {beside}");
        }
        cells_follow_one_another(&open, on);
    }
}

/// The cells of a day have no gap and no overlap, whatever the clocks do.
fn cells_follow_one_another(venue: &Venue, on: &str) {
    let (opens_at, closes_at) = open_hours(venue, date(on)).unwrap();
    let cells = grid(venue, date(on));
    assert_eq!((cells[0].0, cells[cells.len() - 1].1), (opens_at, closes_at), "{on}");
    for pair in cells.windows(2) {
        assert_eq!(pair[0].1, pair[1].0, "{on}");
    }
}

#[test]
fn hours_of_one_date_may_lie_in_the_hour_that_is_skipped_or_repeated() {
    // 02:00 to 03:00 does not exist on the night of 28 March: that day is closed, though it has hours.
    let berlin = venue_in("Europe/Berlin", "04:00", "18:00", "23:00");
    let night = |on, open, close| open_hours(&open_on(berlin.clone(), on, open, close), date(on));
    assert_eq!(night("2026-03-28", "02:00", "03:00"), None);
    let from_the_jump = Some((at("2026-03-29T03:00+02:00"), at("2026-03-29T04:00+02:00")));
    assert_eq!(night("2026-03-28", "02:30", "04:00"), from_the_jump);
    let to_the_first = Some((at("2026-10-24T22:00+02:00"), at("2026-10-25T02:30+02:00")));
    assert_eq!(night("2026-10-24", "22:00", "02:30"), to_the_first);

    // Santiago's 6 September has no midnight: open from then is open from one.
    let santiago = venue_in("America/Santiago", "00:00", "08:00", "20:00");
    let it = open_on(santiago, "2026-09-06", "00:00", "02:00");
    let open = open_hours(&it, date("2026-09-06"));
    assert_eq!(open, Some((at("2026-09-06T01:00-03:00"), at("2026-09-06T02:00-03:00"))));
}

#[test]
fn a_cell_is_as_long_as_its_lines_are_apart() {
    // Half past one to half past two is half an hour by the stop watch when the clocks jump by as much.
    let lord_howe = venue_in("Australia/Lord_Howe", "04:00", "01:00", "04:00");
    let cells = grid(&lord_howe, date("2026-10-03"));
    let minutes: Vec<_> =
        cells.iter().map(|(from, to)| to.duration_since(*from).as_mins()).collect();
    assert_eq!(minutes, [30; 5], "01:00, 01:30, 02:30, 03:00, 03:30");
    let mut hourly = lord_howe;
    hourly.policy.grid_minutes = 60;
    let cells = grid(&hourly, date("2026-10-03"));
    let minutes: Vec<_> =
        cells.iter().map(|(from, to)| to.duration_since(*from).as_mins()).collect();
    assert_eq!(minutes, [90, 60], "from one to three, with half an hour of two");
    // Hours between the lines are there from line to line.
    let between = venue_in("Europe/Berlin", "04:00", "06:10", "08:50");
    assert_eq!(grid(&between, date("2026-11-21")).len(), 4);
}

#[test]
#[rustfmt::skip] // a table
fn a_court_out_of_service_is_not_sold() {
    let mut court = court();
    court.service.insert(date("2026-11-21"), Service::Retired);
    court.service.insert(date("2026-11-23"), Service::Returned);
    let venue = venue_in("Europe/Berlin", "04:00", "18:00", "02:00");
    let now = at("2026-11-18T12:00+01:00");
    let sold = |from, to| check_court(&venue, &court, at(from), at(to), now);
    let retired = Err(Refusal::CourtRetired);

    assert_eq!(sold("2026-11-21T00:30+01:00", "2026-11-21T01:30+01:00"), Ok(()),  "the night before is the day before's");
    assert_eq!(sold("2026-11-21T18:00+01:00", "2026-11-21T19:00+01:00"), retired);
    assert_eq!(sold("2026-11-23T00:30+01:00", "2026-11-23T01:30+01:00"), retired, "and so is the last night");
    assert_eq!(sold("2026-11-23T18:00+01:00", "2026-11-23T19:00+01:00"), Ok(()));
    let far = check_court(&venue, &court, at("2026-11-22T18:00+01:00"), at("2026-11-22T19:00+01:00"), at("2026-10-01T12:00+02:00"));
    assert_eq!(far,                                                               retired, "before the advance limit, which the desk may override");
    assert_eq!(sold("2026-11-21T08:00+01:00", "2026-11-21T09:00+01:00"), check(&venue, at("2026-11-21T08:00+01:00"), at("2026-11-21T09:00+01:00"), now), "the venue first");
}

#[test]
#[rustfmt::skip] // a table
fn a_raise_holds_from_its_service_date_on() {
    let per_hour = |off_peak, peak| Prices {
        off_peak_per_hour_minor: off_peak,
        peak_per_hour_minor: peak,
        peak: vec![PeakWindow { weekdays: vec![6, 7], from: time("00:00"), to: time("03:00") }],
        ..Prices::default()
    };
    let mut list = PriceList::from(per_hour(1000, 2000));
    list.later.insert(date("2026-10-24"), per_hour(1200, 2400));
    let venue = venue_in("Europe/Berlin", "04:00", "04:00", "04:00");
    let cost = |from, to| list.price(&venue, at(from), at(to)).amount_minor;

    assert_eq!(cost("2026-10-23T18:00+02:00", "2026-10-23T19:00+02:00"), 1000);
    assert_eq!(cost("2026-10-24T01:00+02:00", "2026-10-24T02:00+02:00"), 2000, "Friday's night, on a Saturday by the calendar");
    assert_eq!(cost("2026-10-24T18:00+02:00", "2026-10-24T19:00+02:00"), 1200);
    // The night in which two o'clock comes twice is dearer by an hour, of the day it belongs to.
    assert_eq!(cost("2026-10-25T01:00+02:00", "2026-10-25T03:00+01:00"), 3 * 2400);
    // And the one without it cheaper.
    list.later.insert(date("2026-03-28"), per_hour(600, 1200));
    let cost = |from, to| list.price(&venue, at(from), at(to)).amount_minor;
    assert_eq!(cost("2026-03-29T01:00+01:00", "2026-03-29T04:00+02:00"), 1200 + 600);
}

/// A hold by the facts as they are just then.
fn hold(venue: &Venue, court: &Court, from: &str, to: &str, now: Timestamp) -> Hold {
    let (starts_at, ends_at) = (at(from), at(to));
    let on = domain::policies::service_date(venue, starts_at);
    let booking = BookingId::derive(on, "7FK2".parse().unwrap(), Uuid::from_u128(7));
    let place = Place {
        booking,
        starts_at,
        ends_at,
        at: now,
        venue: venue.clone(),
        venue_revision: 0,
        court: court.clone(),
        court_revision: 0,
    };
    Hold { place, by: Holder::Player(UserId(Uuid::from_u128(1))) }
}

fn decide(day: &CourtDay, hold: Hold) -> Result<Vec<BookingEvent>, BookingRejection> {
    CourtDay::decide(day, BookingCommand::Hold(Box::new(hold)))
}

#[test]
fn who_holds_when_the_day_is_closed_or_its_hours_change_keeps_the_place_and_nobody_else_gets_one() {
    let now = at("2026-11-21T12:00+01:00");
    let (venue, court) = (venue_in("Europe/Berlin", "04:00", "18:00", "02:00"), court());
    let late = ("2026-11-22T01:00+01:00", "2026-11-22T02:00+01:00");
    let mine = hold(&venue, &court, late.0, late.1, now);
    let id = mine.place.booking.clone();
    let held = decide(&CourtDay::default(), mine.clone()).unwrap();
    let day = held.into_iter().fold(CourtDay::default(), CourtDay::evolve);

    let mut retired = court.clone();
    retired.service.insert(date("2026-11-21"), Service::Retired);
    let early = open_on(venue.clone(), "2026-11-21", "10:00", "20:00");
    let changes = [
        ("closed", closed_on(venue.clone(), "2026-11-21"), court.clone()),
        ("closes earlier", early, court.clone()),
        ("retired", venue.clone(), retired),
    ];
    for (case, venue, court) in changes {
        let mut another =
            hold(&venue, &court, "2026-11-22T00:00+01:00", "2026-11-22T01:00+01:00", now);
        another.place.booking =
            BookingId::derive(id.date(), id.court().clone(), Uuid::from_u128(8));
        let refused = decide(&day, another);
        assert!(matches!(refused, Err(BookingRejection::Policy(_))), "{case}: {refused:?}");
        // A repeated command is answered as before, and the hold can be confirmed.
        let again = Place { venue, court, ..mine.place.clone() };
        assert_eq!(decide(&day, Hold { place: again, ..mine.clone() }), Ok(vec![]), "{case}");
    }
    let confirm =
        BookingCommand::Confirm { booking: id, payment_reference: None, by: By::Player, at: now };
    assert!(matches!(
        CourtDay::decide(&day, confirm).as_deref(),
        Ok([BookingEvent::Confirmed { .. }])
    ));
}

#[test]
fn an_old_booking_keeps_its_price_when_the_court_is_dearer() {
    let now = at("2026-11-21T12:00+01:00");
    let per_hour = |it| Prices { off_peak_per_hour_minor: it, ..Prices::default() };
    let mut court = court();
    court.prices = per_hour(1000).into();
    let price = |court: &Court, day: &str| {
        let (from, to) = (format!("{day}T18:00+01:00"), format!("{day}T19:00+01:00"));
        match decide(&CourtDay::default(), hold(&venue(), court, &from, &to, now)).as_deref() {
            Ok([BookingEvent::Held(held)]) => held.price.amount_minor,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(price(&court, "2026-11-30"), 1000);
    court.prices.later.insert(date("2026-12-01"), per_hour(1500));
    assert_eq!(price(&court, "2026-11-30"), 1000, "announced, not yet due");
    assert_eq!(price(&court, "2026-12-01"), 1500);
}

#[test]
fn a_date_is_written_in_one_way() {
    use domain::policies::ServiceDate;
    for text in ["2026-11-21", "2000-01-01", "2199-12-31"] {
        assert_eq!(text.parse::<ServiceDate>().unwrap().to_string(), text);
    }
    for text in [
        "",
        "tomorrow",
        "20261121",
        "2026-1-1",
        "2026-02-30",
        "2026-11-21T00:00:00",
        "2026-11-21[Europe/Berlin]",
        "-009999-01-01",
        "+002026-11-21",
        "1999-12-31",
        "2200-01-01",
        "9999-12-31",
    ] {
        assert!(text.parse::<ServiceDate>().is_err(), "{text}");
    }
}
