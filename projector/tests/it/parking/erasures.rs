//! Whoever is erased is forgotten at once, whatever of theirs lies aside.
use domain::users::{ErasureCause, UserEvent};
use projector::parked::{self, Parked};
use testing::eventually;
use uuid::Uuid;

use super::LONG;
use crate::given::{append, append_kind};
use crate::place::Place;

const USER: Uuid = Uuid::from_u128(0xA11CE);

/// As the view shows it of the only account, once there is one.
async fn email(place: &Place) -> Option<String> {
    let email = sqlx::query_scalar("SELECT email FROM users_v1").fetch_optional(&place.read.pool);
    email.await.ok().flatten()
}

async fn is_erased(place: &Place) -> bool {
    email(place).await.as_deref() == Some("[erased]")
}

async fn parked(place: &Place) -> Vec<Parked> {
    parked::list(&place.read.pool, Some("users")).await.expect("a list")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_erasure_does_not_wait_for_what_is_parked() {
    let place = Place::new().await;
    let shutdown = place.start(|it| it);
    let stream = format!("user-{USER}");
    place.register(USER).await;
    // A name that is known, and nothing in it.
    append_kind(&place.store, &stream, 0, "user.renamed.v1", b"{}".to_vec()).await;
    eventually("it is parked", LONG, async || parked(&place).await.len() == 1).await;
    assert_eq!(email(&place).await, Some(format!("email of {stream}")));

    let asked = UserEvent::ErasureRequested { cause: ErasureCause::Own, reason: None };
    append(&place.store, &stream, 0, &asked).await;
    place.erase(USER).await;
    eventually("it is blanked", LONG, async || is_erased(&place).await).await;
    let lie_aside = parked(&place).await;
    let culprit = &lie_aside[0];
    assert_eq!((lie_aside.len(), culprit.behind), (1, 2), "it waits all the same");

    place.skip("users", culprit.event).await;
    eventually("nothing waits", LONG, async || parked(&place).await.is_empty()).await;
    assert!(is_erased(&place).await, "done twice it comes to the same");
    shutdown.cancel();
}
