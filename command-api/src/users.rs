//! `/v1/users/{id}/…`: what an admin does to an account. See `domain/src/users.rs`.
mod rejection;
mod steward;

use access::{Caller, Permission};
use axum::extract::State;
use domain::ids::{UserId, VenueId};
use domain::users::Role;
use event_store::Position;
use runtime::Problem;
use runtime::http::{Body, Parsed};
use runtime::problem::Kind;
use serde::Deserialize;
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::bookings::NoBody;
use crate::optional_body::OptionalBody;
use crate::reason;
use crate::refused::Refused;

pub use steward::{Steward, StewardError};

const OWN_ACCOUNT: Kind = Kind::conflict("own-account", "Admins cannot take their own rights away");
const LAST_ADMIN: Kind = Kind::conflict("last-admin", "Nobody would be left who administers");

pub const KINDS: &[Kind] = &[OWN_ACCOUNT, LAST_ADMIN];

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleBody {
    #[schema(value_type = String, example = "staff")]
    role: Role,
    /// The venues a member of staff is for; nobody else has any.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    venues: Vec<VenueId>,
    /// Why, for whoever looks later: up to 500 characters.
    reason: Option<String>,
}

/// Why, if somebody says so.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReasonBody {
    /// Up to 500 characters.
    reason: Option<String>,
}

/// Gives a person another role. Their tokens end: a new login has the new rights.
#[utoipa::path(put, path = "/v1/users/{id}/role", operation_id = "change_role", tag = "users",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = RoleBody,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such user"),
        (status = 409, description = "`own-account`, `last-admin`"),
        (status = 422, description = "`invalid` with `unknown-venue`, `only-staff`")))]
pub async fn change_role(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    Body { value, raw }: Body<RoleBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let RoleBody { role, venues, reason } = value;
    // There is always an admin left: nobody gives up the role, it is taken by another who keeps it.
    if role != Role::Admin {
        somebody_else(&caller, id)?;
    }
    check(reason.as_deref())?;
    let command = asked.by(&caller);
    let work = async {
        let (reason, witness) = (reason.as_deref(), Some(caller.person()?.user));
        let changed =
            app.steward.change_role(UserId(id), role, venues, reason, witness, &command.meta);
        done(&app, changed.await)
    };
    app.once(&command, &raw, work).await
}

/// Closes an account: no login, no token, nothing counts until it is enabled again.
#[utoipa::path(post, path = "/v1/users/{id}/disable", operation_id = "disable_user", tag = "users",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<ReasonBody>,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such user"),
        (status = 409, description = "`own-account`, `last-admin`")))]
pub async fn disable(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<ReasonBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    somebody_else(&caller, id)?;
    let reason = body.value.reason.as_deref();
    check(reason)?;
    let command = asked.by(&caller);
    let work = async {
        let witness = Some(caller.person()?.user);
        done(&app, app.steward.disable(UserId(id), reason, witness, &command.meta).await)
    };
    app.once(&command, &body.raw, work).await
}

/// Opens an account again. What was disabled stays logged out.
#[utoipa::path(post, path = "/v1/users/{id}/enable", operation_id = "enable_user", tag = "users",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<ReasonBody>,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such user")))]
pub async fn enable(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<ReasonBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let reason = body.value.reason.as_deref();
    check(reason)?;
    let command = asked.by(&caller);
    let work = async { done(&app, app.steward.enable(UserId(id), reason, &command.meta).await) };
    app.once(&command, &body.raw, work).await
}

/// Ends every session of a person.
#[utoipa::path(post, path = "/v1/users/{id}/revoke-sessions", operation_id = "revoke_sessions", tag = "users",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such user")))]
pub async fn revoke_sessions(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let command = asked.by(&caller);
    let work = async { done(&app, app.steward.revoke_sessions(UserId(id), &command.meta).await) };
    app.once(&command, &body.raw, work).await
}

/// Takes somebody's second factor away, who has lost it. Their sessions end; who must have one sets a new one up.
#[utoipa::path(post, path = "/v1/users/{id}/reset-second-factor", operation_id = "reset_second_factor", tag = "users",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<ReasonBody>,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such user"),
        (status = 409, description = "`own-account`: with your own, `DELETE /v1/me/second-factor`")))]
pub async fn reset_second_factor(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<ReasonBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    somebody_else(&caller, id)?;
    let reason = body.value.reason.as_deref();
    check(reason)?;
    let command = asked.by(&caller);
    let work = async {
        done(&app, app.steward.reset_second_factor(UserId(id), reason, &command.meta).await)
    };
    app.once(&command, &body.raw, work).await
}

/// Lifts a lock that wrong passwords have made.
#[utoipa::path(post, path = "/v1/users/{id}/unlock", operation_id = "unlock_user", tag = "users",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<ReasonBody>,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such user")))]
pub async fn unlock(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<ReasonBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let reason = body.value.reason.as_deref();
    check(reason)?;
    let command = asked.by(&caller);
    let work = async { done(&app, app.steward.unlock(UserId(id), reason, &command.meta).await) };
    app.once(&command, &body.raw, work).await
}

fn done(app: &App, result: Result<Position, StewardError>) -> Result<Answer, Refused> {
    match result {
        Ok(position) => Ok(Answer::no_content().position(app.token(position))),
        Err(error) => Err(rejection::explain(app, error)),
    }
}

fn check(reason: Option<&str>) -> Result<(), Problem> {
    reason.map_or(Ok(()), reason::check)
}

fn somebody_else(caller: &Caller, id: Uuid) -> Result<(), Problem> {
    if caller.id() == id {
        return Err(Problem::new(OWN_ACCOUNT, "ask another admin: one always has to be left"));
    }
    Ok(())
}
