//! Times in each language, by each clock.
use domain::bookings::Held;
use domain::users::{ClockStyle, Language};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

const WEEKDAYS: [&str; 7] =
    ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"];
const MONTHS: [&str; 12] = [
    "Januar",
    "Februar",
    "März",
    "April",
    "Mai",
    "Juni",
    "Juli",
    "August",
    "September",
    "Oktober",
    "November",
    "Dezember",
];

/// In the zone that the booking was made in: `Friday, 28 November 2026, 18:00 to 19:30 (Europe/Berlin)`.
pub(super) fn when(held: &Held, language: Language, clock: ClockStyle) -> String {
    let (starts, ends) = times(held);
    let zone = starts.time_zone().iana_name().unwrap_or("UTC").to_owned();
    let (from, to) = (time(&starts, clock), time(&ends, clock));
    let day = day(&starts, language);
    match language {
        Language::En => format!("{day}, {from} to {to} ({zone})"),
        Language::De => format!("{day}, {from} bis {to} ({zone})"),
    }
}

/// A moment in the same zone: `Thursday, 27 November 2026, 10:15 (Europe/Berlin)`.
pub(super) fn until(held: &Held, at: Timestamp, language: Language, clock: ClockStyle) -> String {
    let at = at.to_zoned(times(held).0.time_zone().clone());
    let zone = at.time_zone().iana_name().unwrap_or("UTC");
    format!("{}, {} ({zone})", day(&at, language), time(&at, clock))
}

fn day(at: &Zoned, language: Language) -> String {
    match language {
        Language::En => at.strftime("%A, %-d %B %Y").to_string(),
        Language::De => {
            let number = |it: i8| usize::try_from(it).unwrap_or_default();
            let weekday = WEEKDAYS[number(at.weekday().to_monday_zero_offset()) % 7];
            let month = MONTHS[number(at.month() - 1) % 12];
            format!("{weekday}, {}. {month} {}", at.day(), at.year())
        }
    }
}

fn times(held: &Held) -> (Zoned, Zoned) {
    let zone = TimeZone::get(&held.zone).unwrap_or(TimeZone::UTC);
    (held.starts_at.to_zoned(zone.clone()), held.ends_at.to_zoned(zone))
}

fn time(at: &Zoned, clock: ClockStyle) -> String {
    let style = match clock {
        ClockStyle::H24 => "%H:%M",
        ClockStyle::H12 => "%-I:%M %P",
    };
    at.strftime(style).to_string()
}
