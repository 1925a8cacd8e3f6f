//! `/v1/outbox/{id}/resend`: a message that was given up is tried again. What is in the outbox, query-api shows.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::notices::{self, Notice, NoticeCommand, NoticeRejection};
use runtime::Problem;
use runtime::http::Parsed;
use runtime::problem::Kind;
use serde::Serialize;
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::bookings::{NoBody, models_away};
use crate::optional_body::OptionalBody;
use crate::refused::{Explain, Refused};

const NOT_DEAD: Kind = Kind::conflict("not-dead", "The message was not given up");

pub const KINDS: &[Kind] = &[NOT_DEAD];

/// A message that will be tried again. A scheduler does it within a moment.
#[derive(Serialize, utoipa::ToSchema)]
pub struct ResendAsked {
    id: Uuid,
}

/// Has a message tried again that was given up: its server refused it, or something it needs was lost.
///
/// One that is of no use any more by then, a reminder of play that has begun, ends unsent.
#[utoipa::path(post, path = "/v1/outbox/{id}/resend", operation_id = "resend_message", tag = "operations",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 202, body = ResendAsked, headers(("Location" = String), ("Courtside-Position" = String))),
        (status = 409, description = "`not-dead`: it is still tried, it was sent, or there is no such message")))]
pub async fn resend(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::Operate)?;
    let command = asked.by(&caller);
    let work = async {
        let resend =
            NoticeCommand::Resend { request: command.id, is_dead: is_dead(&app, id).await? };
        let done = app.execute::<Notice>(&notices::stream(id), resend, &command.meta).await?;
        Ok(Answer::new(StatusCode::ACCEPTED, ResendAsked { id })
            .location("/v1/outbox")
            .position(app.token(done.position)))
    };
    app.once(&command, &body.raw, work).await
}

/// Only the table knows what was given up. Should it be wrong, the log knows what was sent, and no scheduler takes up
/// again what it did not give up.
async fn is_dead(app: &App, id: Uuid) -> Result<bool, Refused> {
    let found = sqlx::query_file_scalar!("src/outbox/dead.sql", id)
        .fetch_one(&app.read)
        .await
        .map_err(|error| models_away(&error, "what is in the outbox"))?;
    Ok(found)
}

impl Explain for NoticeRejection {
    fn explain(&self) -> Problem {
        match self {
            Self::NotDead => {
                let detail = "only a message that was given up can be tried again";
                Problem::new(NOT_DEAD, detail)
            }
        }
    }
}
