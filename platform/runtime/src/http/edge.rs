use std::sync::Arc;

use axum::Router;
use axum::http::HeaderValue;
use axum::middleware::{from_fn, from_fn_with_state};

use super::address::Proxies;
use super::answer::{Answering, answer};
use super::limits::{Slots, admit, attend};
use super::{cors, https, pages, probes};
use crate::health::Health;
use crate::metrics::Metrics;
use crate::rate_limits::{self, Limiting, RateLimits};
use crate::{Clock, Settings};

/// What the edge adds around the routes of a role.
#[derive(Clone)]
pub struct Edge {
    pub health: Health,
    pub metrics: Metrics,
    pub server_url: String,
    pub proxies: Proxies,
    pub require_https: bool,
    /// Pages of these origins may call us; `*` stands for any.
    pub cors_origins: Vec<HeaderValue>,
    /// Whether requests begin traces; the monitoring's do not.
    pub is_traced: bool,
    /// A demo's, which answers go by in `Date`.
    pub(crate) clock: Option<Clock>,
    /// Without, everybody may ask for as much as they like: on the operators' listener, and where tests do not care.
    pub(crate) limiting: Option<Limiting>,
}

/// The id of the request in hand, also in every log line and in `instance` of its problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestId(pub uuid::Uuid);

impl Edge {
    pub fn new(settings: &Settings, health: Health, metrics: Metrics) -> Self {
        Self {
            health,
            metrics,
            server_url: settings.server_url.clone(),
            proxies: Proxies::of_settings(settings),
            require_https: settings.require_https,
            cors_origins: settings.cors_origins.clone(),
            is_traced: true,
            clock: None,
            limiting: None,
        }
    }

    /// By a demo's clock, which can be moved on: pages count a hold's time down by what answers say of the time.
    #[must_use]
    pub fn telling_time(self, clock: Option<Clock>) -> Self {
        Self { clock, ..self }
    }

    /// For clients: so much and no more of each. Commands that are passed on to another process are counted there.
    #[must_use]
    pub fn limited(mut self, limits: RateLimits, passes_commands_on: bool) -> Self {
        self.limiting = Some(Limiting { limits, passes_commands_on });
        self
    }

    /// Wraps routes with what is true of every answer: limits, timeouts, headers, request ids, problems for 404, 405,
    /// 413 and panics, one log line, health and its aliases.
    pub fn around(&self, routes: Router) -> Router {
        let mut routes = routes.layer(from_fn(attend));
        if let Some(limiting) = &self.limiting {
            routes = routes.layer(from_fn_with_state(limiting.clone(), rate_limits::limit));
        }
        if self.require_https {
            routes = routes.layer(from_fn(https::require));
        }
        let pages = pages::problems().layer(from_fn(attend));
        let mut limited = routes.merge(pages).layer(from_fn_with_state(Slots::default(), admit));
        if !self.cors_origins.is_empty() {
            // A browser's question whether it may ask is no request yet.
            limited = limited.layer(cors::layer(&self.cors_origins));
        }
        // Probes stand outside the limits: a process that is busy is not one that is dead.
        let open = probes::routes(self.health.clone());
        let (metrics, proxies) = (self.metrics.http.clone(), self.proxies.clone());
        let answering = Answering {
            server_url: self.server_url.clone(),
            metrics,
            proxies,
            is_traced: self.is_traced,
            clock: self.clock.clone(),
        };
        open.merge(limited).layer(from_fn_with_state(Arc::new(answering), answer))
    }
}
