//! Bookings as they are, what happened to each, and what has to be paid back.
mod refunds;

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::bookings::{BookingEvent, Held, Terms};
use domain::ids::{BookingId, CourtCode, UserId, VenueId};
use domain::money::Money;
use event_store::{Position, Recorded};
use jiff::Timestamp;
use jiff_sqlx::{Timestamp as SqlTimestamp, ToSqlx};
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;

use crate::projection::{Projection, all_met, read, then};

use refunds::Refunds;

/// Serves a player's own bookings, one booking, and the day sheet.
pub struct Bookings;

/// Streams of court-days begin like this.
pub(crate) const COURT_DAYS: &str = "courtday-";

/// What a batch did to one booking.
#[derive(Serialize)]
struct Change {
    id: BookingId,
    /// Everything a hold says, if the batch has one.
    #[serde(flatten)]
    hold: Option<Hold>,
    /// What it is afterwards, if that changed.
    state: Option<&'static str>,
    /// The clock of the hold, if it was set anew or stopped.
    clock: Option<Clock>,
    refund_minor: Option<i64>,
    /// What was given back is taken back.
    reinstated: bool,
    moved_to: Option<BookingId>,
    revision: u64,
    changed_at: Timestamp,
    position: Position,
}

/// How long a booking is held: `None` when for good.
#[derive(Clone, Copy, Serialize)]
struct Clock {
    /// `None` when it is still that of the hold.
    generation: Option<u32>,
    expires_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct Hold {
    reference: BookingId,
    court: CourtCode,
    venue: VenueId,
    /// Nobody with an account, when the desk books for a guest.
    player: Option<UserId>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    zone: String,
    generation: u32,
    expires_at: Option<Timestamp>,
    price_minor: i64,
    currency: String,
    must_be_paid: bool,
    terms: Terms,
    held_at: Timestamp,
}

/// Money that came and is the booking's own.
#[derive(Serialize)]
struct Received {
    booking: BookingId,
    payment_reference: String,
    amount_minor: i64,
}

/// What happened, column by column: a row for each event, so that there are more of them than of anything else.
#[derive(Default)]
struct History<'a> {
    bookings: Vec<String>,
    revisions: Vec<i64>,
    at: Vec<SqlTimestamp>,
    events: Vec<&'static str>,
    actors: Vec<Option<&'a str>>,
}

impl<'a> History<'a> {
    fn note(&mut self, event: &'a Recorded, booking: &BookingId, happened: &BookingEvent) {
        self.bookings.push(booking.to_string());
        self.revisions.push(event.revision.cast_signed());
        self.at.push(event.meta.at.to_sqlx());
        self.events.push(name(happened));
        self.actors.push(event.meta.actor.as_deref());
    }

    async fn write(&self, db: &mut PgConnection) -> Result<(), FollowError> {
        sqlx::query_file!(
            "src/bookings/add_history.sql",
            &self.bookings,
            &self.revisions,
            &self.at as &[SqlTimestamp],
            &self.events as &[&str],
            &self.actors as &[Option<&str>],
        )
        .execute(db)
        .await?;
        Ok(())
    }
}

#[async_trait]
impl Projection for Bookings {
    fn name(&self) -> &'static str {
        "bookings"
    }

    fn create(&self) -> &'static str {
        include_str!("bookings/create.sql")
    }

    fn indexes(&self) -> &'static str {
        include_str!("bookings/indexes.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("bookings/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let Folded { changes, history, payments, refunds } = fold(events)?;
        if changes.is_empty() {
            return Ok(());
        }
        let merged = sqlx::query_file!("src/bookings/merge.sql", Json(&changes) as _)
            .execute(&mut *db)
            .await?;
        all_met("bookings", events, changes.len(), merged.rows_affected())?;
        history.write(db).await?;
        if !payments.is_empty() {
            sqlx::query_file!("src/bookings/add_payments.sql", Json(&payments) as _)
                .execute(&mut *db)
                .await?;
        }
        refunds.write(db).await?;
        Ok(())
    }
}

/// A batch, table by table.
struct Folded<'a> {
    changes: Vec<Change>,
    history: History<'a>,
    payments: Vec<Received>,
    refunds: Refunds,
}

fn fold(events: &[Recorded]) -> Result<Folded<'_>, FollowError> {
    let mut changes: BTreeMap<BookingId, Change> = BTreeMap::new();
    let (mut history, mut payments) = (History::default(), vec![]);
    let mut refunds = Refunds::default();
    for event in events.iter().filter(|it| it.stream.starts_with(COURT_DAYS)) {
        let happened: BookingEvent = read(event)?;
        let Some(booking) = happened.booking().cloned() else { continue };
        history.note(event, &booking, &happened);
        refunds.note(event, &happened);
        payments.extend(Received::of(&happened));
        let Some(change) = Change::of(event, happened) else { continue };
        then(&mut changes, change.id.clone(), change, Change::then);
    }
    Ok(Folded { changes: changes.into_values().collect(), history, payments, refunds })
}

