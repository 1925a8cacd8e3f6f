//! How the login audit's loops begin.
use std::sync::Arc;

use runtime::{Platform, StartError};
use tokio::task::JoinSet;

use super::loops::spawn;
use super::vault;
use crate::audit::health::{AuditCheck, Standings};
use crate::audit::loops::Loops;
use crate::audit::metrics::AuditMetrics;
use crate::audit::recorder::Recorder;
use crate::audit::signer::Signer;

/// One record is made at a time.
const VAULT_CONNECTIONS: u32 = 2;

pub(super) fn begin(
    loops: &mut JoinSet<&'static str>,
    platform: &Platform,
) -> Result<AuditCheck, StartError> {
    let Platform { settings, clock, executor, store, shutdown, .. } = platform.clone();
    let vault = vault(platform, VAULT_CONNECTIONS, "makes the login audit's commitments")?;
    let seed = settings.keys.audit_key.clone().ok_or_else(|| StartError {
        what: "The scheduler signs the login audit: set AUDIT_KEY or AUDIT_KEY_FILE.".to_owned(),
        source: None,
    })?;
    let standings = Standings::begin(clock.now());
    let metrics = AuditMetrics::register(&platform.metrics);
    let check = AuditCheck { clock: clock.clone(), standings: standings.clone() };
    let both = Arc::new(Loops { store, clock: clock.clone(), metrics, standings });
    let recorder = Recorder::new(executor.clone(), vault, clock.clone());
    let signer = Signer::new(executor, clock, seed, settings.audit_origin.clone());
    let (one, other, ending) = (Arc::clone(&both), both, shutdown.clone());
    spawn(loops, "audit recorder", async move { one.record(recorder, ending).await });
    spawn(loops, "audit signer", async move { other.sign(signer, shutdown).await });
    Ok(check)
}
