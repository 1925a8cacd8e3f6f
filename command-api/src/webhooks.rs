//! `/v1/webhooks`: where administrators want to be told what happens. The scheduler tells. See `domain/src/webhooks.rs`.
mod address;
mod deliveries;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::webhooks::{STREAM, Wanted, WebhookCommand, WebhookEvent, WebhookRejection, Webhooks};
use event_store::Done;
use runtime::Problem;
use runtime::http::{Body, Parsed};
use runtime::problem::{Kind, NOT_FOUND};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::{Asked, Command};
use crate::bookings::NoBody;
use crate::if_match::IfMatch;
use crate::merge_patch::{MergePatch, named};
use crate::optional_body::OptionalBody;
use crate::refused::{Explain, Refused};

pub use deliveries::{__path_redeliver, __path_test, redeliver, test};

const TOO_MANY_WEBHOOKS: Kind =
    Kind::conflict("too-many-webhooks", "There are as many webhooks as there may be");

pub const KINDS: &[Kind] = &[TOO_MANY_WEBHOOKS];

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookAddition)]
pub struct AddBody {
    /// `https://…`, at most 500 characters, without a name, a password or a fragment. It is recorded for ever: no secret in it.
    #[schema(example = "https://club.example/hooks/courtside")]
    url: String,
    /// Types of changes, as `GET /v1/changes` has them; none are all of them.
    #[serde(default)]
    #[schema(example = json!(["booking.confirmed", "booking.cancelled"]))]
    types: Vec<String>,
    /// Whose it is, for whoever looks later: up to 200 characters. It is recorded for ever: no personal data.
    #[serde(default)]
    description: String,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = WebhookPatch)]
pub struct PatchBody {
    #[serde(default, deserialize_with = "named")]
    url: Option<String>,
    #[serde(default, deserialize_with = "named")]
    types: Option<Vec<String>>,
    #[serde(default, deserialize_with = "named")]
    description: Option<String>,
}

/// A webhook as it was added. Its secret is kept nowhere: who loses it has it rotated.
#[derive(Serialize, utoipa::ToSchema)]
pub struct AddedWebhook {
    id: Uuid,
    url: String,
    types: Vec<String>,
    description: String,
    /// What every message is signed with (Standard Webhooks).
    #[schema(example = "whsec_…")]
    secret: String,
}

#[derive(Serialize, utoipa::ToSchema)]
pub struct WebhookSecret {
    /// For a day messages are signed with the one before, too.
    #[schema(example = "whsec_…")]
    secret: String,
}

/// Adds a webhook: it is told what happens from now on, signed by Standard Webhooks.
///
/// Each message is a POST of `{type, timestamp, data}` with ids alone, until an answer of 2xx; its `webhook-id` is the id of
/// the change. Messages come at least once and in any order. An answer of 410 stops it.
#[utoipa::path(post, path = "/v1/webhooks", operation_id = "add_webhook", tag = "webhooks",
    security(("bearer" = [])), params(("Idempotency-Key" = Option<String>, Header)),
    request_body = AddBody,
    responses((status = 201, body = AddedWebhook, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 409, description = "`too-many-webhooks`"),
        (status = 422, description = "`invalid`: `#/url` `malformed`, `too-long`, `only-https`, `with-user`, `with-fragment`, \
            `private-address`; `#/types/0` `unknown-type`; `#/description` `malformed`")))]
pub async fn add(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, raw }: Body<AddBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let url = address::check(&value.url, app.settings.webhook_private_addresses())?;
    let command = asked.by(&caller);
    let work = async {
        let AddBody { types, description, .. } = value;
        let webhook = command.id;
        let add = WebhookCommand::Add { webhook, url, types, description };
        let Done { state, revision, position, .. } = ask(&app, add, &command).await?;
        let it = state.all.get(&webhook).ok_or_else(unknown)?;
        let body = AddedWebhook {
            id: webhook,
            url: it.url.clone(),
            types: it.types.clone(),
            description: it.description.clone(),
            secret: app.webhook_secrets.text(webhook, it.generation),
        };
        let answer = Answer::new(StatusCode::CREATED, body).position(app.token(position));
        Ok(match revision {
            Some(it) => answer.revision(it),
            None => answer,
        })
    };
    app.once(&command, &raw, work).await
}

