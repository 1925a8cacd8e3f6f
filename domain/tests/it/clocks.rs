//! The days on which the clocks change.
use domain::policies::{
    DayPart, NoSuchTime, Policy, Refusal, check, day_parts, instant, open_hours, resolve,
    service_date, slots,
};
use domain::venues::Venue;
use jiff::civil::Time;

use crate::place::{at, date, time, venue, venue_in};

/// A venue that never closes, so that only the clocks matter.
fn round_the_clock(zone: &str, day_starts_at: &str) -> Venue {
    let mut venue = venue_in(zone, day_starts_at, day_starts_at, day_starts_at);
    venue.policy.min_minutes = 30;
    venue
}

/// The wall times at which slots begin.
fn starts(venue: &Venue, on: &str, minutes: u32) -> Vec<String> {
    let zone = jiff::tz::TimeZone::get(&venue.zone).unwrap();
    let local = |it| zone.to_datetime(it).strftime("%H:%M").to_string();
    slots(venue, date(on), minutes).into_iter().map(|(from, _)| local(from)).collect()
}

#[test]
fn fourteen_days_are_calendar_days() {
    // Summer time ended in between: 14 days and an hour by the stop watch.
    let (from, to) = (at("2026-11-01T18:00+01:00"), at("2026-11-01T19:00+01:00"));
    assert_eq!(check(&venue(), from, to, at("2026-10-18T18:00+02:00")), Ok(()));
    let opens_at = at("2026-10-18T18:00+02:00");
    let then = Err(Refusal::TooFarAhead { opens_at });
    assert_eq!(check(&venue(), from, to, at("2026-10-18T17:59+02:00")), then);
}

#[test]
fn berlin_the_night_that_lacks_an_hour() {
    // 29 March 2026, 02:00 → 03:00, in the night of Saturday the 28th.
    let venue = round_the_clock("Europe/Berlin", "04:00");
    let night = date("2026-03-28");
    assert_eq!(instant(&venue, night, time("01:30")), Some(at("2026-03-29T01:30+01:00")));
    assert_eq!(instant(&venue, night, time("02:00")), None);
    assert_eq!(instant(&venue, night, time("02:30")), None);
    assert_eq!(instant(&venue, night, time("03:00")), Some(at("2026-03-29T03:00+02:00")));
    let skipped = |at_start| Err(NoSuchTime { at_start });
    assert_eq!(resolve(&venue, night, time("02:30"), time("03:30")), skipped(true));
    assert_eq!(resolve(&venue, night, time("01:30"), time("02:30")), skipped(false));
    let hour = (at("2026-03-29T01:30+01:00"), at("2026-03-29T03:30+02:00"));
    assert_eq!(
        resolve(&venue, night, time("01:30"), time("03:30")),
        Ok(hour),
        "two hours on the wall are one"
    );

    assert_eq!(slots(&venue, night, 60).len(), 45, "23 hours");
    let night_starts = starts(&venue, "2026-03-28", 60).split_off(40);
    assert_eq!(night_starts, ["00:00", "00:30", "01:00", "01:30", "03:00"]);
    assert_eq!(check(&venue, hour.0, hour.1, at("2026-03-28T12:00+01:00")), Ok(()));
}

#[test]
fn berlin_the_night_that_has_an_hour_twice() {
    // 25 October 2026, 03:00 → 02:00, in the night of Saturday the 24th.
    let venue = round_the_clock("Europe/Berlin", "04:00");
    let night = date("2026-10-24");
    assert_eq!(
        instant(&venue, night, time("02:30")),
        Some(at("2026-10-25T02:30+02:00")),
        "the earlier"
    );
    let long = (at("2026-10-25T02:30+02:00"), at("2026-10-25T03:30+01:00"));
    assert_eq!(
        resolve(&venue, night, time("02:30"), time("03:30")),
        Ok(long),
        "an hour on the wall is two"
    );
    assert_eq!(slots(&venue, night, 60).len(), 49, "25 hours");

    // Who gives the offset may have the second.
    let now = at("2026-10-24T12:00+02:00");
    let second = (at("2026-10-25T02:30+01:00"), at("2026-10-25T03:30+01:00"));
    assert_eq!(check(&venue, second.0, second.1, now), Ok(()));
    assert!(slots(&venue, night, 60).contains(&second));
    let both = (at("2026-10-25T02:00+02:00"), at("2026-10-25T02:00+01:00"));
    assert_eq!(check(&venue, both.0, both.1, now), Ok(()), "from two to two, an hour");
}

