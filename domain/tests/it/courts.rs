//! A court.
use domain::courts::CourtCommand::{self, Add, Describe, Price, Retire, Return};
use domain::courts::CourtEvent::{self, Added, Described, Priced, Retired, Returned};
use domain::courts::CourtRejection::{BadName, CourtExists, TooManyDates, UnknownCourt};
use domain::courts::{Court, CourtState};
use domain::policies::{MAX_DATES, Prices};
use domain::sealed::Sealed;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use crate::given::{check, fold};

fn add(venue: &str, name: &str, surface: &str, indoor: bool) -> CourtCommand {
    let [name, kind, surface] = [name, "tennis", surface].map(str::to_owned);
    Add { venue: venue.parse().unwrap(), name, kind, surface, indoor }
}

fn added() -> CourtEvent {
    let [name, kind, surface] = ["Court 1", "tennis", "clay"].map(str::to_owned);
    Added { venue: "nord".parse().unwrap(), name, kind, surface, indoor: true }
}

const MAY: Date = date(2026, 5, 1);
const JUNE: Date = date(2026, 6, 1);
const JULY: Date = date(2026, 7, 1);

fn described(name: &str, surface: &str) -> CourtEvent {
    let [name, kind, surface] = [name, "tennis", surface].map(str::to_owned);
    Described { name, kind, surface, indoor: true }
}

fn describe(name: Option<&str>, surface: Option<&str>) -> CourtCommand {
    let [name, surface] = [name, surface].map(|it| it.map(str::to_owned));
    Describe { name, kind: None, surface, indoor: None }
}

fn court(events: &[CourtEvent]) -> Court {
    fold::<CourtState>(events.iter().cloned()).0.unwrap()
}

fn prices(off_peak_per_hour_minor: i64) -> Prices {
    Prices { off_peak_per_hour_minor, ..Prices::default() }
}

#[test]
#[rustfmt::skip] // a table
fn adding_and_pricing() {
    let first = || add("nord", "Court 1", "clay", true);
    let price = |it| Price { from: None, prices: prices(it) };
    let priced = |it| Priced { from: None, prices: prices(it) };
    let bad = |field| Err(BadName { field });
    let fault = prices(-1).validate().unwrap_err();

    check::<CourtState>("new",               &[],                     first(),                                Ok(vec![added()]));
    check::<CourtState>("twice",             &[added()],              first(),                                Ok(vec![]));
    check::<CourtState>("twice, priced",     &[added(), priced(100)], first(),                                Ok(vec![]));
    check::<CourtState>("at another venue",  &[added()],              add("west", "Court 1", "clay", true),   Err(CourtExists));
    check::<CourtState>("by another name",   &[added()],              add("nord", "Court 2", "clay", true),   Err(CourtExists));
    check::<CourtState>("outdoors",          &[added()],              add("nord", "Court 1", "clay", false),  Err(CourtExists));
    check::<CourtState>("without a name",    &[],                     add("nord", " ", "clay", true),         bad("name"));
    check::<CourtState>("without a surface", &[],                     add("nord", "Court 1", "", true),       bad("surface"));
    check::<CourtState>("by a novel",        &[],                     add("nord", &"x".repeat(101), "clay", true), bad("name"));
    check::<CourtState>("on two lines",      &[],                     add("nord", "Court\n1", "clay", true), bad("name"));
    check::<CourtState>("twice, described",  &[added(), described("x", "hard")], first(),                     Ok(vec![]));

    check::<CourtState>("priced",            &[added()],              price(100), Ok(vec![priced(100)]));
    check::<CourtState>("priced twice",      &[added(), priced(100)], price(100), Ok(vec![]));
    check::<CourtState>("priced anew",       &[added(), priced(100)], price(200), Ok(vec![priced(200)]));
    check::<CourtState>("free as it is",     &[added()],              price(0),   Ok(vec![]));
    check::<CourtState>("below nothing",     &[added()],              price(-1),  Err(fault.into()));
    check::<CourtState>("no court",          &[],                     price(100), Err(UnknownCourt));
}

#[test]
#[rustfmt::skip] // a table
fn describing() {
    let hard = || described("Court 1", "hard");

    check::<CourtState>("resurfaced",       &[added()],         describe(None, Some("hard")),      Ok(vec![hard()]));
    check::<CourtState>("twice",            &[added(), hard()], describe(None, Some("hard")),      Ok(vec![]));
    check::<CourtState>("renamed too",      &[added(), hard()], describe(Some("Centre"), None),    Ok(vec![described("Centre", "hard")]));
    check::<CourtState>("nothing said",     &[added()],         describe(None, None),              Ok(vec![]));
    check::<CourtState>("what it is",       &[added()],         describe(Some("Court 1"), None),   Ok(vec![]));
    check::<CourtState>("without a name",   &[added()],         describe(Some(" "), None),         Err(BadName { field: "name" }));
    check::<CourtState>("by a novel",       &[added()],         describe(None, Some(&"x".repeat(101))), Err(BadName { field: "surface" }));
    check::<CourtState>("at the limit",     &[added()],         describe(Some(&"x".repeat(100)), None), Ok(vec![described(&"x".repeat(100), "clay")]));
    check::<CourtState>("no court",         &[],                describe(None, Some("hard")),      Err(UnknownCourt));
}

