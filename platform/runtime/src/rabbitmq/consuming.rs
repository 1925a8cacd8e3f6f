use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures::StreamExt;
use lapin::message::Delivery as Message;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicQosOptions, BasicRejectOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Acker, Connection};
use secrecy::SecretString;
use tokio::sync::{Mutex, mpsc};

use super::topology::Topology;
use super::{LONGEST_WAIT, TRACEPARENT, connect};
use crate::Shutdown;
use crate::backoff::Backoff;

const CONSUME: BasicConsumeOptions = BasicConsumeOptions {
    // Unacknowledged until the work is done: what a process held when it died comes again.
    no_ack: false,
    // Several processes share the queue.
    exclusive: false,
    // What this connection published would be as welcome; RabbitMQ knows no such filter anyway.
    no_local: false,
    // A consumer that was refused must be noticed.
    nowait: false,
};
/// One message, not all before it: they become due in any order.
const ACK: BasicAckOptions = BasicAckOptions { multiple: false };
/// Put back it would be delivered again at once, and again, until the delivery limit.
const REJECT: BasicRejectOptions = BasicRejectOptions { requeue: false };
/// Looks, and makes nothing: a queue that is not there is an answer too.
const LOOK: QueueDeclareOptions = QueueDeclareOptions {
    passive: true,
    durable: false,
    exclusive: false,
    auto_delete: false,
    nowait: false,
};

/// Takes messages out of the consumed queue.
pub struct Consumer {
    arrived: Mutex<mpsc::Receiver<Delivery>>,
    connected: Arc<AtomicBool>,
    url: SecretString,
    topology: Topology,
}

/// A message taken out and not yet settled. Left unsettled, it comes again when its connection ends.
pub struct Delivery {
    pub payload: Vec<u8>,
    pub redelivered: bool,
    /// Where it was published, if that was traced.
    pub trace: Option<String>,
    acker: Acker,
}

impl Delivery {
    /// Done with. On a connection that broke meanwhile this does nothing, and the message comes again.
    pub async fn ack(self) {
        if let Err(error) = self.acker.ack(ACK).await {
            tracing::debug!(
                error = &error as &dyn std::error::Error,
                "not acknowledged: it will come again"
            );
        }
    }

    /// Can never work: to the dead letters.
    pub async fn reject(self) {
        if let Err(error) = self.acker.reject(REJECT).await {
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
        let connected = Arc::new(AtomicBool::new(false));
        let consumer = Self {
            arrived: Mutex::new(arrived),
            connected: Arc::clone(&connected),
            url: url.clone(),
            topology: topology.clone(),
        };
        tokio::spawn(async move {
            tokio::select! {
                () = supervise(&url, &topology, &sender, &connected) => {}
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

    /// Whether messages would arrive just now.
    pub fn connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed)
    }

    /// How many messages wait in a queue; asked on a connection of its own, for status pages and tests.
    pub async fn depth(&self, queue: &str) -> Result<u32, lapin::Error> {
        let connection = connect(&self.url, "courtside status").await?;
        let depth = look(&connection, &self.topology.full(queue)).await?;
        let _ = connection.close(200, "looked".into()).await;
        Ok(depth)
    }
}

/// How many messages wait in each queue of a topology, in its order; `None` for a queue that is not there.
pub async fn depths(
    url: &SecretString,
    topology: &Topology,
) -> lapin::Result<Vec<(String, Option<u32>)>> {
    let connection = connect(url, "courtside status").await?;
    let mut depths = Vec::with_capacity(topology.queues.len());
    for queue in &topology.queues {
        let depth = look(&connection, &topology.full(&queue.name)).await.ok();
        depths.push((queue.name.clone(), depth));
    }
    let _ = connection.close(200, "looked".into()).await;
    Ok(depths)
}

/// On a channel of its own: a queue that is not there closes it.
async fn look(connection: &Connection, queue: &str) -> lapin::Result<u32> {
    let channel = connection.create_channel().await?;
    let found = channel.queue_declare(queue.into(), LOOK, FieldTable::default()).await?;
    // Left open it would be closed together with its connection, which then does not end well.
    channel.close(200, "looked".into()).await?;
    Ok(found.message_count())
}

/// Keeps consuming, for ever.
async fn supervise(
    url: &SecretString,
    topology: &Topology,
    arrived: &mpsc::Sender<Delivery>,
    connected: &AtomicBool,
) {
    let mut backoff = Backoff::up_to(LONGEST_WAIT);
    let mut told = false;
    loop {
        let consuming = || {
            connected.store(true, Ordering::Relaxed);
            told = false;
            backoff.reset();
        };
        let ended = consume(url, topology, arrived, consuming).await;
        connected.store(false, Ordering::Relaxed);
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
    consuming: impl FnOnce(),
) -> lapin::Result<()> {
    let connection = connect(url, "courtside consuming").await?;
    topology.declare(&connection).await?;
    let channel = connection.create_channel().await?;
    // Quorum queues know no limit for a whole connection, and this channel has one consumer.
    let each_consumer = BasicQosOptions { global: false };
    channel.basic_qos(topology.prefetch, each_consumer).await?;
    let queue = topology.full(&topology.consumed);
    let mut consumer = channel
        // The broker makes up the consumer's tag: two processes may consume side by side.
        .basic_consume(queue.as_str().into(), "".into(), CONSUME, FieldTable::default())
        .await?;
    consuming();
    while let Some(delivery) = consumer.next().await {
        let delivery = delivery?;
        let delivery = Delivery {
            trace: trace(&delivery),
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

/// Anybody with access to the broker may write this header, and anything into it.
fn trace(message: &Message) -> Option<String> {
    match message.properties.headers().as_ref()?.inner().get(TRACEPARENT)? {
        AMQPValue::LongString(text) => std::str::from_utf8(text.as_bytes()).ok().map(str::to_owned),
        _ => None,
    }
}
