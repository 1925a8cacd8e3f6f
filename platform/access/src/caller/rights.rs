//! What a caller may do, and to what: a person by role, a program by the scopes of its service account.
use domain::ids::{UserId, VenueId};
use domain::service_accounts::Scope;
use domain::users::Role;
use runtime::Problem;
use runtime::problem::{FORBIDDEN, NOT_FOUND};
use uuid::Uuid;

use super::{Caller, Person, Who, revocation_unknown};
use crate::Permission;

impl Caller {
    /// 403 unless the caller has the permission; 503 where that cannot be told at the moment.
    pub fn may(&self, permission: Permission) -> Result<(), Problem> {
        let held = match &self.who {
            Who::Person(it) => permission.held_by(it.role),
            Who::Program(it) => permission.is_within(&it.may.scopes),
        };
        let lenient = matches!(permission, Permission::Play | Permission::Operate);
        match (held, self.fresh) {
            (true, true) => Ok(()),
            // Players read on, and operators must see what is wrong.
            (true, false) if lenient => Ok(()),
            (_, false) => Err(revocation_unknown()),
            (false, true) => Err(self.forbidden(permission)),
        }
    }

    /// 403 where a program asks: what is about the caller is about people.
    pub fn person(&self) -> Result<&Person, Problem> {
        match &self.who {
            Who::Person(it) => Ok(it),
            Who::Program(_) => Err(only_people()),
        }
    }

    /// Whose own bookings are asked for. Nobody's, where a program asks: it is at a desk, or has no business here.
    pub fn player(&self) -> Result<Option<UserId>, Problem> {
        match &self.who {
            Who::Person(it) => self.may(Permission::Play).map(|()| Some(it.user)),
            Who::Program(_) => self.may(Permission::RunDesk).map(|()| None),
        }
    }

    /// 404 unless it is the caller's own: what belongs to others does not exist for them.
    pub fn owns(&self, owner: UserId) -> Result<(), Problem> {
        if self.person()?.user == owner { Ok(()) } else { Err(nothing()) }
    }

    /// 404 unless the caller runs the desk of this venue: an administrator does everywhere, staff where they are for.
    pub fn runs(&self, venue: &VenueId) -> Result<(), Problem> {
        self.may(Permission::RunDesk)?;
        if self.reaches(venue) { Ok(()) } else { Err(nothing()) }
    }

    /// Whether the venue is among those that the caller is for; desk and catalogue need their permissions besides.
    pub fn reaches(&self, venue: &VenueId) -> bool {
        match &self.who {
            Who::Person(it) => it.role == Role::Admin || it.venues.contains(venue),
            Who::Program(it) => it.may.venues.as_ref().is_none_or(|its| its.contains(venue)),
        }
    }

    /// The venues whose desk the caller runs; `None` means every one.
    pub fn scope(&self) -> Option<Vec<String>> {
        match &self.who {
            Who::Person(it) => match it.role {
                Role::Admin => None,
                Role::Staff => Some(names(&it.venues)),
                Role::Player | Role::Auditor | Role::Operator => Some(Vec::new()),
            },
            Who::Program(it) if it.may.scopes.contains(&Scope::Desk) => {
                it.may.venues.as_ref().map(names)
            }
            Who::Program(_) => Some(Vec::new()),
        }
    }

    /// Whose quotas count.
    pub fn id(&self) -> Uuid {
        match &self.who {
            Who::Person(it) => it.user.0,
            Who::Program(it) => it.account.0,
        }
    }

    /// `user:<id>` or `service:<id>`, for an event's metadata.
    pub fn actor(&self) -> String {
        match &self.who {
            Who::Person(it) => format!("user:{}", it.user),
            Who::Program(it) => format!("service:{}", it.account),
        }
    }

    /// Whose commands are the same under the same key. Part of command ids: it stays.
    pub fn principal(&self) -> String {
        match &self.who {
            Who::Person(it) => it.user.to_string(),
            Who::Program(_) => self.actor(),
        }
    }

    /// Under whose key the vault seals what the caller says in their own words.
    pub fn subject(&self) -> String {
        match &self.who {
            Who::Person(it) => it.user.stream(),
            Who::Program(it) => it.account.stream(),
        }
    }

    fn forbidden(&self, permission: Permission) -> Problem {
        match &self.who {
            Who::Person(_) => Problem::new(FORBIDDEN, "this is not for your role"),
            Who::Program(_) if permission == Permission::Play => only_people(),
            Who::Program(_) => {
                Problem::new(FORBIDDEN, "no scope of this service account is for this")
            }
        }
    }
}

fn names<'a>(venues: impl IntoIterator<Item = &'a VenueId>) -> Vec<String> {
    venues.into_iter().map(ToString::to_string).collect()
}

fn only_people() -> Problem {
    let detail =
        "this is for people: a service account has no profile, sessions or bookings of its own";
    Problem::new(FORBIDDEN, detail)
}

fn nothing() -> Problem {
    Problem::new(NOT_FOUND, "there is no such thing")
}
