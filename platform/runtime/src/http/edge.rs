use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;

use super::answer::{Answering, answer};
use super::limits::{Slots, limit};
use super::{pages, probes};
use crate::Settings;
use crate::health::Health;
use crate::metrics::Metrics;

/// What the edge adds around the routes of a role.
#[derive(Clone)]
pub struct Edge {
    pub health: Health,
    pub metrics: Metrics,
    pub server_url: String,
}

/// The id of the request in hand, also in every log line and in `instance` of its problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub uuid::Uuid);

impl Edge {
    pub fn new(settings: &Settings, health: Health, metrics: Metrics) -> Self {
        Self { health, metrics, server_url: settings.server_url.clone() }
    }

    /// Wraps routes with what is true of every answer: limits, timeouts, headers, request ids, problems for 404, 405,
    /// 413 and panics, one log line, health and its aliases.
    pub fn around(&self, routes: Router) -> Router {
        let limited =
            routes.merge(pages::problems()).layer(from_fn_with_state(Slots::default(), limit));
        // Probes stand outside the limits: a process that is busy is not one that is dead.
        let open = probes::routes(self.health.clone());
        let answering = Answering::new(&self.server_url, self.metrics.http.clone());
        open.merge(limited).layer(from_fn_with_state(Arc::new(answering), answer))
    }
}
