use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use lapin::options::{BasicPublishOptions, ConfirmSelectOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation};
use secrecy::SecretString;
use tokio::sync::{Notify, Semaphore, watch};

use super::topology::Topology;
use super::{LONGEST_WAIT, TRACEPARENT, connect};
use crate::Shutdown;
use crate::backoff::Backoff;

const PUBLISH: BasicPublishOptions = BasicPublishOptions {
    // A message that no queue takes comes back instead of vanishing with a confirm.
    mandatory: true,
    // RabbitMQ closes the channel of whoever asks for a consumer on the spot.
    immediate: false,
};
/// A broker that cannot confirm must say so before anything is published.
const CONFIRM: ConfirmSelectOptions = ConfirmSelectOptions { nowait: false };

/// Publishes with confirms. Cheap to clone; clones share the connection.
#[derive(Clone)]
pub struct Publisher {
    topology: Arc<Topology>,
    channel: watch::Receiver<Option<Channel>>,
    broken: Arc<Notify>,
    unsettled: Arc<Semaphore>,
}

/// Why a message is not safely with the broker. It may be there all the same: publishing again is then a repetition.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    #[error("the broker is away")]
    Away,
    #[error("the broker did not confirm in time")]
    Late,
    #[error("the broker did not take the message")]
    Refused,
    /// Confirmed and thrown away: no queue is bound by this name.
    #[error("no queue takes the message")]
    Unroutable,
    #[error("the connection to the broker broke")]
    Broken(#[source] lapin::Error),
}

/// More would only wait inside the broker instead of here.
const MAX_UNSETTLED: usize = 500;
/// A confirm takes a millisecond or two; a broker that needs this long is not well.
const CONFIRM_TIMEOUT: Duration = Duration::from_secs(10);
/// How often the supervisor looks whether its connection lives, when nobody publishes.
const LOOK: Duration = Duration::from_millis(500);
/// Kept over a restart of the broker (delivery mode 2 of AMQP 0-9-1).
const PERSISTENT: u8 = 2;

impl Publisher {
    pub(super) fn start(url: SecretString, topology: Topology, shutdown: Shutdown) -> Self {
        let (sender, channel) = watch::channel(None);
        let topology = Arc::new(topology);
        let broken = Arc::new(Notify::new());
        let publisher = Self {
            topology: Arc::clone(&topology),
            channel,
            broken: Arc::clone(&broken),
            unsettled: Arc::new(Semaphore::new(MAX_UNSETTLED)),
        };
        tokio::spawn(async move {
            tokio::select! {
                () = supervise(&url, &topology, &sender, &broken) => {}
                () = shutdown.cancelled() => {}
            }
        });
        publisher
    }

    /// Publishes to a queue by its name and waits until the broker has it for good. Whoever takes it out can go on with
    /// the trace that this is a step of.
    pub async fn publish(&self, queue: &str, payload: &[u8]) -> Result<(), PublishError> {
        let _permit = self.unsettled.acquire().await.map_err(|_| PublishError::Away)?;
        let channel = self.channel.borrow().clone().ok_or(PublishError::Away)?;
        let outcome = match tokio::time::timeout(
            CONFIRM_TIMEOUT,
            self.send(&channel, queue, payload),
        )
        .await
        {
            Ok(outcome) => outcome,
            Err(_) => Err(PublishError::Late),
        };
        if matches!(outcome, Err(PublishError::Broken(_) | PublishError::Late)) {
            self.broken.notify_one();
        }
        outcome
    }

    /// Whether there is a connection just now.
    pub fn connected(&self) -> bool {
        self.channel.borrow().as_ref().is_some_and(|it| it.status().connected())
    }

    async fn send(
        &self,
        channel: &Channel,
        queue: &str,
        payload: &[u8],
    ) -> Result<(), PublishError> {
        let mut properties = BasicProperties::default()
            .with_delivery_mode(PERSISTENT)
            .with_content_type("application/json".into());
        if let Some(trace) = traces::current() {
            let mut headers = FieldTable::default();
            headers.insert(TRACEPARENT.into(), AMQPValue::LongString(trace.into()));
            properties = properties.with_headers(headers);
        }
        let exchange = self.topology.full(&self.topology.exchange);
        let key = self.topology.full(queue);
        let confirm = channel
            .basic_publish(
                exchange.as_str().into(),
                key.as_str().into(),
                PUBLISH,
                payload,
                properties,
            )
            .await
            .map_err(PublishError::Broken)?;
        match confirm.await.map_err(PublishError::Broken)? {
            Confirmation::Ack(None) => Ok(()),
            Confirmation::Ack(Some(_)) => Err(PublishError::Unroutable),
            Confirmation::Nack(_) | Confirmation::NotRequested => Err(PublishError::Refused),
        }
    }
}

/// Keeps a channel there, for ever.
async fn supervise(
    url: &SecretString,
    topology: &Topology,
    channel: &watch::Sender<Option<Channel>>,
    broken: &Notify,
) {
    let mut backoff = Backoff::up_to(LONGEST_WAIT);
    let mut told = false;
    loop {
        match hold(url, topology, channel, broken, &mut told, &mut backoff).await {
            Ok(()) => tracing::warn!("the connection for publishing to the broker broke"),
            Err(error) if !told => {
                told = true;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "the broker cannot be reached"
                );
            }
            Err(_) => {}
        }
        channel.send_replace(None);
        tokio::time::sleep(backoff.wait()).await;
    }
}

async fn hold(
    url: &SecretString,
    topology: &Topology,
    channel: &watch::Sender<Option<Channel>>,
    broken: &Notify,
    told: &mut bool,
    backoff: &mut Backoff,
) -> lapin::Result<()> {
    let connection = connect(url, "courtside publishing").await?;
    topology.declare(&connection).await?;
    let publishing = connection.create_channel().await?;
    publishing.confirm_select(CONFIRM).await?;
    // What broke before was the connection before.
    let _ = broken.notified().now_or_never();
    channel.send_replace(Some(publishing.clone()));
    *told = false;
    backoff.reset();
    while publishing.status().connected() && connection.status().connected() {
        if tokio::time::timeout(LOOK, broken.notified()).await.is_ok() {
            break;
        }
    }
    Ok(())
}
