//! What is told because somebody wants it told.
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::deliveries::{self, Delivery, DeliveryCommand, DeliveryRejection};
use domain::webhooks::{STREAM, WebhookCommand, Webhooks};
use event_store::Position;
use runtime::Problem;
use runtime::http::{Parsed, ParsedPair};
use runtime::problem::NOT_FOUND;
use serde::Serialize;
use uuid::Uuid;

use super::{ask, unknown};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::bookings::NoBody;
use crate::optional_body::OptionalBody;
use crate::refused::{Explain, Refused};

/// A delivery that is on its way. What becomes of it is in `GET /v1/webhooks/{id}/deliveries`.
#[derive(Serialize, utoipa::ToSchema)]
pub struct DeliveryAsked {
    id: Uuid,
}

/// Tells a webhook something that means nothing: `{"type":"webhook.test", …}`, whatever it wants to be told.
#[utoipa::path(post, path = "/v1/webhooks/{id}/test", operation_id = "test_webhook", tag = "webhooks",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 202, body = DeliveryAsked, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such webhook")))]
pub async fn test(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let command = asked.by(&caller);
    let work = async {
        let test = WebhookCommand::Test { webhook: id, request: command.id };
        let position = ask(&app, test, &command).await?.position;
        Ok(on_its_way(&app, deliveries::id(id, command.id), position))
    };
    app.once(&command, &body.raw, work).await
}

/// Tells a webhook again what it took, or what was given up, under the same `webhook-id`: until 30 days after it happened.
#[utoipa::path(post, path = "/v1/webhooks/{id}/deliveries/{delivery}/redeliver", operation_id = "redeliver", tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = Uuid, Path), ("delivery" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 202, body = DeliveryAsked, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such delivery of this webhook has ended in the last 30 days")))]
pub async fn redeliver(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(id, delivery): ParsedPair<Uuid, Uuid>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let command = asked.by(&caller);
    let work = async {
        let webhooks = app.load::<Webhooks>(STREAM).await?;
        if !webhooks.state.all.contains_key(&id) {
            return Err(unknown().into());
        }
        let stream = deliveries::stream(delivery);
        let ended = app.load::<Delivery>(&stream).await?.state.ended;
        if ended.is_none_or(|it| it.told.webhook != id) {
            return Err(DeliveryRejection::NotEnded.explain().into());
        }
        let again = DeliveryCommand::Redeliver { request: command.id, at: command.at };
        let position = app.execute::<Delivery>(&stream, again, &command.meta).await?.position;
        Ok(on_its_way(&app, deliveries::again(delivery, command.id), position))
    };
    app.once(&command, &body.raw, work).await
}

fn on_its_way(app: &App, id: Uuid, position: Position) -> Answer {
    Answer::new(StatusCode::ACCEPTED, DeliveryAsked { id }).position(app.token(position))
}

impl Explain for DeliveryRejection {
    fn explain(&self) -> Problem {
        match self {
            Self::NotEnded | Self::TooOld => Problem::new(NOT_FOUND, self.to_string()),
        }
    }
}
