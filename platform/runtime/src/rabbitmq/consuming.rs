use futures::StreamExt;
use lapin::Acker;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions, QueueDeclareOptions,
};
use lapin::types::FieldTable;
use secrecy::SecretString;
use tokio::sync::{Mutex, mpsc};

use super::topology::Topology;
use super::{LONGEST_WAIT, connect};
use crate::Shutdown;
use crate::backoff::Backoff;

/// Takes messages out of the consumed queue.
pub struct Consumer {
    arrived: Mutex<mpsc::Receiver<Delivery>>,
    url: SecretString,
    topology: Topology,
}

/// A message taken out and not yet settled. Left unsettled, it comes again when its connection ends.
pub struct Delivery {
    pub payload: Vec<u8>,
    pub redelivered: bool,
    acker: Acker,
}

impl Delivery {
    /// Done with. On a connection that broke meanwhile this does nothing, and the message comes again.
    pub async fn ack(self) {
        if let Err(error) = self.acker.ack(BasicAckOptions::default()).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "not acknowledged: it will come again"
            );
        }
    }

    /// Can never work: to the dead letters.
    pub async fn reject(self) {
        // Put back it would be delivered again at once, and again, until the delivery limit.
        let options = BasicRejectOptions { requeue: false };
        if let Err(error) = self.acker.reject(options).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "not rejected: it will come again"
            );
        }
    }
}

impl Consumer {
    pub(super) fn start(url: SecretString, topology: Topology, shutdown: Shutdown) -> Self {
        // Room for all that may be unsettled: the connection's own loop never waits for ours.
        let (sender, arrived) = mpsc::channel(usize::from(topology.prefetch.max(1)));
        let consumer =
            Self { arrived: Mutex::new(arrived), url: url.clone(), topology: topology.clone() };
        tokio::spawn(async move {
            tokio::select! {
                () = supervise(&url, &topology, &sender) => {}
                () = shutdown.cancelled() => {}
            }
        });
        consumer
    }

    /// Waits for the next message; while the broker is away, for the broker. Dropping the future loses nothing.
    pub async fn next(&self) -> Delivery {
        match self.arrived.lock().await.recv().await {
            Some(delivery) => delivery,
            // The supervisor ended with the process's shutdown: nothing comes any more.
            None => std::future::pending().await,
        }
    }

    /// How many messages wait in a queue; asked on a connection of its own, for status pages and tests.
    pub async fn depth(&self, queue: &str) -> Result<u32, lapin::Error> {
        let connection = connect(&self.url, "courtside status").await?;
        let channel = connection.create_channel().await?;
        let look = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let name = self.topology.full(queue);
        let queue =
            channel.queue_declare(name.as_str().into(), look, FieldTable::default()).await?;
        let depth = queue.message_count();
        connection.close(200, "looked".into()).await?;
        Ok(depth)
    }
}

/// Keeps consuming, for ever.
async fn supervise(url: &SecretString, topology: &Topology, arrived: &mpsc::Sender<Delivery>) {
    let mut backoff = Backoff::up_to(LONGEST_WAIT);
    let mut told = false;
    loop {
        let ended = consume(url, topology, arrived, &mut told, &mut backoff).await;
        if arrived.is_closed() {
            return;
        }
        match ended {
            Ok(()) => tracing::warn!("the connection for consuming from the broker ended"),
            Err(error) if !told => {
                told = true;
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "nothing can be consumed from the broker"
                );
            }
            Err(_) => {}
        }
        tokio::time::sleep(backoff.wait()).await;
    }
}

async fn consume(
    url: &SecretString,
    topology: &Topology,
    arrived: &mpsc::Sender<Delivery>,
    told: &mut bool,
    backoff: &mut Backoff,
) -> lapin::Result<()> {
    let connection = connect(url, "courtside consuming").await?;
    topology.declare(&connection).await?;
    let channel = connection.create_channel().await?;
    channel.basic_qos(topology.prefetch, BasicQosOptions::default()).await?;
    let queue = topology.full(&topology.consumed);
    let mut consumer = channel
        // The broker makes up the consumer's tag: two processes may consume side by side.
        .basic_consume(
            queue.as_str().into(),
            "".into(),
            BasicConsumeOptions::default(),
            FieldTable::default(),
        )
        .await?;
    *told = false;
    backoff.reset();
    while let Some(delivery) = consumer.next().await {
        let delivery = delivery?;
        let delivery = Delivery {
            payload: delivery.data,
            redelivered: delivery.redelivered,
            acker: delivery.acker,
        };
        if arrived.send(delivery).await.is_err() {
            return Ok(());
        }
    }
    Ok(())
}
