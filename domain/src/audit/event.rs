use serde::{Deserialize, Serialize};

/// What happened to the login audit (streams `audit-log-<year>`, `audit-checkpoints-<year>` and
/// `audit-readings-<date>-<reader>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum AuditEvent {
    /// The exact bytes of the leaf whose index is this event's revision.
    #[serde(rename = "audit.recorded.v1")]
    Recorded { record: String },
    /// The signed note, and the roots of the complete subtrees (base64, the largest first) that `size` records make:
    /// whoever goes on from here needs no older record.
    #[serde(rename = "audit.checkpoint-signed.v1")]
    CheckpointSigned { size: u64, note: String, edge: Vec<String> },
    /// Somebody was shown records. Who, is the event's actor.
    #[serde(rename = "audit.read.v1")]
    Read { what: String },
}
