//! Every projection, on one page.
use std::sync::Arc;

use prometheus_client::metrics::counter::Counter;
use vault::Vault;

use crate::actions::Actions;
use crate::audit::Audit;
use crate::availability::Availability;
use crate::bookings::Bookings;
use crate::calendars::Calendars;
use crate::courts::Courts;
use crate::guests::Guests;
use crate::logins::Logins;
use crate::participants::Participants;
use crate::personal::Personal;
use crate::preferences::Preferences;
use crate::projection::Projection;
use crate::receipts::Receipts;
use crate::service_accounts::ServiceAccounts;
use crate::sessions::Sessions;
use crate::statistics::Statistics;
use crate::users::Users;
use crate::waitlist::Waitlist;

pub type Projections = Vec<Arc<dyn Projection>>;

/// `overlaps` counts what must never happen.
pub fn all(vault: &Vault, overlaps: &Counter) -> Projections {
    vec![
        Arc::new(Personal(Actions { vault: vault.clone() })),
        Arc::new(Audit),
        Arc::new(Availability { overlaps: overlaps.clone() }),
        Arc::new(Bookings),
        Arc::new(Calendars),
        Arc::new(Courts),
        Arc::new(Personal(Guests { vault: vault.clone() })),
        Arc::new(Personal(Logins { vault: vault.clone() })),
        Arc::new(Participants),
        Arc::new(Personal(Preferences { vault: vault.clone() })),
        Arc::new(Receipts),
        Arc::new(ServiceAccounts),
        Arc::new(Sessions),
        Arc::new(Statistics),
        Arc::new(Personal(Users { vault: vault.clone() })),
        Arc::new(Waitlist),
    ]
}
