//! `/v1/users/{id}/…`: what an admin does to an account. See `domain/src/users.rs`.
mod rejection;

use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::{UserId, VenueId};
use domain::logins::{LoginCommand, Logins};
use domain::users::{Role, User, UserCommand};
use domain::venues::VenueState;
use runtime::Problem;
use runtime::http::{Body, Parsed};
use runtime::problem::{INVALID, Kind, NOT_FOUND, Place};
use serde::Deserialize;
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::bookings::NoBody;
use crate::optional_body::OptionalBody;
use crate::refused::Refused;

const OWN_ACCOUNT: Kind = Kind {
    name: "own-account",
    status: StatusCode::CONFLICT,
    title: "Admins cannot take their own rights away",
};

pub const KINDS: &[Kind] = &[OWN_ACCOUNT];

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleBody {
    #[schema(value_type = String, example = "staff")]
    role: Role,
    /// The venues a member of staff is for; nobody else has any.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    venues: Vec<VenueId>,
}

/// More venues than anybody can be at.
const MAX_VENUES: usize = 200;

/// Gives a person another role. Their tokens end: a new login has the new rights.
#[utoipa::path(put, path = "/v1/users/{id}/role", operation_id = "change_role", tag = "users",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = RoleBody,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such user"),
        (status = 409, description = "`own-account`"),
        (status = 422, description = "`invalid` with `unknown-venue`, `only-staff`")))]
pub async fn change_role(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    Body { value, raw }: Body<RoleBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let RoleBody { role, venues } = value;
    // There is always an admin left: nobody gives up the role, it is taken by another who keeps it.
    if role != Role::Admin {
        somebody_else(&caller, id)?;
    }
    let command = asked.by(&caller);
    let work = async {
        check_venues(&app, role, &venues).await?;
        let change = UserCommand::ChangeRole { role, venues };
        let done = app.execute::<User>(&UserId(id).stream(), change, &command.meta).await?;
        Ok(Answer::no_content().position(app.token(done.position)))
    };
    app.once(&command, &raw, work).await
}

async fn check_venues(app: &App, role: Role, venues: &[VenueId]) -> Result<(), Problem> {
    let invalid = |pointer: String, code, detail: String| {
        Problem::new(INVALID, detail.clone()).at(Place::Pointer(pointer), code, detail)
    };
    if role != Role::Staff && !venues.is_empty() {
        return Err(invalid(
            "#/venues".to_owned(),
            "only-staff",
            "only staff are for venues".to_owned(),
        ));
    }
    if venues.len() > MAX_VENUES {
        return Err(invalid(
            "#/venues".to_owned(),
            "too-long",
            format!("at most {MAX_VENUES} venues"),
        ));
    }
    for (n, venue) in venues.iter().enumerate() {
        if app.load::<VenueState>(&venue.stream()).await?.state.0.is_none() {
            let detail = format!("there is no venue {venue}");
            return Err(invalid(format!("#/venues/{n}"), "unknown-venue", detail));
        }
    }
    Ok(())
}

/// Closes an account: no login, no token, nothing counts until it is enabled again.
#[utoipa::path(post, path = "/v1/users/{id}/disable", operation_id = "disable_user", tag = "users",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such user"), (status = 409, description = "`own-account`")))]
pub async fn disable(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    somebody_else(&caller, id)?;
    change(&app, &caller, id, &asked, &body.raw, UserCommand::Disable).await
}

/// Opens an account again. What was disabled stays logged out.
#[utoipa::path(post, path = "/v1/users/{id}/enable", operation_id = "enable_user", tag = "users",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such user")))]
pub async fn enable(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    change(&app, &caller, id, &asked, &body.raw, UserCommand::Enable).await
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
    change(&app, &caller, id, &asked, &body.raw, UserCommand::RevokeSessions).await
}

/// Lifts a lock that wrong passwords have made.
#[utoipa::path(post, path = "/v1/users/{id}/unlock", operation_id = "unlock_user", tag = "users",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such user")))]
pub async fn unlock(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let (user, command) = (UserId(id), asked.by(&caller));
    let work = async {
        if !app.load::<User>(&user.stream()).await?.state.registered {
            return Err(Problem::new(NOT_FOUND, "there is no such user").into());
        }
        let done = app
            .execute::<Logins>(&user.login_stream(), LoginCommand::Unlock, &command.meta)
            .await?;
        Ok(Answer::no_content().position(app.token(done.position)))
    };
    app.once(&command, &body.raw, work).await
}

async fn change(
    app: &App,
    caller: &Caller,
    id: Uuid,
    asked: &Asked,
    body: &[u8],
    change: UserCommand,
) -> Result<Answer, Refused> {
    let command = asked.by(caller);
    let work = async {
        let done = app.execute::<User>(&UserId(id).stream(), change, &command.meta).await?;
        Ok(Answer::no_content().position(app.token(done.position)))
    };
    app.once(&command, body, work).await
}

fn somebody_else(caller: &Caller, id: Uuid) -> Result<(), Problem> {
    if caller.user.0 == id {
        return Err(Problem::new(OWN_ACCOUNT, "ask another admin: one always has to be left"));
    }
    Ok(())
}
