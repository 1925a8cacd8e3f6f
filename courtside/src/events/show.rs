//! Events on paper: a table for people, a line of JSON for programs.
use std::io::{self, Write};

use comfy_table::{CellAlignment, Table, presets::NOTHING};
use event_store::{Metadata, Position, StreamEvent};
use serde::Serialize;
use serde_json::value::RawValue;
use uuid::Uuid;

#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    position: Option<Position>,
    stream: &'a str,
    revision: u64,
    id: Uuid,
    #[serde(rename = "type")]
    kind: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
    /// What stands in the place of the data, where that is no JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    damaged: Option<String>,
    meta: &'a Metadata,
}

/// An event as one line of JSON, its data as it was written.
pub fn line(
    position: Option<Position>,
    stream: &str,
    it: &StreamEvent,
) -> serde_json::Result<String> {
    // A line break in JSON stands between its parts, where a space means the same.
    let data = String::from_utf8_lossy(&it.data).replace(['\n', '\r'], " ");
    let raw = RawValue::from_string(data.clone()).ok();
    let damaged = raw.is_none().then_some(data);
    serde_json::to_string(&Line {
        position,
        stream,
        revision: it.revision,
        id: it.id,
        kind: &it.kind,
        data: raw,
        damaged,
        meta: &it.meta,
    })
}

/// What a table shows of an event after its place.
pub fn cells(it: &StreamEvent) -> [String; 4] {
    [
        it.meta.at.to_string(),
        it.kind.clone(),
        it.meta.actor.clone().unwrap_or_default(),
        String::from_utf8_lossy(&it.data).into_owned(),
    ]
}

pub const COLUMNS: [&str; 4] = ["AT", "TYPE", "ACTOR", "DATA"];

pub fn table<'a>(header: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table.load_style(NOTHING);
    let header: Vec<&str> = header.into_iter().collect();
    if !header.is_empty() {
        table.set_header(header);
    }
    table
}

/// Adds a row. Nothing in an event may move the reader's cursor.
pub fn row(table: &mut Table, cells: impl IntoIterator<Item = String>) {
    let plain = |it: String| -> String {
        it.chars()
            .flat_map(|it| {
                let escaped = it.is_control().then(|| it.escape_default());
                let plain = (!it.is_control()).then_some(it);
                escaped.into_iter().flatten().chain(plain)
            })
            .collect()
    };
    table.add_row(cells.into_iter().map(plain));
}

pub fn align_right(table: &mut Table, columns: impl IntoIterator<Item = usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

/// Prints a line, and fails where `println!` would panic: when nobody reads it any more.
pub fn say(text: impl std::fmt::Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}
