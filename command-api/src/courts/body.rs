use domain::courts::Court;
use domain::ids::{CourtCode, VenueId};
use domain::policies::{PeakWindow, Prices};
use serde::{Deserialize, Serialize};

use crate::shapes::Minute;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddBody {
    /// 2 to 8 characters of Crockford's base 32.
    #[schema(value_type = Option<String>, example = "7FK2")]
    pub code: Option<CourtCode>,
    #[schema(value_type = String)]
    pub venue: VenueId,
    pub name: String,
    /// The sport: `tennis`, `padel`, `badminton`, …
    #[schema(example = "tennis")]
    pub kind: String,
    /// `clay`, `hard`, `grass`, …
    #[schema(example = "clay")]
    pub surface: String,
    pub indoor: bool,
    pub prices: Option<PricesBody>,
}

/// What an hour costs, in the currency's minor unit.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Prices)]
pub struct PricesBody {
    /// ISO 4217.
    #[schema(example = "EUR")]
    currency: String,
    off_peak_per_hour_minor: i64,
    peak_per_hour_minor: i64,
    #[serde(default)]
    peak: Vec<PeakBody>,
}

/// A window whose `to` is not after its `from` goes on until the next day.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = PeakWindow)]
pub struct PeakBody {
    /// By ISO 8601 number: Monday is 1.
    weekdays: Vec<i8>,
    #[schema(value_type = String, example = "17:00")]
    from: Minute,
    #[schema(value_type = String, example = "22:00")]
    to: Minute,
}

impl From<PricesBody> for Prices {
    fn from(it: PricesBody) -> Self {
        let window =
            |it: PeakBody| PeakWindow { weekdays: it.weekdays, from: it.from.0, to: it.to.0 };
        Self {
            currency: it.currency,
            off_peak_per_hour_minor: it.off_peak_per_hour_minor,
            peak_per_hour_minor: it.peak_per_hour_minor,
            peak: it.peak.into_iter().map(window).collect(),
        }
    }
}

/// A court as clients see it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Court)]
pub struct CourtBody {
    code: String,
    venue: String,
    name: String,
    kind: String,
    surface: String,
    indoor: bool,
    #[schema(value_type = Object)]
    prices: Prices,
}

impl CourtBody {
    pub fn new(code: &CourtCode, court: Court) -> Self {
        let Court { venue, name, kind, surface, indoor, prices } = court;
        Self {
            code: code.to_string(),
            venue: venue.to_string(),
            name,
            kind,
            surface,
            indoor,
            prices,
        }
    }
}
