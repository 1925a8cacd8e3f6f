//! `/v1/service-accounts`: programs that act by themselves, with scopes and keys. See `domain/src/service_accounts.rs`.
mod body;
mod keys;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::{ServiceAccountId, VenueId};
use domain::service_accounts::{
    Change, Description, MAX_VENUES, ServiceAccount, ServiceAccountCommand, ServiceAccountRejection,
};
use domain::venues::VenueState;
use runtime::Problem;
use runtime::http::{Body, Parsed};
use runtime::problem::{Kind, NOT_FOUND};
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::if_match::IfMatch;
use crate::merge_patch::MergePatch;
use crate::refused::{Explain, Refused, broken};

use body::{CreatedServiceAccount, NewServiceAccount, ServiceAccountPatch};

pub(crate) use keys::{__path_issue_key, __path_revoke_key};
pub use keys::{issue_key, revoke_key};

const TOO_MANY_KEYS: Kind =
    Kind::conflict("too-many-keys", "The service account has as many keys as one may have");
const KEY_ALREADY_ISSUED: Kind =
    Kind::conflict("key-already-issued", "The key was issued before, and is shown once");

pub const KINDS: &[Kind] = &[TOO_MANY_KEYS, KEY_ALREADY_ISSUED];

/// Makes an account for a program. It has no key yet: `POST /v1/service-accounts/{id}/keys` gives it one.
#[utoipa::path(post, path = "/v1/service-accounts", operation_id = "create_service_account", tag = "service-accounts",
    security(("bearer" = [])), params(("Idempotency-Key" = Option<String>, Header)),
    request_body = NewServiceAccount,
    responses((status = 201, body = CreatedServiceAccount,
            headers(("Location" = String), ("ETag" = String), ("Courtside-Position" = String))),
        (status = 422, description = "`invalid` with `bad-name`, `no-scope`, `no-scope-of-venues`, `no-venue`, \
            `unknown-venue`, `too-long`")))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    asked: Asked,
    Body { value, raw }: Body<NewServiceAccount>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let command = asked.by(&caller);
    let work = async {
        let NewServiceAccount { name, scopes, venues } = value;
        check_venues(&app, venues.as_deref().unwrap_or_default()).await?;
        let venues = venues.map(|it| it.into_iter().collect());
        let create = ServiceAccountCommand::Create(Description { name, scopes, venues });
        let id = ServiceAccountId(command.id);
        let done = app.execute::<ServiceAccount>(&id.stream(), create, &command.meta).await?;
        let revision = done.revision.ok_or_else(broken)?;
        let created = done.state.description.ok_or_else(broken)?;
        let answer = Answer::new(StatusCode::CREATED, CreatedServiceAccount::new(id, created));
        let answer = answer.location(&format!("/v1/service-accounts/{id}")).revision(revision);
        Ok(answer.position(app.token(done.position)))
    };
    app.once(&command, &raw, work).await
}

/// Changes what a service account is called and what it may do. It counts for its keys within a second, everywhere.
#[utoipa::path(patch, path = "/v1/service-accounts/{id}", operation_id = "change_service_account", tag = "service-accounts",
    security(("bearer" = [])),
    params(("id" = Uuid, Path), ("If-Match" = String, Header), ("Idempotency-Key" = Option<String>, Header)),
    request_body(content = ServiceAccountPatch, content_type = "application/merge-patch+json"),
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such service account"),
        (status = 412, description = "`stale`"),
        (status = 415, description = "`unsupported-media-type`", headers(("Accept-Patch" = String))),
        (status = 422, description = "`invalid` with `bad-name`, `no-scope`, `no-scope-of-venues`, `no-venue`, \
            `unknown-venue`, `too-long`"),
        (status = 428, description = "`if-match-required`")))]
pub async fn change(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    if_match: IfMatch,
    asked: Asked,
    MergePatch { value, raw }: MergePatch<ServiceAccountPatch>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let command = asked.by(&caller);
    let work = async {
        let condition = if_match.required()?;
        let ServiceAccountPatch { name, scopes, venues } = value;
        let named = venues.as_ref().and_then(Option::as_deref);
        check_venues(&app, named.unwrap_or_default()).await?;
        let venues = venues.map(|it| it.map(|it| it.into_iter().collect()));
        let change = ServiceAccountCommand::Change(Change { name, scopes, venues });
        let stream = ServiceAccountId(id).stream();
        app.change::<ServiceAccount>(condition, &stream, change, &command.meta).await
    };
    app.once(&command, &raw, work).await
}

/// Removes a service account for good. None of its keys counts any more, everywhere within a second.
#[utoipa::path(delete, path = "/v1/service-accounts/{id}", operation_id = "remove_service_account", tag = "service-accounts",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: there never was such a service account")))]
pub async fn remove(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let command = asked.by(&caller);
    let (stream, remove) = (ServiceAccountId(id).stream(), ServiceAccountCommand::Remove);
    let work = app.carry_out::<ServiceAccount>(&stream, remove, &command.meta);
    app.once(&command, &[], work).await
}

/// 422 unless somebody has opened each of them.
async fn check_venues(app: &App, venues: &[VenueId]) -> Result<(), Problem> {
    // Before any is looked up.
    if MAX_VENUES < venues.len() {
        return Err(ServiceAccountRejection::TooManyVenues.explain());
    }
    for (at, venue) in venues.iter().enumerate() {
        if app.load::<VenueState>(&venue.stream()).await?.state.0.is_none() {
            let detail = format!("there is no venue {venue}");
            return Err(Problem::invalid(&format!("venues/{at}"), "unknown-venue", detail));
        }
    }
    Ok(())
}

impl Explain for ServiceAccountRejection {
    fn explain(&self) -> Problem {
        let invalid = |field, code| Problem::invalid(field, code, self.to_string());
        match self {
            Self::UnknownServiceAccount | Self::UnknownKey => {
                Problem::new(NOT_FOUND, self.to_string())
            }
            Self::BadName => invalid("name", "bad-name"),
            Self::NoScope => invalid("scopes", "no-scope"),
            Self::NoScopeOfVenues => invalid("venues", "no-scope-of-venues"),
            Self::NoVenue => invalid("venues", "no-venue"),
            Self::TooManyVenues => invalid("venues", "too-long"),
            Self::ExpiresInThePast => invalid("expires_at", "in-the-past"),
            Self::TooManyKeys => Problem::new(TOO_MANY_KEYS, self.to_string()),
            Self::AlreadyIssued => Problem::new(KEY_ALREADY_ISSUED, self.to_string()),
        }
    }
}
