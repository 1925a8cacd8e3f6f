//! `courtside up --demo`: everything in one process, with people, courts and some weeks of bookings to look at.
mod banner;
mod bookings;
mod catalogue;
pub mod clock;
mod people;

use anyhow::Context;
use jiff::{Timestamp, ToSpan};
use runtime::{Platform, Settings, Shutdown};
use uuid::Uuid;

use crate::migrate;
use crate::roles::{self, Listeners, Ports, Role};

/// How far back the demo's history begins.
const HISTORY_DAYS: i64 = 21;

pub async fn up(mut settings: Settings, ports: &Ports, shutdown: Shutdown) -> anyhow::Result<()> {
    settings.demo = true;
    // Both venues' hold times get a queue of their own.
    settings.timer_hold_seconds = vec![catalogue::LONG_HOLD_SECONDS, catalogue::SHORT_HOLD_SECONDS];
    ports.apply(&mut settings);
    let listeners = Listeners::bind(&Role::ALL, &settings).await?;
    let ending = roles::ending_on_signal(&shutdown);
    migrate::on_boot(&settings).await?;
    let platform = Platform { ending, ..Platform::start(settings, shutdown).await? };

    let began = tokio::time::Instant::now();
    tokio::select! {
        loaded = load(&platform) => loaded.context("the demo data cannot be loaded")?,
        () = platform.ending.cancelled() => return Ok(()),
    }
    tracing::info!(ms = began.elapsed().as_millis(), "demo data is there");
    banner::write_file(&platform.settings)?;
    let announced = tokio::spawn(banner::announce(platform.clone()));
    let outcome = roles::run_on(&Role::ALL, platform, listeners).await;
    announced.abort();
    outcome
}

/// `courtside demo load`.
pub async fn load_only(mut settings: Settings, shutdown: Shutdown) -> anyhow::Result<()> {
    settings.demo = true;
    migrate::on_boot(&settings).await?;
    let platform = Platform::start(settings, shutdown).await?;
    load(&platform).await.context("the demo data cannot be loaded")?;
    banner::write_file(&platform.settings)
}

/// Loads what is not there yet. Every id is derived from a name, so a run cut short is finished by the next.
async fn load(platform: &Platform) -> anyhow::Result<()> {
    let began = began_at(platform).await?;
    catalogue::load(platform, began).await?;
    let players = people::load(platform, began).await?;
    bookings::load(platform, began, &players).await
}

/// When the demo's history begins: three weeks before it was first loaded.
async fn began_at(platform: &Platform) -> anyhow::Result<Timestamp> {
    let first = platform.store.read_stream(&catalogue::first_venue().stream(), 0, 1).await?;
    Ok(match first.first() {
        Some(opened) => opened.meta.at,
        None => platform.clock.now() - (HISTORY_DAYS * 24).hours(),
    })
}

/// The command id of a step of the demo.
fn command(parts: &[&str]) -> Uuid {
    runtime::ids::derive(runtime::ids::NAMESPACE, &[&["demo"], parts].concat())
}
