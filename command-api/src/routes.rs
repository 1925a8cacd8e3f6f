use access::Access;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use runtime::{Platform, StartError};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;
use crate::{
    blocks, bookings, courts, erasures, maintenance, me, outbox, participants, password_resets,
    payments, projections, registrations, reminders, second_factor, service_accounts, sessions,
    sms, users, venues, waitlist, webhooks,
};

/// Every route of this service, on one page.
pub(crate) fn documented() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        // Anyone
        .routes(routes!(registrations::register))
        .routes(routes!(registrations::verify))
        .routes(routes!(registrations::resend))
        .routes(routes!(password_resets::request))
        .routes(routes!(password_resets::confirm))
        .routes(routes!(sessions::log_in))
        .routes(routes!(sessions::refresh))
        // The payment provider
        .routes(routes!(payments::receive))
        // The SMS provider
        .routes(routes!(sms::receive_event))
        .routes(routes!(sms::receive_reply))
        // Whoever is logged in
        .routes(routes!(me::describe_me))
        .routes(routes!(me::set_preferences))
        .routes(routes!(me::link_calendar, me::unlink_calendar))
        .routes(routes!(me::change_password))
        .routes(routes!(me::change_email))
        .routes(routes!(me::confirm_email))
        .routes(routes!(me::change_username))
        .routes(routes!(sessions::end_current))
        .routes(routes!(sessions::end))
        .routes(routes!(erasures::erase_me))
        .routes(routes!(second_factor::offer, second_factor::remove))
        .routes(routes!(second_factor::confirm))
        .routes(routes!(second_factor::renew))
        .routes(routes!(bookings::hold))
        .routes(routes!(bookings::book_series))
        .routes(routes!(bookings::confirm))
        .routes(routes!(bookings::release))
        .routes(routes!(bookings::cancel))
        .routes(routes!(bookings::move_booking))
        .routes(routes!(bookings::check_in))
        .routes(routes!(payments::start))
        .routes(routes!(participants::invite))
        .routes(routes!(participants::join))
        .routes(routes!(participants::leave))
        .routes(routes!(waitlist::join))
        .routes(routes!(waitlist::leave))
        // Staff of the venue, admin
        .routes(routes!(bookings::reinstate))
        .routes(routes!(reminders::remind))
        .routes(routes!(erasures::erase_guest))
        .routes(routes!(blocks::block))
        .routes(routes!(blocks::lift))
        .routes(routes!(payments::mark_paid))
        .routes(routes!(payments::settle))
        .routes(routes!(venues::open))
        .routes(routes!(venues::describe))
        .routes(routes!(venues::set_hours))
        .routes(routes!(venues::set_hours_on, venues::lift_hours_on))
        .routes(routes!(venues::close_on, venues::reopen_on))
        .routes(routes!(venues::set_policy))
        .routes(routes!(courts::add))
        .routes(routes!(courts::describe))
        .routes(routes!(courts::set_prices))
        .routes(routes!(courts::retire))
        .routes(routes!(courts::bring_back))
        // Operator
        .routes(routes!(projections::rebuild))
        .routes(routes!(projections::abort))
        .routes(routes!(projections::verify))
        .routes(routes!(projections::accept))
        .routes(routes!(projections::pause))
        .routes(routes!(projections::resume))
        .routes(routes!(projections::drop_old))
        .routes(routes!(projections::retry))
        .routes(routes!(projections::skip))
        .routes(routes!(outbox::resend))
        // Admin
        .routes(routes!(users::change_role))
        .routes(routes!(users::disable))
        .routes(routes!(users::enable))
        .routes(routes!(users::unlock))
        .routes(routes!(users::revoke_sessions))
        .routes(routes!(erasures::erase_user))
        .routes(routes!(users::reset_second_factor))
        .routes(routes!(webhooks::add))
        .routes(routes!(webhooks::change, webhooks::remove))
        .routes(routes!(webhooks::rotate_secret))
        .routes(routes!(webhooks::resume))
        .routes(routes!(webhooks::test))
        .routes(routes!(webhooks::redeliver))
        .routes(routes!(service_accounts::create))
        .routes(routes!(service_accounts::change, service_accounts::remove))
        .routes(routes!(service_accounts::issue_key))
        .routes(routes!(service_accounts::revoke_key))
}

/// Builds what the handlers need and returns the routes with it; the caller puts the HTTP edge around them.
pub async fn routes(platform: &Platform, access: Access) -> Result<(Router, App), StartError> {
    let app = App::start(platform, access).await?;
    tokio::spawn(app.idempotency.clone().sweep(platform.shutdown.clone()));
    let mut router = documented().split_for_parts().0;
    if platform.settings.demo {
        router = router.route("/dev/payments/{payment_reference}", post(payments::pay));
    }
    let gate = from_fn_with_state(app.gate.clone(), maintenance::pass);
    Ok((router.route_layer(gate).with_state(app.clone()), app))
}
