//! What a court costs.
use domain::policies::{Fault, PeakWindow, Prices};

use crate::place::{at, time, venue};

#[test]
#[rustfmt::skip] // a table
fn prices_go_by_the_minute() {
    #[track_caller]
    fn costs(prices: &Prices, from: &str, to: &str, then: i64) {
        let price = prices.price(&venue(), at(from), at(to));
        assert_eq!((price.amount_minor, &*price.currency), (then, "EUR"), "{from} {to}");
    }
    let window = |weekdays: &[i8], from, to| PeakWindow { weekdays: weekdays.to_vec(), from: time(from), to: time(to) };
    let prices = Prices {
        currency: "EUR".to_owned(),
        off_peak_per_hour_minor: 2001,
        peak_per_hour_minor: 3000,
        // Friday's night, and the afternoons of workdays.
        peak: vec![window(&[5], "18:00", "02:00"), window(&[1, 2, 3, 4], "17:00", "20:00")],
    };

    costs(&prices, "2026-11-19T10:00+01:00", "2026-11-19T11:00+01:00", 2001);
    costs(&prices, "2026-11-19T10:00+01:00", "2026-11-19T11:30+01:00", 3002); // 3001.5
    costs(&prices, "2026-11-19T16:30+01:00", "2026-11-19T17:30+01:00", 2501); // 1000.5 + 1500
    costs(&prices, "2026-11-19T19:30+01:00", "2026-11-19T20:30+01:00", 2501);
    costs(&prices, "2026-11-20T17:30+01:00", "2026-11-20T18:30+01:00", 2501);
    costs(&prices, "2026-11-20T23:00+01:00", "2026-11-21T01:00+01:00", 6000); // over midnight
    costs(&prices, "2026-11-21T01:30+01:00", "2026-11-21T02:30+01:00", 2501); // Saturday, still Friday's night
    costs(&prices, "2026-11-20T01:00+01:00", "2026-11-20T02:00+01:00", 2001); // Thursday's night
    costs(&prices, "2026-11-21T18:00+01:00", "2026-11-21T19:00+01:00", 2001);
    costs(&prices, "2026-11-21T19:00+01:00", "2026-11-21T18:00+01:00", 0);

    // An hour on the wall that comes twice costs twice.
    let nights = Prices { peak: vec![window(&[7], "02:00", "03:00")], ..prices.clone() };
    costs(&nights, "2026-10-25T01:00+02:00", "2026-10-25T03:00+01:00", 2001 + 6000);
    // A window in an hour that is skipped is nobody's.
    costs(&nights, "2026-03-29T01:00+01:00", "2026-03-29T04:00+02:00", 4002);
    let always = Prices { peak: vec![window(&[6], "00:00", "00:00")], ..prices };
    costs(&always, "2026-11-21T18:00+01:00", "2026-11-21T19:00+01:00", 3000);
}

#[test]
fn a_price_of_a_stay_that_nobody_checked_is_bounded() {
    let prices = Prices { off_peak_per_hour_minor: i64::MAX, ..Prices::default() };
    let (from, to) = (jiff::Timestamp::MIN, jiff::Timestamp::MAX);
    assert_eq!(prices.price(&venue(), from, to).amount_minor, i64::MAX / 60 + 1);
}

#[test]
#[rustfmt::skip] // a table
fn price_lists_that_cannot_be_meant() {
    let field = |change: &dyn Fn(&mut Prices)| {
        let mut prices = Prices::default();
        change(&mut prices);
        prices.validate().err().map(|Fault { field, .. }| field)
    };
    let window = |weekdays: &[i8]| PeakWindow { weekdays: weekdays.to_vec(), from: time("17:00"), to: time("20:00") };
    assert_eq!(field(&|_| {}), None);
    assert_eq!(field(&|it| it.currency = "eur".into()),           Some("/currency"));
    assert_eq!(field(&|it| it.currency = "EURO".into()),          Some("/currency"));
    assert_eq!(field(&|it| it.off_peak_per_hour_minor = -1),      Some("/off_peak_per_hour_minor"));
    assert_eq!(field(&|it| it.peak_per_hour_minor = i64::MAX),    Some("/peak_per_hour_minor"));
    assert_eq!(field(&|it| it.peak = vec![window(&[])]),          Some("/peak"));
    assert_eq!(field(&|it| it.peak = vec![window(&[0])]),         Some("/peak"));
    assert_eq!(field(&|it| it.peak = vec![window(&[8])]),         Some("/peak"));
    assert_eq!(field(&|it| it.peak = vec![window(&[1]); 169]),    Some("/peak"));
    assert_eq!(field(&|it| it.peak = vec![window(&[1, 7])]),      None);
}
