use serde::{Deserialize, Serialize};

/// What became of a person's link (stream `calendar-<user>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum CalendarEvent {
    /// Of the link's secret the log knows what it hashes to, SHA-256 in hexadecimal digits: whoever reads the log cannot
    /// follow it.
    #[serde(rename = "calendar.linked.v1")]
    Linked { digest: String },
    #[serde(rename = "calendar.unlinked.v1")]
    Unlinked {},
}
