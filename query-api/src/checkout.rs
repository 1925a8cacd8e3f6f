//! `/dev/payments/{payment_reference}`: the page of the demo's payment provider. Its button is a command, and command-api
//! takes it. Not there outside the demo.
use axum::extract::OriginalUri;
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use domain::ids::BookingId;
use runtime::Problem;
use runtime::html::escape;
use runtime::http::Parameters;

/// Minor units of every currency that the demo knows.
const MINOR_UNITS: i64 = 100;

pub async fn page(
    OriginalUri(uri): OriginalUri,
    mut parameters: Parameters,
) -> Result<Response, Problem> {
    let booking: BookingId = parameters.required("booking")?;
    let amount_minor: u32 = parameters.required("amount_minor")?;
    let currency: String = parameters.required("currency")?;
    parameters.done()?;
    let amount = i64::from(amount_minor);
    let amount = format!("{}.{:02} {currency}", amount / MINOR_UNITS, amount % MINOR_UNITS);
    let action = uri.path_and_query().map_or(uri.path(), |it| it.as_str());
    let page = include_str!("checkout/page.html")
        .replace("{{booking}}", &escape(&booking.to_string()))
        .replace("{{amount}}", &escape(&amount))
        .replace("{{action}}", &escape(action));
    let policy =
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'";
    Ok(([(header::CONTENT_SECURITY_POLICY, policy)], Html(page)).into_response())
}
