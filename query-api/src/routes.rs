use access::Access;
use axum::extract::State;
use axum::http::{HeaderValue, header};
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::routing::get;
use axum::{Json, Router};
use runtime::http::Proxies;
use runtime::problem::NOT_FOUND;
use runtime::{Platform, Problem, StartError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::etag::Known;
use crate::forward::{CommandApi, forward};
use crate::{
    App, actions, address, audit_log, availability, bookings, calendars, changes, checkout,
    console, courts, exports, inbox, live, logins, outbox, preferences, projections, proofs,
    refunds, service_accounts, sessions, sheet, statistics, timers, users, venues, waitlist,
    webhooks,
};

/// Every question this service answers, on one page.
fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(venues::list))
        .routes(routes!(venues::get))
        .routes(routes!(courts::list))
        .routes(routes!(availability::search))
        .routes(routes!(courts::get))
        .routes(routes!(availability::court_day))
        .routes(routes!(availability::venue_day))
        .routes(routes!(live::listen))
        .routes(routes!(sheet::get))
        .routes(routes!(statistics::get))
        .routes(routes!(bookings::list))
        .routes(routes!(bookings::get))
        .routes(routes!(calendars::get))
        .routes(routes!(refunds::list))
        .routes(routes!(address::show))
        .routes(routes!(users::me))
        .routes(routes!(preferences::get))
        .routes(routes!(waitlist::list))
        .routes(routes!(exports::get))
        .routes(routes!(users::list))
        .routes(routes!(users::get))
        .routes(routes!(service_accounts::list))
        .routes(routes!(service_accounts::get))
        .routes(routes!(sessions::list))
        .routes(routes!(logins::list))
        .routes(routes!(actions::list))
        .routes(routes!(audit_log::checkpoint))
        .routes(routes!(audit_log::tile))
        .routes(routes!(proofs::get))
        .routes(routes!(projections::list))
        .routes(routes!(projections::rebuild))
        .routes(routes!(projections::parked::list))
        .routes(routes!(projections::plan::show))
        .routes(routes!(timers::list))
        .routes(routes!(webhooks::list))
        .routes(routes!(webhooks::deliveries))
        .routes(routes!(changes::list))
        .routes(routes!(outbox::list))
        .routes(routes!(users::admin_ping))
}

/// The routes as OpenAPI describes them.
pub fn openapi() -> utoipa::openapi::OpenApi {
    let mut document = documented().split_for_parts().1;
    // OpenAPI has no word for a parameter that goes on over slashes, and the router has.
    let paths = std::mem::take(&mut document.paths.paths);
    document.paths.paths =
        paths.into_iter().map(|(path, it)| (path.replace("{*", "{"), it)).collect();
    document
}

pub fn routes(platform: &Platform, access: Access) -> Result<(Router, App), StartError> {
    let app = App::new(platform, access)?;
    let mut router = documented()
        .split_for_parts()
        .0
        .route("/.well-known/jwks.json", get(jwks))
        .merge(console::routes());
    if platform.settings.demo {
        router = router
            .route("/dev/inbox", get(inbox::page))
            .route("/dev/inbox.json", get(inbox::json))
            .route("/dev/inbox/{id}", get(inbox::mail))
            .route("/dev/payments/{payment_reference}", get(checkout::page));
    }
    let mut router = router.with_state(app.clone());
    if let Some(url) = &platform.settings.command_api_url {
        let proxies = Proxies::of_settings(&platform.settings);
        let fallback =
            router.fallback(|| async { Problem::new(NOT_FOUND, "there is nothing at this path") });
        router = fallback.layer(from_fn_with_state(CommandApi::new(url, proxies), forward));
    }
    Ok((router, app))
}

/// The public keys that access tokens are signed with (RFC 7517).
async fn jwks(State(app): State<App>, known: Known) -> Response {
    /// A key is published long before it signs, so five minutes of caching miss nothing.
    const FIVE_MINUTES: &str = "public, max-age=300";
    let mut response = known.answer(app.access.jwks_tag(), || Json(app.access.jwks()));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(FIVE_MINUTES));
    response
}
