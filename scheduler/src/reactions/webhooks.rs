//! How webhooks' loops begin.
use std::sync::Arc;

use access::standard_webhooks::WebhookSecrets;
use runtime::{Platform, StartError};
use sqlx::PgPool;
use tokio::task::JoinSet;

use super::loops::{Following, caught_up_with, follow_with, spawn_when};
use super::mail_key;
use crate::webhooks::follower::{self, WebhooksFollower};
use crate::webhooks::metrics::WebhookMetrics;
use crate::webhooks::sender::Sender;
use crate::webhooks::worker::Worker;

pub(super) fn begin(
    loops: &mut JoinSet<&'static str>,
    platform: &Platform,
    read: &PgPool,
) -> Result<Following, StartError> {
    let Platform { settings, clock, executor, shutdown, .. } = platform;
    let sender = Sender::new(settings.webhook_private_addresses()).map_err(|error| {
        StartError::new("There are no certificates to trust, and webhooks go over TLS.", error)
    })?;
    let secrets = WebhookSecrets::new(mail_key(settings)?);
    let following = follow_with(loops, platform, read, WebhooksFollower { clock: clock.clone() });
    let worker = Arc::new(Worker {
        db: read.clone(),
        executor: executor.clone(),
        clock: clock.clone(),
        secrets,
        sender,
        metrics: WebhookMetrics::register(&platform.metrics),
    });
    let gate = caught_up_with(platform, read, follower::NAME, &following);
    spawn_when(loops, "webhooks", gate, shutdown, move |it| worker.run(it));
    Ok(following)
}
