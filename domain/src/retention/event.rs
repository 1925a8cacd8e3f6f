use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What time made unreadable (stream `retention-logins`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum RetentionEvent {
    /// Where attempts under names that nobody has came from, on days before this one: their keys are destroyed, and no
    /// process has one in memory any more.
    #[serde(rename = "retention.unknown-logins-ended.v1")]
    UnknownLoginsEnded { before: Date },
    /// Where logins to accounts came from, in quarters before the one that begins on this day: the same.
    #[serde(rename = "retention.logins-ended.v1")]
    LoginsEnded { before: Date },
}
