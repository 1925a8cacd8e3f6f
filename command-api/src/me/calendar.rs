use access::calendar_links::CalendarLink;
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::calendars::{Calendar, CalendarCommand, CalendarRejection, stream};
use runtime::Problem;
use serde::Serialize;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::refused::{Explain, Refused};

/// Shown this once.
#[derive(Serialize, utoipa::ToSchema)]
pub struct CalendarUrl {
    /// For a calendar program to subscribe to. Whoever has it sees when and where you play.
    #[schema(example = "https://courts.example/v1/calendars/nI0…w.ics")]
    url: String,
}

/// Makes a link by which calendar programs read one's bookings. The one before ends.
///
/// It is shown this once, and known to nobody afterwards: who lost it makes another. It shows the bookings that are confirmed, from
/// ninety days ago on, as iCalendar (RFC 5545). An answer that got lost is no matter: ask again.
#[utoipa::path(post, path = "/v1/me/calendar", operation_id = "link_calendar", tag = "users", security(("bearer" = [])),
    responses((status = 201, body = CalendarUrl, headers(("Courtside-Position" = String)))))]
pub async fn link_calendar(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let link = CalendarLink::random();
    // Never the same twice, whatever key comes with it: what is answered is kept nowhere.
    let command = asked.anew_by(&caller);
    let change = CalendarCommand::Link { digest: link.digest() };
    let done =
        app.execute::<Calendar>(&stream(caller.person()?.user), change, &command.meta).await?;
    let url = format!("{}/v1/calendars/{}.ics", app.settings.server_url, link.text());
    let answer = Answer::new(StatusCode::CREATED, CalendarUrl { url });
    Ok(answer.position(app.token(done.position)))
}

/// Ends the link by which calendar programs read one's bookings.
#[utoipa::path(delete, path = "/v1/me/calendar", operation_id = "unlink_calendar", tag = "users",
    security(("bearer" = [])),
    responses((status = 204, description = "There is none now.", headers(("Courtside-Position" = String)))))]
pub async fn unlink_calendar(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
) -> Result<Answer, Refused> {
    caller.may(Permission::Play)?;
    let (stream, command) = (stream(caller.person()?.user), asked.anew_by(&caller));
    app.carry_out::<Calendar>(&stream, CalendarCommand::Unlink, &command.meta).await
}

impl Explain for CalendarRejection {
    fn explain(&self) -> Problem {
        match *self {}
    }
}
