//! What there is to be had, and who wants what of it. Both follow from numbers, so that every process knows them.
use std::collections::BTreeSet;

use anyhow::Context;
use domain::ids::{CourtCode, UserId};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use runtime::ids;
use serde::{Deserialize, Serialize};

/// The venues here are open from six to eleven, and everybody wants an hour.
pub const OPENS: i8 = 6;
pub const HOURS: usize = 17;

/// Courts on some days.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Places {
    /// Tells these wishes' idempotency keys from all others.
    pub cell: String,
    pub courts: Vec<CourtCode>,
    pub dates: Vec<Date>,
}

/// An hour on a court, and who wants it.
#[derive(Clone, Debug)]
pub struct Wish {
    pub person: usize,
    pub court: CourtCode,
    pub starts_at: Timestamp,
    pub ends_at: Timestamp,
    pub key: String,
}

impl Places {
    /// How many there are: no more can be held.
    pub fn count(&self) -> usize {
        self.courts.len() * self.dates.len() * HOURS
    }

    /// What the person wants who comes as number `n` of a crowd: everything is wanted by many, in no order.
    pub fn wanted(&self, n: usize) -> anyhow::Result<Wish> {
        self.wish(n, self.wanted_place(n), n)
    }

    /// How many different ones so many people want: so many can be held.
    pub fn wanted_by(&self, people: usize) -> usize {
        (0..people).map(|n| self.wanted_place(n)).collect::<BTreeSet<_>>().len()
    }

    fn wanted_place(&self, n: usize) -> usize {
        // Fibonacci hashing: the numbers of one door's people have all remainders.
        let mixed = (n as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
        usize::try_from(mixed).unwrap_or_default() % self.count()
    }

    /// Place number `n`, wanted by nobody else. One after the other they lie on all courts.
    pub fn own(&self, n: usize, people: usize) -> anyhow::Result<Wish> {
        anyhow::ensure!(n < self.count(), "{} has no more than {} places", self.cell, self.count());
        self.wish(n, n, n % people)
    }

    fn wish(&self, n: usize, place: usize, person: usize) -> anyhow::Result<Wish> {
        let courts = self.courts.len();
        let (court, hour, date) =
            (place % courts, place / courts % HOURS, place / courts / HOURS % self.dates.len());
        let start = self.dates[date].at(OPENS + i8::try_from(hour)?, 0, 0, 0);
        let starts_at = start.to_zoned(TimeZone::UTC).context("UTC has every hour")?.timestamp();
        Ok(Wish {
            person,
            court: self.courts[court].clone(),
            starts_at,
            ends_at: starts_at + 1.hour(),
            key: format!("{}-{n}", self.cell),
        })
    }
}

/// Hands out courts that nobody has used yet.
pub struct Courts {
    all: Vec<CourtCode>,
    used: usize,
}

impl Courts {
    pub fn new(all: Vec<CourtCode>) -> Self {
        Self { all, used: 0 }
    }

    pub fn take(&mut self, count: usize) -> anyhow::Result<Vec<CourtCode>> {
        let taken =
            self.all.get(self.used..self.used + count).context("too few courts were made")?;
        self.used += count;
        Ok(taken.to_vec())
    }
}

/// Court number `n` of all.
pub fn court(n: usize) -> anyhow::Result<CourtCode> {
    Ok(format!("C{n:04}").parse()?)
}

pub fn person(n: usize) -> UserId {
    UserId(ids::derive(ids::NAMESPACE, &["bench", "person", &n.to_string()]))
}
