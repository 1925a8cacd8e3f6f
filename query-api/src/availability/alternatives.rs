//! The nearest times that are free, for whoever found nothing.
use domain::policies;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use runtime::Problem;
use serde::Serialize;
use sqlx::PgTransaction;

use super::{Candidate, FreeCourt, free};
use crate::courts::{self, Filter};
use crate::venues;

/// Somewhere else, or at another time of the day.
#[derive(Serialize, utoipa::ToSchema)]
pub struct Alternative {
    #[serde(flatten)]
    pub court: FreeCourt,
    /// How far its start is from the one asked for.
    pub minutes_away: i64,
}

/// As many as help and no more.
const ALTERNATIVES: usize = 6;

/// Free places of the same length on the same service date, nearest first; then other kinds and venues are not
/// offered: whoever asked for padel does not want badminton.
pub async fn find(
    tx: &mut PgTransaction<'static>,
    filter: &Filter,
    date: Date,
    start: Time,
    minutes: i64,
    now: Timestamp,
) -> Result<Vec<Alternative>, Problem> {
    let Ok(minutes) = u32::try_from(minutes) else { return Ok(Vec::new()) };
    let anywhere = Filter { venue: None, ..filter.clone() };
    let courts = courts::select(tx, &anywhere, None, i64::MAX).await?;
    let venues = venues::all(tx).await?;
    let mut places = Vec::new();
    for court in courts {
        let Some(venue) = venues.iter().find(|it| it.id == court.venue).map(venues::Row::facts)
        else {
            continue;
        };
        for (starts_at, ends_at) in policies::slots(&venue, date, minutes) {
            if policies::check(&venue, starts_at, ends_at, now).is_ok() {
                places.push(Candidate {
                    court: court.clone(),
                    venue: venue.clone(),
                    starts_at,
                    ends_at,
                });
            }
        }
    }
    let mut found: Vec<(i64, bool, Candidate)> = free(tx, places, now)
        .await?
        .into_iter()
        .filter_map(|it| {
            let wanted = policies::instant(&it.venue, date, start)?;
            let away = (it.starts_at.as_second() - wanted.as_second()).abs() / 60;
            let elsewhere =
                filter.venue.as_ref().is_some_and(|venue| venue.to_string() != it.court.venue);
            Some((away, elsewhere, it))
        })
        .collect();
    found.sort_by(|a, b| (a.1, a.0, &a.2.court.code).cmp(&(b.1, b.0, &b.2.court.code)));
    found.truncate(ALTERNATIVES);
    Ok(found
        .iter()
        .map(|(minutes_away, _, it)| Alternative {
            court: FreeCourt::from(it),
            minutes_away: *minutes_away,
        })
        .collect())
}
