//! What every role stands on: settings, the clock, ids, HTTP, Postgres, RabbitMQ, telemetry, health, shutdown.
//!
//! **Invariant:** nothing here knows a feature.
#![warn(clippy::unwrap_used)]

pub mod backoff;
mod causes;
pub mod clock;
pub mod comfort;
pub mod files;
pub mod follow;
pub mod health;
pub mod html;
pub mod http;
pub mod ids;
pub mod metrics;
pub mod migrations;
pub mod platform;
pub mod position;
pub mod postgres;
pub mod problem;
pub mod rabbitmq;
pub mod rate_limits;
pub mod reload;
pub mod settings;
pub mod shutdown;
pub mod status;
pub mod telemetry;

pub use causes::causes;
pub use clock::Clock;
pub use platform::{Platform, StartError};
pub use problem::{Kind, Problem};
pub use settings::Settings;
pub use shutdown::Shutdown;
