//! The gate that commands come through: closed while an operator works.
use std::fmt;

use access::maintenance::Maintenance;
use async_trait::async_trait;
use axum::extract::{MatchedPath, Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use domain::maintenance::Pause;
use jiff::Timestamp;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::metrics::gauge::ConstGauge;
use runtime::metrics::write;
use runtime::problem::Kind;
use runtime::status::Part;
use runtime::{Clock, Problem};
use serde_json::{Value, json};

const MAINTENANCE: Kind = Kind {
    name: "maintenance",
    status: StatusCode::SERVICE_UNAVAILABLE,
    title: "No commands are taken for a while",
};

pub const KINDS: &[Kind] = &[MAINTENANCE];

/// What goes on: without a session nobody could read, and operators work. What the SMS provider tells it tells once: a STOP
/// that is refused would be lost.
const OPEN: [&str; 4] = ["/v1/sessions", "/v1/projections", "/v1/sms-events", "/v1/sms-replies"];

/// Where nobody knows the end, or it has passed.
const RETRY_SECONDS: u32 = 30;
/// Whoever asks less often than this misses the end by too much.
const MOST_RETRY_SECONDS: u32 = 300;

#[derive(Clone, Debug)]
pub struct Gate {
    pub maintenance: Maintenance,
    pub clock: Clock,
}

pub async fn pass(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let pause = gate.maintenance.pause().filter(|_| !goes_on(&request));
    match pause {
        Some(pause) => refused(&pause, gate.clock.now()).into_response(),
        None => next.run(request).await,
    }
}

fn goes_on(request: &Request) -> bool {
    let route = request.extensions().get::<MatchedPath>().map_or("", MatchedPath::as_str);
    request.method().is_safe() || OPEN.iter().any(|it| is_under(route, it))
}

fn is_under(route: &str, prefix: &str) -> bool {
    route.strip_prefix(prefix).is_some_and(|it| it.is_empty() || it.starts_with('/'))
}

fn refused(pause: &Pause, now: Timestamp) -> Problem {
    let ahead = pause.until.filter(|it| now < *it);
    let until = ahead.map(|it| format!(", probably until {it:.0}")).unwrap_or_default();
    let reason = &pause.reason;
    let detail = format!(
        "maintenance: {reason}{until}. Nothing was done; holds have as long to go afterwards as when it began"
    );
    let left = ahead.map(|it| it.duration_since(now).as_secs() + 1);
    let seconds = left.and_then(|it| u32::try_from(it).ok()).unwrap_or(RETRY_SECONDS);
    Problem::new(MAINTENANCE, detail).retry_after(seconds.min(MOST_RETRY_SECONDS))
}

#[async_trait]
impl Part for Gate {
    fn name(&self) -> &'static str {
        "maintenance"
    }

    async fn tell(&self) -> Result<Value, String> {
        Ok(match self.maintenance.pause() {
            Some(Pause { since, until, reason }) => {
                json!({ "since": since, "until": until, "reason": reason })
            }
            None => Value::Null,
        })
    }
}

impl Collector for Gate {
    fn encode(&self, mut encoder: DescriptorEncoder) -> Result<(), fmt::Error> {
        let on = ConstGauge::new(i64::from(self.maintenance.is_on()));
        let help = "1 while no command is taken because of maintenance, else 0";
        write(&mut encoder, "maintenance_on", help, &on)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_is_told_when_to_come_again() {
        let now: Timestamp = "2026-11-21T03:00:00Z".parse().unwrap();
        for (until, seconds) in [
            (None, 30),
            (Some("2026-11-21T03:00:10Z"), 11),
            (Some("2026-11-21T09:00:00Z"), 300),
            (Some("2026-11-21T02:00:00Z"), 30),
        ] {
            let until = until.map(|it| it.parse().unwrap());
            let pause = Pause { since: now, until, reason: "disk".to_owned() };
            assert_eq!(refused(&pause, now).retry_after_seconds(), Some(seconds), "{until:?}");
        }
    }

    #[test]
    fn a_longer_name_is_another_route() {
        for (route, open) in [
            ("/v1/sessions", true),
            ("/v1/sessions/{id}", true),
            ("/v1/sessions-of-others", false),
            ("/v1/bookings", false),
        ] {
            assert_eq!(is_under(route, OPEN[0]), open, "{route}");
        }
    }
}
