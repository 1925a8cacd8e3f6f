//! When a court can be had, and for how long.
use domain::policies::{
    DayHours, Fault, Policy, Refusal, Release, Week, check, expires_at, is_zone, open_hours,
    resolve, service_date, slots,
};
use domain::venues::Venue;

use crate::place::{at, date, time, venue, venue_in};

fn policy(change: impl FnOnce(&mut Policy)) -> Policy {
    let mut policy = Policy::default();
    change(&mut policy);
    policy
}

fn with(venue: Venue, change: impl FnOnce(&mut Policy)) -> Venue {
    Venue { policy: policy(change), ..venue }
}

/// The wall times at which slots begin.
fn starts(venue: &Venue, on: &str, minutes: u32) -> Vec<String> {
    let zone = jiff::tz::TimeZone::get(&venue.zone).unwrap();
    let local = |it| zone.to_datetime(it).strftime("%H:%M").to_string();
    slots(venue, date(on), minutes).into_iter().map(|(from, _)| local(from)).collect()
}

#[test]
#[rustfmt::skip] // a table
fn what_is_sold() {
    #[track_caller]
    fn sold(case: &str, venue: &Venue, from: &str, to: &str, now: &str, then: Result<(), Refusal>) {
        let day = |time: &str| at(&format!("2026-11-21T{time}+01:00"));
        let now = if now.len() == 5 { day(now) } else { at(now) };
        assert_eq!(check(venue, day(from), day(to), now), then, "{case}");
    }
    let it = venue();
    let long = with(venue(), |it| it.max_minutes = 1440);
    let off = |at_start| Err(Refusal::OffGrid { at_start, grid_minutes: 30 });
    let hours = |from, to| Err(Refusal::OutsideHours { opens_at: Some(at(from)), closes_at: Some(at(to)) });
    let saturday = || hours("2026-11-21T06:00+01:00", "2026-11-21T23:00+01:00");
    let friday = || hours("2026-11-20T06:00+01:00", "2026-11-20T23:00+01:00");
    let ahead = || Err(Refusal::TooFarAhead { opens_at: at("2026-11-07T18:00+01:00") });

    sold("an hour",               &it, "18:00", "19:00", "12:00", Ok(()));
    sold("three hours",           &it, "18:00", "21:00", "12:00", Ok(()));
    sold("backwards",             &it, "19:00", "18:00", "12:00", Err(Refusal::EndBeforeStart));
    sold("nothing",               &it, "18:00", "18:00", "12:00", Err(Refusal::EndBeforeStart));
    sold("start between lines",   &it, "18:15", "19:30", "12:00", off(true));
    sold("end between lines",     &it, "18:00", "19:15", "12:00", off(false));
    sold("half an hour",          &it, "18:00", "18:30", "12:00", Err(Refusal::TooShort { min_minutes: 60 }));
    sold("three and a half",      &it, "18:00", "21:30", "12:00", Err(Refusal::TooLong { max_minutes: 180 }));
    sold("the first hour",        &it, "06:00", "07:00", "05:00", Ok(()));
    sold("the last hour",         &it, "22:00", "23:00", "05:00", Ok(()));
    sold("before it opens",       &it, "05:30", "06:30", "05:00", saturday());
    sold("until after it closes", &it, "22:30", "23:30", "05:00", saturday());
    sold("in Friday's night",     &it, "01:00", "02:00", "00:00", friday());
    sold("from night to day",     &long, "03:30", "07:00", "00:00", friday());
    sold("just before it begins", &it, "18:00", "19:00", "17:59", Ok(()));
    sold("as it begins",          &it, "18:00", "19:00", "18:00", Err(Refusal::InThePast));
    sold("14 days, to the minute", &it, "18:00", "19:00", "2026-11-07T18:00+01:00", Ok(()));
    sold("a minute too early",    &it, "18:00", "19:00", "2026-11-07T17:59+01:00", ahead());
    sold("closed for good",       &Venue { hours: [].into(), ..venue() }, "18:00", "19:00", "12:00", Err(Refusal::OutsideHours { opens_at: None, closes_at: None }));
}

#[test]
fn seconds_are_between_the_lines() {
    let [from, to, now] =
        ["2026-11-21T18:00:00.5Z", "2026-11-21T19:00:00Z", "2026-11-21T12:00:00Z"]
            .map(|it| it.parse().unwrap());
    let off = Err(Refusal::OffGrid { at_start: true, grid_minutes: 30 });
    assert_eq!(check(&venue(), from, to, now), off);
}

