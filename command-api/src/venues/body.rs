//! What is said about venues. The shapes of the domain are stored for ever and forgiving; these are read strictly.
mod policy;

use domain::ids::VenueId;
use domain::policies::{DayHours, Policy, ServiceDate, Week};
use domain::venues::Venue;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::merge_patch::named;
use crate::shapes::Minute;

pub use policy::PolicyBody;

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OpenBody {
    /// The venue's name in URLs: 2 to 40 of `a-z`, `0-9` and `-`, beginning with a letter.
    #[schema(value_type = String, example = "riverside")]
    pub id: VenueId,
    pub name: String,
    /// As in the IANA time zone database.
    #[schema(example = "Europe/Berlin")]
    pub zone: String,
    /// When a service day begins, in wall time: what is played before it belongs to the day before.
    #[serde(default = "four_o_clock")]
    #[schema(value_type = String, default = "04:00")]
    pub day_starts_at: Minute,
}

/// The hour at which the fewest people play anywhere.
fn four_o_clock() -> Minute {
    Minute(Time::constant(4, 0, 0, 0))
}

/// A venue as clients see it.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Venue)]
pub struct VenueBody {
    id: String,
    name: String,
    zone: String,
    #[schema(value_type = String)]
    day_starts_at: Time,
    #[schema(value_type = Vec<Object>)]
    hours: Vec<HoursFrom>,
    #[schema(value_type = Vec<Object>)]
    hours_on: Vec<HoursOn>,
    #[schema(value_type = Vec<String>)]
    closed_on: Vec<Date>,
    #[schema(value_type = Object)]
    policy: Policy,
}

#[derive(Serialize)]
struct HoursFrom {
    from: Date,
    week: Week,
}

#[derive(Serialize)]
struct HoursOn {
    date: Date,
    #[serde(flatten)]
    hours: DayHours,
}

impl VenueBody {
    pub fn new(id: &VenueId, venue: Venue) -> Self {
        let Venue { name, zone, day_starts_at, hours, hours_on, closed_on, policy } = venue;
        let hours = hours.into_iter().map(|(from, week)| HoursFrom { from, week }).collect();
        let hours_on = hours_on.into_iter().map(|(date, hours)| HoursOn { date, hours }).collect();
        let closed_on = closed_on.into_iter().collect();
        Self { id: id.to_string(), name, zone, day_starts_at, hours, hours_on, closed_on, policy }
    }
}

/// What can be said anew of a venue. Zone and start of day are for ever.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VenuePatch)]
pub struct PatchBody {
    #[serde(default, deserialize_with = "named")]
    pub name: Option<String>,
}

#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HoursBody {
    /// The first service date with these hours.
    #[schema(value_type = Option<String>, format = Date)]
    pub from: Option<ServiceDate>,
    pub week: WeekBody,
}

/// A day left out is closed.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Week)]
pub struct WeekBody {
    monday: Option<DayBody>,
    tuesday: Option<DayBody>,
    wednesday: Option<DayBody>,
    thursday: Option<DayBody>,
    friday: Option<DayBody>,
    saturday: Option<DayBody>,
    sunday: Option<DayBody>,
}

/// Wall times. A close at or before the open lies on the next day.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DayHours)]
pub struct DayBody {
    #[schema(value_type = String, example = "06:00")]
    open: Minute,
    #[schema(value_type = String, example = "23:00")]
    close: Minute,
}

/// The hours of one service date, in wall times as in a week.
#[derive(Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HoursOn)]
pub struct HoursOnBody {
    #[schema(value_type = String, example = "10:00")]
    open: Minute,
    #[schema(value_type = String, example = "16:00")]
    close: Minute,
    /// For the record, not for the public; at most 500 characters.
    pub reason: Option<String>,
}

impl HoursOnBody {
    pub fn hours(&self) -> DayHours {
        DayHours { open: self.open.0, close: self.close.0 }
    }
}

/// Why, for the record, not for the public; at most 500 characters.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Reason)]
pub struct ReasonBody {
    pub reason: Option<String>,
}

impl From<WeekBody> for Week {
    fn from(it: WeekBody) -> Self {
        let hours =
            |day: Option<DayBody>| day.map(|it| DayHours { open: it.open.0, close: it.close.0 });
        Self {
            monday: hours(it.monday),
            tuesday: hours(it.tuesday),
            wednesday: hours(it.wednesday),
            thursday: hours(it.thursday),
            friday: hours(it.friday),
            saturday: hours(it.saturday),
            sunday: hours(it.sunday),
        }
    }
}
