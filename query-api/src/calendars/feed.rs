//! Bookings as iCalendar.
use std::hash::{DefaultHasher, Hash, Hasher};

use icalendar::{Calendar, Component, Event as Entry, EventLike, Property};
use jiff::Timestamp;
use url::Url;

pub struct Row {
    pub reference: String,
    pub court: String,
    pub venue: String,
    pub starts_at: jiff_sqlx::Timestamp,
    pub ends_at: jiff_sqlx::Timestamp,
    pub changed_at: jiff_sqlx::Timestamp,
}

/// How often programs are to ask.
const EVERY: &str = "PT15M";
/// 2020 began then. A calendar's numbers end at 2^31: seconds from here on are good until 2088.
const SEQUENCES_BEGIN: i64 = 1_577_836_800;

/// `server_url` is the page that an event leads to.
pub fn write(rows: &[Row], server_url: &str) -> String {
    let host = Url::parse(server_url).ok().and_then(|it| it.host_str().map(str::to_owned));
    let host = host.unwrap_or_else(|| "courtside".to_owned());
    let mut calendar = Calendar::empty();
    for (name, value) in [
        ("VERSION", "2.0"),
        ("PRODID", "-//Courtside//EN"),
        ("METHOD", "PUBLISH"),
        ("X-WR-CALNAME", "Courtside"),
        ("X-PUBLISHED-TTL", EVERY),
    ] {
        calendar.append_property((name, value));
    }
    let every = Property::new("REFRESH-INTERVAL", EVERY).add_parameter("VALUE", "DURATION").done();
    calendar.append_property(every);
    for row in rows {
        let changed_at = row.changed_at.to_jiff();
        let sequence = changed_at.as_second().saturating_sub(SEQUENCES_BEGIN);
        let (court, venue) = (printable(&row.court), printable(&row.venue));
        let entry = Entry::new()
            // The first id the booking ever had: it stays when the booking moves.
            .uid(&format!("{}@{host}", row.reference))
            .sequence(u32::try_from(sequence).unwrap_or_default())
            .add_property("DTSTAMP", utc(changed_at))
            .add_property("LAST-MODIFIED", utc(changed_at))
            .add_property("DTSTART", utc(row.starts_at.to_jiff()))
            .add_property("DTEND", utc(row.ends_at.to_jiff()))
            .add_property("STATUS", "CONFIRMED")
            .summary(&format!("{court}, {venue}"))
            .location(&venue)
            .description(&row.reference)
            .url(server_url)
            .done();
        calendar.push(entry);
    }
    calendar.to_string()
}

/// What a program that has this text already has to send to be told so.
pub fn tag(text: &str) -> String {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// A name on one line: whatever somebody called a court, it ends no line and begins no property.
fn printable(name: &str) -> String {
    name.chars().map(|it| if it.is_control() { ' ' } else { it }).collect()
}

#[cfg(test)]
mod tests {
    use ical::IcalParser;
    use jiff_sqlx::ToSqlx;

    use super::*;

    fn row(court: &str) -> Row {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().to_sqlx();
        Row {
            reference: "2026-11-21-7FK2-9X3M2KQD".to_owned(),
            court: court.to_owned(),
            venue: "Riverside".to_owned(),
            starts_at: at("2026-11-21T17:00:00Z"),
            ends_at: at("2026-11-21T18:00:00Z"),
            changed_at: at("2026-11-20T08:30:00.123Z"),
        }
    }

    /// The properties of its events, as another program reads them.
    fn read(text: &str) -> Vec<Vec<(String, String)>> {
        let calendar = IcalParser::new(text.as_bytes()).next().unwrap().unwrap();
        let property = |it: ical::property::Property| (it.name, it.value.unwrap_or_default());
        let events = calendar.events.into_iter();
        events.map(|it| it.properties.into_iter().map(property).collect()).collect()
    }

    fn value<'a>(event: &'a [(String, String)], name: &str) -> &'a str {
        event.iter().find(|it| it.0 == name).map_or("", |it| &it.1)
    }

    #[test]
    fn another_program_reads_what_is_booked() {
        let events = read(&write(&[row("Court 1"), row("Court 2")], "https://courts.example"));
        assert_eq!(events.len(), 2);
        for (name, expected) in [
            ("UID", "2026-11-21-7FK2-9X3M2KQD@courts.example"),
            ("SEQUENCE", "217326600"),
            ("DTSTAMP", "20261120T083000Z"),
            ("DTSTART", "20261121T170000Z"),
            ("DTEND", "20261121T180000Z"),
            ("STATUS", "CONFIRMED"),
            ("SUMMARY", "Court 1\\, Riverside"),
            ("LOCATION", "Riverside"),
            ("URL", "https://courts.example"),
        ] {
            assert_eq!(value(&events[0], name), expected, "{name}");
        }
    }

    #[test]
    fn no_name_breaks_a_calendar() {
        for name in [
            "Court; one, \\ two",
            "one\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:gotcha",
            "one\nATTENDEE:mailto:a@b.example",
            "one\rX-EVIL:1",
            "nul \0 and bell \u{7}",
            &"ü".repeat(200),
            &"🎾 ".repeat(60),
            &" ".repeat(200),
            "",
        ] {
            let text = write(&[row(name)], "https://courts.example");
            let events = read(&text);
            assert_eq!(events.len(), 1, "{name:?}");
            for forbidden in ["ATTENDEE", "X-EVIL"] {
                assert_eq!(value(&events[0], forbidden), "", "{name:?}");
            }
            let of_name = |it: &str| events[0].iter().filter(|at| at.0 == it).count();
            assert_eq!((of_name("SUMMARY"), of_name("DTSTART")), (1, 1), "{name:?}");
            let lines: Vec<&str> = text.split("\r\n").collect();
            assert!(lines.iter().all(|it| it.len() <= 75), "{name:?}: a line is too long\n{text}");
            assert!(!lines.iter().any(|it| it.contains(['\r', '\n', '\0'])), "{name:?}");
        }
    }
}