impl Received {
    fn of(event: &BookingEvent) -> Option<Self> {
        let BookingEvent::PaymentReceived { booking, payment_reference, amount, .. } = event else {
            return None;
        };
        Some(Self {
            booking: booking.clone(),
            payment_reference: payment_reference.clone(),
            amount_minor: amount.amount_minor,
        })
    }
}

/// What a booking's history calls it.
fn name(event: &BookingEvent) -> &'static str {
    use BookingEvent as E;
    match event {
        E::Held(_) => "held",
        E::HoldExtended { .. } => "hold_extended",
        E::PaymentStarted { .. } => "payment_started",
        E::PaymentReceived { .. } => "payment_received",
        E::Confirmed { .. } => "confirmed",
        E::Expired { .. } => "expired",
        E::Released { .. } => "released",
        E::Cancelled { .. } => "cancelled",
        E::Moved { .. } => "moved",
        E::MoveAbandoned { .. } => "move_abandoned",
        E::Reinstated { .. } => "reinstated",
        E::RefundRequired { .. } => "refund_required",
        E::RefundSettled { .. } => "refund_settled",
        E::RefundWithdrawn { .. } => "refund_withdrawn",
        E::CheckedIn { .. } => "checked_in",
        E::Missed { .. } => "missed",
        E::Blocked { .. } => "blocked",
        E::Unblocked { .. } => "unblocked",
    }
}

impl Change {
    /// `None` when it is about no booking.
    fn of(event: &Recorded, happened: BookingEvent) -> Option<Self> {
        use BookingEvent as E;
        let at = event.meta.at;
        let mut change = Self {
            id: happened.booking()?.clone(),
            hold: None,
            state: None,
            clock: None,
            refund_minor: None,
            reinstated: false,
            moved_to: None,
            revision: event.revision,
            changed_at: at,
            position: event.position,
        };
        match happened {
            E::Held(held) => {
                change.state = Some("held");
                change.hold = Some(Hold::new(*held, at));
            }
            E::HoldExtended { generation, expires_at, .. } => {
                let (generation, expires_at) = (Some(generation), Some(expires_at));
                change.clock = Some(Clock { generation, expires_at });
            }
            E::Reinstated { generation, .. } => {
                change.state = Some("held");
                change.clock = Some(Clock { generation: Some(generation), expires_at: None });
                change.reinstated = true;
            }
            E::Confirmed { .. } => {
                change.state = Some("confirmed");
                change.clock = Some(Clock { generation: None, expires_at: None });
            }
            E::Expired { .. } => change.state = Some("expired"),
            E::Released { .. } => change.state = Some("released"),
            E::Cancelled { refund: Money { amount_minor, .. }, .. } => {
                change.state = Some("cancelled");
                change.refund_minor = Some(amount_minor);
            }
            E::Moved { to, .. } => {
                change.state = Some("moved");
                change.moved_to = Some(to);
            }
            E::CheckedIn { .. } => change.state = Some("checked_in"),
            E::Missed { .. } => change.state = Some("missed"),
            // Its history has these; what it is does not change.
            E::PaymentStarted { .. }
            | E::PaymentReceived { .. }
            | E::MoveAbandoned { .. }
            | E::RefundRequired { .. }
            | E::RefundSettled { .. }
            | E::RefundWithdrawn { .. } => {}
            E::Blocked { .. } | E::Unblocked { .. } => return None,
        }
        Some(change)
    }

    /// What both did, in this order.
    fn then(self, mut later: Self) -> Self {
        match (&mut later.hold, self.hold) {
            // Held anew: everything begins again, except when it was first held.
            (Some(hold), Some(earlier)) => hold.held_at = earlier.held_at,
            (Some(_), None) => {}
            (None, hold) => {
                later.state = later.state.or(self.state);
                later.clock = match (later.clock, self.clock) {
                    (Some(later), Some(earlier)) => {
                        let generation = later.generation.or(earlier.generation);
                        Some(Clock { generation, ..later })
                    }
                    (later, earlier) => later.or(earlier),
                };
                if !later.reinstated {
                    later.refund_minor = later.refund_minor.or(self.refund_minor);
                    later.reinstated = self.reinstated;
                }
                later.moved_to = later.moved_to.or(self.moved_to);
                later.hold = hold.map(|it| it.with(later.clock));
            }
        }
        later
    }
}

impl Hold {
    fn with(self, clock: Option<Clock>) -> Self {
        let Some(Clock { generation, expires_at }) = clock else { return self };
        Self { generation: generation.unwrap_or(self.generation), expires_at, ..self }
    }

    fn new(held: Held, held_at: Timestamp) -> Self {
        Self {
            must_be_paid: held.has_to_be_paid(),
            court: held.booking.court().clone(),
            reference: held.reference,
            venue: held.venue,
            player: held.booked_for.player(),
            starts_at: held.starts_at,
            ends_at: held.ends_at,
            zone: held.zone,
            generation: held.generation,
            expires_at: held.expires_at,
            price_minor: held.price.amount_minor,
            currency: held.price.currency,
            terms: held.terms,
            held_at,
        }
    }
}
