//! What the runner and a worker say to each other: a JSON object a line, in turns.
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// Make what tables you need.
    Migrate,
    Append(Append),
    Read(Read),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Append {
    /// What the names of its streams begin with, so that none is written to twice.
    pub cell: String,
    pub callers: usize,
    /// In each append, which is one new stream.
    pub events: usize,
    pub seconds: f64,
    /// Whether a follower reads along and looks at the order.
    #[serde(default)]
    pub follow: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Read {
    /// Ends at the end of the log, or after this.
    pub seconds: f64,
    pub batch: usize,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub struct AppendReply {
    /// Appends that were answered with success.
    pub acked: u64,
    pub failed: u64,
    /// One of the failures.
    pub error: Option<String>,
    pub seconds: f64,
    pub latencies_us: Vec<u64>,
    pub followed: Option<Followed>,
}

/// What a follower saw that read while others wrote.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Followed {
    pub seen: u64,
    /// Events that came behind one that stands after them; for ours, also behind a hole.
    pub disorder: u64,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct ReadReply {
    pub events: u64,
    pub disorder: u64,
    pub seconds: f64,
}
