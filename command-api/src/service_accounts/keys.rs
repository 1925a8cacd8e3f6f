//! `/v1/service-accounts/{id}/keys`: one is issued, the program moves over to it, the one before is revoked.
use access::service_accounts::ServiceKey;
use access::{Caller, Permission};
use axum::extract::State;
use axum::http::StatusCode;
use domain::ids::{ServiceAccountId, ServiceKeyId};
use domain::service_accounts::{IssueKey, ServiceAccount, ServiceAccountCommand};
use runtime::http::{Parsed, ParsedPair};
use uuid::Uuid;

use super::body::{IssuedServiceKey, NewServiceKey};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::optional_body::OptionalBody;
use crate::refused::{Refused, broken};

/// Issues a key. It is in this answer and nowhere else; beside it the keys issued before count on, three at a time.
///
/// If the answer got lost, nobody knows the key: with the same `Idempotency-Key` this is answered `key-already-issued`, and the
/// list has the key's id. Revoke that one, and issue another.
#[utoipa::path(post, path = "/v1/service-accounts/{id}/keys", operation_id = "issue_service_key", tag = "service-accounts",
    security(("bearer" = [])), params(("id" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NewServiceKey>,
    responses((status = 201, body = IssuedServiceKey, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such service account"),
        (status = 409, description = "`too-many-keys`, `key-already-issued`"),
        (status = 422, description = "`invalid` with `#/expires_at` `in-the-past`")))]
pub async fn issue_key(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<Uuid>,
    asked: Asked,
    OptionalBody { value, raw }: OptionalBody<NewServiceKey>,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let command = asked.by(&caller);
    let work = async {
        let (account, key) = (ServiceAccountId(id), ServiceKeyId(command.id));
        let secret = ServiceKey::random(account);
        let NewServiceKey { expires_at } = value;
        let issue = IssueKey { key, digest: secret.digest(), expires_at, at: command.at };
        let issue = ServiceAccountCommand::IssueKey(issue);
        // An append of its own each time. Of two that are one the log keeps the first and both are told that it worked:
        // somebody would be shown a key that the log does not know.
        let meta = asked.anew_by(&caller).meta;
        let done = app.execute::<ServiceAccount>(&account.stream(), issue, &meta).await?;
        let revision = done.revision.ok_or_else(broken)?;
        let issued = IssuedServiceKey { id: key.0, key: secret.text().to_owned(), expires_at };
        let answer = Answer::new(StatusCode::CREATED, issued).revision(revision);
        Ok(answer.position(app.token(done.position)))
    };
    app.once(&command, &raw, work).await
}

/// Revokes a key. It stops counting everywhere within a second.
#[utoipa::path(delete, path = "/v1/service-accounts/{id}/keys/{key}", operation_id = "revoke_service_key",
    tag = "service-accounts", security(("bearer" = [])),
    params(("id" = Uuid, Path), ("key" = Uuid, Path), ("Idempotency-Key" = Option<String>, Header)),
    responses((status = 204, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such service account, or no such key of it")))]
pub async fn revoke_key(
    State(app): State<App>,
    caller: Caller,
    ParsedPair(id, key): ParsedPair<Uuid, Uuid>,
    asked: Asked,
) -> Result<Answer, Refused> {
    caller.may(Permission::ManageUsers)?;
    let command = asked.by(&caller);
    let work = async {
        let revoke = ServiceAccountCommand::RevokeKey { key: ServiceKeyId(key) };
        let stream = ServiceAccountId(id).stream();
        let done = app.execute::<ServiceAccount>(&stream, revoke, &command.meta).await?;
        let revision = done.revision.ok_or_else(broken)?;
        Ok(Answer::no_content().revision(revision).position(app.token(done.position)))
    };
    app.once(&command, &[], work).await
}
