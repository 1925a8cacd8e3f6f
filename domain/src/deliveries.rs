//! A delivery: one webhook is told of one event, until it takes it or it is given up.
mod command;
mod event;
mod rejection;
mod upcast;

use jiff::SignedDuration;
use uuid::Uuid;

use crate::decider::Decider;
use crate::time::later;

pub use command::DeliveryCommand;
pub use event::{DeliveryEvent, Told};
pub use rejection::DeliveryRejection;

/// So long after it happened something can be told again. What a scheduler keeps of it is kept longer.
pub const REDELIVERABLE: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What the rules remember of a delivery.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// What was told to whom, once that is over: then it is on record, and never sent again by itself.
    pub ended: Option<Ended>,
    /// The last command that wanted it told again.
    again: Option<Uuid>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    pub told: Told,
    pub is_taken: bool,
}

/// The stream of a delivery.
pub fn stream(delivery: Uuid) -> String {
    format!("{DELIVERIES}{delivery}")
}

/// What the names of these streams begin with.
pub const DELIVERIES: &str = "delivery-";

/// The id of the delivery of `event` to `webhook`, however often it is derived.
pub fn id(webhook: Uuid, event: Uuid) -> Uuid {
    Uuid::new_v5(&webhook, event.as_bytes())
}

/// The id of the one that follows when `delivery` is told again.
pub fn again(delivery: Uuid, request: Uuid) -> Uuid {
    Uuid::new_v5(&delivery, request.as_bytes())
}

impl Decider for Delivery {
    type State = Self;
    type Command = DeliveryCommand;
    type Event = DeliveryEvent;
    type Rejection = DeliveryRejection;

    fn evolve(delivery: Self, event: DeliveryEvent) -> Self {
        let ended = |told, is_taken| Some(Ended { told, is_taken });
        match event {
            DeliveryEvent::Succeeded { told, .. } => Self { ended: ended(told, true), ..delivery },
            DeliveryEvent::GivenUp { told, .. } => Self { ended: ended(told, false), ..delivery },
            DeliveryEvent::RedeliveryRequested { request } => {
                Self { again: Some(request), ..delivery }
            }
        }
    }

    fn decide(
        delivery: &Self,
        command: DeliveryCommand,
    ) -> Result<Vec<DeliveryEvent>, DeliveryRejection> {
        use DeliveryCommand as C;
        use DeliveryEvent as E;
        match (command, &delivery.ended) {
            (C::Succeed { .. } | C::GiveUp { .. }, Some(_)) => Ok(vec![]),
            (C::Succeed { told, attempts, status }, None) => {
                Ok(vec![E::Succeeded { told, attempts, status }])
            }
            (C::GiveUp { told, attempts, status }, None) => {
                Ok(vec![E::GivenUp { told, attempts, status }])
            }
            (C::Redeliver { request, .. }, Some(_)) if delivery.again == Some(request) => {
                Ok(vec![])
            }
            (C::Redeliver { at, .. }, Some(it)) if later(it.told.at, REDELIVERABLE) < at => {
                Err(DeliveryRejection::TooOld)
            }
            (C::Redeliver { request, .. }, Some(_)) => Ok(vec![E::RedeliveryRequested { request }]),
            (C::Redeliver { .. }, None) => Err(DeliveryRejection::NotEnded),
        }
    }
}
