//! The only place that knows `lapin`.
//!
//! Two connections, one to publish and one to consume, so that a broker that blocks publishers still delivers. Each has
//! a supervisor that makes it anew, with everything on it, whenever anything about it breaks, for as long as the
//! process lives: lapin's own recovery gives up, and half a connection is worse than none.
mod consuming;
mod examine;
mod publishing;
mod topology;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use secrecy::{ExposeSecret, SecretString};

use crate::Shutdown;

pub use consuming::{Consumer, Delivery, depths};
pub use examine::{Standing, compare, is_refusal, version};
pub use publishing::{PublishError, Publisher};
pub use topology::{Queue, Topology};

/// Loopback or a neighbour: a broker that does not answer within this is away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A peer that vanished without a word is noticed after twice this, where its URL says nothing else. The broker's own
/// minute would keep a consumer deaf for two.
const HEARTBEAT_SECONDS: u16 = 10;
/// The longest wait between two attempts to connect: what a broker's restart costs at most, once it is back.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

/// The header of a message that was published within a trace (W3C Trace Context for AMQP).
const TRACEPARENT: &str = "traceparent";

/// Whether a broker could be reached by this.
pub(crate) fn is_url(text: &str) -> bool {
    text.parse::<AMQPUri>().is_ok()
}

/// Begins to publish and to consume; returns at once, whether or not the broker is there.
pub fn start(url: &SecretString, topology: Topology, shutdown: &Shutdown) -> (Publisher, Consumer) {
    let publisher = Publisher::start(url.clone(), topology.clone(), shutdown.clone());
    let consumer = Consumer::start(url.clone(), topology, shutdown.clone());
    (publisher, consumer)
}

/// Takes queues and exchange away, with all that lies in them: tests do not leave theirs behind.
pub async fn delete(url: &SecretString, topology: &Topology) -> lapin::Result<()> {
    let connection = connect(url, "courtside cleaning up").await?;
    topology.delete(&connection).await?;
    connection.close(200, "cleaned up".into()).await
}

async fn connect(url: &SecretString, name: &str) -> lapin::Result<Connection> {
    let uri = url.expose_secret().parse::<AMQPUri>();
    let mut uri = uri.map_err(|it| failed(io::Error::new(io::ErrorKind::InvalidInput, it)))?;
    uri.query.heartbeat.get_or_insert(HEARTBEAT_SECONDS);
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let connecting = Connection::connect_uri(uri, properties);
    match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(connected) => connected,
        Err(_) => Err(failed(io::ErrorKind::TimedOut.into())),
    }
}

fn failed(error: io::Error) -> lapin::Error {
    lapin::ErrorKind::IOError(Arc::new(error)).into()
}
