//! Payments: started here, made at the provider's, and told by the provider alone. What the desk takes in is the desk's
//! word. Money that has to go back is listed until staff have settled it. See `domain/src/bookings/decide/payments.rs`.
mod demo;
mod provider;
mod refunds;
mod signature;

use access::Caller;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;
use domain::bookings::{BookingCommand, BookingRejection, CourtDay};
use domain::ids::BookingId;
use domain::money::Money;
use event_store::{Done, ExecuteError, Metadata};
use jiff::Timestamp;
use runtime::Problem;
use runtime::http::Parsed;
use runtime::ids::{self, NAMESPACE};
use runtime::problem::{Kind, MALFORMED_REQUEST, Place, UNAVAILABLE};
use serde::Serialize;
use uuid::Uuid;

use crate::answer::Answer;
use crate::app::App;
use crate::asked::Asked;
use crate::bookings::{Booking, NoBody, at_the_desk, show, theirs};
use crate::optional_body::OptionalBody;
use crate::refused::{Explain, Refused, failed};

pub(crate) use demo::pay;
pub use provider::{HostedCheckout, PaymentProvider};
pub(crate) use refunds::__path_settle;
pub use refunds::settle;

use provider::{Message, Payment, Untaken};
use signature::Distrust;

const BAD_SIGNATURE: Kind = Kind {
    name: "bad-signature",
    status: StatusCode::BAD_REQUEST,
    title: "The message is not signed by the payment provider",
};

pub const KINDS: &[Kind] = &[BAD_SIGNATURE];

/// How often a booking is followed to where it was moved. Nobody moves a booking that often while a payment is made.
const MAX_MOVES: usize = 8;

/// A payment to make.
#[derive(Serialize, utoipa::ToSchema)]
pub struct PaymentStarted {
    /// What the provider calls it by.
    payment_reference: String,
    /// The provider's page, where it is made.
    #[schema(format = "uri")]
    checkout_url: String,
    #[schema(value_type = Object)]
    amount: Money,
    booking: String,
    /// Until when the place is held for it.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<Timestamp>,
}

/// Starts a payment for a held place, or of what a move left to pay.
///
/// The first payment that is started extends the hold once, by what the venue's policy says. The place is yours when
/// the provider says that it was paid. Repeated with the same key, this answers with the same payment.
#[utoipa::path(post, path = "/v1/bookings/{id}/payments", operation_id = "start_payment", tag = "payments",
    security(("bearer" = [])), params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 201, body = PaymentStarted, headers(("Courtside-Position" = String))),
        (status = 404, description = "`not-found`: no such booking, or not yours"),
        (status = 409, description = "`nothing-to-pay`, `already-confirmed`, `hold-expired`, `already-released`, \
            `already-cancelled`, `booking-moved`, `move-under-way`, `too-many-payments`"),
        (status = 503, description = "`unavailable`: no payment provider is set up")))]
pub async fn start(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    let command = asked.by(&caller);
    let work = async {
        let (_, booking) = theirs(&app, &caller, &id).await?;
        let reference = format!("pay-{}", command.id.simple());
        let asked_for = booking.payments_started.get(&reference).cloned();
        let amount = asked_for
            .or_else(|| booking.difference())
            .unwrap_or_else(|| booking.held.price.clone());
        let payment = Payment { reference, booking: id.clone(), amount };
        // Before the hold is extended: who cannot pay has no use for the time.
        let checkout_url = app.payments.checkout(&payment).await.map_err(|error| {
            tracing::error!("PAYMENT_WEBHOOK_SECRET and PAYMENT_CHECKOUT_URL are not both set");
            Problem::new(UNAVAILABLE, error.to_string())
        })?;
        let (payment_reference, at) = (payment.reference.clone(), command.at);
        let start = BookingCommand::StartPayment { booking: id.clone(), payment_reference, at };
        let done = app.execute::<CourtDay>(&id.stream(), start, &command.meta).await?;
        let expires_at = done.state.bookings.get(&id).and_then(|it| it.held.expires_at);
        let started = PaymentStarted {
            payment_reference: payment.reference,
            checkout_url,
            amount: payment.amount,
            booking: id.to_string(),
            expires_at,
        };
        Ok(Answer::new(StatusCode::CREATED, started).position(app.token(done.position)))
    };
    app.once(&command, &body.raw, work).await
}

/// Takes the payment provider's messages, signed as Standard Webhooks has it.
///
/// `payment.succeeded` with `{payment_reference, booking, amount}` confirms the booking or, where that is too late and
/// the place is lost, has the money paid back. The same message sent again changes nothing. Other types are ignored.
#[utoipa::path(post, path = "/v1/payment-events", operation_id = "receive_payment_event", tag = "payments", security(()),
    params(("webhook-id" = String, Header), ("webhook-timestamp" = String, Header, description = "Seconds since 1970"),
        ("webhook-signature" = String, Header, description = "`v1,<base64>`, one or more with spaces between them")),
    request_body(content = Object, content_type = "application/json"),
    responses((status = 204, headers(("Courtside-Position" = String))),
        (status = 400, description = "`bad-signature`, `malformed-request`"),
        (status = 404, description = "`not-found`: there is no such booking")))]
