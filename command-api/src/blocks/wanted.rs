use access::Caller;
use domain::bookings::{
    Block, BlockCause, BookingCommand, BookingEvent, BookingRejection, CancelCause, CourtDay,
    OnBookings, stream,
};
use domain::ids::{BlockId, CourtCode, VenueId};
use domain::policies::DayPart;
use domain::sealed::Sealed;
use domain::stored::StoredEvent;
use domain::venues::Venue;
use event_store::Position;
use futures::{StreamExt, TryStreamExt, stream as streams};
use jiff::Timestamp;
use runtime::Problem;

use super::body::{BlockBody, BlockShown, HitShown, PartShown};
use super::{AT_ONCE, check_courts, days, hits, parts};
use crate::app::App;
use crate::asked::Command;
use crate::reason;
use crate::refused::{Explain, Refused, unreadable};

/// A block that can be meant.
pub(super) struct Wanted {
    id: BlockId,
    venue_id: VenueId,
    venue: Venue,
    courts: Vec<CourtCode>,
    days: Vec<DayPart>,
    on_bookings: OnBookings,
    cause: BlockCause,
    at: Timestamp,
}

impl Wanted {
    pub async fn check(
        app: &App,
        venue_id: &VenueId,
        venue: &Venue,
        body: &BlockBody,
        command: &Command,
    ) -> Result<Self, Problem> {
        check_courts(app, venue_id, &body.courts).await?;
        if let Some(reason) = &body.reason {
            reason::check(reason)?;
        }
        if body.ends_at <= command.at {
            return Err(Problem::invalid("ends_at", "in-the-past", "the end lies in the past"));
        }
        Ok(Self {
            id: BlockId(command.id),
            venue_id: venue_id.clone(),
            venue: venue.clone(),
            courts: body.courts.clone(),
            days: days(venue, &body.courts, body.starts_at, body.ends_at)?,
            on_bookings: body.on_bookings.into(),
            cause: body.cause.into(),
            at: command.at,
        })
    }

    /// What the court-days would do now, asked of the same rules.
    pub async fn preview(&self, app: &App) -> Result<BlockShown, Refused> {
        let parts: Vec<Option<PartShown>> =
            streams::iter(self.parts())
                .map(|(court, day)| async move {
                    hits::preview(app, &court, self.block(&day, None)).await
                })
                .buffered(AT_ONCE)
                .try_collect()
                .await?;
        Ok(self.shown(true, parts.into_iter().flatten().collect()))
    }

    pub async fn carry_out(
        &self,
        app: &App,
        caller: &Caller,
        command: &Command,
        reason: Option<String>,
    ) -> Result<(BlockShown, Position), Refused> {
        if self.on_bookings == OnBookings::Refuse {
            self.refuse_early(app).await?;
        }
        let reason = reason::seal(app, caller, command, reason).await?;
        let done: Vec<Option<(PartShown, Position)>> = streams::iter(self.parts())
            .map(|(court, day)| self.block_part(app, court, day, command, reason.clone()))
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let (parts, positions): (Vec<_>, Vec<_>) = done.into_iter().flatten().unzip();
        Ok((self.shown(false, parts), positions.into_iter().max().unwrap_or_default()))
    }

    /// Looks at every court-day before the first is blocked: a block that is refused leaves nothing behind, unless
    /// somebody books in this very moment. A block that stands already is no reason.
    async fn refuse_early(&self, app: &App) -> Result<(), Refused> {
        let days: Vec<CourtDay> = streams::iter(self.parts())
            .map(|(court, day)| async move {
                Ok::<_, Problem>(app.load::<CourtDay>(&stream(&court, day.date)).await?.state)
            })
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let span = (self.days.first(), self.days.last());
        let (Some(first), Some(last)) = span else { return Ok(()) };
        let from = first.starts_at.max(self.at);
        let bookings: Vec<_> = days
            .iter()
            .filter(|it| !it.blocks.contains_key(&self.id))
            .flat_map(|it| it.in_the_way(from, last.ends_at, self.at))
            .map(|(id, _)| id.clone())
            .collect();
        if bookings.is_empty() {
            return Ok(());
        }
        Err(BookingRejection::BookingsInTheWay { bookings }.explain().into())
    }

    async fn block_part(
        &self,
        app: &App,
        court: CourtCode,
        day: DayPart,
        command: &Command,
        reason: Option<Sealed>,
    ) -> Result<Option<(PartShown, Position)>, Refused> {
        if day.ends_at <= self.at {
            return Ok(None);
        }
        let name = stream(&court, day.date);
        let block = BookingCommand::Block(Box::new(self.block(&day, reason)));
        let done = app.execute::<CourtDay>(&name, block, &command.on(&name)).await?;
        let hits = match done.appended.as_slice() {
            // Done before: what it did then stands in the log.
            [] => self.recorded(app, &name, &done.state).await?,
            events => hits::cancelled(&done.state, events.iter()),
        };
        Ok(Some((hits::part(&court, &day, hits), done.position)))
    }

    async fn recorded(
        &self,
        app: &App,
        name: &str,
        state: &CourtDay,
    ) -> Result<Vec<HitShown>, Problem> {
        const PAGE: usize = 500;
        let (mut found, mut from) = (Vec::new(), 0);
        loop {
            let page = app.executor.store().read_stream(name, from, PAGE).await;
            let page = page.map_err(|error| unreadable(error.into()))?;
            let events = page.iter().filter_map(|it| BookingEvent::read(&it.kind, &it.data).ok());
            found.extend(events.filter(|it| {
                matches!(it, BookingEvent::Cancelled { cause: CancelCause::Block { block }, .. } if *block == self.id)
            }));
            from += page.len() as u64;
            if page.len() < PAGE {
                return Ok(hits::cancelled(state, found.iter()));
            }
        }
    }

    fn block(&self, day: &DayPart, reason: Option<Sealed>) -> Block {
        Block {
            block: self.id,
            date: day.date,
            venue: self.venue.clone(),
            starts_at: day.starts_at,
            ends_at: day.ends_at,
            cause: self.cause,
            reason,
            on_bookings: self.on_bookings,
            at: self.at,
        }
    }

    fn parts(&self) -> Vec<(CourtCode, DayPart)> {
        parts(&self.courts, &self.days)
    }

    fn shown(&self, dry_run: bool, parts: Vec<PartShown>) -> BlockShown {
        BlockShown { id: self.id.0, venue: self.venue_id.to_string(), dry_run, parts }
    }
}
