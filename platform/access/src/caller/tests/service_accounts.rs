//! Programs: what their scopes let them do, and for how long their keys count.
use std::collections::BTreeSet;
use std::sync::atomic::AtomicUsize;

use domain::ids::{ServiceAccountId, ServiceKeyId};
use domain::service_accounts::{
    Change, Description, IssueKey, Scope, ServiceAccount, ServiceAccountCommand,
};

use super::*;
use crate::service_accounts::ServiceKey;

impl World {
    async fn program(&self, scopes: &[Scope], venues: Option<&[&str]>) -> ServiceAccountId {
        let id = ServiceAccountId(runtime::ids::new());
        let venues = venues.map(|it| it.iter().map(|it| it.parse().unwrap()).collect());
        let scopes = scopes.iter().copied().collect();
        let description = Description { name: "Door".to_owned(), scopes, venues };
        self.change(id, ServiceAccountCommand::Create(description)).await;
        id
    }

    async fn change(&self, id: ServiceAccountId, command: ServiceAccountCommand) {
        let executor = &self.deployment.executor;
        let done = executor.execute::<ServiceAccount>(&id.stream(), command, &self.meta()).await;
        done.unwrap();
    }

    /// A new key, and how it is revoked.
    async fn key(
        &self,
        id: ServiceAccountId,
        life: Option<SignedDuration>,
    ) -> (String, ServiceAccountCommand) {
        let (key, secret) = (ServiceKeyId(runtime::ids::new()), ServiceKey::random(id));
        let at = self.deployment.clock.now();
        let expires_at = life.map(|it| at + it);
        let issue = IssueKey { key, digest: secret.digest(), expires_at, at };
        self.change(id, ServiceAccountCommand::IssueKey(issue)).await;
        (secret.text().to_owned(), ServiceAccountCommand::RevokeKey { key })
    }
}

const DOOR: &str = "{Desk}";
const BOTH: &str = "{Desk, Operate}";
const REFUSED: &str = "unauthenticated";

#[tokio::test]
async fn a_program_may_what_its_scopes_say_and_nothing_of_a_persons() {
    let world = World::new().await;
    let access = world.instance(PATIENCE).await;
    let all = [
        (Permission::RunDesk, Some(Scope::Desk)),
        (Permission::ManageCatalogue, Some(Scope::Catalogue)),
        (Permission::Audit, Some(Scope::Audit)),
        (Permission::Operate, Some(Scope::Operate)),
        (Permission::ReadChanges, Some(Scope::Changes)),
        (Permission::Play, None),
        (Permission::ManageUsers, None),
    ];
    for scope in Scope::ALL {
        let id = world.program(&[scope], None).await;
        let (key, _) = world.key(id, None).await;
        let caller = access.authenticate(&key).await.unwrap();
        for (permission, needs) in all {
            let answer = caller.may(permission).map_err(|it| it.kind().name);
            let expected = if needs == Some(scope) { Ok(()) } else { Err("forbidden") };
            assert_eq!(answer, expected, "{permission:?} with {scope:?}");
        }
        assert_eq!(caller.actor(), format!("service:{id}"));
        assert_eq!((caller.principal(), caller.subject()), (caller.actor(), id.stream()));
        assert_eq!(caller.id(), id.0);
        assert_eq!(caller.person().unwrap_err().kind().name, "forbidden");
        assert_eq!(caller.owns(UserId(id.0)).unwrap_err().kind().name, "forbidden");
        let at_desk = caller.player().map_err(|it| it.kind().name);
        let expected = if scope == Scope::Desk { Ok(None) } else { Err("forbidden") };
        assert_eq!(at_desk, expected, "{scope:?}");
    }
}

#[tokio::test]
async fn a_program_is_at_its_venues() {
    let world = World::new().await;
    let access = world.instance(PATIENCE).await;
    let (mine, elsewhere): (VenueId, VenueId) = ("city".parse().unwrap(), "beach".parse().unwrap());
    let desk = &[Scope::Desk][..];
    for (case, scopes, venues, at_mine, at_other, scope) in [
        ("narrowed", desk, Some(&["city"][..]), Ok(()), Err("not-found"), Some(vec!["city"])),
        ("everywhere", desk, None, Ok(()), Ok(()), None),
        (
            "another scope",
            &[Scope::Catalogue][..],
            Some(&["city"][..]),
            Err("forbidden"),
            Err("forbidden"),
            Some(vec![]),
        ),
        (
            "nothing at venues",
            &[Scope::Audit][..],
            None,
            Err("forbidden"),
            Err("forbidden"),
            Some(vec![]),
        ),
    ] {
        let id = world.program(scopes, venues).await;
        let (key, _) = world.key(id, None).await;
        let caller = access.authenticate(&key).await.unwrap();
        let runs = |venue| caller.runs(venue).map_err(|it: Problem| it.kind().name);
        assert_eq!((runs(&mine), runs(&elsewhere)), (at_mine, at_other), "{case}");
        let scope: Option<Vec<String>> =
            scope.map(|it| it.into_iter().map(str::to_owned).collect());
        assert_eq!(caller.scope(), scope, "{case}");
        assert_eq!(caller.reaches(&elsewhere), venues.is_none(), "{case}");
    }
}

