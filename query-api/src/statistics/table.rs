//! The same as a table: a row for each court, hour and currency.
use std::collections::BTreeSet;

use axum::response::Response;
use domain::money::Money;

use super::{CourtHour, Statistics};
use crate::csv::{self, line};

const COLUMNS: [&str; 8] = [
    "court",
    "hour",
    "for_sale_minutes",
    "sold_minutes",
    "holds_lost",
    "currency",
    "price_minor",
    "taken_minor",
];

pub(super) fn answer(statistics: &Statistics) -> Response {
    let Statistics { venue, from, to, items, .. } = statistics;
    csv::answer(&format!("{venue}-{from}-{to}"), write(items))
}

fn write(items: &[CourtHour]) -> String {
    let mut text = String::new();
    line(&mut text, COLUMNS.map(str::to_owned));
    for it in items {
        let money = it.prices.iter().chain(&it.takings);
        let mut currencies: BTreeSet<&str> = money.map(|it| it.currency.as_str()).collect();
        if currencies.is_empty() {
            currencies.insert("");
        }
        for (n, currency) in currencies.into_iter().enumerate() {
            // Minutes and holds have no currency: in a second row they would be counted twice.
            let once = |count: i64| if n == 0 { count } else { 0 }.to_string();
            let cells = [
                it.court.clone(),
                it.hour.to_string(),
                once(it.for_sale_minutes),
                once(it.sold_minutes),
                once(it.holds_lost),
                currency.to_owned(),
                of(&it.prices, currency).to_string(),
                of(&it.takings, currency).to_string(),
            ];
            line(&mut text, cells);
        }
    }
    text
}

fn of(all: &[Money], currency: &str) -> i64 {
    all.iter().find(|it| it.currency == currency).map_or(0, |it| it.amount_minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_of_two_currencies_is_two_rows_and_nothing_counts_twice() {
        let money =
            |amount_minor, currency: &str| Money { amount_minor, currency: currency.to_owned() };
        let both = CourtHour {
            court: "RV01".to_owned(),
            hour: 18,
            for_sale_minutes: 120,
            sold_minutes: 60,
            holds_lost: 2,
            prices: vec![money(2400, "EUR")],
            takings: vec![money(1200, "CHF"), money(2400, "EUR")],
        };
        let none = CourtHour {
            court: "RV02".to_owned(),
            hour: 7,
            for_sale_minutes: 60,
            ..CourtHour::default()
        };
        let expected = [
            "court,hour,for_sale_minutes,sold_minutes,holds_lost,currency,price_minor,taken_minor",
            "RV01,18,120,60,2,CHF,0,1200",
            "RV01,18,0,0,0,EUR,2400,2400",
            "RV02,7,60,0,0,,0,0",
            "",
        ];
        assert_eq!(write(&[both, none]), expected.join("\r\n"));
    }
}
