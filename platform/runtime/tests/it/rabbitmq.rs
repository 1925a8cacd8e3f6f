//! Against a real broker: nothing that was confirmed is lost, and a broken connection mends itself.
use std::collections::BTreeSet;
use std::time::Duration;

use runtime::Shutdown;
use runtime::rabbitmq::{Consumer, PublishError, Publisher, Queue, Topology, delete, start};
use secrecy::SecretString;
use testing::{cut::Cut, eventually};

fn topology() -> Topology {
    let queue = |name: &str| Queue { name: name.to_owned(), ..Queue::default() };
    Topology {
        prefix: format!("{}.", uuid::Uuid::from_u128(rand::random()).simple()),
        exchange: "timers".to_owned(),
        queues: vec![
            Queue { ttl_ms: Some(300), dead_letters_to: Some("due".to_owned()), ..queue("hold") },
            Queue {
                delivery_limit: Some(20),
                dead_letters_to: Some("dead".to_owned()),
                ..queue("due")
            },
            queue("dead"),
        ],
        consumed: "due".to_owned(),
        prefetch: 1_000,
    }
}

#[expect(clippy::disallowed_methods, reason = "the test servers are named by the environment")]
fn url() -> String {
    std::env::var("TEST_AMQP_URL").expect("TEST_AMQP_URL names a RabbitMQ; ops/test starts one")
}

/// A broker of one's own: its names are nobody else's.
struct Broker {
    publisher: Publisher,
    consumer: Consumer,
    topology: Topology,
    shutdown: Shutdown,
}

impl Broker {
    async fn reached_by(url: &str) -> Self {
        let (shutdown, topology) = (Shutdown::new(), topology());
        let (publisher, consumer) = start(&SecretString::from(url), topology.clone(), &shutdown);
        eventually("the broker is reached", Duration::from_secs(20), || async {
            publisher.connected()
        })
        .await;
        Self { publisher, consumer, topology, shutdown }
    }

    async fn end(self) {
        self.shutdown.cancel();
        delete(&SecretString::from(url()), &self.topology).await.unwrap();
    }
}

/// Takes messages until all of `wanted` were seen; any may come twice.
async fn take(consumer: &Consumer, mut wanted: BTreeSet<String>) {
    while !wanted.is_empty() {
        let next = tokio::time::timeout(Duration::from_secs(20), consumer.next()).await;
        let delivery = next.unwrap_or_else(|_| panic!("{} messages never came", wanted.len()));
        wanted.remove(&String::from_utf8(delivery.payload.clone()).unwrap());
        delivery.ack().await;
    }
}

#[tokio::test]
async fn what_was_confirmed_comes_back_when_its_time_is_over() {
    let broker = Broker::reached_by(&url()).await;
    let Broker { publisher, consumer, .. } = &broker;
    let mut sending = tokio::task::JoinSet::new();
    for n in 0..1_000 {
        let publisher = publisher.clone();
        sending.spawn(async move { publisher.publish("hold", n.to_string().as_bytes()).await });
    }
    for sent in sending.join_all().await {
        sent.unwrap();
    }
    take(consumer, (0..1_000).map(|it| it.to_string()).collect()).await;
    broker.end().await;
}

#[tokio::test]
async fn a_message_that_no_queue_takes_is_a_failure_and_not_a_silence() {
    let broker = Broker::reached_by(&url()).await;
    let Broker { publisher, .. } = &broker;
    let lost = publisher.publish("nowhere", b"x").await;
    assert!(matches!(lost, Err(PublishError::Unroutable)), "{lost:?}");
    broker.end().await;
}

#[tokio::test]
async fn a_rejected_message_lies_with_the_dead() {
    let broker = Broker::reached_by(&url()).await;
    let Broker { publisher, consumer, .. } = &broker;
    publisher.publish("due", b"poison").await.unwrap();
    consumer.next().await.reject().await;
    eventually("the message is with the dead", Duration::from_secs(30), || async {
        consumer.depth("dead").await.is_ok_and(|it| it == 1)
    })
    .await;
    broker.end().await;
}

#[tokio::test]
async fn a_cut_connection_is_made_anew_and_what_was_unsettled_comes_again() {
    let server = url().parse::<lapin::uri::AMQPUri>().unwrap().authority;
    let cut = Cut::before(&format!("{}:{}", server.host, server.port)).await;
    let through = url().replace(&format!(":{}/", server.port), &format!(":{}/", cut.port));
    let broker = Broker::reached_by(&through).await;
    let Broker { publisher, consumer, .. } = &broker;
    publisher.publish("due", b"held").await.unwrap();
    let held = consumer.next().await;

    cut.now();
    let published = || async { publisher.publish("due", b"after").await.is_ok() };
    eventually("publishing goes on by itself", Duration::from_secs(20), published).await;
    held.ack().await;
    take(consumer, ["held", "after"].map(ToOwned::to_owned).into()).await;
    broker.end().await;
}

#[tokio::test]
async fn a_broker_that_is_not_there_is_said_at_once() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let server = url().parse::<lapin::uri::AMQPUri>().unwrap().authority;
    let nowhere = url().replace(&format!(":{}/", server.port), &format!(":{}/", nobody.port()));
    let (shutdown, topology) = (Shutdown::new(), topology());
    let (publisher, consumer) = start(&SecretString::from(nowhere), topology, &shutdown);
    let answer = tokio::time::timeout(Duration::from_secs(1), publisher.publish("due", b"x")).await;
    assert!(matches!(answer, Ok(Err(PublishError::Away))), "{answer:?}");
    assert!(consumer.depth("due").await.is_err());
    shutdown.cancel();
}
