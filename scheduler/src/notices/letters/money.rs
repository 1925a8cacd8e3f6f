//! What a letter says of money.
use std::collections::BTreeMap;

use domain::bookings::{Booking, RefundCause, rest_of};
use domain::money::Money;
use domain::users::Language;

use crate::words::Words;

/// Currencies (ISO 4217) whose minor unit is not a hundredth, and how many decimals it has.
const DECIMALS: &[(&str, u32)] = &[
    ("BHD", 3),
    ("CLP", 0),
    ("ISK", 0),
    ("JOD", 3),
    ("JPY", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("OMR", 3),
    ("PYG", 0),
    ("TND", 3),
    ("UGX", 0),
    ("VND", 0),
    ("XAF", 0),
    ("XOF", 0),
];

/// What became of the money of a booking that was cancelled.
pub(super) fn paid_back(booking: &Booking, language: Language) -> String {
    if booking.payments.is_empty() {
        let nothing =
            Words { en: "Nothing was paid for it.", de: "Es wurde nichts dafür bezahlt." };
        return nothing.of(language).to_owned();
    }
    // What has a rest of its own was paid back before, and another letter told of it.
    let is_new = |reference: &str| !booking.payments.contains_key(&rest_of(reference));
    let payments = booking.payments.iter().filter(|(reference, _)| is_new(reference));
    let refunds = payments.filter_map(|(_, it)| it.refund.as_ref());
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for it in refunds.filter(|it| it.why == RefundCause::Cancelled) {
        let sum = sums.entry(&it.amount.currency).or_default();
        *sum = sum.saturating_add(it.amount.amount_minor);
    }
    let sums: Vec<_> = sums
        .into_iter()
        .map(|(currency, amount_minor)| Money { amount_minor, currency: currency.to_owned() })
        .map(|it| written(&it))
        .collect();
    if sums.is_empty() {
        let nothing = Words {
            en: "By the terms it was booked under nothing is paid back.",
            de: "Nach den Bedingungen der Buchung wird nichts erstattet.",
        };
        return nothing.of(language).to_owned();
    }
    match language {
        Language::En => format!("You are paid back {}.", sums.join(" and ")),
        Language::De => format!("Sie erhalten {} zurück.", sums.join(" und ")),
    }
}

/// `24.00 EUR`
pub(super) fn written(Money { amount_minor, currency }: &Money) -> String {
    let decimals = DECIMALS.iter().find(|(it, _)| it == currency).map_or(2, |it| it.1);
    let unit = 10_u64.pow(decimals);
    let (sign, amount) = (if *amount_minor < 0 { "-" } else { "" }, amount_minor.unsigned_abs());
    let whole = amount / unit;
    if decimals == 0 {
        return format!("{sign}{whole} {currency}");
    }
    let width = usize::try_from(decimals).unwrap_or(2);
    format!("{sign}{whole}.{:0width$} {currency}", amount % unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_amount_has_the_decimals_of_its_currency() {
        let written = |amount_minor, currency: &str| {
            written(&Money { amount_minor, currency: currency.to_owned() })
        };
        assert_eq!(written(2_405, "EUR"), "24.05 EUR");
        assert_eq!(written(7, "EUR"), "0.07 EUR");
        assert_eq!(written(2_400, "JPY"), "2400 JPY");
        assert_eq!(written(2_405, "KWD"), "2.405 KWD");
        assert_eq!(written(-105, "EUR"), "-1.05 EUR");
    }
}