#[test]
fn the_hours_of_the_latest_date_not_after_the_day_count() {
    let mut venue = venue();
    let closed_on_mondays = Week {
        monday: None,
        ..Week::every_day(DayHours { open: time("08:00"), close: time("20:00") })
    };
    venue.hours.insert(date("2026-12-01"), closed_on_mondays);
    let open = |on| open_hours(&venue, date(on));
    assert_eq!(open("2019-12-31"), None, "before the first hours were set");
    assert_eq!(
        open("2026-11-30"),
        Some((at("2026-11-30T06:00+01:00"), at("2026-11-30T23:00+01:00")))
    );
    assert_eq!(
        open("2026-12-01"),
        Some((at("2026-12-01T08:00+01:00"), at("2026-12-01T20:00+01:00")))
    );
    assert_eq!(open("2026-12-07"), None, "a Monday");
}

#[test]
#[rustfmt::skip] // a table
fn hours_lie_inside_one_service_day() {
    let fits = |day_starts_at, open, close| {
        Week::every_day(DayHours { open: time(open), close: time(close) }).fits(time(day_starts_at))
    };
    assert!( fits("04:00", "06:00", "23:00"), "a day");
    assert!( fits("04:00", "18:00", "02:00"), "an evening");
    assert!( fits("04:00", "01:00", "03:00"), "a night, after the day's own midnight");
    assert!( fits("04:00", "04:00", "04:00"), "round the clock");
    assert!( fits("00:00", "00:00", "00:00"), "round the clock, by the calendar");
    assert!( fits("04:00", "18:00", "04:00"), "up to the next day");
    assert!(!fits("04:00", "18:00", "05:00"), "into the next day");
    assert!(!fits("04:00", "03:00", "05:00"), "from the day before");
    assert!(!fits("04:00", "06:00", "06:00"), "round the clock, across the day's start");
    assert!(!fits("00:00", "18:00", "02:00"), "across the day's start");
    assert!(!Week { sunday: Some(DayHours { open: time("03:00"), close: time("05:00") }), ..Week::default() }.fits(time("04:00")));
}

#[test]
fn a_hold_never_outlives_the_start_of_play() {
    let (policy, start) = (Policy::default(), at("2026-11-21T18:00+01:00"));
    let ends = |now: &str| expires_at(&policy, start, at(now));
    assert_eq!(ends("2026-11-21T17:45+01:00"), start);
    assert_eq!(ends("2026-11-21T17:44+01:00"), at("2026-11-21T17:59+01:00"));
    assert_eq!(ends("2026-11-21T17:50+01:00"), start, "ten minutes have to do");
}

#[test]
fn an_end_at_the_start_of_the_day_is_the_end_of_the_day() {
    let venue = venue_in("Europe/Berlin", "04:00", "18:00", "04:00");
    let (from, to) = resolve(&venue, date("2026-11-21"), time("03:00"), time("04:00")).unwrap();
    assert_eq!((from, to), (at("2026-11-22T03:00+01:00"), at("2026-11-22T04:00+01:00")));
    assert_eq!(check(&venue, from, to, at("2026-11-21T12:00+01:00")), Ok(()));
    assert_eq!(service_date(&venue, from), date("2026-11-21"));
    assert_eq!(service_date(&venue, to), date("2026-11-22"));
}

#[test]
fn only_lengths_that_are_sold_have_slots() {
    for minutes in [0, 30, 210, u32::MAX] {
        assert_eq!(slots(&venue(), date("2026-11-21"), minutes), [], "{minutes}");
    }
    assert_eq!(slots(&venue(), date("2026-11-21"), 75), [], "ends between the lines");
    assert_eq!(slots(&venue(), date("2026-11-21"), 60).len(), 33);
    assert_eq!(slots(&venue(), date("2026-11-21"), 180).len(), 29);
}

#[test]
fn hours_between_the_lines_are_sold_from_line_to_line() {
    let venue = venue_in("Europe/Berlin", "04:00", "06:10", "08:50");
    assert_eq!(starts(&venue, "2026-11-21", 60), ["06:30", "07:00", "07:30"]);
}

#[test]
fn a_grid_of_nothing_does_not_divide_by_it() {
    let venue = with(venue(), |it| it.grid_minutes = 0);
    assert_eq!(slots(&venue, date("2026-11-21"), 60).len(), 16 * 60 + 1);
}

