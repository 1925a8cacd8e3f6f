//! The sheet as a table (RFC 4180): a row for each booking and each block, court by court in the order of time.
use axum::response::Response;
use domain::policies;
use domain::venues::Venue;
use jiff::Timestamp;

use super::{Sheet, SheetBooking, SheetCourt};
use crate::availability::Blocked;
use crate::csv::{self, line};

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
    csv::answer(&format!("{}-{}", sheet.venue, sheet.day.date), write(sheet, venue))
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