#[test]
fn closed_hours_stay_closed_on_the_day_the_clocks_change() {
    // Opening at six is six on the wall, though an hour earlier or later after midnight.
    let open = |on| open_hours(&venue(), date(on));
    assert_eq!(
        open("2026-03-29"),
        Some((at("2026-03-29T06:00+02:00"), at("2026-03-29T23:00+02:00")))
    );
    assert_eq!(
        open("2026-10-25"),
        Some((at("2026-10-25T06:00+01:00"), at("2026-10-25T23:00+01:00")))
    );
    for on in ["2026-03-28", "2026-03-29", "2026-10-24", "2026-10-25"] {
        let starts = starts(&venue(), on, 60);
        assert_eq!((starts.len(), &*starts[0], &*starts[32]), (33, "06:00", "22:00"), "{on}");
    }
}

#[test]
fn hours_that_begin_or_end_in_a_skipped_hour_do_so_with_the_jump() {
    let jump = at("2026-03-29T03:00+02:00");
    let open = |venue: &Venue| open_hours(venue, date("2026-03-28"));
    let early = venue_in("Europe/Berlin", "04:00", "02:30", "04:00");
    assert_eq!(open(&early), Some((jump, at("2026-03-29T04:00+02:00"))));
    let late = venue_in("Europe/Berlin", "04:00", "20:00", "02:30");
    assert_eq!(open(&late), Some((at("2026-03-28T20:00+01:00"), jump)));
    let never = venue_in("Europe/Berlin", "04:00", "02:00", "03:00");
    assert_eq!(open(&never), None, "an hour that does not exist is not sold");
    assert_eq!(slots(&never, date("2026-03-28"), 60), []);
}

#[test]
fn hours_that_end_in_a_repeated_hour_end_in_the_first() {
    let venue = venue_in("Europe/Berlin", "04:00", "20:00", "02:30");
    let closes_at = at("2026-10-25T02:30+02:00");
    assert_eq!(open_hours(&venue, date("2026-10-24")).unwrap().1, closes_at);
    let (from, to) = (at("2026-10-25T02:00+01:00"), at("2026-10-25T03:00+01:00"));
    let refusal = check(&venue, from, to, at("2026-10-24T12:00+02:00"));
    assert!(matches!(refusal, Err(Refusal::OutsideHours { .. })), "{refusal:?}");
}

#[test]
fn santiago_has_a_day_without_midnight_and_a_day_with_two_last_hours() {
    let venue = round_the_clock("America/Santiago", "00:00");
    // 6 September 2026 begins at 01:00.
    let one = at("2026-09-06T01:00-03:00");
    assert_eq!(instant(&venue, date("2026-09-06"), Time::midnight()), None);
    assert_eq!(open_hours(&venue, date("2026-09-06")), Some((one, at("2026-09-07T00:00-03:00"))));
    assert_eq!(open_hours(&venue, date("2026-09-05")), Some((at("2026-09-05T00:00-04:00"), one)));
    assert_eq!(service_date(&venue, one), date("2026-09-06"));
    assert_eq!(service_date(&venue, at("2026-09-05T23:59-04:00")), date("2026-09-05"));
    assert_eq!(starts(&venue, "2026-09-06", 60)[..2], ["01:00", "01:30"]);
    assert_eq!(slots(&venue, date("2026-09-06"), 60).len(), 45);

    // 4 April 2026 has 23:00 to 24:00 twice, and is one day for all that.
    assert_eq!(service_date(&venue, at("2026-04-04T23:30-03:00")), date("2026-04-04"));
    assert_eq!(service_date(&venue, at("2026-04-04T23:30-04:00")), date("2026-04-04"));
    assert_eq!(service_date(&venue, at("2026-04-05T00:00-04:00")), date("2026-04-05"));
    assert_eq!(
        starts(&venue, "2026-04-04", 60).split_off(45),
        ["22:30", "23:00", "23:30", "23:00"]
    );
}

#[test]
fn cairo_does_the_same_on_other_days() {
    let venue = round_the_clock("Africa/Cairo", "00:00");
    let one = at("2026-04-24T01:00+03:00");
    assert_eq!(instant(&venue, date("2026-04-24"), Time::midnight()), None);
    assert_eq!(open_hours(&venue, date("2026-04-24")).unwrap().0, one);
    assert_eq!(service_date(&venue, at("2026-04-23T23:59+02:00")), date("2026-04-23"));
    assert_eq!(service_date(&venue, one), date("2026-04-24"));
    assert_eq!(
        service_date(&venue, at("2026-10-29T23:30+02:00")),
        date("2026-10-29"),
        "the second time"
    );
    assert_eq!(slots(&venue, date("2026-10-29"), 30).len(), 50);
}

