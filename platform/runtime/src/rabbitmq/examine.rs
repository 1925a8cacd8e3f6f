//! What is on the broker, beside what should be. Changes nothing: a queue is declared only where one of its name is,
//! and an equal declaration leaves it as it is.
use std::io;

use lapin::options::{ExchangeDeclareOptions, QueueDeclareOptions};
use lapin::protocol::{AMQPErrorKind, AMQPSoftError};
use lapin::types::FieldTable;
use lapin::uri::{AMQPScheme, AMQPUri};
use lapin::{Channel, Connection, Error, ErrorKind, ExchangeKind};
use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::topology::{Queue, Topology};
use super::{CONNECT_TIMEOUT, connect};

/// How a queue or an exchange stands to what it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    AsItShould,
    /// It is made when the scheduler starts.
    Missing,
    /// In the broker's words.
    Otherwise(String),
}

/// Compares everything of a topology, and names it as the broker does.
pub async fn compare(
    url: &SecretString,
    topology: &Topology,
) -> lapin::Result<Vec<(String, Standing)>> {
    let connection = connect(url, "courtside examining").await?;
    let exchange = topology.full(&topology.exchange);
    let mut all = vec![(exchange.clone(), compare_exchange(&connection, &exchange).await?)];
    for queue in &topology.queues {
        let standing = compare_queue(&connection, topology, queue).await?;
        all.push((topology.full(&queue.name), standing));
    }
    connection.close(200, "examined".into()).await?;
    Ok(all)
}

async fn compare_exchange(connection: &Connection, name: &str) -> lapin::Result<Standing> {
    // A refusal closes the channel it was asked on.
    let declare = async |passive| {
        let options = ExchangeDeclareOptions { passive, durable: true, ..Default::default() };
        let channel = connection.create_channel().await?;
        let declaring = channel.exchange_declare(
            name.into(),
            ExchangeKind::Direct,
            options,
            FieldTable::default(),
        );
        declaring.await?;
        close(&channel).await
    };
    standing(declare(true).await, async || declare(false).await).await
}

async fn compare_queue(
    connection: &Connection,
    topology: &Topology,
    queue: &Queue,
) -> lapin::Result<Standing> {
    let name = topology.full(&queue.name);
    let declare = async |passive| {
        let options = QueueDeclareOptions { passive, durable: true, ..Default::default() };
        let channel = connection.create_channel().await?;
        channel.queue_declare(name.as_str().into(), options, topology.arguments(queue)).await?;
        close(&channel).await
    };
    standing(declare(true).await, async || declare(false).await).await
}

async fn close(channel: &Channel) -> lapin::Result<()> {
    channel.close(200, "examined".into()).await
}

/// Looking asks for the name alone; what is there is then declared as it should be, which the broker takes or refuses.
async fn standing(
    looked: lapin::Result<()>,
    declare: impl AsyncFnOnce() -> lapin::Result<()>,
) -> lapin::Result<Standing> {
    let declared = match looked {
        Ok(()) => declare().await,
        Err(error) => match soft(&error) {
            Some((AMQPSoftError::NOTFOUND, _)) => return Ok(Standing::Missing),
            _ => Err(error),
        },
    };
    match declared {
        Ok(()) => Ok(Standing::AsItShould),
        Err(error) => match soft(&error) {
            Some((_, said)) => Ok(Standing::Otherwise(said)),
            None => Err(error),
        },
    }
}

/// What the broker refuses, and the connection outlives.
fn soft(error: &Error) -> Option<(AMQPSoftError, String)> {
    let ErrorKind::ProtocolError(said) = error.kind() else { return None };
    match said.kind() {
        AMQPErrorKind::Soft(kind) => Some((kind.clone(), said.get_message().to_string())),
        AMQPErrorKind::Hard(_) => None,
    }
}

/// Whether the broker answered and did not let us in: it is a matter of the URL, not of the broker.
pub fn is_refusal(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::ProtocolError(_) | ErrorKind::AuthProviderError(_))
}

/// The broker's version, which it says before anybody has logged in. Not asked for behind TLS.
pub async fn version(url: &SecretString) -> io::Result<Option<String>> {
    let invalid = |it| io::Error::new(io::ErrorKind::InvalidInput, it);
    let uri = url.expose_secret().parse::<AMQPUri>().map_err(invalid)?;
    if !matches!(uri.scheme, AMQPScheme::AMQP) {
        return Ok(None);
    }
    let asking = async {
        let address = (uri.authority.host.as_str(), uri.authority.port);
        let mut broker = TcpStream::connect(address).await?;
        broker.write_all(b"AMQP\x00\x00\x09\x01").await?;
        // The first frame: type, channel, and the length of the rest, which holds the broker's properties.
        let mut head = [0; 7];
        broker.read_exact(&mut head).await?;
        let length = u32::from_be_bytes([head[3], head[4], head[5], head[6]]);
        let mut frame = Vec::new();
        broker.take(u64::from(length.min(MAX_FRAME_BYTES))).read_to_end(&mut frame).await?;
        Ok(read_version(&frame))
    };
    timeout(CONNECT_TIMEOUT, asking).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Ten times what a broker says of itself.
const MAX_FRAME_BYTES: u32 = 8_192;

/// The property as it is written in a table: its name, `S`, its length in four bytes, its text.
fn read_version(frame: &[u8]) -> Option<String> {
    const NAME: &[u8] = b"\x07versionS";
    let begins = frame.windows(NAME.len()).position(|it| it == NAME)? + NAME.len();
    let (length, rest) = frame.get(begins..)?.split_first_chunk::<4>()?;
    let text = rest.get(..usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
    String::from_utf8(text.to_vec()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_what_the_broker_says_of_itself() {
        let said = b"\x00\x0a\x00\x0a\x00\x09\x07productS\x00\x00\x00\x08RabbitMQ\x07versionS\x00\x00\x00\x063.10.8..";
        assert_eq!(read_version(said).as_deref(), Some("3.10.8"));
        for other in [&b"\x07versionS\x00\x00\x00\x09short"[..], b"\x07versionS\x00", b""] {
            assert_eq!(read_version(other), None);
        }
    }
}
