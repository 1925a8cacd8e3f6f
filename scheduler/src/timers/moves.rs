//! A move to another court-day that a minute did not finish: a crash left it between its steps.
//!
//! The old court-day is asked first, and it decides: either it gives the move up, and can never commit it any more, or
//! it has committed it already. Only then is the new place touched. Each step may be repeated.
use domain::bookings::{BookingCommand, BookingRejection, BookingState, CourtDay};
use domain::ids::BookingId;
use event_store::{ExecuteError, Executor, Metadata};
use uuid::Uuid;

use super::commands::{Answer, NoAnswer};

/// Confirms or releases the new place, whichever the old court-day says.
pub(super) async fn end(
    executor: &Executor,
    to: &BookingId,
    meta: impl Fn(&str) -> Metadata,
) -> Result<Answer, NoAnswer> {
    let day = executor.load::<CourtDay>(&to.stream()).await.map_err(no_answer)?.state;
    let held = day.bookings.get(to).filter(|it| it.state == BookingState::Held);
    let Some(from) = held.and_then(|it| it.held.moved_from.clone()) else {
        return Ok(Answer::AlreadyOver);
    };
    let abandon = BookingCommand::AbandonMove { booking: from.clone(), to: to.clone() };
    let next = match executor.execute::<CourtDay>(&from.stream(), abandon, &meta("abandon")).await {
        Ok(_) => BookingCommand::ReleaseMoved { booking: to.clone() },
        Err(ExecuteError::Rejected {
            rejection: BookingRejection::BookingMoved { .. }, ..
        }) => confirmation(executor, &from, to).await?,
        Err(error) => return Err(no_answer(error)),
    };
    match executor.execute::<CourtDay>(&to.stream(), next, &meta("settle")).await {
        Ok(done) if done.appended.is_empty() => Ok(Answer::AlreadyOver),
        Ok(_) => Ok(Answer::Ended),
        Err(error) => Err(no_answer(error)),
    }
}

/// With the payments of the old booking, read after it had moved: none can be added to it any more.
async fn confirmation(
    executor: &Executor,
    from: &BookingId,
    to: &BookingId,
) -> Result<BookingCommand, NoAnswer> {
    let day = executor.load::<CourtDay>(&from.stream()).await.map_err(no_answer)?.state;
    let old = day
        .bookings
        .get(from)
        .ok_or_else(|| no_answer("the booking that moved is not where it was"))?;
    Ok(old.arrive(to.clone()))
}

fn no_answer(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> NoAnswer {
    NoAnswer(error.into())
}

/// The id of one of the commands that end a timer together.
pub(super) fn step(command: Uuid, name: &str) -> Uuid {
    Uuid::new_v5(&command, name.as_bytes())
}
