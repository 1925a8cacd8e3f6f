use std::collections::HashMap;

use jiff::Timestamp;
use runtime::Problem;
use sqlx::PgTransaction;

use super::Place;
use crate::snapshot::away;

/// What somebody has, by court, at one time.
#[derive(Default)]
pub struct Taken(HashMap<String, Vec<Stay>>);

/// A hold, a booking, or a block. Whose it is nobody here knows.
#[derive(Clone, Copy)]
pub struct Stay {
    pub from: Timestamp,
    pub to: Timestamp,
    /// When a hold runs out; nothing else does.
    pub expires_at: Option<Timestamp>,
    /// Nobody can play then.
    pub blocked: bool,
}

impl Taken {
    /// What is taken of these places at `now`, and around them.
    pub async fn of(
        tx: &mut PgTransaction<'static>,
        places: &[Place<'_>],
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let (Some(from), Some(to)) =
            (places.iter().map(|it| it.starts_at).min(), places.iter().map(|it| it.ends_at).max())
        else {
            return Ok(Self::default());
        };
        let mut courts: Vec<String> =
            places.iter().map(|it| it.candidate.row.code.clone()).collect();
        courts.dedup();
        Self::between(tx, &courts, from, to, now).await
    }

    /// What is taken of these courts, at `now`, of the time from `from` to `to`.
    pub async fn between(
        tx: &mut PgTransaction<'static>,
        courts: &[String],
        from: Timestamp,
        to: Timestamp,
        now: Timestamp,
    ) -> Result<Self, Problem> {
        let rows = sqlx::query_file!(
            "src/availability/taken.sql",
            courts,
            jiff_sqlx::Timestamp::from(from) as _,
            jiff_sqlx::Timestamp::from(to) as _,
            jiff_sqlx::Timestamp::from(now) as _
        )
        .fetch_all(&mut **tx)
        .await
        .map_err(away)?;
        let mut taken = Self::default();
        for row in rows {
            let stay = Stay {
                from: row.starts_at.to_jiff(),
                to: row.ends_at.to_jiff(),
                expires_at: row.expires_at.map(jiff_sqlx::Timestamp::to_jiff),
                blocked: row.blocked,
            };
            taken.add(row.court, stay);
        }
        Ok(taken)
    }

    pub fn add(&mut self, court: String, stay: Stay) {
        self.0.entry(court).or_default().push(stay);
    }

    /// Who is first in the way.
    pub fn by(&self, court: &str, starts_at: Timestamp, ends_at: Timestamp) -> Option<Stay> {
        let stays = self.0.get(court)?;
        stays.iter().find(|it| it.from < ends_at && starts_at < it.to).copied()
    }

    pub fn is_free(&self, place: &Place<'_>) -> bool {
        self.by(&place.candidate.row.code, place.starts_at, place.ends_at).is_none()
    }
}
