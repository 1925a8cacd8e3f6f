use domain::courts::{Court, Service};
use domain::ids::{CourtCode, VenueId};
use domain::policies::{PeakWindow, Prices, ServiceDate};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::merge_patch::named;
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
    /// The first service date with these prices.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<ServiceDate>,
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
    #[schema(value_type = Vec<Object>)]
    prices: Vec<PricesFrom>,
    #[schema(value_type = Vec<Object>)]
    service: Vec<ServiceFrom>,
}

#[derive(Serialize)]
struct PricesFrom {
    from: Option<Date>,
    #[serde(flatten)]
    prices: Prices,
}

#[derive(Serialize)]
struct ServiceFrom {
    from: Date,
    state: Service,
}

impl CourtBody {
    pub fn new(code: &CourtCode, court: Court) -> Self {
        let Court { venue, name, kind, surface, indoor, prices, service } = court;
        let first = PricesFrom { from: None, prices: prices.first };
        let later = prices.later.into_iter();
        let later = later.map(|(from, prices)| PricesFrom { from: Some(from), prices });
        let prices = std::iter::once(first).chain(later).collect();
        let service = service.into_iter().map(|(from, state)| ServiceFrom { from, state });
        let service = service.collect();
        Self {
            code: code.to_string(),
            venue: venue.to_string(),
            name,
            kind,
            surface,
            indoor,
            prices,
            service,
        }
    }
}

/// What can be said anew of a court: what is left out stays.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CourtPatch)]
pub struct PatchBody {
    #[serde(default, deserialize_with = "named")]
    pub name: Option<String>,
    #[serde(default, deserialize_with = "named")]
    pub kind: Option<String>,
    #[serde(default, deserialize_with = "named")]
    pub surface: Option<String>,
    #[serde(default, deserialize_with = "named")]
    pub indoor: Option<bool>,
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Retire)]
pub struct RetireBody {
    /// The first service date without the court: today's, if none is named.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<ServiceDate>,
    /// For the record, not for the public; at most 500 characters.
    pub reason: Option<String>,
}

#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Return)]
pub struct ReturnBody {
    /// The first service date with the court again: today's, if none is named.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<ServiceDate>,
}
