//! A court.
mod given;

use domain::courts::CourtCommand::{self, Add, Price};
use domain::courts::CourtEvent::{self, Added, Priced};
use domain::courts::CourtRejection::{BadName, CourtExists, UnknownCourt};
use domain::courts::CourtState;
use domain::policies::Prices;

use given::{check, fold};

fn add(venue: &str, name: &str, surface: &str, indoor: bool) -> CourtCommand {
    let [name, kind, surface] = [name, "tennis", surface].map(str::to_owned);
    Add { venue: venue.parse().unwrap(), name, kind, surface, indoor }
}

fn added() -> CourtEvent {
    let [name, kind, surface] = ["Court 1", "tennis", "clay"].map(str::to_owned);
    Added { venue: "nord".parse().unwrap(), name, kind, surface, indoor: true }
}

fn prices(off_peak_per_hour_minor: i64) -> Prices {
    Prices { off_peak_per_hour_minor, ..Prices::default() }
}

#[test]
#[rustfmt::skip] // a table
fn adding_and_pricing() {
    let first = || add("nord", "Court 1", "clay", true);
    let price = |it| Price { prices: prices(it) };
    let priced = |it| Priced { prices: prices(it) };
    let fault = prices(-1).validate().unwrap_err();

    check::<CourtState>("new",               &[],                     first(),                                Ok(vec![added()]));
    check::<CourtState>("twice",             &[added()],              first(),                                Ok(vec![]));
    check::<CourtState>("twice, priced",     &[added(), priced(100)], first(),                                Ok(vec![]));
    check::<CourtState>("at another venue",  &[added()],              add("west", "Court 1", "clay", true),   Err(CourtExists));
    check::<CourtState>("by another name",   &[added()],              add("nord", "Court 2", "clay", true),   Err(CourtExists));
    check::<CourtState>("outdoors",          &[added()],              add("nord", "Court 1", "clay", false),  Err(CourtExists));
    check::<CourtState>("without a name",    &[],                     add("nord", " ", "clay", true),         Err(BadName));
    check::<CourtState>("without a surface", &[],                     add("nord", "Court 1", "", true),       Err(BadName));
    check::<CourtState>("by a novel",        &[],                     add("nord", &"x".repeat(101), "clay", true), Err(BadName));

    check::<CourtState>("priced",            &[added()],              price(100), Ok(vec![priced(100)]));
    check::<CourtState>("priced twice",      &[added(), priced(100)], price(100), Ok(vec![]));
    check::<CourtState>("priced anew",       &[added(), priced(100)], price(200), Ok(vec![priced(200)]));
    check::<CourtState>("free as it is",     &[added()],              price(0),   Ok(vec![]));
    check::<CourtState>("below nothing",     &[added()],              price(-1),  Err(fault.into()));
    check::<CourtState>("no court",          &[],                     price(100), Err(UnknownCourt));
}

#[test]
fn a_court_is_free_of_charge_until_it_is_priced() {
    let prices_after =
        |events: &[CourtEvent]| fold::<CourtState>(events.iter().cloned()).0.unwrap().prices;
    assert_eq!(prices_after(&[added()]), prices(0));
    assert_eq!(prices_after(&[added(), Priced { prices: prices(100) }]), prices(100));
}
