//! Events → rows of tables `webhooks` and `webhook_deliveries`.
use async_trait::async_trait;
use domain::deliveries::DELIVERIES;
use domain::stored::StoredEvent;
use domain::webhooks::{self, WebhookEvent};
use event_store::Recorded;
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
        let mut wishes = None;
        for it in events {
            if it.stream == webhooks::STREAM {
                // What came before is told to those that were there then.
                wishes = None;
                std::mem::take(&mut news).write(tx).await?;
                let event =
                    WebhookEvent::read(&it.kind, &it.data).map_err(FollowError::at(it.position))?;
                apply(tx, it, event, since).await?;
            } else if let Some(delivery) = it.stream.strip_prefix(DELIVERIES) {
                news.of_delivery(delivery, it).map_err(FollowError::at(it.position))?;
            } else if since <= it.meta.at {
                let wishes = match &mut wishes {
                    Some(known) => known,
                    unknown => unknown.insert(rows::wishes(tx).await?),
                };
                news.happened(it, wishes).map_err(FollowError::at(it.position))?;
            }
        }
        news.write(tx).await?;
        Ok(())
    }
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
