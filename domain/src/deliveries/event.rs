use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What became of a delivery (stream `delivery-<id>`).
///
/// These names and fields are stored for ever: see CONTRIBUTING.md, *Changing an event*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum DeliveryEvent {
    /// Recorded once the receiver took it. What stands here is never sent again by itself, whatever is replayed.
    #[serde(rename = "delivery.succeeded.v1")]
    Succeeded {
        #[serde(flatten)]
        told: Told,
        attempts: u32,
        status: u16,
    },
    /// `status` is the last answer's, if there was one.
    #[serde(rename = "delivery.given-up.v1")]
    GivenUp {
        #[serde(flatten)]
        told: Told,
        attempts: u32,
        status: Option<u16>,
    },
    /// Somebody wants it told once more, by a delivery of its own.
    #[serde(rename = "delivery.redelivery-requested.v1")]
    RedeliveryRequested { request: Uuid },
}

/// Which event was told to which webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    pub webhook: Uuid,
    pub event: Uuid,
    /// When it happened.
    pub at: Timestamp,
}
