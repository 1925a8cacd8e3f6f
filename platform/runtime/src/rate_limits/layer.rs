//! The limits on an address, before a request is worked on, and what every answer says of them
//! (draft-ietf-httpapi-ratelimit-headers).
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{RateLimits, Verdict, exceeded, seconds};
use crate::http::Origin;

static POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
static LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// What begins with a password or a mailed code: guessing costs us a hash each, and somebody else their account.
const SIGN_IN: [&str; 6] = [
    "/v1/sessions",
    "/v1/registrations",
    "/v1/registrations/verify",
    "/v1/registrations/resend",
    "/v1/password-resets",
    "/v1/password-resets/confirm",
];

#[derive(Clone)]
pub(crate) struct Limiting {
    pub limits: RateLimits,
    pub passes_commands_on: bool,
}

pub(crate) async fn limit(
    State(Limiting { limits, passes_commands_on }): State<Limiting>,
    origin: Origin,
    mut request: Request,
    next: Next,
) -> Response {
    // For whoever finds out who is asking.
    request.extensions_mut().insert(limits.clone());
    // What is passed on to command-api is counted there.
    let is_passed_on = passes_commands_on && !request.method().is_safe();
    let Some(address) = origin.address.filter(|_| !is_passed_on) else {
        return next.run(request).await;
    };
    let mut verdicts = vec![limits.address(address).await];
    if verdicts[0].allowed && signs_in(&request) {
        verdicts.push(limits.sign_in(address).await);
    }
    let mut response = match verdicts.iter().find(|it| !it.allowed) {
        Some(over) => exceeded(over).into_response(),
        None => next.run(request).await,
    };
    tell(&mut response, &verdicts);
    response
}

fn signs_in(request: &Request) -> bool {
    let path = request.extensions().get::<MatchedPath>();
    request.method() == Method::POST && path.is_some_and(|it| SIGN_IN.contains(&it.as_str()))
}

fn tell(response: &mut Response, verdicts: &[Verdict]) {
    let mut set = |name: &HeaderName, item: fn(&Verdict) -> String| {
        let items: Vec<String> = verdicts.iter().map(item).collect();
        if let Ok(value) = HeaderValue::try_from(items.join(", ")) {
            response.headers_mut().insert(name, value);
        }
    };
    set(&POLICY, |it| {
        format!("\"{}\";q={};w={}", it.policy.name, it.policy.quota, it.policy.window.as_secs())
    });
    set(&LIMIT, |it| format!("\"{}\";r={};t={}", it.policy.name, it.remaining, seconds(it.reset)));
}
