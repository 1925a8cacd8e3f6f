mod keys;
mod service_accounts;

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{Method, Request, header};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::keys::KeyCommand;
use domain::sealed::Sealed;
use domain::sessions::{RevocationReason, SessionCommand, SessionState};
use domain::users::{Register, UserCommand};
use event_store::hostile::{Meddler, Reading};
use event_store::memory::MemoryStore;
use event_store::{EventStore, Metadata, ReadError};
use jiff::SignedDuration;
use testing::eventually;
use uuid::Uuid;

use super::*;
use crate::Permission;
use crate::tokens::Issuer;
use crate::tokens::tests::Deployment;

/// A store that can go away.
#[derive(Default)]
struct Flaky {
    inner: MemoryStore,
    is_away: AtomicBool,
}

#[async_trait]
impl Meddler for Flaky {
    fn inner(&self) -> &dyn EventStore {
        &self.inner
    }

    async fn reading(&self, _: Reading) -> Result<(), ReadError> {
        if self.is_away.load(Ordering::Relaxed) {
            return Err(ReadError::Unavailable("away".into()));
        }
        Ok(())
    }
}

/// A deployment with one process that signs, and people.
struct World {
    deployment: Deployment,
    store: Arc<Flaky>,
    issuer: Issuer,
    shutdown: Shutdown,
}

impl World {
    async fn new() -> Self {
        let store = Arc::new(Flaky::default());
        let deployment = Deployment::on(store.clone()).await;
        let issuer = deployment.issuer().await;
        Self { deployment, store, issuer, shutdown: Shutdown::new() }
    }

    /// Another process that recognises callers; what it knows is old after `patience`.
    async fn instance(&self, patience: Duration) -> Access {
        let Deployment { executor, clock, terms, .. } = &self.deployment;
        Access::begin(
            terms.clone(),
            patience,
            executor.clone(),
            clock.clone(),
            self.shutdown.clone(),
        )
        .await
        .unwrap()
    }

    async fn someone(&self, role: Role) -> Person {
        let sealed = || Sealed("v1.erased".to_owned());
        let (user, session) = (UserId(runtime::ids::new()), SessionId(runtime::ids::new()));
        let register = Register {
            email: sealed(),
            username: sealed(),
            display_name: sealed(),
            phone: None,
            email_claim: format!("claim-email-{user}"),
            username_claim: format!("claim-username-{user}"),
            role,
            verification_required: false,
            verifier: sealed(),
            pepper: 1,
        };
        self.user(user, UserCommand::Register(Box::new(register))).await;
        let until = self.deployment.clock.now() + SignedDuration::from_hours(1);
        let start = SessionCommand::Start {
            user,
            epoch: 0,
            nonce: String::new(),
            refresh_key: String::new(),
            refresh_until: until,
            ends_at: until,
            factor: false,
        };
        self.session(session, start).await;
        let token = self.issuer.issue(user, session, 0, false).await.unwrap();
        Person { user, session, token }
    }

    async fn user(&self, user: UserId, command: UserCommand) {
        let executor = &self.deployment.executor;
        executor.execute::<User>(&user.stream(), command, &self.meta()).await.unwrap();
    }

    async fn session(&self, session: SessionId, command: SessionCommand) {
        let executor = &self.deployment.executor;
        executor.execute::<SessionState>(&session.stream(), command, &self.meta()).await.unwrap();
    }

    fn meta(&self) -> Metadata {
        Metadata::new(runtime::ids::new(), self.deployment.clock.now())
    }

    fn goes_away(&self, is_away: bool) {
        self.store.is_away.store(is_away, Ordering::Relaxed);
    }
}

