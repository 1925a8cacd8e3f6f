//! What staff, auditors, operators, admins and programs did, and what was done at the command line.
//!
//! An action is told by who acted, never by a list of events: a new kind of event is an action as soon as somebody with a
//! role, or a service account, brings it about.
mod said;

use std::collections::BTreeMap;

use async_trait::async_trait;
use domain::features::{self, Feature};
use domain::ids::ServiceAccountId;
use domain::sealed::Sealed;
use domain::users::{Role, UserEvent};
use event_store::{Position, Recorded};
use jiff::Timestamp;
use runtime::follow::FollowError;
use serde::Serialize;
use serde_json::Value;
use sqlx::PgConnection;
use sqlx::types::Json;
use uuid::Uuid;
use vault::Vault;

use crate::personal::{Clear, Closed, open};
use crate::projection::{Projection, id, read, unfit};
use crate::users::USERS;

/// Serves auditors the list of actions, with the reasons that were given as far as they may still be read.
pub struct Actions {
    pub vault: Vault,
}

#[derive(Serialize)]
struct Action {
    position: Position,
    event_id: Uuid,
    at: Timestamp,
    by: &'static str,
    actor: Option<Uuid>,
    role: Option<&'static str>,
    kind: String,
    about: Option<String>,
    reason: Option<Clear>,
    details: Value,
    /// Under whose key the reason is.
    subject: Option<String>,
    #[serde(skip)]
    sealed: Option<(&'static str, Sealed)>,
}

/// Whoever brought an event about.
#[derive(Clone, Copy)]
enum Actor {
    User(Uuid),
    Service(ServiceAccountId),
    CommandLine,
}

/// Everybody's role, as far as a batch asks.
type Roles = BTreeMap<Uuid, &'static str>;

/// What a person brings about here is the door's, and in the list of logins.
const AT_THE_DOOR: [&str; 2] = ["login", "session"];
/// The system's own notes on what somebody did, which is told by the event they follow from.
const NOTES: [&str; 4] = ["admin", "claim", "player", "retention"];
/// What an admin does at somebody else's door.
const UNLOCKED: &str = "login.unlocked.";

#[async_trait]
impl Projection for Actions {
    fn name(&self) -> &'static str {
        "actions"
    }

    fn key<'a>(&self, _: &'a Recorded) -> Option<&'a str> {
        None
    }

    fn create(&self) -> &'static str {
        include_str!("actions/create.sql")
    }

    fn indexes(&self) -> &'static str {
        include_str!("actions/indexes.sql")
    }

    fn views(&self) -> &'static str {
        include_str!("actions/views.sql")
    }

    async fn apply(&self, db: &mut PgConnection, events: &[Recorded]) -> Result<(), FollowError> {
        let mut roles = roles(db, events).await?;
        let (mut actions, mut changed) = (Vec::new(), Roles::new());
        for event in events {
            actions.extend(Action::of(event, &roles)?);
            if let Some((user, role)) = new_role(event)? {
                roles.insert(user, role);
                changed.insert(user, role);
            }
        }
        if !actions.is_empty() {
            self.open(&mut actions).await?;
            sqlx::query_file!("src/actions/add.sql", Json(&actions) as _).execute(&mut *db).await?;
        }
        if !changed.is_empty() {
            let (users, roles): (Vec<Uuid>, Vec<String>) =
                changed.into_iter().map(|(user, role)| (user, role.to_owned())).unzip();
            sqlx::query_file!("src/actions/set_roles.sql", &users, &roles).execute(db).await?;
        }
        Ok(())
    }
}

impl Actions {
    async fn open(&self, actions: &mut [Action]) -> Result<(), FollowError> {
        let closed: Vec<Closed<'_>> = actions
            .iter()
            .map(|Action { subject, sealed, position, .. }| Closed {
                subject: subject.as_deref().unwrap_or_default(),
                field: sealed.as_ref().map_or("reason", |it| it.0),
                sealed: sealed.as_ref().map(|it| &it.1),
                position: *position,
            })
            .collect();
        let opened = open(&self.vault, &closed).await?;
        for (action, reason) in actions.iter_mut().zip(opened) {
            action.reason = reason;
        }
        Ok(())
    }
}

