//! The demo's payment provider: a page where nothing has to be paid, which then tells us as a real one would, with a
//! signed message through the same door. Not there outside the demo.
use access::standard_webhooks::sign;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use domain::ids::BookingId;
use domain::money::Money;
use runtime::Problem;
use runtime::http::Parameters;
use runtime::ids::{self, NAMESPACE};
use runtime::problem::UNAVAILABLE;
use serde_json::json;

use super::provider::SUCCEEDED;
use super::receive;
use crate::app::App;
use crate::asked::Asked;
use crate::refused::Refused;

/// Pays, as somebody on the provider's page would.
pub async fn pay(
    State(app): State<App>,
    Path(payment_reference): Path<String>,
    mut parameters: Parameters,
    asked: Asked,
) -> Result<Response, Refused> {
    let booking: BookingId = parameters.required("booking")?;
    let amount_minor: i64 = parameters.required("amount_minor")?;
    let currency: String = parameters.required("currency")?;
    parameters.done()?;
    let Some(secret) = app.settings.payment_webhook_secrets.first() else {
        return Err(Problem::new(UNAVAILABLE, "PAYMENT_WEBHOOK_SECRET is not set").into());
    };
    let amount = Money { amount_minor, currency };
    let data =
        json!({ "payment_reference": payment_reference, "booking": booking, "amount": amount });
    let body = json!({ "type": SUCCEEDED, "timestamp": asked.at, "data": data }).to_string();
    // One payment is one message, however often somebody clicks.
    let id = ids::derive(NAMESPACE, &["demo-payment", &payment_reference]).to_string();
    let headers = [
        ("webhook-signature", sign(secret.bytes(), &id, asked.at, body.as_bytes())),
        ("webhook-timestamp", asked.at.as_second().to_string()),
        ("webhook-id", id),
    ];
    let headers: HeaderMap = headers
        .into_iter()
        .filter_map(|(name, value)| Some((name.parse().ok()?, HeaderValue::from_str(&value).ok()?)))
        .collect();
    receive(State(app), asked, headers, Bytes::from(body)).await?;
    let page = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    Ok((StatusCode::OK, page, "Paid. Go back to Courtside.\n").into_response())
}