impl Drop for World {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

struct Person {
    user: UserId,
    session: SessionId,
    token: String,
}

fn request(method: Method, authorizations: &[&str]) -> Parts {
    let mut request = Request::builder().method(method);
    for it in authorizations {
        request = request.header(header::AUTHORIZATION, *it);
    }
    request.body(()).unwrap().into_parts().0
}

/// What a route that takes a `Caller` comes to: the person's role or the program's scopes, or the problem's name.
async fn asks(access: &Access, method: Method, token: &str) -> String {
    let mut parts = request(method, &[&format!("Bearer {token}")]);
    match <Caller as FromRequestParts<_>>::from_request_parts(&mut parts, access).await {
        Ok(Caller { who: Who::Person(person), .. }) => format!("{:?}", person.role),
        Ok(Caller { who: Who::Program(program), .. }) => format!("{:?}", program.may.scopes),
        Err(problem) => problem.kind().name.to_owned(),
    }
}

async fn reads(access: &Access, token: &str) -> String {
    asks(access, Method::GET, token).await
}

const SECOND: Duration = Duration::from_secs(1);

/// The other form of an ES256 signature, as valid as the first: `(r, n - s)`.
fn malleated(token: &str) -> String {
    const ORDER: [u8; 32] = [
        0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
        0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
    ];
    let (message, signature) = token.rsplit_once('.').unwrap();
    let mut bytes = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(ORDER[at]) - i16::from(bytes[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        bytes[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(bytes))
}

#[tokio::test]
async fn everybody_is_recognised_with_the_role_the_log_gives_them() {
    let world = World::new().await;
    let access = world.instance(PATIENCE).await;
    for role in [Role::Player, Role::Staff, Role::Auditor, Role::Operator, Role::Admin] {
        let person = world.someone(role).await;
        let caller = access.authenticate(&person.token).await.unwrap();
        let known = caller.person().unwrap();
        assert_eq!((known.user, known.session, known.role), (person.user, person.session, role));
        let manages = caller.may(Permission::ManageUsers).map_err(|it| it.kind().name);
        assert_eq!(
            manages,
            if role == Role::Admin { Ok(()) } else { Err("forbidden") },
            "{role:?}"
        );
    }
}

#[tokio::test]
async fn whatever_ends_a_token_ends_it_within_a_second_on_every_instance() {
    let world = World::new().await;
    let (one, other) = (world.instance(PATIENCE).await, world.instance(PATIENCE).await);
    for (case, command) in [
        ("disabled", UserCommand::Disable { reason: None }),
        ("all sessions revoked", UserCommand::RevokeSessions),
        (
            "promoted",
            UserCommand::ChangeRole { role: Role::Staff, venues: Vec::new(), reason: None },
        ),
        (
            "password set",
            UserCommand::SetPassword {
                verifier: Sealed("another".to_owned()),
                pepper: 1,
                epoch: 0,
            },
        ),
    ] {
        let person = world.someone(Role::Player).await;
        for access in [&one, &other] {
            assert_eq!(reads(access, &person.token).await, "Player", "{case}");
        }
        world.user(person.user, command).await;
        for access in [&one, &other] {
            eventually(case, SECOND, async || {
                reads(access, &person.token).await == "unauthenticated"
            })
            .await;
        }
        let later = world.instance(PATIENCE).await;
        assert_eq!(
            reads(&later, &person.token).await,
            "unauthenticated",
            "{case}, for an instance begun later"
        );
    }
}

#[tokio::test]
async fn a_session_that_is_over_is_over_for_every_form_of_its_tokens() {
    let world = World::new().await;
    let access = world.instance(PATIENCE).await;
    let person = world.someone(Role::Player).await;
    let twin = malleated(&person.token);
    assert_eq!(reads(&access, &twin).await, "Player", "both forms of a signature are valid");

    world
        .session(person.session, SessionCommand::Revoke { reason: RevocationReason::LoggedOut })
        .await;
    let later = world.instance(PATIENCE).await;
    for token in [&person.token, &twin] {
        eventually("the session is over", SECOND, async || {
            reads(&access, token).await == "unauthenticated"
        })
        .await;
        assert_eq!(reads(&later, token).await, "unauthenticated", "for an instance begun later");
    }
    let again =
        world.issuer.issue(person.user, SessionId(runtime::ids::new()), 0, false).await.unwrap();
    assert_eq!(reads(&access, &again).await, "Player", "another session lives on");
}

/// Not "within a second": whoever can do more is looked up each time.
#[tokio::test]
async fn a_demoted_administrator_is_none_at_once() {
    let world = World::new().await;
    let access = world.instance(PATIENCE).await;
    let admin = world.someone(Role::Admin).await;
    assert_eq!(reads(&access, &admin.token).await, "Admin");

    world
        .user(
            admin.user,
            UserCommand::ChangeRole { role: Role::Player, venues: Vec::new(), reason: None },
        )
        .await;
    assert_eq!(reads(&access, &admin.token).await, "unauthenticated");
}

#[tokio::test]
async fn keys_come_and_go_without_a_restart() {
    let world = World::new().await;
    let access = world.instance(PATIENCE).await;
    let person = world.someone(Role::Player).await;
    let other = Deployment::new().await;
    let stranger = other.issuer().await.issue(person.user, person.session, 0, false).await.unwrap();
    assert_eq!(reads(&access, &stranger).await, "unauthenticated");

    let key = other
        .executor
        .load::<domain::keys::Keys>(domain::keys::STREAM)
        .await
        .unwrap()
        .state
        .published
        .remove(0);
    let (kid, ours) =
        (key.kid.clone(), access.jwks()["keys"][0]["kid"].as_str().unwrap().to_owned());
    world
        .deployment
        .command(KeyCommand::Publish { kid: key.kid, alg: key.alg, jwk: key.jwk })
        .await;
    eventually("the new key counts", SECOND, async || reads(&access, &stranger).await == "Player")
        .await;
    assert_eq!(access.jwks()["keys"].as_array().unwrap().len(), 2);

    world.deployment.command(KeyCommand::Activate { kid: kid.clone() }).await;
    world.deployment.command(KeyCommand::Retire { kid: ours }).await;
    eventually("the old key is gone", SECOND, async || {
        reads(&access, &person.token).await == "unauthenticated"
    })
    .await;
    assert_eq!(access.jwks()["keys"][0]["kid"], kid);
}

#[tokio::test]
#[rustfmt::skip] // a table
async fn while_the_log_is_away_players_read_on_and_nothing_more() {
    let world = World::new().await;
    let (known, unknown) = (world.someone(Role::Player).await, world.someone(Role::Player).await);
    let (admin, operator) = (world.someone(Role::Admin).await, world.someone(Role::Operator).await);
    let seen = world.instance(2 * SECOND).await;
    for person in [&known, &admin, &operator] {
        reads(&seen, &person.token).await;
    }
    world.goes_away(true);
    eventually("the feed is old", 5 * SECOND, async || asks(&seen, Method::POST, &known.token).await != "Player").await;

    for (case, person, method, expected) in [
        ("a player's read",         &known,    Method::GET,    "Player"),
        ("a player's command",      &known,    Method::POST,   "revocation-unknown"),
        ("a player's deletion",     &known,    Method::DELETE, "revocation-unknown"),
        // They were registered within the window, and never read: anything may have happened.
        ("somebody's, never seen",  &unknown,  Method::GET,    "revocation-unknown"),
        ("an operator's read",      &operator, Method::GET,    "Operator"),
        ("an operator's command",   &operator, Method::POST,   "revocation-unknown"),
        ("an administrator's read", &admin,    Method::GET,    "Admin"),
    ] {
        assert_eq!(asks(&seen, method, &person.token).await, expected, "{case}");
    }
    for (person, permission, expected) in [
        (&known,    Permission::Play,        Ok(())),
        (&known,    Permission::ManageUsers, Err("revocation-unknown")),
        (&operator, Permission::Operate,     Ok(())),
        (&admin,    Permission::ManageUsers, Err("revocation-unknown")),
        (&admin,    Permission::Audit,       Err("revocation-unknown")),
        (&admin,    Permission::RunDesk,     Err("revocation-unknown")),
    ] {
        let caller = seen.authenticate(&person.token).await.unwrap();
        assert_eq!(caller.may(permission).map_err(|it| it.kind().name), expected, "{permission:?}");
    }

    world.goes_away(false);
    eventually("the feed is back", 3 * SECOND, async || asks(&seen, Method::POST, &known.token).await == "Player").await;
    assert_eq!(asks(&seen, Method::POST, &admin.token).await, "Admin");
}

#[tokio::test]
async fn a_player_nothing_happened_to_reads_on_even_if_never_seen_before() {
    let world = World::new().await;
    let person = world.someone(Role::Player).await;
    // An hour later: the account is older than every living token.
    world.deployment.clock.correct(SignedDuration::from_hours(1));
    let token = world.issuer.issue(person.user, person.session, 0, false).await.unwrap();
    let access = world.instance(Duration::ZERO).await;
    world.goes_away(true);

    assert_eq!(reads(&access, &token).await, "Player");
    assert_eq!(asks(&access, Method::POST, &token).await, "revocation-unknown");
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_always_the_same() {
    let world = World::new().await;
    let access = world.instance(PATIENCE).await;
    let person = world.someone(Role::Player).await;
    let nobody = world.issuer.issue(UserId(Uuid::nil()), person.session, 0, false).await.unwrap();
    let (good, basic) = (format!("Bearer {}", person.token), format!("Basic {}", person.token));
    let bearer = |it: &str| format!("Bearer {it}");

    let mut details = Vec::new();
    for (case, authorizations) in [
        ("none", vec![]),
        ("twice the same", vec![good.clone(), good.clone()]),
        ("another scheme", vec![basic]),
        ("no scheme", vec![person.token.clone()]),
        ("no token", vec!["Bearer".to_owned()]),
        ("an empty token", vec!["Bearer ".to_owned()]),
        ("nonsense", vec![bearer("nonsense")]),
        ("a user nobody registered", vec![bearer(&nobody)]),
    ] {
        let authorizations: Vec<_> = authorizations.iter().map(String::as_str).collect();
        let mut parts = request(Method::GET, &authorizations);
        let problem = <Caller as FromRequestParts<_>>::from_request_parts(&mut parts, &access)
            .await
            .unwrap_err();
        assert_eq!(problem.kind().name, "unauthenticated", "{case}");
        details.push(problem.detail().to_owned());
    }
    details.dedup();
    assert_eq!(details.len(), 1, "{details:?}");
    let lower = format!("bearer {}", person.token);
    let mut parts = request(Method::POST, &[&lower]);
    assert!(<Caller as FromRequestParts<_>>::from_request_parts(&mut parts, &access).await.is_ok());
}

#[tokio::test]
async fn a_route_for_anyone_takes_a_caller_or_nobody_but_no_bad_token() {
    let world = World::new().await;
    let access = world.instance(PATIENCE).await;
    let person = world.someone(Role::Player).await;
    let optional = async |authorizations: &[&str]| {
        let mut parts = request(Method::GET, authorizations);
        let caller =
            <Caller as OptionalFromRequestParts<_>>::from_request_parts(&mut parts, &access).await;
        caller.map(|it| it.map(|it| it.person().unwrap().user)).map_err(|it| it.kind().name)
    };

    assert_eq!(optional(&[]).await, Ok(None));
    assert_eq!(optional(&[&format!("Bearer {}", person.token)]).await, Ok(Some(person.user)));
    assert_eq!(optional(&["Bearer x"]).await, Err("unauthenticated"));
}

#[tokio::test]
async fn what_belongs_to_others_is_not_there() {
    let world = World::new().await;
    let access = world.instance(PATIENCE).await;
    let (player, admin) = (world.someone(Role::Player).await, world.someone(Role::Admin).await);
    let staff = world.someone(Role::Staff).await;
    let (her, his) = (player.user, admin.user);
    let (mine, elsewhere): (VenueId, VenueId) = ("city".parse().unwrap(), "beach".parse().unwrap());
    world
        .user(
            staff.user,
            UserCommand::ChangeRole { role: Role::Staff, venues: vec![mine.clone()], reason: None },
        )
        .await;
    let token = world.issuer.issue(staff.user, staff.session, 1, false).await.unwrap();
    let staff = access.authenticate(&token).await.unwrap();
    let player = access.authenticate(&player.token).await.unwrap();
    let admin = access.authenticate(&admin.token).await.unwrap();

    let name = |it: Result<(), Problem>| it.map_err(|it| it.kind().name);
    for (case, answer, expected) in [
        ("my own", player.owns(her), Ok(())),
        ("another's", player.owns(his), Err("not-found")),
        ("a player at the desk", player.runs(&mine), Err("forbidden")),
        ("staff at home", staff.runs(&mine), Ok(())),
        ("staff elsewhere", staff.runs(&elsewhere), Err("not-found")),
        ("an administrator anywhere", admin.runs(&elsewhere), Ok(())),
    ] {
        assert_eq!(name(answer), expected, "{case}");
    }
}
