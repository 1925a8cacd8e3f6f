//! How the login audit's loops begin.
use std::sync::Arc;

use http::uri::InvalidUri;
use runtime::{Platform, StartError};
use secrecy::ExposeSecret;
use tokio::task::JoinSet;

use super::loops::spawn;
use super::vault;
use crate::audit::health::{AuditCheck, Standings};
use crate::audit::loops::Loops;
use crate::audit::metrics::AuditMetrics;
use crate::audit::outside::directory::Directory;
use crate::audit::outside::webhook::Webhook;
use crate::audit::outside::{Outside, copy};
use crate::audit::recorder::Recorder;
use crate::audit::signer::{Seeds, Signer};

/// One record is made at a time.
const VAULT_CONNECTIONS: u32 = 2;

pub(super) fn begin(
    loops: &mut JoinSet<&'static str>,
    platform: &Platform,
) -> Result<AuditCheck, StartError> {
    let Platform { settings, clock, executor, store, shutdown, .. } = platform.clone();
    let vault = vault(platform, VAULT_CONNECTIONS, "makes the login audit's commitments")?;
    let key = settings.keys.audit_key.clone().ok_or_else(|| StartError {
        what: "The scheduler signs the login audit: set AUDIT_KEY or AUDIT_KEY_FILE.".to_owned(),
        source: None,
    })?;
    let seeds = Seeds { key, also: settings.keys.audit_key_also.clone() };
    let standings = Standings::begin(clock.now());
    let metrics = AuditMetrics::register(&platform.metrics);
    let check = AuditCheck { clock: clock.clone(), standings: standings.clone() };
    let places = outside(platform)?;
    let both = Arc::new(Loops {
        store,
        clock: clock.clone(),
        metrics: metrics.clone(),
        standings: standings.clone(),
    });
    let recorder = Recorder::new(executor.clone(), vault, clock.clone());
    let signer = Signer::new(executor, clock, seeds, settings.audit_origin.clone());
    for place in places {
        let (newest, standings) = (signer.newest(), standings.clone());
        let copying = copy(place, newest, standings, metrics.clone(), shutdown.clone());
        spawn(loops, "audit copy", copying);
    }
    let (one, other, ending) = (Arc::clone(&both), both, shutdown.clone());
    spawn(loops, "audit recorder", async move { one.record(recorder, ending).await });
    spawn(loops, "audit signer", async move { other.sign(signer, shutdown).await });
    Ok(check)
}

/// Where checkpoints are copied to.
fn outside(platform: &Platform) -> Result<Vec<Box<dyn Outside>>, StartError> {
    let Platform { settings, store, .. } = platform;
    let mut places: Vec<Box<dyn Outside>> = Vec::new();
    if let Some(path) = &settings.audit_checkpoint_dir {
        places.push(Box::new(Directory::new(path.clone(), store.clone())));
    }
    if let Some(url) = &settings.audit_checkpoint_webhook_url {
        let unusable = "AUDIT_CHECKPOINT_WEBHOOK_URL cannot be used: correct it.";
        let url = url.expose_secret().parse().map_err(|it: InvalidUri| {
            // What is wrong with it says where, and not what it is.
            StartError::new(unusable, it)
        })?;
        let webhook = Webhook::new(url).map_err(|it| StartError::new(unusable, it))?;
        places.push(Box::new(webhook));
    }
    Ok(places)
}
