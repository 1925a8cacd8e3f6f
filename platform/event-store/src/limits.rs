//! What a store takes. One set of limits for every adapter, so that a log can move from one to another.
use std::fmt::Display;

use serde::de::IgnoredAny;

use crate::{AppendError, NewEvent};

/// The longest stream name and the longest stored name of an event, in bytes; both stand in every index entry.
pub const MAX_NAME_BYTES: usize = 200;

/// The largest event, data and metadata together. What is larger is a document, and belongs elsewhere.
pub const MAX_EVENT_BYTES: usize = 256 * 1024;

/// The most events in one append: a command that makes more is a batch job in disguise.
pub const MAX_EVENTS: usize = 256;

/// The most bytes in one append: what one call carries when commands travel together.
pub const MAX_APPEND_BYTES: usize = 1024 * 1024;

/// The names [`crate::Metadata`] writes itself. A second one of them would make the event unreadable.
const OWN_FIELDS: [&str; 6] = ["at", "command", "$correlationId", "$causationId", "actor", "trace"];

/// An append that a store can take, its metadata written out.
pub(crate) struct Checked {
    pub events: Vec<(NewEvent, Vec<u8>)>,
    pub bytes: usize,
}

/// Checks an append, or says in a sentence why it can never be stored.
pub(crate) fn check(stream: &str, events: Vec<NewEvent>) -> Result<Checked, AppendError> {
    if !is_name(stream) {
        return refused(format_args!(
            "a stream's name is 1 to {MAX_NAME_BYTES} visible ASCII characters"
        ));
    }
    if events.is_empty() {
        return refused("an append has at least one event");
    }
    if MAX_EVENTS < events.len() {
        return refused(format_args!("{} events in one append, over {MAX_EVENTS}", events.len()));
    }
    let mut checked = Checked { events: Vec::with_capacity(events.len()), bytes: 0 };
    for event in events {
        let meta = check_event(&event)?;
        checked.bytes += event.data.len() + meta.len();
        checked.events.push((event, meta));
    }
    if MAX_APPEND_BYTES < checked.bytes {
        return refused(format_args!(
            "{} bytes in one append, over {MAX_APPEND_BYTES}",
            checked.bytes
        ));
    }
    Ok(checked)
}

fn check_event(event: &NewEvent) -> Result<Vec<u8>, AppendError> {
    let kind = &event.kind;
    if !is_name(kind) {
        return refused(format_args!(
            "an event's name is 1 to {MAX_NAME_BYTES} visible ASCII characters"
        ));
    }
    if let Some(twice) = OWN_FIELDS.iter().find(|it| event.meta.more.contains_key(**it)) {
        return refused(format_args!("{kind} has the metadata field {twice} twice"));
    }
    let meta = serde_json::to_vec(&event.meta).map_err(|error| {
        AppendError::Refused(format!("the metadata of {kind} cannot be written as JSON: {error}"))
    })?;
    let bytes = event.data.len() + meta.len();
    if MAX_EVENT_BYTES < bytes {
        return refused(format_args!("{kind} has {bytes} bytes, over {MAX_EVENT_BYTES}"));
    }
    // Serde skips over the strings of what it ignores, whatever bytes they are made of.
    let Ok(text) = std::str::from_utf8(&event.data) else {
        return refused(format_args!("the data of {kind} is not UTF-8"));
    };
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return refused(format_args!("the data of {kind} is not JSON: {error}"));
    }
    Ok(meta)
}

/// Whether a stream or an event may be called this: no spaces, nothing invisible, the same bytes in every encoding.
pub fn is_name(name: &str) -> bool {
    (1..=MAX_NAME_BYTES).contains(&name.len()) && name.bytes().all(|it| it.is_ascii_graphic())
}

fn refused<T>(why: impl Display) -> Result<T, AppendError> {
    Err(AppendError::Refused(why.to_string()))
}
