//! The two loops: recording on every wake-up, signing every second.
use std::time::Duration;

use jiff::Timestamp;
use runtime::backoff::Backoff;
use runtime::{Clock, Shutdown};
use tokio::sync::watch;

use super::AuditError;
use super::health::{Standing, Standings};
use super::metrics::AuditMetrics;
use super::recorder::{Recorder, Stepped};
use super::signer::Signer;

/// How long the recorder sleeps without a wake-up before it looks by itself, and the signer between two looks.
const PATIENCE: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(5);

pub struct Loops {
    pub store: event_store::Store,
    pub clock: Clock,
    pub metrics: AuditMetrics,
    pub standings: Standings,
}

impl Loops {
    pub async fn record(&self, mut recorder: Recorder, shutdown: Shutdown) {
        let mut backoff = Backoff::up_to(LONGEST_WAIT);
        while !shutdown.is_cancelled() {
            let stepped = recorder.step().await;
            let is_well = matches!(stepped, Ok(Stepped { caught_up: true, .. }));
            let lag = self.note(
                "audit recorder",
                &self.standings.recording,
                is_well,
                stepped.as_ref().err(),
            );
            self.metrics.lag_seconds.set(lag);
            let age = recorder.oldest().map(|it| self.clock.now().duration_since(it));
            self.metrics.oldest_seconds.set(age.map_or(0.0, |it| it.as_secs_f64().max(0.0)));
            let waiting = async {
                match stepped {
                    Ok(Stepped { recorded, after, caught_up }) => {
                        for kind in &recorded {
                            self.metrics.recorded(kind);
                        }
                        backoff.reset();
                        if caught_up {
                            self.store.changed(after, PATIENCE).await;
                        }
                    }
                    Err(_) => tokio::time::sleep(backoff.wait()).await,
                }
            };
            shutdown.run_until_cancelled(waiting).await;
        }
    }

    pub async fn sign(&self, mut signer: Signer, shutdown: Shutdown) {
        let mut backoff = Backoff::up_to(LONGEST_WAIT);
        while !shutdown.is_cancelled() {
            let stepped = signer.step().await;
            self.note(
                "audit signer",
                &self.standings.signing,
                stepped.is_ok(),
                stepped.as_ref().err(),
            );
            let wait = match stepped {
                Ok(sizes) => {
                    self.metrics.size.set(sizes.recorded.cast_signed());
                    self.metrics.signed.set(sizes.signed.cast_signed());
                    backoff.reset();
                    PATIENCE
                }
                Err(_) => backoff.wait(),
            };
            let _ = tokio::time::timeout(wait, shutdown.cancelled()).await;
        }
    }

    /// Keeps what a step came to, and returns for how many seconds all has not been well. A lost race is no news, and an
    /// error is logged when it is a new one.
    fn note(
        &self,
        name: &'static str,
        standing: &watch::Sender<Standing>,
        is_well: bool,
        error: Option<&AuditError>,
    ) -> f64 {
        let now = self.clock.now();
        let mut well_at = Timestamp::MIN;
        standing.send_modify(|it| {
            let said = error.map(ToString::to_string);
            if let Some(error) = error.filter(|_| said != it.error) {
                let is_race = matches!(error, AuditError::Append(_));
                let error = error as &dyn std::error::Error;
                if is_race {
                    tracing::debug!(name, error, "tries again");
                } else {
                    tracing::error!(name, error, "does not go on");
                }
            }
            if is_well {
                it.well_at = now;
            }
            it.error = said;
            well_at = it.well_at;
        });
        now.duration_since(well_at).as_secs_f64()
    }
}
