//! A venue.
use domain::policies::{DayHours, Fault, MAX_DATES, Policy, Week};
use domain::sealed::Sealed;
use domain::venues::VenueCommand::{
    self, CloseOn, LiftHoursOn, Open, Rename, ReopenOn, SetHours, SetHoursOn, SetPolicy,
};
use domain::venues::VenueEvent::{
    self, ClosedOn, HoursLiftedOn, HoursSet, HoursSetOn, Opened, PolicySet, Renamed, ReopenedOn,
};
use domain::venues::VenueRejection::{
    BadName, HoursAcrossServiceDay, TooManyDates, UnknownVenue, UnknownZone, VenueExists,
};
use domain::venues::{VenueRejection, VenueState};
use jiff::ToSpan;
use jiff::civil::{Date, Time, date, time};

use crate::given::{check, fold};

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

fn day_hours(open: i8, close: i8) -> DayHours {
    DayHours { open: time(open, 0, 0, 0), close: time(close, 0, 0, 0) }
}

fn week(open: i8, close: i8) -> Week {
    Week::every_day(day_hours(open, close))
}

fn reason() -> Sealed {
    Sealed("v1.reason".to_owned())
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
    check::<VenueState>("twice, renamed since", &[opened(), Renamed { name: "Nord".to_owned() }], open(), Ok(vec![]));
    check::<VenueState>("another name",     &[opened()], open_as("Nord", "Europe/Berlin", FOUR),        Err(VenueExists));
    check::<VenueState>("another zone",     &[opened()], open_as("Halle Nord", "Europe/Paris", FOUR),   Err(VenueExists));
    check::<VenueState>("another day",      &[opened()], open_as("Halle Nord", "Europe/Berlin", Time::midnight()), Err(VenueExists));
    check::<VenueState>("no such zone",     &[],         open_as("Halle Nord", "Europe/Bonn", FOUR),    Err(UnknownZone));
    check::<VenueState>("the server's own", &[],         open_as("Halle Nord", "localtime", FOUR),      Err(UnknownZone));
    check::<VenueState>("no name",          &[],         open_as(" ", "Europe/Berlin", FOUR),           Err(BadName));
    check::<VenueState>("a novel",          &[],         open_as(&long, "Europe/Berlin", FOUR),         Err(BadName));
    check::<VenueState>("two lines",        &[],         open_as("Halle\nNord", "Europe/Berlin", FOUR), Err(BadName));
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
    check::<VenueState>("into the next day",  &[opened()],                     set(MAY, week(18, 5)),  Err(HoursAcrossServiceDay { field: "week" }));
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

#[test]
#[rustfmt::skip] // a table
fn renaming() {
    let rename = |name: &str| Rename { name: name.to_owned() };
    let renamed = |name: &str| Renamed { name: name.to_owned() };

    check::<VenueState>("another name",  &[opened()],                  rename("Nord"),             Ok(vec![renamed("Nord")]));
    check::<VenueState>("twice",         &[opened(), renamed("Nord")], rename("Nord"),             Ok(vec![]));
    check::<VenueState>("its own",       &[opened()],                  rename("Halle Nord"),       Ok(vec![]));
    check::<VenueState>("none",          &[opened()],                  rename(""),                 Err(BadName));
    check::<VenueState>("at the limit",  &[opened()],                  rename(&"x".repeat(100)),   Ok(vec![renamed(&"x".repeat(100))]));
    check::<VenueState>("a novel",       &[opened()],                  rename(&"x".repeat(101)),   Err(BadName));
    check::<VenueState>("of no venue",   &[],                          rename("Nord"),             Err(UnknownVenue));
}

#[test]
#[rustfmt::skip] // a table
fn single_dates() {
    let set = |open, close| SetHoursOn { date: MAY, hours: day_hours(open, close), reason: Some(reason()) };
    let was_set = |open, close| HoursSetOn { date: MAY, hours: day_hours(open, close), reason: Some(reason()) };
    let close = || CloseOn { date: MAY, reason: Some(reason()) };
    let closed = || ClosedOn { date: MAY, reason: Some(reason()) };
    let lifted = || HoursLiftedOn { date: MAY };
    let reopened = || ReopenedOn { date: MAY };

    check::<VenueState>("short hours",        &[opened()],                             set(8, 12),                Ok(vec![was_set(8, 12)]));
    check::<VenueState>("twice",              &[opened(), was_set(8, 12)],             set(8, 12),                Ok(vec![]));
    check::<VenueState>("others",             &[opened(), was_set(8, 12)],             set(9, 12),                Ok(vec![was_set(9, 12)]));
    check::<VenueState>("until the night",    &[opened()],                             set(18, 4),                Ok(vec![was_set(18, 4)]));
    check::<VenueState>("into the next day",  &[opened()],                             set(18, 5),                Err(HoursAcrossServiceDay { field: "close" }));
    check::<VenueState>("of no venue",        &[],                                     set(8, 12),                Err(UnknownVenue));
    check::<VenueState>("lifted",             &[opened(), was_set(8, 12)],             LiftHoursOn { date: MAY }, Ok(vec![lifted()]));
    check::<VenueState>("lifted twice",       &[opened(), was_set(8, 12), lifted()],   LiftHoursOn { date: MAY }, Ok(vec![]));
    check::<VenueState>("nothing to lift",    &[opened()],                             LiftHoursOn { date: MAY }, Ok(vec![]));

    check::<VenueState>("closed",             &[opened()],                             close(),                   Ok(vec![closed()]));
    check::<VenueState>("closed twice",       &[opened(), closed()],                   close(),                   Ok(vec![]));
    check::<VenueState>("without a reason",   &[opened(), closed()],                   CloseOn { date: MAY, reason: None }, Ok(vec![]));
    check::<VenueState>("opened again",       &[opened(), closed()],                   ReopenOn { date: MAY },    Ok(vec![reopened()]));
    check::<VenueState>("opened twice",       &[opened(), closed(), reopened()],       ReopenOn { date: MAY },    Ok(vec![]));
    check::<VenueState>("never closed",       &[opened()],                             ReopenOn { date: MAY },    Ok(vec![]));
    check::<VenueState>("closed again",       &[opened(), closed(), reopened()],       close(),                   Ok(vec![closed()]));
    check::<VenueState>("no venue to close",  &[],                                     close(),                   Err(UnknownVenue));
}

#[test]
#[rustfmt::skip] // a table
fn a_date_has_its_own_hours_or_those_of_the_week() {
    let of = |events: &[VenueEvent]| {
        let all = [opened(), hours(JUNE, week(6, 23))].into_iter().chain(events.iter().cloned());
        fold::<VenueState>(all).0.unwrap().hours_of(JUNE)
    };
    let set = || HoursSetOn { date: JUNE, hours: day_hours(8, 12), reason: None };
    let closed = || ClosedOn { date: JUNE, reason: None };

    assert_eq!(of(&[]),                                              Some(day_hours(6, 23)));
    assert_eq!(of(&[set()]),                                         Some(day_hours(8, 12)));
    assert_eq!(of(&[set(), HoursLiftedOn { date: JUNE }]),           Some(day_hours(6, 23)));
    assert_eq!(of(&[closed()]),                                      None);
    assert_eq!(of(&[set(), closed()]),                               None);
    assert_eq!(of(&[closed(), set()]),                               None, "closed is closed, whatever its hours");
    assert_eq!(of(&[set(), closed(), ReopenedOn { date: JUNE }]),    Some(day_hours(8, 12)), "and has them back");
    assert_eq!(of(&[hours(JUNE, week(7, 22)), set()]),               Some(day_hours(8, 12)));
    assert_eq!(of(&[set(), hours(JUNE, week(7, 22))]),               Some(day_hours(8, 12)), "a week does not undo a date");
}

#[test]
fn a_venue_keeps_so_many_dates_and_no_more() {
    let day = |n: usize| MAY.checked_add(i64::try_from(n).unwrap().days()).unwrap();
    let closed = (0..MAX_DATES).map(|n| ClosedOn { date: day(n), reason: None });
    let full: Vec<_> = std::iter::once(opened()).chain(closed).collect();
    let close = |n| CloseOn { date: day(n), reason: None };
    check::<VenueState>("one more", &full, close(MAX_DATES), Err(TooManyDates));
    check::<VenueState>("one of them", &full, close(0), Ok(vec![]));
    let other = SetHoursOn { date: day(0), hours: day_hours(8, 12), reason: None };
    let set = HoursSetOn { date: day(0), hours: day_hours(8, 12), reason: None };
    check::<VenueState>("of another kind", &full, other, Ok(vec![set]));
}
