//! Who takes the money: a port, and the one provider there is.
//!
//! The provider has a page of its own where people pay, and tells us afterwards in signed messages (Standard Webhooks).
//! Nothing a player says counts as paid, and nothing is believed that is not signed.
use async_trait::async_trait;
use axum::http::HeaderMap;
use domain::ids::BookingId;
use domain::money::Money;
use jiff::Timestamp;
use runtime::settings::WebhookSecret;
use serde::Deserialize;

use super::signature::{self, Distrust};

/// A payment that somebody is asked for.
#[derive(Clone, Debug)]
pub struct Payment {
    pub reference: String,
    pub booking: BookingId,
    pub amount: Money,
}

/// What the provider told.
#[derive(Debug)]
pub enum Message {
    /// The money is there. `id` is the message's own, the same each time it is sent.
    Received { id: String, payment: Payment },
    /// Something that is no business of ours, or of a kind that came later than this build.
    Other,
}

/// Why a message was not taken.
#[derive(Debug)]
pub enum Untaken {
    Distrusted(Distrust),
    /// Signed, and still not what was agreed; says what.
    Malformed(String),
}

/// A provider's page cannot be had.
#[derive(Debug, thiserror::Error)]
#[error("no payment provider is set up")]
pub struct NoProvider;

#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Returns the page where `payment` is made; for the same payment always the same.
    async fn checkout(&self, payment: &Payment) -> Result<String, NoProvider>;

    /// Reads what the provider says, if it is the provider who says it.
    fn read(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Message, Untaken>;
}

/// A page somewhere that is told what to ask for in its address.
pub struct HostedCheckout {
    /// The page, without what it is asked for; `None` where nothing can be paid.
    pub page: Option<String>,
    pub secrets: Vec<WebhookSecret>,
}

/// The name of the message that says that money is there.
pub const SUCCEEDED: &str = "payment.succeeded";

#[derive(Deserialize)]
struct Envelope {
    r#type: String,
    data: Option<serde_json::Value>,
}

/// What [`SUCCEEDED`] holds. Fields of the provider's own are none of our business.
#[derive(Deserialize)]
struct Succeeded {
    payment_reference: String,
    booking: BookingId,
    amount: Money,
}

#[async_trait]
impl PaymentProvider for HostedCheckout {
    async fn checkout(&self, payment: &Payment) -> Result<String, NoProvider> {
        let Some(page) = self.page.as_ref().filter(|_| !self.secrets.is_empty()) else {
            return Err(NoProvider);
        };
        let Payment { reference, booking, amount } = payment;
        let Money { amount_minor, currency } = amount;
        // Every value here is of letters, digits, dashes and underscores.
        Ok(format!(
            "{page}/{reference}?booking={booking}&amount_minor={amount_minor}&currency={currency}"
        ))
    }

    fn read(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Message, Untaken> {
        let signed = signature::verify(&self.secrets, headers, body, now);
        let id = signed.map_err(Untaken::Distrusted)?.id;
        let envelope: Envelope = serde_json::from_slice(body).map_err(malformed)?;
        if envelope.r#type != SUCCEEDED {
            return Ok(Message::Other);
        }
        let data = envelope.data.unwrap_or_default();
        let it: Succeeded = serde_json::from_value(data).map_err(malformed)?;
        if !is_reference(&it.payment_reference) {
            return Err(malformed("a payment reference is 1 to 100 of A-Z, a-z, 0-9, - and _"));
        }
        if it.amount.amount_minor < 0 || !is_currency(&it.amount.currency) {
            return Err(malformed("an amount is not below 0, in a currency by its ISO 4217 code"));
        }
        let payment =
            Payment { reference: it.payment_reference, booking: it.booking, amount: it.amount };
        Ok(Message::Received { id, payment })
    }
}

fn malformed(why: impl ToString) -> Untaken {
    Untaken::Malformed(why.to_string())
}

/// It stands in addresses, after a dot: see `refunds`.
fn is_reference(text: &str) -> bool {
    (1..=100).contains(&text.len())
        && text.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'))
}

fn is_currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|it| it.is_ascii_uppercase())
}