pub async fn receive(
    State(app): State<App>,
    asked: Asked,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Answer, Refused> {
    let (message, payment) = match app.payments.read(&headers, &body, asked.at) {
        Ok(Message::Received { id, payment }) => (id, payment),
        Ok(Message::Other) => return Ok(Answer::no_content()),
        Err(untaken) => return Err(explain(untaken).into()),
    };
    let done = credit(&app, &message, payment, asked.at).await?;
    Ok(Answer::no_content().position(app.token(done.position)))
}

/// Brings money to its booking, wherever that was moved meanwhile. One command, however often the message comes.
async fn credit(
    app: &App,
    message: &str,
    payment: Payment,
    at: Timestamp,
) -> Result<Done<CourtDay>, Refused> {
    let id = ids::derive(NAMESPACE, &["payment-event", message]);
    let mut booking = payment.booking;
    for _ in 0..=MAX_MOVES {
        let stream = booking.stream();
        // A command for each court-day: two of them may be told of one message.
        let command = Uuid::new_v5(&id, stream.as_bytes());
        let meta = Metadata::new(command, at).correlation(id).actor("provider:payments");
        let receive = BookingCommand::ReceivePayment {
            booking: booking.clone(),
            payment_reference: payment.reference.clone(),
            amount: payment.amount.clone(),
            at,
        };
        match app.executor.execute::<CourtDay>(&stream, receive, &meta).await {
            Ok(done) => return Ok(done),
            Err(ExecuteError::Rejected {
                rejection: BookingRejection::BookingMoved { to },
                ..
            }) => booking = to,
            Err(ExecuteError::Rejected { rejection: BookingRejection::MoveUnderWay, .. }) => {
                let detail = "the booking is being moved; send this again";
                return Err(Problem::new(UNAVAILABLE, detail).retry_after(1).into());
            }
            Err(ExecuteError::Rejected { rejection, position }) => {
                tracing::error!(%booking, reference = payment.reference, "money for a booking that is not there");
                let position = Some(app.token(position));
                return Err(Refused::new(rejection.explain(), position));
            }
            Err(failure) => return Err(failed(failure).into()),
        }
    }
    tracing::error!(%booking, "a booking was moved more often than a payment follows it");
    Err(Problem::new(UNAVAILABLE, "the booking is being moved; send this again").into())
}

/// The desk took the whole price in, or what a move left to pay.
#[utoipa::path(post, path = "/v1/bookings/{id}/mark-paid", operation_id = "mark_booking_paid", tag = "payments",
    security(("bearer" = [])), params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header)),
    request_body = Option<NoBody>,
    responses((status = 200, body = Booking, headers(("ETag" = String), ("Courtside-Position" = String))),
        (status = 403, description = "`forbidden`"),
        (status = 404, description = "`not-found`: no such booking at a desk of yours"),
        (status = 409, description = "`already-paid`, `already-over`, `hold-expired`, `already-released`, \
            `already-cancelled`, `booking-moved`, `move-under-way`")))]
pub async fn mark_paid(
    State(app): State<App>,
    caller: Caller,
    Parsed(id): Parsed<BookingId>,
    asked: Asked,
    body: OptionalBody<NoBody>,
) -> Result<Answer, Refused> {
    let command = asked.by(&caller);
    let work = async {
        at_the_desk(&app, &caller, &id).await?;
        let payment_reference = format!("desk-{}", command.id.simple());
        let (booking, at) = (id.clone(), command.at);
        let paid = BookingCommand::MarkPaid { booking, payment_reference, at };
        let done = app.execute::<CourtDay>(&id.stream(), paid, &command.meta).await?;
        show(&app, &id, done, &command, StatusCode::OK).await
    };
    app.once(&command, &body.raw, work).await
}

fn explain(untaken: Untaken) -> Problem {
    match untaken {
        Untaken::Distrusted(Distrust::Header(name)) => {
            let detail = format!("{name} is missing, twice there, or not what it should be");
            Problem::new(BAD_SIGNATURE, detail.clone()).at(
                Place::Header(name.to_owned()),
                "malformed",
                detail,
            )
        }
        Untaken::Distrusted(Distrust::Forged) => {
            tracing::warn!("a payment event is not signed by the provider");
            Problem::new(BAD_SIGNATURE, "no signature of this message is the provider's")
        }
        Untaken::Distrusted(Distrust::Stale) => {
            tracing::warn!("a payment event is too old, or a clock is wrong");
            let detail = "sent too long ago, or by a clock that is ahead of ours";
            Problem::new(BAD_SIGNATURE, detail).at(
                Place::Header("webhook-timestamp".to_owned()),
                "stale",
                detail,
            )
        }
        Untaken::Malformed(why) => Problem::new(MALFORMED_REQUEST, why),
    }
}
