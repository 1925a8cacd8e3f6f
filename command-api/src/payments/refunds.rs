use std::fmt;
use std::str::FromStr;

use access::Caller;
use axum::extract::State;
use axum::http::StatusCode;
use domain::bookings::{BookingCommand, CourtDay};
use domain::ids::BookingId;
use runtime::http::Parsed;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::bookings::{Booking, NoBody, at_the_desk, show};
use crate::optional_body::OptionalBody;
use crate::refused::Refused;

/// One payment that has to go back: `<booking>.<payment reference>`.
pub struct RefundId {
    booking: BookingId,
    payment_reference: String,
}

#[derive(Debug)]
pub struct NotARefund;

impl fmt::Display for NotARefund {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a refund is named by its booking, a dot, and the payment reference")
    }
}

impl FromStr for RefundId {
    type Err = NotARefund;

    fn from_str(text: &str) -> Result<Self, NotARefund> {
        let (booking, reference) = text.split_once('.').ok_or(NotARefund)?;
        let booking = booking.parse().map_err(|_| NotARefund)?;
        if reference.is_empty() {
            return Err(NotARefund);
        }
        Ok(Self { booking, payment_reference: reference.to_owned() })
    }
}

/// Says that money was paid back.
#[utoipa::path(post, path = "/v1/refunds/{id}/settle", operation_id = "settle_refund", tag = "payments",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "As `GET /v1/refunds` has it"), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 200, body = Booking, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 403, description = "`forbidden`"),
        (status = 404, description = "`not-found`: no such refund at a desk of yours")))]
pub async fn settle(
    State(app): State<App>,
    caller: Caller,
    Parsed(refund): Parsed<RefundId>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    let command = asked.by(&caller);
    let RefundId { booking: id, payment_reference } = refund;
    let work = async {
        at_the_desk(&app, &caller, &id).await?;
        let settle = BookingCommand::SettleRefund { booking: id.clone(), payment_reference };
        let done = app.execute::<CourtDay>(&id.stream(), settle, &command.meta).await?;
        show(&app, &id, done, &command, StatusCode::OK).await
    };
    app.once(&command, &body.raw, work).await
}
