//! The transport over RabbitMQ: queues of one fixed time each, and one that the consumer reads.
//!
//! `timers.hold.<s>` keeps a message for `s − 1` seconds and hands it to `timers.due`; what has less time left goes
//! to `timers.due` straight; what can never work ends in `timers.dead`.
use async_trait::async_trait;
use runtime::Shutdown;
use runtime::rabbitmq::{self, Consumer, Delivery as Message, Publisher, Queue, Topology};
use secrecy::SecretString;

use super::Timer;
use super::transport::{Delay, DelayTransport, Delivery, NotArmed, Settle};

/// Timers by way of a broker. It may be away at any time, also at the start.
pub struct RabbitTransport {
    publisher: Publisher,
    consumer: Consumer,
    carried_seconds: Vec<u32>,
}

const EXCHANGE: &str = "timers";
pub const DUE: &str = "timers.due";
pub const DEAD: &str = "timers.dead";
/// A burst due at once is in memory before its time: more than the most holds that end in one second.
const PREFETCH: u16 = 6_000;
/// A message that takes consumers down with it is given up after so many. One that only waits counts a delivery for
/// each connection that broke meanwhile.
const DELIVERY_LIMIT: u32 = 20;
/// A time to live runs from the publish, which comes a little after the hold began: a message that was kept for the
/// whole duration would be late. The consumer waits out this second.
const EARLY_SECONDS: u32 = 1;

impl RabbitTransport {
    /// Begins to connect and returns at once. `prefix` begins every name on the broker.
    pub fn start(
        url: &SecretString,
        prefix: &str,
        hold_seconds: &[u32],
        shutdown: &Shutdown,
    ) -> Self {
        let carried_seconds = carried(hold_seconds);
        let topology = topology(prefix, &carried_seconds);
        let (publisher, consumer) = rabbitmq::start(url, topology, shutdown);
        Self { publisher, consumer, carried_seconds }
    }

    /// Whether a timer could be handed over just now.
    pub fn publishes(&self) -> bool {
        self.publisher.connected()
    }

    /// Whether one would come back.
    pub fn consumes(&self) -> bool {
        self.consumer.connected()
    }

    /// How many messages wait in a queue; `None` while the broker is away.
    pub async fn depth(&self, queue: &str) -> Option<u32> {
        self.consumer.depth(queue).await.ok()
    }
}

/// How many messages wait in each queue, asked by somebody who takes none.
pub async fn depths(
    url: &SecretString,
    prefix: &str,
    hold_seconds: &[u32],
) -> Option<Vec<(String, Option<u32>)>> {
    rabbitmq::depths(url, &topology(prefix, &carried(hold_seconds))).await.ok()
}

/// A hold that is over within two seconds needs no queue of its own.
fn carried(hold_seconds: &[u32]) -> Vec<u32> {
    hold_seconds.iter().copied().filter(|it| EARLY_SECONDS + 1 < *it).collect()
}

/// What has to be on the broker for these hold times.
pub fn topology_for(prefix: &str, hold_seconds: &[u32]) -> Topology {
    topology(prefix, &carried(hold_seconds))
}

/// What has to be on the broker.
pub fn topology(prefix: &str, carried_seconds: &[u32]) -> Topology {
    let holds = carried_seconds.iter().map(|seconds| Queue {
        name: hold(*seconds),
        ttl_ms: Some((seconds - EARLY_SECONDS).saturating_mul(1_000)),
        dead_letters_to: Some(DUE.to_owned()),
        delivery_limit: None,
    });
    let due = Queue {
        name: DUE.to_owned(),
        ttl_ms: None,
        dead_letters_to: Some(DEAD.to_owned()),
        delivery_limit: Some(DELIVERY_LIMIT),
    };
    let dead = Queue { name: DEAD.to_owned(), ..Queue::default() };
    Topology {
        prefix: prefix.to_owned(),
        exchange: EXCHANGE.to_owned(),
        // The queues that others hand on to come first: a message must not find its next queue missing.
        queues: [dead, due].into_iter().chain(holds).collect(),
        consumed: DUE.to_owned(),
        prefetch: PREFETCH,
    }
}

fn hold(seconds: u32) -> String {
    format!("timers.hold.{seconds}")
}

#[async_trait]
impl DelayTransport for RabbitTransport {
    fn name(&self) -> &'static str {
        "rabbitmq"
    }

    fn carried_seconds(&self) -> &[u32] {
        &self.carried_seconds
    }

    async fn arm(&self, timer: &Timer, delay: Delay) -> Result<(), NotArmed> {
        let payload = serde_json::to_vec(timer).map_err(|it| NotArmed(it.into()))?;
        let published = match delay {
            Delay::None => self.publisher.publish(DUE, &payload).await,
            Delay::WholeSeconds(seconds) => self.publisher.publish(&hold(seconds), &payload).await,
        };
        published.map_err(|error| NotArmed(error.into()))
    }

    async fn next(&self) -> Delivery {
        let mut message = self.consumer.next().await;
        let payload = std::mem::take(&mut message.payload);
        let trace = message.trace.take();
        Delivery { payload, trace, settle: Box::new(Unsettled(message)) }
    }
}

struct Unsettled(Message);

#[async_trait]
impl Settle for Unsettled {
    async fn ack(self: Box<Self>) {
        self.0.ack().await;
    }

    async fn reject(self: Box<Self>) {
        self.0.reject().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_keeps_a_timer_for_a_second_less_than_its_hold() {
        let topology = topology("test.", &carried(&[900, 60, 3, 2, 1, 0]));
        let holds: Vec<_> =
            topology.queues.iter().filter_map(|it| Some((it.name.as_str(), it.ttl_ms?))).collect();
        assert_eq!(
            holds,
            [("timers.hold.900", 899_000), ("timers.hold.60", 59_000), ("timers.hold.3", 2_000)]
        );
    }
}