/// Changes where a webhook leads, and what it is told: what is left out stays.
///
/// The tag is that of all webhooks together, as the last command on any of them answered it.
#[utoipa::path(patch, path = "/v1/webhooks/{id}", operation_id = "change_webhook", tag = "webhooks",
    security(("bearer" = [])),
    params(("id" = Uuid, Path), ("If-Match" = Option<String>, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = PatchBody, content_type = "application/merge-patch+json"),
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such webhook"),
        (status = 412, description = "`stale`"),
        (status = 415, description = "`unsupported-media-type`", headers(("Accept-Patch" = String))),
        (status = 422, description = "`invalid`, as when one is added")))]
pub async fn change(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    if_match: IfMatch,
    asked: Asked,
    MergePatch { value, raw }: MergePatch<PatchBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let PatchBody { url, types, description } = value;
    let private = app.settings.webhook_private_addresses();
    let url = url.map(|it| address::check(&it, private)).transpose()?;
    let command = asked.by(&caller);
    let wanted = Wanted { url, types, description };
    let change = WebhookCommand::Change { webhook: id, wanted };
    let work = app.change::<Webhooks>(if_match.optional(), STREAM, change, &command.meta);
    app.once(&command, &raw, work).await
}

/// Removes a webhook. It is told nothing more, and what it was told is no longer listed.
#[utoipa::path(delete, path = "/v1/webhooks/{id}", operation_id = "remove_webhook", tag = "webhooks",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such webhook")))]
pub async fn remove(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let command = asked.by(&caller);
    let remove = WebhookCommand::Remove { webhook: id };
    let work = app.carry_out::<Webhooks>(STREAM, remove, &command.meta);
    app.once(&command, &[], work).await
}

/// Gives a webhook another secret, and shows it. For a day messages are signed with both.
///
/// The key makes sure that an answer that got lost can be asked for again, and rotates nothing twice.
#[utoipa::path(post, path = "/v1/webhooks/{id}/secret", operation_id = "rotate_webhook_secret", tag = "webhooks",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header)),
    request_body = Option<NoBody>,
    responses((status = 200, body = WebhookSecret, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such webhook")))]
pub async fn rotate_secret(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    asked.require_key()?;
    let command = asked.by(&caller);
    let work = async {
        let rotate = WebhookCommand::RotateSecret { webhook: id, request: command.id };
        let is_its = |it: &WebhookEvent| matches!(it, WebhookEvent::SecretRotated { webhook, .. } if *webhook == id);
        // Somebody may have rotated it again since.
        let Done { state, position, .. } =
            app.obey::<Webhooks>(STREAM, rotate, &command, is_its).await?;
        let generation = state.all.get(&id).ok_or_else(unknown)?.generation;
        let secret = app.webhook_secrets.text(id, generation);
        let answer = Answer::new(StatusCode::OK, WebhookSecret { secret });
        Ok(answer.position(app.token(position)))
    };
    app.once(&command, &body.raw, work).await
}

/// Lets a webhook that was stopped be told again: what had to be told when it was, and everything from now on. What
/// happened in between is with `GET /v1/changes`.
#[utoipa::path(post, path = "/v1/webhooks/{id}/resume", operation_id = "resume_webhook", tag = "webhooks",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such webhook")))]
pub async fn resume(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let command = asked.by(&caller);
    let resume = WebhookCommand::Resume { webhook: id };
    let work = app.carry_out::<Webhooks>(STREAM, resume, &command.meta);
    app.once(&command, &body.raw, work).await
}

async fn ask(
    app: &App,
    wish: WebhookCommand,
    command: &Command,
) -> Result<Done<Webhooks>, Refused> {
    app.execute::<Webhooks>(STREAM, wish, &command.meta).await
}

fn unknown() -> Problem {
    Problem::new(NOT_FOUND, "there is no such webhook")
}

impl Explain for WebhookRejection {
    fn explain(&self) -> Problem {
        let detail = self.to_string();
        match self {
            Self::UnknownWebhook => unknown(),
            Self::TooMany => Problem::new(TOO_MANY_WEBHOOKS, detail),
            Self::UnknownType { at } => {
                Problem::invalid(&format!("types/{at}"), "unknown-type", detail)
            }
            Self::BadDescription => Problem::invalid("description", "malformed", detail),
        }
    }
}
