//! What every process says of itself at `/status`: which it is, since when, and how old what it was given is.
use std::time::Duration;

use async_trait::async_trait;
use runtime::health::Health;
use runtime::status::Part;
use runtime::{Platform, Settings, telemetry};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::roles::Role;

pub struct Process {
    pub roles: Vec<Role>,
    pub platform: Platform,
    pub began: Instant,
}

#[async_trait]
impl Part for Process {
    fn name(&self) -> &'static str {
        "process"
    }

    async fn tell(&self) -> Result<Value, String> {
        let roles: Vec<_> = self.roles.iter().map(|it| it.name()).collect();
        let settings = &self.platform.settings;
        Ok(json!({
            "version": env!("CARGO_PKG_VERSION"),
            "roles": roles,
            "production": settings.production,
            "demo": settings.demo,
            "log": self.platform.log.0,
            "log_level": telemetry::level(),
            "now": self.platform.clock.now(),
            "clock_skew_ms": i64::try_from(self.platform.clock.skew().as_millis()).unwrap_or_default(),
            "uptime_seconds": self.began.elapsed().as_secs(),
        }))
    }
}

/// The same that probes are told.
pub struct Ready(pub Health);

#[async_trait]
impl Part for Ready {
    fn name(&self) -> &'static str {
        "health"
    }

    async fn tell(&self) -> Result<Value, String> {
        let findings = self.0.findings().await;
        Ok(findings.into_iter().map(|it| (it.name, json!(it))).collect())
    }
}

/// How long ago each secret that lies in a file was written: since then it has not been exchanged.
pub struct Secrets;

const DAY: Duration = Duration::from_hours(24);

#[async_trait]
impl Part for Secrets {
    fn name(&self) -> &'static str {
        "secrets"
    }

    async fn tell(&self) -> Result<Value, String> {
        let told = Settings::secret_files().into_iter().map(|(name, path)| {
            let age = std::fs::metadata(path).and_then(|it| it.modified()).ok();
            let age = age.and_then(|it| it.elapsed().ok()).map(|it| it.as_secs() / DAY.as_secs());
            (name, json!({ "age_days": age }))
        });
        Ok(Value::Object(told.collect::<Map<_, _>>()))
    }
}
