//! What one request may take: headers and a slot, and once its address's quota let it in, a body and time. A handler that panics takes nothing but its own answer.
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures::FutureExt;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::body;
use crate::Problem;
use crate::problem::{INTERNAL, OUTCOME_UNKNOWN, OVERLOADED, TOO_MANY_HEADERS, UNAVAILABLE};

/// Header lines of a request. A browser behind two proxies sends about thirty.
const MAX_HEADERS: usize = 64;
/// Requests that are worked on at once. More would wait for the same few database connections and all be late.
const IN_FLIGHT: usize = 512;
/// Until the head of the answer: what takes longer than any client waits for is not worth finishing. A body may
/// stream for as long as it likes.
const REQUEST: Duration = Duration::from_secs(10);

/// How many requests may still begin.
#[derive(Clone)]
pub(super) struct Slots(Arc<Semaphore>);

impl Default for Slots {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(IN_FLIGHT)))
    }
}

/// Before anything of its body is read.
pub(super) async fn admit(
    State(Slots(slots)): State<Slots>,
    request: Request,
    next: Next,
) -> Response {
    if MAX_HEADERS < request.headers().len() {
        let detail = format!("at most {MAX_HEADERS} header lines are read");
        return Problem::new(TOO_MANY_HEADERS, detail).into_response();
    }
    // Never a queue: whoever waits here has given up before the turn comes, and is worked on all the same.
    let Ok(_slot) = slots.try_acquire() else {
        return Problem::new(OVERLOADED, "too many requests at once")
            .retry_after(1)
            .into_response();
    };
    // Logged by the panic hook, inside the request's span.
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind().await;
    answer.unwrap_or_else(|_| Problem::new(INTERNAL, "a bug; report the instance").into_response())
}

/// Inside the quotas: whoever sends no body is counted before anybody waits for it, and cannot keep all slots taken.
pub(super) async fn attend(request: Request, next: Next) -> Response {
    let request = match body::read(request).await {
        Ok(request) => request,
        Err(problem) => return problem.into_response(),
    };
    let is_query = request.method().is_safe();
    match timeout(REQUEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) if is_query => {
            Problem::new(UNAVAILABLE, "no answer in time").retry_after(1).into_response()
        }
        // The command may be in the log all the same.
        Err(_) => Problem::new(OUTCOME_UNKNOWN, "no answer in time; repeat it with the same key")
            .retry_after(1)
            .into_response(),
    }
}
