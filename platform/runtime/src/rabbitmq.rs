//! The only place that knows `lapin`.
//!
//! Two connections, one to publish and one to consume, so that a broker that blocks publishers still delivers. Each has
//! a supervisor that makes it anew, with everything on it, whenever anything about it breaks, for as long as the
//! process lives: lapin's own recovery gives up, and half a connection is worse than none.
mod consuming;
mod publishing;
mod topology;

use std::time::Duration;

use lapin::uri::AMQPUri;
use lapin::{Connection, ConnectionProperties};
use secrecy::{ExposeSecret, SecretString};

use crate::Shutdown;

pub use consuming::{Consumer, Delivery};
pub use publishing::{PublishError, Publisher};
pub use topology::{Queue, Topology};

/// Loopback or a neighbour: a broker that does not answer within this is away.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The longest wait between two attempts to connect: what a broker's restart costs at most, once it is back.
const LONGEST_WAIT: Duration = Duration::from_secs(2);

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

async fn connect(url: &SecretString, name: &str) -> lapin::Result<Connection> {
    let properties = ConnectionProperties::default().with_connection_name(name.into());
    let connecting = Connection::connect(url.expose_secret(), properties);
    match tokio::time::timeout(CONNECT_TIMEOUT, connecting).await {
        Ok(connected) => connected,
        Err(_) => {
            Err(lapin::ErrorKind::IOError(std::sync::Arc::new(std::io::ErrorKind::TimedOut.into()))
                .into())
        }
    }
}
