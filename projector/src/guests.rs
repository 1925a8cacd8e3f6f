//! Guests: people without an account, whom the desk has booked for.
use async_trait::async_trait;
use domain::bookings::{BookedFor, BookingEvent};
use domain::ids::BookingId;
use domain::sealed::Sealed;
use event_store::{Position, Recorded};
use runtime::follow::FollowError;
use serde::Serialize;
use sqlx::PgConnection;
use sqlx::types::Json;
use vault::Vault;

use crate::bookings::COURT_DAYS;
use crate::personal::{Clear, Closed, open};
use crate::projection::{Projection, read};

/// What the streams of guests begin with.
pub(crate) const GUESTS: &str = "guest-";

/// Tells the desk whom a booking is for.
pub struct Guests {
    pub vault: Vault,
}

#[derive(Serialize)]
struct Guest {
    booking: BookingId,
    /// Their key's name.
    subject: String,
    name: Option<Clear>,
    email: Option<Clear>,
    phone: Option<Clear>,
    notes: Option<Clear>,
    #[serde(skip)]
    sealed: [(&'static str, Option<Sealed>); 4],
    #[serde(skip)]
    position: Position,
}

#[async_trait]
impl Projection for Guests {
    fn name(&self) -> &'static str {
        "guests"
    }

    fn create(&self) -> &'static str {
        include_str!("guests/create.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("guests/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let mut guests = fold(events)?;
        if guests.is_empty() {
            return Ok(());
        }
        self.open(&mut guests).await?;
        sqlx::query_file!("src/guests/add.sql", Json(&guests) as _).execute(db).await?;
        Ok(())
    }
}

impl Guests {
    async fn open(&self, guests: &mut [Guest]) -> Result<(), FollowError> {
        let closed: Vec<Closed<'_>> = guests
            .iter()
            .flat_map(|Guest { subject, sealed, position, .. }| {
                sealed.iter().map(|(field, sealed)| Closed {
                    subject,
                    field,
                    sealed: sealed.as_ref(),
                    position: *position,
                })
            })
            .collect();
        let mut opened = open(&self.vault, &closed).await?.into_iter();
        for guest in guests {
            guest.name = opened.next().flatten();
            guest.email = opened.next().flatten();
            guest.phone = opened.next().flatten();
            guest.notes = opened.next().flatten();
        }
        Ok(())
    }
}

fn fold(events: &[Recorded]) -> Result<Vec<Guest>, FollowError> {
    let mut guests = vec![];
    for event in events.iter().filter(|it| it.stream.starts_with(COURT_DAYS)) {
        let BookingEvent::Held(held) = read(event)? else { continue };
        let BookedFor::Guest { guest, name, email, phone, notes } = held.booked_for else {
            continue;
        };
        guests.push(Guest {
            booking: held.booking,
            subject: guest.stream(),
            name: None,
            email: None,
            phone: None,
            notes: None,
            sealed: [("name", Some(name)), ("email", email), ("phone", phone), ("notes", notes)],
            position: event.position,
        });
    }
    Ok(guests)
}
