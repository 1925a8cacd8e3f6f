use lapin::options::{
    ExchangeDeclareOptions, ExchangeDeleteOptions, QueueBindOptions, QueueDeclareOptions,
    QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Connection, ExchangeKind};

const EXCHANGE: ExchangeDeclareOptions = ExchangeDeclareOptions {
    passive: false,
    // There again after a restart of the broker.
    durable: true,
    // There even while every queue is being made anew.
    auto_delete: false,
    // Processes publish to it, and not only other exchanges.
    internal: false,
    // What contradicts an exchange that is there must be noticed.
    nowait: false,
};
const QUEUE: QueueDeclareOptions = QueueDeclareOptions {
    passive: false,
    // Quorum queues are durable, shared and stay: the broker refuses any other wish.
    durable: true,
    exclusive: false,
    auto_delete: false,
    // What contradicts a queue that is there must be noticed.
    nowait: false,
};
/// Nothing is published before every binding is confirmed.
const BIND: QueueBindOptions = QueueBindOptions { nowait: false };
/// Whatever is in it or uses it.
const DELETE_QUEUE: QueueDeleteOptions =
    QueueDeleteOptions { if_unused: false, if_empty: false, nowait: false };
const DELETE_EXCHANGE: ExchangeDeleteOptions =
    ExchangeDeleteOptions { if_unused: false, nowait: false };

/// One durable direct exchange and its queues, each bound by its own name.
#[derive(Clone, Debug)]
pub struct Topology {
    /// Begins every name, so that systems, and tests, can share a broker.
    pub prefix: String,
    pub exchange: String,
    pub queues: Vec<Queue>,
    /// The queue that is consumed.
    pub consumed: String,
    /// How many messages the consumer may hold unsettled.
    pub prefetch: u16,
}

/// A durable quorum queue.
#[derive(Clone, Debug, Default)]
pub struct Queue {
    pub name: String,
    /// Every message leaves after so long. One value for the whole queue: with a time for each message, a long one at
    /// the head would hold up all short ones behind it.
    pub ttl_ms: Option<u32>,
    /// The queue that takes what leaves by time, by rejection, or by too many deliveries.
    pub dead_letters_to: Option<String>,
    pub delivery_limit: Option<u32>,
}

impl Topology {
    /// A name as the broker knows it.
    pub(super) fn full(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }

    /// Declares everything on a channel of its own: a declaration that contradicts what is there closes its channel.
    pub(super) async fn declare(&self, connection: &Connection) -> lapin::Result<()> {
        let channel = connection.create_channel().await?;
        let exchange = self.full(&self.exchange);
        channel
            .exchange_declare(
                exchange.as_str().into(),
                ExchangeKind::Direct,
                EXCHANGE,
                FieldTable::default(),
            )
            .await?;
        for queue in &self.queues {
            let name = self.full(&queue.name);
            channel.queue_declare(name.as_str().into(), QUEUE, self.arguments(queue)).await?;
            channel
                .queue_bind(
                    name.as_str().into(),
                    exchange.as_str().into(),
                    name.as_str().into(),
                    BIND,
                    FieldTable::default(),
                )
                .await?;
        }
        channel.close(200, "declared".into()).await
    }

    /// Takes everything away that [`Self::declare`] made.
    pub(super) async fn delete(&self, connection: &Connection) -> lapin::Result<()> {
        let channel = connection.create_channel().await?;
        for queue in &self.queues {
            let name = self.full(&queue.name);
            channel.queue_delete(name.as_str().into(), DELETE_QUEUE).await?;
        }
        let exchange = self.full(&self.exchange);
        channel.exchange_delete(exchange.as_str().into(), DELETE_EXCHANGE).await?;
        channel.close(200, "deleted".into()).await
    }

    pub(super) fn arguments(&self, queue: &Queue) -> FieldTable {
        let mut arguments = FieldTable::default();
        let text = |it: String| AMQPValue::LongString(it.into());
        // Classic queues lost messages when the broker was killed; quorum queues confirm what is on the disk.
        arguments.insert("x-queue-type".into(), text("quorum".to_owned()));
        if let Some(ttl_ms) = queue.ttl_ms {
            arguments.insert("x-message-ttl".into(), AMQPValue::LongLongInt(i64::from(ttl_ms)));
        }
        if let Some(to) = &queue.dead_letters_to {
            arguments.insert("x-dead-letter-exchange".into(), text(self.full(&self.exchange)));
            arguments.insert("x-dead-letter-routing-key".into(), text(self.full(to)));
            // At most once, the default, drops a message when the next queue is away just then. At least once needs
            // a queue that refuses what it cannot keep: without that it silently falls back.
            arguments.insert("x-dead-letter-strategy".into(), text("at-least-once".to_owned()));
            arguments.insert("x-overflow".into(), text("reject-publish".to_owned()));
        }
        if let Some(limit) = queue.delivery_limit {
            arguments.insert("x-delivery-limit".into(), AMQPValue::LongLongInt(i64::from(limit)));
        }
        arguments
    }
}