#[tokio::test]
async fn two_keys_overlap_and_a_revoked_one_ends_within_a_second_on_every_instance() {
    let world = World::new().await;
    let (one, other) = (world.instance(PATIENCE).await, world.instance(PATIENCE).await);
    let id = world.program(&[Scope::Desk], None).await;
    let (old, revoke_old) = world.key(id, None).await;
    for access in [&one, &other] {
        assert_eq!(asks(access, Method::POST, &old).await, DOOR);
    }
    let (new, _) = world.key(id, None).await;
    for access in [&one, &other] {
        assert_eq!(reads(access, &new).await, DOOR, "at once: it is looked up");
        assert_eq!(reads(access, &old).await, DOOR, "both count");
    }
    world.change(id, revoke_old).await;
    for access in [&one, &other] {
        eventually("the old key is over", SECOND, async || reads(access, &old).await == REFUSED)
            .await;
        assert_eq!(reads(access, &new).await, DOOR);
    }
    let scopes = Some(BTreeSet::from([Scope::Audit]));
    let change = Change { scopes, ..Change::default() };
    world.change(id, ServiceAccountCommand::Change(change)).await;
    for access in [&one, &other] {
        let changed = async || reads(access, &new).await == "{Audit}";
        eventually("it may something else", SECOND, changed).await;
    }
    world.change(id, ServiceAccountCommand::Remove).await;
    for access in [&one, &other] {
        let gone = async || reads(access, &new).await == REFUSED;
        eventually("the account is gone", SECOND, gone).await;
    }
    assert_eq!(reads(&world.instance(PATIENCE).await, &new).await, REFUSED, "for a later instance");
}

#[tokio::test]
async fn a_key_counts_until_it_expires() {
    let world = World::new().await;
    let access = world.instance(PATIENCE).await;
    let id = world.program(&[Scope::Desk], None).await;
    let (brief, _) = world.key(id, Some(SignedDuration::from_hours(1))).await;
    let (lasting, _) = world.key(id, None).await;
    assert_eq!(reads(&access, &brief).await, DOOR);
    world.deployment.clock.correct(SignedDuration::from_hours(2));
    assert_eq!(reads(&access, &brief).await, REFUSED);
    assert_eq!(reads(&access, &lasting).await, DOOR);
}

#[tokio::test]
async fn a_made_up_key_costs_one_reading_of_one_stream_and_says_nothing() {
    let counted = Arc::new(Counted::default());
    let deployment = Deployment::on(counted.clone()).await;
    let issuer = deployment.issuer().await;
    let store = Arc::new(Flaky::default());
    let world = World { deployment, store, issuer, shutdown: Shutdown::new() };
    let id = world.program(&[Scope::Desk], None).await;
    let (key, _) = world.key(id, None).await;
    // Begun afterwards: its feed has nothing more to tell.
    let access = world.instance(PATIENCE).await;
    assert_eq!(reads(&access, &key).await, DOOR);

    let nobody = ServiceKey::random(ServiceAccountId(runtime::ids::new())).text().to_owned();
    let forged = ServiceKey::random(id).text().to_owned();
    for (case, text, cost) in [
        ("of an account that is not there", nobody.as_str(), 1),
        ("another secret", forged.as_str(), 1),
        ("no form of ours", "cs_1_2", 0),
        ("cut off", &key[..70], 0),
        ("the right one", key.as_str(), 0),
    ] {
        let before = counted.streams.load(Ordering::Relaxed);
        let expected = if text == key { DOOR } else { REFUSED };
        assert_eq!(reads(&access, text).await, expected, "{case}");
        assert_eq!(counted.streams.load(Ordering::Relaxed) - before, cost, "{case}");
    }
}

/// Counts the readings of streams.
#[derive(Default)]
struct Counted {
    inner: MemoryStore,
    streams: AtomicUsize,
}

#[async_trait]
impl Meddler for Counted {
    fn inner(&self) -> &dyn EventStore {
        &self.inner
    }

    async fn reading(&self, what: Reading) -> Result<(), ReadError> {
        if matches!(what, Reading::Stream) {
            self.streams.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

#[tokio::test]
async fn while_the_log_is_away_operators_programs_read_on_and_nothing_more() {
    let world = World::new().await;
    let id = world.program(&[Scope::Desk, Scope::Operate], None).await;
    let (key, _) = world.key(id, None).await;
    let (second, _) = world.key(id, None).await;
    let unseen = world.program(&[Scope::Operate], None).await;
    let (unseen, _) = world.key(unseen, None).await;
    let access = world.instance(2 * SECOND).await;
    assert_eq!(reads(&access, &key).await, BOTH);
    world.goes_away(true);
    let old = async || asks(&access, Method::POST, &key).await == "revocation-unknown";
    eventually("the feed is old", 5 * SECOND, old).await;

    let caller = access.authenticate(&key).await.unwrap();
    for (permission, expected) in [
        (Permission::Operate, Ok(())),
        (Permission::RunDesk, Err("revocation-unknown")),
        (Permission::ManageUsers, Err("revocation-unknown")),
    ] {
        assert_eq!(caller.may(permission).map_err(|it| it.kind().name), expected, "{permission:?}");
    }
    let forged = ServiceKey::random(id).text().to_owned();
    assert_eq!(reads(&access, &second).await, BOTH, "another key of what is known");
    for (case, text) in [("it may be a new one", &forged), ("never seen", &unseen)] {
        assert_eq!(reads(&access, text).await, "revocation-unknown", "{case}");
    }

    world.goes_away(false);
    let back = async || asks(&access, Method::POST, &key).await == BOTH;
    eventually("the feed is back", 3 * SECOND, back).await;
    assert_eq!(reads(&access, &forged).await, REFUSED);
}
