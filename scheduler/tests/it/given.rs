//! What stories begin with, whether the scheduler in them is a part of the test or a process of its own.
use domain::courts::{Court, CourtCommand};
use domain::ids::{UserId, VenueId};
use domain::policies::{DayHours, Policy, Prices, Week};
use domain::sealed::Sealed;
use domain::stored::StoredDecider;
use domain::users::{Register, Role, User, UserCommand};
use domain::venues::{Venue, VenueCommand};
use event_store::{Executor, Metadata};
use jiff::civil::Time;
use runtime::{Clock, ids};

/// Somebody does something, once.
pub async fn execute<D: StoredDecider<Rejection: std::fmt::Debug>>(
    executor: &Executor,
    clock: &Clock,
    stream: &str,
    command: D::Command,
) {
    let meta = Metadata::new(ids::new(), clock.now());
    let done = executor.execute::<D>(stream, command, &meta).await;
    done.map_err(|it| format!("{it:?}")).unwrap();
}

/// Registers a player whom nobody writes to: what they are called cannot be opened.
pub async fn stranger(executor: &Executor, clock: &Clock, user: UserId) {
    let sealed = || Sealed("v1.x".to_owned());
    let register = Register {
        email: sealed(),
        username: sealed(),
        display_name: sealed(),
        phone: None,
        email_claim: format!("claim-email-{user}"),
        username_claim: format!("claim-username-{user}"),
        role: Role::Player,
        verification_required: false,
        verifier: sealed(),
        pepper: 1,
    };
    let register = UserCommand::Register(Box::new(register));
    execute::<User>(executor, clock, &user.stream(), register).await;
}

pub fn nord() -> VenueId {
    "nord".parse().unwrap()
}

fn day_and_night() -> Week {
    Week::every_day(DayHours { open: Time::midnight(), close: Time::midnight() })
}

/// Opens a venue day and night, in UTC.
pub fn opening(name: &str, policy: Policy) -> [VenueCommand; 3] {
    let (name, zone) = (name.to_owned(), "UTC".to_owned());
    let (from, week) = (jiff::civil::date(2020, 1, 1), day_and_night());
    [
        VenueCommand::Open { name, zone, day_starts_at: Time::midnight() },
        VenueCommand::SetHours { from, week },
        VenueCommand::SetPolicy { policy },
    ]
}

/// Adds a court to it.
pub fn addition(name: &str) -> CourtCommand {
    CourtCommand::Add {
        venue: nord(),
        name: name.to_owned(),
        kind: "tennis".to_owned(),
        surface: "clay".to_owned(),
        indoor: false,
    }
}

/// Open day and night, in UTC.
pub fn venue(hold_seconds: u32) -> Venue {
    Venue {
        name: "Nord".to_owned(),
        zone: "UTC".to_owned(),
        day_starts_at: Time::midnight(),
        hours: [(jiff::civil::date(2020, 1, 1), day_and_night())].into(),
        hours_on: [].into(),
        closed_on: [].into(),
        policy: Policy { hold_seconds, ..Policy::default() },
    }
}

pub fn court_of(venue: &str) -> Court {
    Court {
        venue: venue.parse().unwrap(),
        name: "Court 1".to_owned(),
        kind: "tennis".to_owned(),
        surface: "clay".to_owned(),
        indoor: false,
        prices: Prices::default().into(),
        service: [].into(),
    }
}