/// The roles that whoever acts in a batch had before it.
async fn roles(db: &mut PgConnection, events: &[Recorded]) -> Result<Roles, FollowError> {
    let actors = events.iter().filter(|it| feature(it).is_some()).filter_map(Actor::of);
    let mut users: Vec<Uuid> = actors
        .filter_map(|it| match it {
            Actor::User(user) => Some(user),
            Actor::Service(_) | Actor::CommandLine => None,
        })
        .collect();
    users.sort_unstable();
    users.dedup();
    if users.is_empty() {
        return Ok(Roles::new());
    }
    let rows = sqlx::query_file!("src/actions/roles.sql", &users).fetch_all(db).await?;
    Ok(rows.into_iter().filter_map(|it| Some((it.user_id, known(&it.role)?))).collect())
}

/// The feature whose events can be actions that an event belongs to.
fn feature(event: &Recorded) -> Option<&'static Feature> {
    let feature = features::of_stream(&event.stream)?;
    let is_left_out = AT_THE_DOOR.contains(&feature.stream) || NOTES.contains(&feature.stream);
    (!is_left_out || event.kind.starts_with(UNLOCKED)).then_some(feature)
}

/// The role that an event gives to somebody. Whoever was never given one is a player.
fn new_role(event: &Recorded) -> Result<Option<(Uuid, &'static str)>, FollowError> {
    let gives = ["user.registered.", "user.role-changed."];
    if !event.stream.starts_with(USERS) || !gives.iter().any(|it| event.kind.starts_with(it)) {
        return Ok(None);
    }
    let role = match read(event)? {
        UserEvent::Registered { role: Role::Player, .. } => None,
        UserEvent::Registered { role, .. } | UserEvent::RoleChanged { role, .. } => Some(role),
        _ => None,
    };
    role.map(|role| Ok((id(event, USERS)?, role.name()))).transpose()
}

fn known(role: &str) -> Option<&'static str> {
    Role::ALL.map(Role::name).into_iter().find(|it| *it == role)
}

impl Actor {
    fn of(event: &Recorded) -> Option<Self> {
        let actor = event.meta.actor.as_deref()?;
        if actor == "cli" {
            return Some(Self::CommandLine);
        }
        let (kind, id) = actor.split_once(':')?;
        let id = Uuid::try_parse(id).ok()?;
        match kind {
            "user" => Some(Self::User(id)),
            "service" => Some(Self::Service(ServiceAccountId(id))),
            _ => None,
        }
    }

    /// Under whose key the vault has what they say in their own words.
    fn subject(self) -> Option<String> {
        match self {
            Self::User(user) => Some(format!("{USERS}{user}")),
            Self::Service(account) => Some(account.stream()),
            Self::CommandLine => None,
        }
    }
}

impl Action {
    /// `None` for what a player or the system did.
    fn of(event: &Recorded, roles: &Roles) -> Result<Option<Self>, FollowError> {
        let Some((feature, actor)) = feature(event).zip(Actor::of(event)) else { return Ok(None) };
        let (by, id, role) = match actor {
            Actor::CommandLine => ("cli", None, None),
            Actor::Service(account) => ("service", Some(account.0), None),
            Actor::User(user) => match roles.get(&user).filter(|it| **it != Role::Player.name()) {
                Some(role) => ("user", Some(user), Some(*role)),
                None => return Ok(None),
            },
        };
        let said = (feature.rewrite)(&event.kind, &event.data)
            .and_then(|(_, data)| serde_json::from_slice::<Value>(&data))
            .map_err(|error| unfit(event.position, error))?;
        let sealed = said::reason(&said);
        let subject = sealed.as_ref().and_then(|_| whose(event, actor));
        Ok(Some(Self {
            position: event.position,
            event_id: event.id,
            at: event.meta.at,
            by,
            actor: id,
            role,
            kind: event.kind.rsplit_once('.').map_or(&*event.kind, |it| it.0).to_owned(),
            about: said::about(&event.stream, &said),
            reason: None,
            details: said::details(&said),
            sealed: sealed.filter(|_| subject.is_some()),
            subject,
        }))
    }
}

/// A reason is under its writer's key; one that is about an account, and no erasure, under that account's.
fn whose(event: &Recorded, actor: Actor) -> Option<String> {
    let of_account = ["user-", "login-"].iter().find_map(|it| event.stream.strip_prefix(it));
    let of_account = of_account.filter(|_| !event.kind.starts_with("user.erasure-requested."));
    of_account.map(|it| format!("{USERS}{it}")).or_else(|| actor.subject())
}
