//! Keys that take over from one another, while two instances sign and check.
use std::cell::Cell;

use jiff::SignedDuration;
use runtime::settings::TokenAlgorithm;

use super::*;
use crate::tokens::{KeyRing, Phase};

/// The `kid` that a token names.
fn kid(token: &str) -> String {
    let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap()).unwrap();
    let header: serde_json::Value = serde_json::from_slice(&header).unwrap();
    header["kid"].as_str().unwrap().to_owned()
}

fn published(access: &Access) -> Vec<String> {
    let jwks = access.jwks();
    let keys = jwks["keys"].as_array().unwrap().iter();
    keys.map(|it| it["kid"].as_str().unwrap().to_owned()).collect()
}

struct Story {
    world: World,
    instances: [Access; 2],
    issuers: [Issuer; 2],
    ring: KeyRing,
}

impl Story {
    async fn new(algorithm: TokenAlgorithm) -> Self {
        let world = World::new().await;
        let instances = [world.instance(PATIENCE).await, world.instance(PATIENCE).await];
        let Deployment { executor, vault, clock, terms, .. } = &world.deployment;
        let begin = async |access: &Access| {
            let (terms, executor) = (terms.clone(), executor.clone());
            let access = Some(access.clone());
            Issuer::begin(terms, executor, vault.clone(), clock.clone(), algorithm, access).await
        };
        let issuers = [begin(&instances[0]).await.unwrap(), begin(&instances[1]).await.unwrap()];
        let (executor, life) = (executor.clone(), terms.life);
        let ring = KeyRing::with(executor, vault.clone(), clock.clone(), algorithm, life);
        Self { world, instances, issuers, ring }
    }

    async fn is_signed_by(&self, person: &Person, wanted: &str) {
        for issuer in &self.issuers {
            eventually("every instance signs with the new key", SECOND, async || {
                let token = issuer.issue(person.user, person.session, 0, false).await.unwrap();
                kid(&token) == wanted
            })
            .await;
        }
    }

    async fn phases(&self) -> Vec<Phase> {
        self.ring.list().await.unwrap().iter().map(|it| it.phase).collect()
    }
}

#[tokio::test]
async fn keys_take_over_from_one_another_and_no_token_is_refused() {
    let story = Story::new(TokenAlgorithm::Es256).await;
    let (ring, clock) = (&story.ring, &story.world.deployment.clock);
    let person = story.world.someone(Role::Player).await;
    let over = Cell::new(false);
    // Whoever logs in or refreshes at any instance is recognised at every instance, at once.
    let traffic = async {
        let mut served = 0;
        while !over.get() {
            for issuer in &story.issuers {
                let token = issuer.issue(person.user, person.session, 0, false).await.unwrap();
                for access in &story.instances {
                    assert_eq!(reads(access, &token).await, "Player", "after {served}");
                }
                served += 1;
            }
            tokio::task::yield_now().await;
        }
        served
    };
    let rotation = async {
        let next = ring.rotate("cli").await.unwrap();
        assert_eq!(ring.rotate("cli").await.unwrap().kid, next.kid, "one waits already");
        ring.tend().await.unwrap();
        assert_eq!(story.phases().await, [Phase::Active, Phase::Next], "too early");
        for access in &story.instances {
            eventually("it is published before it signs", SECOND, async || {
                published(access).len() == 2
            })
            .await;
        }

        clock.correct(SignedDuration::from_secs(311));
        ring.tend().await.unwrap();
        assert_eq!(story.phases().await, [Phase::Retiring, Phase::Active]);
        story.is_signed_by(&person, &next.kid).await;
        assert_eq!(reads(&story.instances[0], &person.token).await, "Player", "an older token");

        // The life of a token, the leeway and a minute: two steps, for time does not jump for tokens in flight.
        for (minutes, phases) in
            [(14, [Phase::Retiring, Phase::Active]), (23, [Phase::Gone, Phase::Active])]
        {
            clock.correct(SignedDuration::from_mins(minutes));
            ring.tend().await.unwrap();
            assert_eq!(story.phases().await, phases, "after {minutes} minutes");
        }
        for access in &story.instances {
            eventually("the key before it is gone", SECOND, async || {
                published(access) == [next.kid.clone()]
            })
            .await;
        }
        over.set(true);
    };
    let (served, ()) = futures::join!(traffic, rotation);
    assert!(served > 4, "there was traffic: {served}");
    let first = &ring.list().await.unwrap()[0].kid;
    assert_eq!(story.world.deployment.vault.kept(&format!("jwt/{first}")).await.unwrap(), None);
}

#[tokio::test]
async fn a_key_that_leaked_ends_at_once_with_everything_it_signed() {
    let story = Story::new(TokenAlgorithm::Es256).await;
    let person = story.world.someone(Role::Player).await;
    let leaked = kid(&person.token);
    for access in &story.instances {
        assert_eq!(reads(access, &person.token).await, "Player");
    }
    let gone = story.ring.revoke(&leaked, "cli").await.unwrap();
    assert_eq!(gone.phase, Phase::Gone);
    for access in &story.instances {
        eventually("a revoked key's token ends", SECOND, async || {
            reads(access, &person.token).await == "unauthenticated"
        })
        .await;
    }
    let active = story.ring.list().await.unwrap().pop().unwrap();
    story.is_signed_by(&person, &active.kid).await;
    assert!(story.ring.revoke("nobody's", "cli").await.is_err());
    story.ring.revoke(&leaked, "cli").await.unwrap();
    assert_eq!(story.phases().await, [Phase::Gone, Phase::Active], "twice is once");
}

#[tokio::test]
async fn the_next_key_may_be_for_another_algorithm() {
    let story = Story::new(TokenAlgorithm::Rs256).await;
    let person = story.world.someone(Role::Player).await;
    let next = story.ring.rotate("cli").await.unwrap();
    assert_eq!((next.alg.as_str(), next.phase), ("RS256", Phase::Next));
    story.ring.activate(&next.kid, "cli").await.unwrap();
    story.is_signed_by(&person, &next.kid).await;
    let token = story.issuers[0].issue(person.user, person.session, 0, false).await.unwrap();
    for access in &story.instances {
        eventually("both know the new key", SECOND, async || {
            reads(access, &token).await == "Player"
        })
        .await;
    }
    let jwks = story.instances[0].jwks();
    let modulus = URL_SAFE_NO_PAD.decode(jwks["keys"][1]["n"].as_str().unwrap()).unwrap();
    assert_eq!(modulus.len() * 8, 3072);
}
