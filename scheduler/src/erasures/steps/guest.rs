//! Of a guest there is little to give back: the desk's bookings stay, and are nobody's.
use domain::bookings::{BookedFor, CourtDay};
use domain::guests::{Guest, GuestCommand};
use domain::ids::GuestId;
use domain::users::Erasure;
use jiff::Timestamp;
use uuid::Uuid;

use super::{Left, NotErased, Steps, meta};

impl Steps {
    pub async fn take_of_guest(
        &self,
        id: GuestId,
        event: Uuid,
        at: Timestamp,
    ) -> Result<Left, NotErased> {
        let stream = id.stream();
        let guest = self.executor.load::<Guest>(&stream).await?.state;
        if guest.erasure != Erasure::Requested {
            return Ok(Left::Nothing);
        }
        self.forget_mail_to_guest(id, &guest).await?;
        if let Some(rest) = self.destroy_keys(&stream, event).await? {
            return Ok(Left::Wait(rest));
        }
        let finish = GuestCommand::FinishErasure;
        let meta = meta(event, at, "finish");
        let done = self.executor.execute::<Guest>(&stream, finish, &meta).await;
        done.map(|_| Left::Nothing).map_err(NotErased::Guest)
    }

    /// While the address can still be read.
    async fn forget_mail_to_guest(&self, id: GuestId, guest: &Guest) -> Result<(), NotErased> {
        let Some(booking) = &guest.booking else { return Ok(()) };
        let day = self.executor.load::<CourtDay>(&booking.stream()).await?.state;
        match day.bookings.get(booking).map(|it| &it.held.booked_for) {
            Some(BookedFor::Guest { guest, email: Some(email), .. }) if *guest == id => {
                self.forget_mail_to(&id.stream(), ("email", email)).await
            }
            _ => Ok(()),
        }
    }
}
