//! Bodies are read whole before anything looks at the request: all of ours are small, and a slow or endless one is
//! then refused in one place, whether or not its route reads it.
use std::time::Duration;

use axum::body::{Body, HttpBody};
use axum::extract::Request;
use axum::http::header::EXPECT;
use bytes::BytesMut;
use http_body_util::BodyExt;
use tokio::time::{Instant, timeout_at};

use crate::Problem;
use crate::problem::{BODY_TOO_LARGE, MALFORMED_REQUEST, REQUEST_TIMEOUT};

/// The largest body: several hundred times what the largest command needs.
pub(super) const MAX_BYTES: usize = 64 * 1024;
/// So much of an oversized body is read and thrown away: a client that is cut off while it sends never sees why.
const DRAIN_BYTES: usize = 1024 * 1024;
/// From the head to the last byte. 64 KiB in five seconds is slower than any line people book courts on.
const DEADLINE: Duration = Duration::from_secs(5);

/// The request with its body in memory.
pub(super) async fn read(request: Request) -> Result<Request, Problem> {
    let (parts, body) = request.into_parts();
    let announced = body.size_hint().lower();
    let waits = parts.headers.contains_key(EXPECT);
    if size(MAX_BYTES) < announced && (waits || size(DRAIN_BYTES) < announced) {
        return Err(too_large());
    }
    let bytes = collect(body).await?;
    Ok(Request::from_parts(parts, Body::from(bytes)))
}

async fn collect(mut body: Body) -> Result<bytes::Bytes, Problem> {
    let deadline = Instant::now() + DEADLINE;
    let mut kept = BytesMut::new();
    let mut seen = 0;
    loop {
        let Ok(frame) = timeout_at(deadline, body.frame()).await else { break };
        let Some(frame) = frame else {
            return if seen <= MAX_BYTES { Ok(kept.freeze()) } else { Err(too_large()) };
        };
        let frame = frame.map_err(|_| Problem::new(MALFORMED_REQUEST, "the body broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        seen += data.len();
        if DRAIN_BYTES < seen {
            break;
        }
        if seen <= MAX_BYTES {
            kept.extend_from_slice(&data);
        }
    }
    if MAX_BYTES < seen {
        return Err(too_large());
    }
    let seconds = DEADLINE.as_secs();
    Err(Problem::new(REQUEST_TIMEOUT, format!("the body was not complete after {seconds} s")))
}

fn too_large() -> Problem {
    Problem::new(BODY_TOO_LARGE, format!("a body has at most {MAX_BYTES} bytes"))
}

fn size(bytes: usize) -> u64 {
    u64::try_from(bytes).unwrap_or(u64::MAX)
}
