//! The sheet as a table (RFC 4180): a row for each booking and each block, court by court in the order of time.
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use domain::policies;
use domain::venues::Venue;
use jiff::Timestamp;

use super::{Sheet, SheetBooking, SheetCourt};
use crate::availability::Blocked;

const COLUMNS: [&str; 20] = [
    "court",
    "court_name",
    "row",
    "date",
    "start",
    "end",
    "zone",
    "starts_at",
    "ends_at",
    "reference",
    "booking",
    "state",
    "name",
    "phone",
    "notes",
    "price_minor",
    "paid_minor",
    "due_minor",
    "currency",
    "cause",
];

pub(super) fn answer(sheet: &Sheet, venue: &Venue) -> Response {
    let mut response = write(sheet, venue).into_response();
    let name = format!("attachment; filename=\"{}-{}.csv\"", sheet.venue, sheet.day.date);
    let headers = response.headers_mut();
    let type_ = HeaderValue::from_static("text/csv; charset=utf-8; header=present");
    headers.insert(header::CONTENT_TYPE, type_);
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    response
}

fn write(sheet: &Sheet, venue: &Venue) -> String {
    let mut text = String::new();
    line(&mut text, COLUMNS.map(str::to_owned));
    for court in &sheet.items {
        let bookings = court.bookings.iter().map(|it| (it.starts_at, booking(court, it)));
        let blocks = court.blocks.iter().map(|it| (it.starts_at, block(court, it, venue)));
        let mut rows: Vec<_> = bookings.chain(blocks).collect();
        rows.sort_by_key(|it| it.0);
        for (_, row) in rows {
            line(&mut text, row);
        }
    }
    text
}

fn booking(court: &SheetCourt, it: &SheetBooking) -> [String; 20] {
    let local = &it.local;
    let said = |it: &Option<String>| it.clone().unwrap_or_default();
    [
        court.court.clone(),
        court.name.clone(),
        "booking".to_owned(),
        local.date.clone(),
        local.start.clone(),
        local.end.clone(),
        local.zone.clone(),
        it.starts_at.to_string(),
        it.ends_at.to_string(),
        it.reference.clone(),
        it.id.clone(),
        it.state.clone(),
        said(&it.name),
        said(&it.phone),
        said(&it.notes),
        it.price.amount_minor.to_string(),
        it.paid.amount_minor.to_string(),
        it.due.amount_minor.to_string(),
        it.price.currency.clone(),
        String::new(),
    ]
}

fn block(court: &SheetCourt, it: &Blocked, venue: &Venue) -> [String; 20] {
    let zone = policies::zone(venue);
    let local = |at: Timestamp| at.to_zoned(zone.clone());
    let (start, end) = (local(it.starts_at), local(it.ends_at));
    let mut row: [String; 20] = std::array::from_fn(|_| String::new());
    let time = [
        court.court.clone(),
        court.name.clone(),
        "block".to_owned(),
        start.date().to_string(),
        start.strftime("%H:%M").to_string(),
        end.strftime("%H:%M").to_string(),
        venue.zone.clone(),
        it.starts_at.to_string(),
        it.ends_at.to_string(),
    ];
    for (cell, text) in row.iter_mut().zip(time) {
        *cell = text;
    }
    // Between them is what only a booking has.
    row[19].clone_from(&it.cause);
    row
}

fn line(text: &mut String, cells: impl IntoIterator<Item = String>) {
    let cells: Vec<String> = cells.into_iter().map(|it| cell(&it)).collect();
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

/// A spreadsheet takes what begins like this for a formula, and people choose their names. The apostrophe makes it
/// text, and programs that read the table can tell: nothing else here begins with one.
const FORMULAS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

fn cell(text: &str) -> String {
    let is_formula = text.trim_start().starts_with(FORMULAS) || text.starts_with(FORMULAS);
    let text = if is_formula { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r', '\t', ';']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[rustfmt::skip] // a table
    fn cells_are_text_and_no_formulas() {
        for (text, written) in [
            ("",                              ""),
            ("Ana",                           "Ana"),
            ("Müller, Ana",                   "\"Müller, Ana\""),
            ("Ana \"Ace\" Müller",            "\"Ana \"\"Ace\"\" Müller\""),
            ("two\nlines",                    "\"two\nlines\""),
            ("=1+1",                          "'=1+1"),
            ("=HYPERLINK(\"http://x\",\"y\")", "\"'=HYPERLINK(\"\"http://x\"\",\"\"y\"\")\""),
            ("+49 30 1234",                   "'+49 30 1234"),
            ("-1",                            "'-1"),
            ("@SUM(A1)",                      "'@SUM(A1)"),
            ("  =1+1",                        "'  =1+1"),
            ("\t=1+1",                        "\"'\t=1+1\""),
            ("a;=1+1",                        "\"a;=1+1\""),
            ("a=b",                           "a=b"),
        ] {
            assert_eq!(cell(text), written, "{text:?}");
        }
    }
}
