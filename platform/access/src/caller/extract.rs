//! How a handler gets its caller: by naming one in its arguments.
use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use runtime::Problem;
use runtime::rate_limits::RateLimits;

use super::{
    Access, Caller, Enrolling, revocation_unknown, second_factor_required, unauthenticated,
};

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    Access: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Enrolling(caller) = Enrolling::from_request_parts(parts, state).await?;
        // Here, and not where permissions are asked for: no route forgets it.
        if caller.may_act() { Ok(caller) } else { Err(second_factor_required()) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Enrolling
where
    Access: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let token = bearer(&parts.headers)?;
        let caller = Access::from_ref(state).authenticate(token).await?;
        if parts.method.is_safe() {
            return Ok(Self(caller));
        }
        // What is done cannot be undone when the revocation arrives.
        if !caller.fresh {
            return Err(revocation_unknown());
        }
        // Put there by the layer that limits addresses; where that is not, nobody is limited.
        if let Some(limits) = parts.extensions.get::<RateLimits>() {
            limits.person(caller.id()).await?;
        }
        Ok(Self(caller))
    }
}

/// `Option<Caller>` is for routes that anyone may ask; a token that does not count is still an error there.
impl<S: Send + Sync> OptionalFromRequestParts<S> for Caller
where
    Access: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        <Self as FromRequestParts<S>>::from_request_parts(parts, state).await.map(Some)
    }
}

/// The token of the one `Authorization` header. Two of them are nobody's: a proxy may have looked at the other one.
fn bearer(headers: &HeaderMap) -> Result<&str, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(unauthenticated());
    };
    let (scheme, token) =
        value.to_str().ok().and_then(|it| it.split_once(' ')).ok_or_else(unauthenticated)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim_start())
    } else {
        Err(unauthenticated())
    }
}
