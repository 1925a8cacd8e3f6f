//! Every kind of stream and the events in it, on one page: for whoever looks at a whole log.
use crate::admins::AdminEvent;
use crate::audit::AuditEvent;
use crate::bookings::BookingEvent;
use crate::calendars::CalendarEvent;
use crate::claims::ClaimEvent;
use crate::courts::CourtEvent;
use crate::deliveries::DeliveryEvent;
use crate::guests::GuestEvent;
use crate::keys::KeyEvent;
use crate::logins::LoginEvent;
use crate::maintenance::MaintenanceEvent;
use crate::notices::NoticeEvent;
use crate::numbers::NumberEvent;
use crate::participants::ParticipantsEvent;
use crate::players::PlayerEvent;
use crate::projections::ProjectionEvent;
use crate::reminders::ReminderEvent;
use crate::retention::RetentionEvent;
use crate::series::SeriesEvent;
use crate::service_accounts::ServiceAccountEvent;
use crate::sessions::SessionEvent;
use crate::stored::StoredEvent;
use crate::users::UserEvent;
use crate::venues::VenueEvent;
use crate::waitlist::WaitlistEvent;
use crate::webhooks::WebhookEvent;

/// One kind of stream, without the types of its events.
pub struct Feature {
    /// What its streams' names begin with, up to the first `-`.
    pub stream: &'static str,
    /// What its events' names begin with, up to the first `.`: one of these.
    pub events: &'static [&'static str],
    /// Reads a stored event of any age and writes it as it would be written today.
    pub rewrite: Rewrite,
    /// Whether it has an event of this name, in whatever version.
    pub knows: fn(&str) -> bool,
}

pub type Rewrite = fn(&str, &[u8]) -> Result<(String, Vec<u8>), serde_json::Error>;

/// A feature that is not named here has events that nobody checks: the wire files' test insists.
pub const FEATURES: &[Feature] = &[
    feature::<AdminEvent>("admin", &["admin"]),
    feature::<AuditEvent>("audit", &["audit"]),
    feature::<BookingEvent>("courtday", &["booking", "courtday"]),
    feature::<CalendarEvent>("calendar", &["calendar"]),
    feature::<ClaimEvent>("claim", &["claim"]),
    feature::<CourtEvent>("court", &["court"]),
    feature::<DeliveryEvent>("delivery", &["delivery"]),
    feature::<GuestEvent>("guest", &["guest"]),
    feature::<KeyEvent>("keys", &["keys"]),
    feature::<LoginEvent>("login", &["login"]),
    feature::<MaintenanceEvent>("maintenance", &["maintenance"]),
    feature::<NoticeEvent>("notice", &["notice"]),
    feature::<NumberEvent>("number", &["number"]),
    feature::<ParticipantsEvent>("participants", &["participants"]),
    feature::<PlayerEvent>("player", &["player"]),
    feature::<ProjectionEvent>("projection", &["projection"]),
    feature::<ReminderEvent>("reminder", &["reminder"]),
    feature::<RetentionEvent>("retention", &["retention"]),
    feature::<SeriesEvent>("series", &["series"]),
    feature::<ServiceAccountEvent>("service", &["service-account"]),
    feature::<SessionEvent>("session", &["session"]),
    feature::<UserEvent>("user", &["user"]),
    feature::<VenueEvent>("venue", &["venue"]),
    feature::<WaitlistEvent>("waitlist", &["waitlist"]),
    feature::<WebhookEvent>("webhook", &["webhook"]),
];

const fn feature<E: StoredEvent>(stream: &'static str, events: &'static [&'static str]) -> Feature {
    Feature { stream, events, rewrite: |name, data| E::read(name, data)?.write(), knows: E::knows }
}

/// What a stream's name begins with, which says what kind of stream it is.
pub fn prefix(stream: &str) -> &str {
    stream.split_once('-').map_or(stream, |it| it.0)
}

/// The feature that a stream belongs to.
pub fn of_stream(stream: &str) -> Option<&'static Feature> {
    FEATURES.iter().find(|it| it.stream == prefix(stream))
}

/// The feature that a stored name belongs to.
pub fn of_event(name: &str) -> Option<&'static Feature> {
    let (first, _) = name.split_once('.')?;
    FEATURES.iter().find(|it| it.events.contains(&first))
}
