//! A venue.
mod given;

use domain::policies::{DayHours, Fault, Policy, Week};
use domain::venues::VenueCommand::{self, Open, SetHours, SetPolicy};
use domain::venues::VenueEvent::{self, HoursSet, Opened, PolicySet};
use domain::venues::VenueRejection::{
    BadName, HoursAcrossServiceDay, UnknownVenue, UnknownZone, VenueExists,
};
use domain::venues::{VenueRejection, VenueState};
use jiff::civil::{Date, Time, date, time};

use given::{check, fold};

const FOUR: Time = time(4, 0, 0, 0);
const MAY: Date = date(2026, 5, 1);
const JUNE: Date = date(2026, 6, 1);

fn open_as(name: &str, zone: &str, day_starts_at: Time) -> VenueCommand {
    Open { name: name.to_owned(), zone: zone.to_owned(), day_starts_at }
}

fn open() -> VenueCommand {
    open_as("Halle Nord", "Europe/Berlin", FOUR)
}

fn opened() -> VenueEvent {
    Opened { name: "Halle Nord".to_owned(), zone: "Europe/Berlin".to_owned(), day_starts_at: FOUR }
}

fn week(open: i8, close: i8) -> Week {
    Week::every_day(DayHours { open: time(open, 0, 0, 0), close: time(close, 0, 0, 0) })
}

fn hours(from: Date, week: Week) -> VenueEvent {
    HoursSet { from, week }
}

fn strict() -> Policy {
    Policy { late_refund_percent: 0, ..Policy::default() }
}

#[test]
#[rustfmt::skip] // a table
fn opening() {
    let long = "x".repeat(101);
    let fault = VenueRejection::Policy(Fault { field: "/day_starts_at", why: "a day starts on a whole minute" });

    check::<VenueState>("new",              &[],         open(),                                        Ok(vec![opened()]));
    check::<VenueState>("twice",            &[opened()], open(),                                        Ok(vec![]));
    check::<VenueState>("twice, used since", &[opened(), hours(MAY, week(6, 23))], open(),              Ok(vec![]));
    check::<VenueState>("another name",     &[opened()], open_as("Nord", "Europe/Berlin", FOUR),        Err(VenueExists));
    check::<VenueState>("another zone",     &[opened()], open_as("Halle Nord", "Europe/Paris", FOUR),   Err(VenueExists));
    check::<VenueState>("another day",      &[opened()], open_as("Halle Nord", "Europe/Berlin", Time::midnight()), Err(VenueExists));
    check::<VenueState>("no such zone",     &[],         open_as("Halle Nord", "Europe/Bonn", FOUR),    Err(UnknownZone));
    check::<VenueState>("the server's own", &[],         open_as("Halle Nord", "localtime", FOUR),      Err(UnknownZone));
    check::<VenueState>("no name",          &[],         open_as(" ", "Europe/Berlin", FOUR),           Err(BadName));
    check::<VenueState>("a novel",          &[],         open_as(&long, "Europe/Berlin", FOUR),         Err(BadName));
    check::<VenueState>("a second late",    &[],         open_as("Halle Nord", "Europe/Berlin", time(4, 0, 1, 0)), Err(fault));
}

#[test]
#[rustfmt::skip] // a table
fn hours_and_policy() {
    let set = |from, week| SetHours { from, week };
    let faulty = Policy { grid_minutes: 7, ..Policy::default() };
    let fault = faulty.validate().unwrap_err();
    let day = || week(6, 23);

    check::<VenueState>("first hours",        &[opened()],                     set(MAY, day()),        Ok(vec![hours(MAY, day())]));
    check::<VenueState>("twice",              &[opened(), hours(MAY, day())],  set(MAY, day()),        Ok(vec![]));
    check::<VenueState>("others",             &[opened(), hours(MAY, day())],  set(MAY, week(8, 20)),  Ok(vec![hours(MAY, week(8, 20))]));
    check::<VenueState>("equal, from later",  &[opened(), hours(MAY, day())],  set(JUNE, day()),       Ok(vec![hours(JUNE, day())]));
    check::<VenueState>("until the night",    &[opened()],                     set(MAY, week(18, 4)),  Ok(vec![hours(MAY, week(18, 4))]));
    check::<VenueState>("into the next day",  &[opened()],                     set(MAY, week(18, 5)),  Err(HoursAcrossServiceDay));
    check::<VenueState>("of no venue",        &[],                             set(MAY, day()),        Err(UnknownVenue));

    check::<VenueState>("another policy",     &[opened()],                                   SetPolicy { policy: strict() }, Ok(vec![PolicySet { policy: strict() }]));
    check::<VenueState>("twice",              &[opened(), PolicySet { policy: strict() }],   SetPolicy { policy: strict() }, Ok(vec![]));
    check::<VenueState>("what it is anyway",  &[opened()],                                   SetPolicy { policy: Policy::default() }, Ok(vec![]));
    check::<VenueState>("impossible",         &[opened()],                                   SetPolicy { policy: faulty },   Err(fault.into()));
    check::<VenueState>("of no venue",        &[],                                           SetPolicy { policy: strict() }, Err(UnknownVenue));
}

#[test]
fn later_hours_stay_when_earlier_ones_are_set() {
    let events = [
        opened(),
        hours(JUNE, week(8, 20)),
        hours(MAY, week(6, 23)),
        PolicySet { policy: strict() },
    ];
    let venue = fold::<VenueState>(events).0.unwrap();
    assert_eq!(venue.hours, [(MAY, week(6, 23)), (JUNE, week(8, 20))].into());
    assert_eq!((venue.policy, &*venue.zone), (strict(), "Europe/Berlin"));
}
