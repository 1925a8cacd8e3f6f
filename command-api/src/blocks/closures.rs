//! Whom it would hit if a venue closed a day, or a court retired: asked before, since afterwards the scheduler blocks each
//! court-day by itself.
use domain::bookings::{Block, BlockCause};
use domain::ids::{BlockId, CourtCode, VenueId};
use domain::venues::Venue;
use futures::{StreamExt, TryStreamExt, stream as streams};
use jiff::civil::Date;
use jiff_sqlx::{Date as SqlDate, ToSqlx};
use runtime::Problem;

use super::body::{ClosingShown, PartShown};
use super::{AT_ONCE, hits};
use crate::app::App;
use crate::asked::Command;
use crate::bookings::models_away;
use crate::refused::Refused;

/// A venue of a hundred courts, or a court for more than a year; a preview is read by a person.
const MAX_PARTS: i64 = 500;

/// What to look for: court-days of a venue on one date, or of one court from a date on.
struct Days<'a> {
    venue: &'a VenueId,
    facts: &'a Venue,
    court: Option<&'a CourtCode>,
    from: Date,
    to: Option<Date>,
    cause: BlockCause,
}

/// Whom it would hit if the venue closed on this date.
pub async fn closing(
    app: &App,
    (venue, facts): (&VenueId, &Venue),
    date: Date,
    command: &Command,
) -> Result<ClosingShown, Refused> {
    let (from, to, cause) = (date, Some(date), BlockCause::Closed);
    Days { venue, facts, court: None, from, to, cause }.preview(app, command).await
}

/// Whom it would hit if the court retired from this date on.
pub async fn retiring(
    app: &App,
    (venue, facts): (&VenueId, &Venue),
    court: &CourtCode,
    from: Date,
    command: &Command,
) -> Result<ClosingShown, Refused> {
    let (court, to, cause) = (Some(court), None, BlockCause::Retired);
    Days { venue, facts, court, from, to, cause }.preview(app, command).await
}

impl Days<'_> {
    async fn preview(&self, app: &App, command: &Command) -> Result<ClosingShown, Refused> {
        let parts: Vec<Option<PartShown>> = streams::iter(self.booked(app).await?)
            .map(|(court, date)| async move {
                let id = BlockId(command.id);
                // As the scheduler will ask for it.
                let block = Block::of_day(id, date, self.facts, self.cause, command.at);
                hits::preview(app, &court, block).await
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let parts = parts.into_iter().flatten().filter(|it| !it.bookings.is_empty()).collect();
        Ok(ClosingShown { venue: self.venue.to_string(), dry_run: true, parts })
    }

    /// Court-days that are worth a look. Advice: who is hit is asked of each of them.
    async fn booked(&self, app: &App) -> Result<Vec<(CourtCode, Date)>, Problem> {
        let rows = sqlx::query_file!(
            "src/blocks/booked.sql",
            self.venue.to_string(),
            self.court.map(ToString::to_string),
            self.from.to_sqlx() as SqlDate,
            self.to.map(ToSqlx::to_sqlx) as Option<SqlDate>,
            MAX_PARTS,
        )
        .fetch_all(&app.read)
        .await
        .map_err(|error| models_away(&error, "who has booked"))?;
        Ok(rows
            .into_iter()
            .filter_map(|it| Some((it.court.parse().ok()?, it.date.to_jiff())))
            .collect())
    }
}