#[test]
#[rustfmt::skip] // a table
fn prices_have_dates() {
    let price = |from, it| Price { from: Some(from), prices: prices(it) };
    let priced = |from, it| Priced { from: Some(from), prices: prices(it) };

    check::<CourtState>("a raise",             &[added()],                    price(MAY, 100),  Ok(vec![priced(MAY, 100)]));
    check::<CourtState>("twice",               &[added(), priced(MAY, 100)],  price(MAY, 100),  Ok(vec![]));
    check::<CourtState>("equal, from later",   &[added(), priced(MAY, 100)],  price(JUNE, 100), Ok(vec![priced(JUNE, 100)]));
    check::<CourtState>("another",             &[added(), priced(MAY, 100)],  price(MAY, 200),  Ok(vec![priced(MAY, 200)]));
    check::<CourtState>("below nothing",       &[added()],                    price(MAY, -1),   Err(prices(-1).validate().unwrap_err().into()));

    let on = |events: &[CourtEvent], on: Date| court(events).prices.on(on).off_peak_per_hour_minor;
    let first = Priced { from: None, prices: prices(10) };
    let list = [added(), priced(JUNE, 30), first, priced(MAY, 20)];
    assert_eq!([MAY.yesterday().unwrap(), MAY, JUNE.yesterday().unwrap(), JUNE, JULY].map(|it| on(&list, it)), [10, 20, 20, 30, 30]);
    assert_eq!(on(&[added()], MAY), 0, "free of charge until it is priced");
}

#[test]
#[rustfmt::skip] // a table
fn retiring_and_returning() {
    let reason = || Some(Sealed("v1.reason".to_owned()));
    let retire = |from| Retire { from, reason: reason() };
    let retired = |from| Retired { from, reason: reason() };
    let back = |from| Return { from };
    let returned = |from| Returned { from };

    check::<CourtState>("retired",              &[added()],                                 retire(MAY),  Ok(vec![retired(MAY)]));
    check::<CourtState>("twice",                &[added(), retired(MAY)],                   retire(MAY),  Ok(vec![]));
    check::<CourtState>("twice, no reason",     &[added(), retired(MAY)],                   Retire { from: MAY, reason: None }, Ok(vec![]));
    check::<CourtState>("retired already",      &[added(), retired(MAY)],                   retire(JUNE), Ok(vec![]));
    check::<CourtState>("sooner than said",     &[added(), retired(JUNE)],                  retire(MAY),  Ok(vec![retired(MAY)]));
    check::<CourtState>("back",                 &[added(), retired(MAY)],                   back(JUNE),   Ok(vec![returned(JUNE)]));
    check::<CourtState>("back twice",           &[added(), retired(MAY), returned(JUNE)],   back(JUNE),   Ok(vec![]));
    check::<CourtState>("back at once",         &[added(), retired(MAY)],                   back(MAY),    Ok(vec![returned(MAY)]));
    check::<CourtState>("never gone",           &[added()],                                 back(MAY),    Ok(vec![]));
    check::<CourtState>("not yet gone",         &[added(), retired(JUNE)],                  back(MAY),    Ok(vec![]));
    check::<CourtState>("gone again",           &[added(), retired(MAY), returned(JUNE)],   retire(JULY), Ok(vec![retired(JULY)]));
    check::<CourtState>("no court",             &[],                                        retire(MAY),  Err(UnknownCourt));
    check::<CourtState>("no court to return",   &[],                                        back(MAY),    Err(UnknownCourt));

    let out = |events: &[CourtEvent]| [MAY.yesterday().unwrap(), MAY, JUNE, JULY].map(|it| court(events).is_retired_on(it));
    assert_eq!(out(&[added(), retired(MAY)]),                                 [false, true,  true,  true]);
    assert_eq!(out(&[added(), retired(MAY), returned(JULY)]),                 [false, true,  true,  false]);
    assert_eq!(out(&[added(), retired(MAY), returned(MAY)]),                  [false, false, false, false]);
    assert_eq!(out(&[added(), retired(JUNE), returned(JULY), retired(MAY)]),  [false, true,  true,  false]);
}

#[test]
fn a_court_keeps_so_many_dates_and_no_more() {
    let day = |n: usize| MAY.checked_add(i64::try_from(n).unwrap().days()).unwrap();
    let raise = |n| Priced { from: Some(day(n)), prices: prices(i64::try_from(n).unwrap()) };
    let full: Vec<_> = std::iter::once(added()).chain((0..MAX_DATES).map(raise)).collect();
    let price = |n| Price { from: Some(day(n)), prices: prices(7777) };
    check::<CourtState>("one more", &full, price(MAX_DATES), Err(TooManyDates));
    let anew = Priced { from: Some(day(0)), prices: prices(7777) };
    check::<CourtState>("one of them", &full, price(0), Ok(vec![anew]));
}