#[test]
fn a_day_that_begins_in_a_repeated_hour_begins_once() {
    // Santiago's clocks show 23:30 twice; the day that begins then has begun the first time.
    let venue = round_the_clock("America/Santiago", "23:30");
    assert_eq!(service_date(&venue, at("2026-04-04T23:15-03:00")), date("2026-04-03"));
    assert_eq!(service_date(&venue, at("2026-04-04T23:30-03:00")), date("2026-04-04"));
    assert_eq!(
        service_date(&venue, at("2026-04-04T23:15-04:00")),
        date("2026-04-04"),
        "and does not end again"
    );
}

#[test]
fn lord_howe_moves_its_clocks_by_half_an_hour() {
    let venue = round_the_clock("Australia/Lord_Howe", "04:00");
    // 4 October 2026, 02:00 → 02:30.
    let night = date("2026-10-03");
    assert_eq!(instant(&venue, night, time("02:00")), None);
    assert_eq!(
        starts(&venue, "2026-10-03", 60).split_off(42),
        ["01:00", "01:30", "02:30", "03:00"]
    );
    // From one o'clock, sixty minutes end at half past two.
    let hour = (at("2026-10-04T01:00+10:30"), at("2026-10-04T02:30+11:00"));
    assert_eq!(check(&venue, hour.0, hour.1, at("2026-10-03T12:00+10:30")), Ok(()));

    // On a grid of an hour that is off the grid, and an hour and a half is too.
    let hourly = Venue { policy: Policy { grid_minutes: 60, ..Policy::default() }, ..venue };
    let off = Err(Refusal::OffGrid { at_start: false, grid_minutes: 60 });
    assert_eq!(check(&hourly, hour.0, hour.1, at("2026-10-03T12:00+10:30")), off);
    assert_eq!(starts(&hourly, "2026-10-03", 60).split_off(20), ["00:00", "03:00"]);

    // 5 April 2026, 02:00 → 01:30.
    let venue = round_the_clock("Australia/Lord_Howe", "04:00");
    assert_eq!(
        starts(&venue, "2026-04-04", 30).split_off(42),
        ["01:00", "01:30", "01:30", "02:00", "02:30", "03:00", "03:30"]
    );
}

#[test]
fn a_day_that_has_begun_goes_on_when_the_clocks_go_back_over_midnight() {
    // Until 2006 St. John's put its clocks back from 00:01 to 23:01.
    let venue = round_the_clock("America/St_Johns", "00:00");
    assert_eq!(service_date(&venue, at("2005-10-29T23:59-02:30")), date("2005-10-29"));
    assert_eq!(service_date(&venue, at("2005-10-30T00:00-02:30")), date("2005-10-30"));
    assert_eq!(
        service_date(&venue, at("2005-10-29T23:30-03:30")),
        date("2005-10-30"),
        "the second time"
    );
}

#[test]
fn a_line_of_a_wide_grid_is_not_lost_in_the_jump() {
    // Three hours after midnight it is four; three o'clock was the jump itself.
    let venue = round_the_clock("Europe/Berlin", "00:00");
    let policy = Policy { grid_minutes: 180, min_minutes: 180, ..Policy::default() };
    let venue = Venue { policy, ..venue };
    assert_eq!(starts(&venue, "2026-03-29", 180)[..2], ["03:00", "06:00"]);
}

#[test]
fn an_interval_is_cut_where_service_days_begin() {
    // In Cairo the clocks skip midnight on 24 April 2026; the service day begins there at 00:30.
    let venue = round_the_clock("Africa/Cairo", "00:30");
    let (from, to) = (at("2026-04-23T20:00+02:00"), at("2026-04-25T02:00+03:00"));
    let part = |date_is: &str, starts_at: &str, ends_at: &str| DayPart {
        date: date(date_is),
        starts_at: at(starts_at),
        ends_at: at(ends_at),
    };
    let parts = [
        part("2026-04-23", "2026-04-23T20:00+02:00", "2026-04-24T01:00+03:00"),
        part("2026-04-24", "2026-04-24T01:00+03:00", "2026-04-25T00:30+03:00"),
        part("2026-04-25", "2026-04-25T00:30+03:00", "2026-04-25T02:00+03:00"),
    ];
    assert_eq!(day_parts(&venue, from, to, 9), parts);
    assert_eq!(day_parts(&venue, from, to, 2), parts[..2], "no more than asked for");
    assert_eq!(day_parts(&venue, to, from, 9), []);
}
