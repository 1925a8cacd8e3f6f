//! Events → rows of tables `webhooks` and `webhook_deliveries`.
use async_trait::async_trait;
use domain::changes::Change;
use domain::deliveries::DELIVERIES;
use domain::features::{of_stream, prefix};
use domain::stored::StoredEvent;
use domain::webhooks::{self, WebhookEvent};
use event_store::{Recorded, Source};
use jiff::Timestamp;
use runtime::Clock;
use runtime::follow::{FollowError, Follower};
use sqlx::PgTransaction;

use super::KEPT;
use super::news::News;
use super::rows;

/// Names the checkpoint.
pub const NAME: &str = "webhooks";

/// Notes what each webhook has to be told: of what happened after it was added, and while it was not stopped.
pub struct WebhooksFollower {
    pub clock: Clock,
}

#[async_trait]
impl Follower for WebhooksFollower {
    fn name(&self) -> &str {
        NAME
    }

    async fn apply(
        &self,
        tx: &mut PgTransaction<'static>,
        events: &[Recorded],
    ) -> Result<(), FollowError> {
        let since = self.clock.now() - KEPT;
        let mut news = News::default();
        for it in events {
            if it.stream == webhooks::STREAM {
                // What came before is told to those that were there then.
                std::mem::take(&mut news).write(tx).await?;
                let event = WebhookEvent::read(&it.kind, &it.data)
                    .map_err(FollowError::at(it.position))?;
                apply(tx, it, event, since).await?;
            } else if let Some(delivery) = it.stream.strip_prefix(DELIVERIES) {
                news.of_delivery(delivery, it).map_err(FollowError::at(it.position))?;
            } else if since <= it.meta.at
                && let Some(change) = change(it).map_err(FollowError::at(it.position))?
            {
                news.happened(it, &change).map_err(FollowError::at(it.position))?;
            }
        }
        news.write(tx).await?;
        Ok(())
    }
}

/// Streams whose events are told.
const TOLD: [&str; 3] = ["courtday", "court", "venue"];

/// An event of a newer build is waited for, and not passed over: it may be one that has to be told.
fn change(it: &Recorded) -> Result<Option<Change>, Source> {
    let feature = of_stream(&it.stream).filter(|_| TOLD.contains(&prefix(&it.stream)));
    if let Some(feature) = feature
        && !(feature.knows)(&it.kind)
    {
        (feature.rewrite)(&it.kind, &it.data)?;
    }
    Ok(Change::of(&it.stream, &it.kind, &it.data)?)
}

async fn apply(
    tx: &mut PgTransaction<'static>,
    it: &Recorded,
    event: WebhookEvent,
    since: Timestamp,
) -> Result<(), FollowError> {
    use WebhookEvent as E;
    let at = it.meta.at;
    match event {
        E::Added { webhook, url, types, description } => {
            rows::add(tx, webhook, &url, &types, &description, at).await?;
        }
        E::Changed { webhook, url, types, description } => {
            rows::change(tx, webhook, &url, &types, &description).await?;
        }
        E::SecretRotated { webhook, generation, request: _ } => {
            rows::rotate(tx, webhook, generation, at).await?;
        }
        E::TestRequested { .. } if at < since => {}
        E::TestRequested { webhook, request } => {
            let test = News::test(it, webhook, request);
            test.map_err(FollowError::at(it.position))?.write(tx).await?;
        }
        E::Stopped { webhook, why } => rows::stop(tx, webhook, why, at).await?,
        E::Resumed { webhook } => rows::resume(tx, webhook, at).await?,
        E::Removed { webhook } => rows::remove(tx, webhook).await?,
    }
    Ok(())
}
