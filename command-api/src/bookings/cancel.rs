use access::Caller;
use axum::extract::State;
use domain::bookings::{BookingCommand, By, Canceller};
use domain::ids::BookingId;
use runtime::Problem;
use runtime::http::Parsed;
use runtime::problem::{MALFORMED_REQUEST, Place};
use serde::Deserialize;

use super::{Booking, apply, look, reasons, theirs};
use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::optional_body::OptionalBody;
use crate::refused::Refused;

/// Players have nothing to say.
#[derive(Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CancelBody {
    /// The desk only: everything back, whatever the terms say, also after play has begun.
    refund: Option<Refund>,
    /// The desk's, with `refund`: 1 to 500 characters.
    reason: Option<String>,
}

#[derive(Clone, Copy, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = RefundWish)]
pub enum Refund {
    Full,
}

/// Cancels a confirmed booking; `refund` of the answer says what its terms, or the desk, give back.
#[utoipa::path(post, path = "/v1/bookings/{id}/cancel", operation_id = "cancel_booking", tag = "bookings",
    security(("bearer" = [])), params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<CancelBody>,
    responses((status = 200, body = Booking, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 403, description = "`forbidden`: only the desk gives everything back"),
        (status = 404, description = "`not-found`: no such booking, or not yours"),
        (status = 409, description = "`only-held`, `already-begun`, `already-over`, `hold-expired`, `already-released`, \
            `booking-moved`, `move-under-way`"),
        (status = 422, description = "`invalid` with a pointer to `reason`")))]
pub async fn cancel(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
    OptionalBody { value, raw }: OptionalBody<CancelBody>,
) -> Result<Answer, Refused> {
    let reason = value.checked()?;
    let command = asked.by(&caller);
    let work = async {
        let (by, booking) = theirs(&app, &caller, &id).await?;
        let by = match (reason, by) {
            (Some(reason), _) => {
                reasons::at_desk(&caller, &booking.held.venue)?;
                let reason = reasons::seal(&app, &caller, &command, "reason", &reason).await?;
                Canceller::DeskInFull { reason }
            }
            (None, By::Player) => Canceller::Player,
            (None, By::Desk) => Canceller::Desk,
        };
        let cancel = BookingCommand::Cancel { booking: id.clone(), by, at: command.at };
        apply(&app, &command, &id, cancel).await
    };
    // On the heap: it would be the largest of all.
    let work = Box::pin(work);
    app.once_or_show(&command, &raw, work, look(&app, &caller, &command, &id)).await
}

impl CancelBody {
    /// The reason for giving everything back, if that is wanted.
    fn checked(self) -> Result<Option<String>, Problem> {
        let wrong = |field, code, detail| {
            Err(Problem::new(MALFORMED_REQUEST, detail).at(Place::field(field), code, detail))
        };
        match (self.refund, self.reason) {
            (None, None) => Ok(None),
            (Some(Refund::Full), Some(reason)) => reasons::checked(&reason, "reason").map(Some),
            (Some(Refund::Full), None) => {
                wrong("reason", "missing-field", "say why everything is given back")
            }
            (None, Some(_)) => wrong(
                "reason",
                "only-with-refund",
                "by its terms a booking is cancelled without a reason",
            ),
        }
    }
}
