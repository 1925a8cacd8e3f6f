//! Single measurements, and medians over rounds.
use std::fmt;

use serde::Serialize;

use crate::contestants::Kind;
use crate::protocol::{AppendReply, Followed};

/// What a cell of the table measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    Append {
        events: usize,
        callers: usize,
    },
    /// Appends with a follower that reads along.
    Followed {
        callers: usize,
    },
    CatchUp,
}

/// One contestant at one cell in one round.
#[derive(Debug, Serialize)]
pub struct Measurement {
    pub round: usize,
    pub work: Work,
    pub kind: Kind,
    pub events_a_second: f64,
    pub p50_us: Option<u64>,
    pub p99_us: Option<u64>,
    /// Per event, in microseconds.
    pub client_cpu_us: Option<f64>,
    pub server_cpu_us: Option<f64>,
    pub acked: u64,
    pub failed: u64,
    pub error: Option<String>,
    /// Events acknowledged, less events found afterwards: not 0 is a fault.
    pub missing: i64,
    pub followed: Option<Followed>,
}

pub fn quantile(sorted: &[u64], share: f64) -> Option<u64> {
    let last = sorted.len().checked_sub(1)?;
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index among a few thousand"
    )]
    let index = (last as f64 * share).round() as usize;
    sorted.get(index).copied()
}

pub fn quantiles(reply: &mut AppendReply) -> (Option<u64>, Option<u64>) {
    reply.latencies_us.sort_unstable();
    (quantile(&reply.latencies_us, 0.5), quantile(&reply.latencies_us, 0.99))
}

/// The middle of some numbers, and between which they lay.
#[derive(Clone, Copy, Debug)]
pub struct Median {
    pub middle: f64,
    pub least: f64,
    pub most: f64,
}

impl Median {
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_unstable_by(f64::total_cmp);
        let (least, most) = (*numbers.first()?, *numbers.last()?);
        let half = numbers.len() / 2;
        let middle = if numbers.len() % 2 == 1 {
            numbers[half]
        } else {
            f64::midpoint(numbers[half - 1], numbers[half])
        };
        Some(Self { middle, least, most })
    }
}

impl fmt::Display for Median {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { middle, least, most } = self;
        write!(f, "{} ({}–{})", short(*middle), short(*least), short(*most))
    }
}

/// Three digits that matter, thousands apart.
pub fn short(number: f64) -> String {
    if number < 10.0 {
        return format!("{number:.2}");
    }
    if number < 100.0 {
        return format!("{number:.1}");
    }
    grouped(&format!("{number:.0}"))
}

pub fn whole(number: u64) -> String {
    grouped(&number.to_string())
}

fn grouped(digits: &str) -> String {
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if 0 < index && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}