#[test]
#[rustfmt::skip] // a table
fn policies_that_cannot_be_meant() {
    let field = |change: fn(&mut Policy)| policy(change).validate().err().map(|Fault { field, .. }| field);
    let shortest = |grid, minutes| {
        let it = policy(|it| (it.grid_minutes, it.min_minutes) = (grid, minutes));
        it.validate().err().map(|it| it.field)
    };
    assert_eq!(field(|_| {}), None);
    assert_eq!(field(|it| it.grid_minutes = 0),          Some("/grid_minutes"));
    assert_eq!(field(|it| it.grid_minutes = 7),          Some("/grid_minutes"));
    assert_eq!(field(|it| it.grid_minutes = 2880),       Some("/grid_minutes"));
    assert_eq!(field(|it| it.min_minutes = 0),           Some("/min_minutes"));
    assert_eq!(field(|it| it.min_minutes = 45),          Some("/min_minutes"));
    assert_eq!(shortest(10, 10),                         Some("/min_minutes"));
    assert_eq!(shortest(12, 12),                         Some("/min_minutes"));
    assert_eq!(shortest(5, 15),                          None);
    assert_eq!(shortest(15, 15),                         None);
    assert_eq!(shortest(10, 20),                         None);
    assert_eq!(field(|it| it.max_minutes = 30),          Some("/max_minutes"));
    assert_eq!(field(|it| it.max_minutes = 100),         Some("/max_minutes"));
    assert_eq!(field(|it| it.max_minutes = 1470),        Some("/max_minutes"));
    assert_eq!(field(|it| it.hold_seconds = 0),          Some("/hold_seconds"));
    assert_eq!(field(|it| it.hold_seconds = 86_401),     Some("/hold_seconds"));
    assert_eq!(field(|it| it.hold_seconds = 86_400),     None);
    assert_eq!(field(|it| it.advance_days = 0),          Some("/advance_days"));
    assert_eq!(field(|it| it.advance_days = 367),        Some("/advance_days"));
    assert_eq!(field(|it| it.full_refund_hours = 8785),  Some("/full_refund_hours"));
    assert_eq!(field(|it| it.full_refund_hours = 0),     None);
    assert_eq!(field(|it| it.late_refund_percent = 101), Some("/late_refund_percent"));
    assert_eq!(field(|it| it.release = Release::FixedTime { time: "07:00:01".parse().unwrap() }), Some("/release/time"));
    assert_eq!(field(|it| it.payment_extension_seconds = 0), Some("/payment_extension_seconds"));
    assert_eq!(field(|it| it.payment_extension_seconds = 3_601), Some("/payment_extension_seconds"));
    assert_eq!(field(|it| it.max_open_holds = 0),        Some("/max_open_holds"));
    assert_eq!(field(|it| it.max_bookings_per_day = 0),  Some("/max_bookings_per_day"));
    assert_eq!(field(|it| it.max_upcoming = 1_001),      Some("/max_upcoming"));
}

#[test]
fn a_policy_stored_before_a_rule_existed_has_its_default() {
    let stored: Policy = serde_json::from_str(r#"{"grid_minutes":15}"#).unwrap();
    assert_eq!(stored, policy(|it| it.grid_minutes = 15));
}

#[test]
fn zones_are_those_of_the_database_by_their_exact_names() {
    for name in ["Europe/Berlin", "America/Santiago", "Australia/Lord_Howe", "UTC", "Etc/GMT+5"] {
        assert!(is_zone(name), "{name}");
    }
    for name in [
        "",
        "Berlin",
        "europe/berlin",
        "localtime",
        "Localtime",
        "posixrules",
        "right/Europe/Berlin",
        "Factory",
        "Etc/Unknown",
        "../Europe/Berlin",
        "+01:00",
        "CET-1CEST",
    ] {
        assert!(!is_zone(name), "{name}");
    }
}

#[test]
#[rustfmt::skip] // a table
fn a_place_is_released_when_the_policy_says() {
    #[track_caller]
    fn opens(case: &str, release: Release, from: &str, to: &str, then: &str) {
        let venue = with(venue(), |it| it.release = release);
        let (from, to, opens_at) = (at(from), at(to), at(then));
        assert_eq!(check(&venue, from, to, opens_at), Ok(()), "{case}: at that minute");
        let before = opens_at - jiff::SignedDuration::from_secs(1);
        assert_eq!(check(&venue, from, to, before), Err(Refusal::TooFarAhead { opens_at }), "{case}: a second before");
    }
    let seven = || Release::FixedTime { time: time("07:00") };
    let (six, eight) = ("2026-11-21T18:00+01:00", "2026-11-21T20:00+01:00");
    opens("to the minute",           Release::Rolling,  six, eight, "2026-11-07T18:00+01:00");
    opens("with the service day",    Release::EndOfDay, six, eight, "2026-11-07T04:00+01:00");
    opens("at seven",                seven(),           six, eight, "2026-11-07T07:00+01:00");
    // Summer time ended in between.
    let (six, eight) = ("2026-11-01T18:00+01:00", "2026-11-01T20:00+01:00");
    opens("to the minute, clocks changed",        Release::Rolling,  six, eight, "2026-10-18T18:00+02:00");
    opens("with the service day, clocks changed", Release::EndOfDay, six, eight, "2026-10-18T04:00+02:00");
    opens("at seven, clocks changed",             seven(),           six, eight, "2026-10-18T07:00+02:00");
    // On 29 March 2026 the clocks skip 02:30: what should open then opens with the jump.
    let skipped = Release::FixedTime { time: time("02:30") };
    opens("at a time that does not exist", skipped, "2026-04-12T18:00+02:00", "2026-04-12T20:00+02:00", "2026-03-29T03:00+02:00");
}
