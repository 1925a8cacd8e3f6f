//! Where the time of one request went, told over process borders: from HTTP through the command and the log to the read
//! models, the broker and the mail.
//!
//! A [`Step`] is a span. It is made by name at the few places that matter, and what is said of it is written there: no
//! path, no query, no text of anybody's. The lines of the log are no part of it; they name its trace instead.
//!
//! **Invariant:** while nobody collects, a step costs one look at an atomic, and leaves nothing anywhere.
//! **Invariant:** only a request begins a trace. What follows from it goes on with it, by the text that the event's
//! metadata, the outbox's row or the message carries; what was not sampled has none, so it ends there.
#![warn(clippy::unwrap_used)]

mod export;
mod sampler;
mod step;
mod traceparent;

pub use export::{Counts, Dropped, Exporting, NotStarted, counts};
pub use sampler::{NoSampler, Sampler};
pub use step::{Kind, Step, are_collected, current, passed_on};

use secrecy::SecretString;

/// Where traces go, and how many of them.
#[derive(Clone, Debug)]
pub struct Traces {
    /// The collector's base address, OTLP over HTTP; `/v1/traces` is added.
    pub endpoint: String,
    /// What the collector wants to hear: a name and a value each.
    pub headers: Vec<(String, SecretString)>,
    pub service: String,
    pub sampler: Sampler,
}
