//! Whom a block hits.
use domain::bookings::{Block, BookingCommand, BookingEvent, CourtDay, OnBookings, stream};
use domain::decider::Decider;
use domain::ids::CourtCode;
use domain::policies::DayPart;

use super::body::{HitShown, PartShown};
use crate::app::App;
use crate::refused::{Explain, Refused};

/// The bookings that these events cancel.
pub(super) fn cancelled<'a>(
    day: &CourtDay,
    events: impl Iterator<Item = &'a BookingEvent>,
) -> Vec<HitShown> {
    let cancelled = events.filter_map(|it| match it {
        BookingEvent::Cancelled { booking, refund, .. } => {
            day.bookings.get(booking).map(|held| (booking, &held.held, refund))
        }
        _ => None,
    });
    let shown = cancelled.map(|(booking, held, refund)| HitShown {
        id: booking.to_string(),
        reference: held.reference.to_string(),
        player: held.booked_for.player().map(|it| it.0),
        starts_at: held.starts_at,
        ends_at: held.ends_at,
        refund: refund.clone(),
    });
    shown.collect()
}

/// What a court-day would do now, asked of the same rules; `None` when the time is over.
pub(super) async fn preview(
    app: &App,
    court: &CourtCode,
    block: Block,
) -> Result<Option<PartShown>, Refused> {
    if block.ends_at <= block.at {
        return Ok(None);
    }
    let Block { date, starts_at, ends_at, .. } = block;
    let block = Block { on_bookings: OnBookings::CancelWithRefund, ..block };
    let day = app.load::<CourtDay>(&stream(court, date)).await?.state;
    let events = CourtDay::decide(&day, BookingCommand::Block(Box::new(block)));
    let events = events.map_err(|rejection| rejection.explain())?;
    let hits = cancelled(&day, events.iter());
    Ok(Some(part(court, &DayPart { date, starts_at, ends_at }, hits)))
}

pub(super) fn part(court: &CourtCode, day: &DayPart, bookings: Vec<HitShown>) -> PartShown {
    let DayPart { date, starts_at, ends_at } = *day;
    PartShown { court: court.to_string(), date, starts_at, ends_at, bookings }
}
