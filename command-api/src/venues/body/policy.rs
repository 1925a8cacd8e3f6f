//! The rules of sale, as they are said.
use domain::policies::{Payment, Policy, Release};
use serde::Deserialize;

use crate::shapes::Minute;

/// The rules of sale.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(default, deny_unknown_fields)]
#[schema(as = Policy)]
pub struct PolicyBody {
    /// Starts and ends lie on multiples of this since the venue's midnight.
    #[schema(default = 30)]
    grid_minutes: u32,
    #[schema(default = 60)]
    min_minutes: u32,
    #[schema(default = 180)]
    max_minutes: u32,
    /// How long a place is held for somebody who has not confirmed it.
    #[schema(default = 900)]
    hold_seconds: u32,
    /// How many days ahead a place can be booked,
    #[schema(default = 14)]
    advance_days: u32,
    /// and from when on that day.
    #[schema(default = json!({ "mode": "rolling" }))]
    release: ReleaseBody,
    /// A cancellation gives everything back until so many hours before the start,
    #[schema(default = 24)]
    full_refund_hours: u32,
    /// and this share of the price afterwards.
    #[schema(default = 50)]
    late_refund_percent: u8,
    /// What it takes to confirm a hold.
    #[schema(default = "none")]
    payment: PaymentBody,
    /// What starting a payment adds to a hold, once.
    #[schema(default = 600)]
    payment_extension_seconds: u32,
    /// The most holds a player has open at one time.
    #[schema(default = 2)]
    max_open_holds: u32,
    /// The most bookings a player has on one service day, holds included.
    #[schema(default = 2)]
    max_bookings_per_day: u32,
    /// The most bookings a player has ahead, holds included.
    #[schema(default = 6)]
    max_upcoming: u32,
}

/// `rolling`: to the minute. `end_of_day`: a whole service day, when the one so many days before begins. `fixed_time`:
/// a whole service day, at this wall time so many days before.
#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = Release)]
enum ReleaseBody {
    #[default]
    Rolling,
    EndOfDay,
    FixedTime {
        #[schema(value_type = String, example = "07:00")]
        time: Minute,
    },
}

/// `none`: the player's word. `at_venue`: the same, and staff mark it paid. `required`: the payment provider's word.
#[derive(Clone, Copy, Default, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Payment)]
enum PaymentBody {
    #[default]
    None,
    AtVenue,
    Required,
}

impl Default for PolicyBody {
    fn default() -> Self {
        let it = Policy::default();
        Self {
            grid_minutes: it.grid_minutes,
            min_minutes: it.min_minutes,
            max_minutes: it.max_minutes,
            hold_seconds: it.hold_seconds,
            advance_days: it.advance_days,
            release: ReleaseBody::default(),
            full_refund_hours: it.full_refund_hours,
            late_refund_percent: it.late_refund_percent,
            payment: PaymentBody::default(),
            payment_extension_seconds: it.payment_extension_seconds,
            max_open_holds: it.max_open_holds,
            max_bookings_per_day: it.max_bookings_per_day,
            max_upcoming: it.max_upcoming,
        }
    }
}

impl From<PolicyBody> for Policy {
    fn from(it: PolicyBody) -> Self {
        Self {
            grid_minutes: it.grid_minutes,
            min_minutes: it.min_minutes,
            max_minutes: it.max_minutes,
            hold_seconds: it.hold_seconds,
            advance_days: it.advance_days,
            release: match it.release {
                ReleaseBody::Rolling => Release::Rolling,
                ReleaseBody::EndOfDay => Release::EndOfDay,
                ReleaseBody::FixedTime { time } => Release::FixedTime { time: time.0 },
            },
            full_refund_hours: it.full_refund_hours,
            late_refund_percent: it.late_refund_percent,
            payment: match it.payment {
                PaymentBody::None => Payment::None,
                PaymentBody::AtVenue => Payment::AtVenue,
                PaymentBody::Required => Payment::Required,
            },
            payment_extension_seconds: it.payment_extension_seconds,
            max_open_holds: it.max_open_holds,
            max_bookings_per_day: it.max_bookings_per_day,
            max_upcoming: it.max_upcoming,
        }
    }
}
