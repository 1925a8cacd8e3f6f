use jiff::Timestamp;
use uuid::Uuid;

use super::Told;

/// What may be said of a delivery, and asked of one.
#[derive(Clone, Debug)]
pub enum DeliveryCommand {
    Succeed {
        told: Told,
        attempts: u32,
        status: u16,
    },
    GiveUp {
        told: Told,
        attempts: u32,
        status: Option<u16>,
    },
    /// `request` is the command's id: asked twice it is one.
    Redeliver {
        request: Uuid,
        at: Timestamp,
    },
}
