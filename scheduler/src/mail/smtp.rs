//! The only file that knows `lettre`.
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lettre::message::{Mailbox, Message, MultiPart};
use lettre::transport::smtp::Error as SmtpError;
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

use super::Letter;

/// Sends letters through one SMTP server. Cheap to clone; clones share its connections.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// What the ids of our messages end in.
    domain: String,
}

/// The settings name no way to send mail.
#[derive(Debug, thiserror::Error)]
pub enum BadMailSettings {
    /// The URL is left out: it may hold a password.
    #[error("SMTP_URL is not an SMTP URL: write smtp://host:port or smtps://user:password@host")]
    Url,
    #[error("SMTP_FROM is not an address: write Name <name@example.org>")]
    From(#[source] lettre::address::AddressError),
}

/// A letter that the server did not take. The reasons hold no personal data: a server's own words often quote the
/// address it refuses, so only its code is told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// It never will. Somebody has to look.
    #[error("{0}")]
    Refused(String),
    /// It may later.
    #[error("{0}")]
    Unavailable(String),
}

/// For connecting and for each answer. RFC 5321 would wait for minutes; a worker has better things to do.
const PATIENCE: Duration = Duration::from_secs(20);
/// For one letter as a whole, whatever the server does. Shorter than a worker's lease.
pub(crate) const LETTER: Duration = Duration::from_mins(1);
/// Codes above 500 about us and not about the letter: a login that is wrong today can be right tomorrow.
const OUR_LOGIN: [u16; 4] = [530, 534, 535, 538];

impl Mailer {
    /// `server_url` names the host that message ids end in.
    pub fn new(
        smtp_url: &SecretString,
        from: &str,
        server_url: &str,
    ) -> Result<Self, BadMailSettings> {
        let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(smtp_url.expose_secret())
            .map_err(|_| BadMailSettings::Url)?
            .timeout(Some(PATIENCE))
            .build();
        let from = from.parse().map_err(BadMailSettings::From)?;
        let uri = server_url.parse::<http::Uri>().ok();
        let domain = uri.as_ref().and_then(http::Uri::host).unwrap_or("localhost").to_owned();
        Ok(Self { transport, from, domain })
    }

    /// The same for every copy of one intent, so that a mailbox that gets two can show one.
    pub fn message_id(&self, intent: Uuid) -> String {
        format!("<{intent}@{}>", self.domain)
    }

    /// Connects, logs in, and sends nothing.
    pub async fn greet(&self) -> Result<(), NotSent> {
        match self.transport.test_connection().await {
            Ok(true) => Ok(()),
            Ok(false) => Err(NotSent::Unavailable("the mail server does not answer".to_owned())),
            Err(error) => Err(not_sent(&error)),
        }
    }

    pub async fn send(&self, intent: Uuid, letter: &Letter, at: Timestamp) -> Result<(), NotSent> {
        let address: Address = letter
            .address
            .parse()
            .map_err(|_| NotSent::Refused("the address cannot be used".to_owned()))?;
        let message = Message::builder()
            .message_id(Some(self.message_id(intent)))
            .date(SystemTime::from(at))
            .from(self.from.clone())
            .to(Mailbox::new(Some(letter.name.clone()), address))
            .subject(letter.subject.clone())
            .multipart(MultiPart::alternative_plain_html(letter.body.clone(), letter.html.clone()))
            .map_err(|_| NotSent::Refused("the letter cannot be written as a mail".to_owned()))?;
        match tokio::time::timeout(LETTER, self.transport.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(not_sent(&error)),
            Err(_) => Err(NotSent::Unavailable("the mail server is too slow".to_owned())),
        }
    }
}

fn not_sent(error: &SmtpError) -> NotSent {
    let Some(code) = error.status() else {
        return NotSent::Unavailable(away(error));
    };
    let number = u16::from(code);
    if error.is_permanent() && !OUR_LOGIN.contains(&number) {
        NotSent::Refused(format!("the mail server answered {number}"))
    } else {
        NotSent::Unavailable(format!("the mail server answered {number}"))
    }
}

/// Without an answer there is nothing personal in the error: it is about sockets and certificates. An answer that
/// cannot be read could quote anything.
fn away(error: &SmtpError) -> String {
    if error.is_response() || error.is_client() {
        return "the mail server does not speak as we do".to_owned();
    }
    error.to_string()
}
