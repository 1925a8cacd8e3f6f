use super::{
    Change, Description, IssueKey, MAX_KEYS, MAX_VENUES, ServiceAccount, ServiceAccountCommand,
    ServiceAccountEvent, ServiceAccountRejection,
};
use crate::ids::ServiceKeyId;
use crate::policies;

type Decision = Result<Vec<ServiceAccountEvent>, ServiceAccountRejection>;

pub(super) fn decide(state: &ServiceAccount, command: ServiceAccountCommand) -> Decision {
    use ServiceAccountCommand as C;
    use ServiceAccountEvent as E;
    use ServiceAccountRejection as R;

    match (&state.description, command) {
        // Its id is made from the command: it is the same one again, whatever became of it since.
        (Some(_), C::Create(_)) => Ok(vec![]),
        (None, C::Create(description)) if !state.removed => {
            description.check()?;
            Ok(vec![E::Created(description)])
        }
        (None, C::Remove) if state.removed => Ok(vec![]),
        (None, _) => Err(R::UnknownServiceAccount),
        (Some(_), C::Remove) => Ok(vec![E::Removed {}]),
        (Some(it), C::Change(change)) => {
            let description = it.clone().with(change);
            description.check()?;
            Ok(if description == *it { vec![] } else { vec![E::Changed(description)] })
        }
        (Some(_), C::IssueKey(issue)) => state.issue(issue),
        (Some(_), C::RevokeKey { key }) => state.revoke(key),
    }
}

impl ServiceAccount {
    fn issue(&self, IssueKey { key, digest, expires_at, at }: IssueKey) -> Decision {
        use ServiceAccountRejection as R;

        if let Some(known) = self.keys.get(&key) {
            return if known.digest == digest { Ok(vec![]) } else { Err(R::AlreadyIssued) };
        }
        if self.revoked.contains(&key) {
            return Err(R::AlreadyIssued);
        }
        if expires_at.is_some_and(|it| it <= at) {
            return Err(R::ExpiresInThePast);
        }
        if MAX_KEYS <= self.keys.values().filter(|it| it.counts(at)).count() {
            return Err(R::TooManyKeys);
        }
        Ok(vec![ServiceAccountEvent::KeyIssued { key, digest, expires_at }])
    }

    fn revoke(&self, key: ServiceKeyId) -> Decision {
        if self.keys.contains_key(&key) {
            Ok(vec![ServiceAccountEvent::KeyRevoked { key }])
        } else if self.revoked.contains(&key) {
            Ok(vec![])
        } else {
            Err(ServiceAccountRejection::UnknownKey)
        }
    }
}

impl Description {
    fn with(self, change: Change) -> Self {
        let Change { name, scopes, venues } = change;
        Self {
            name: name.unwrap_or(self.name),
            scopes: scopes.unwrap_or(self.scopes),
            venues: venues.unwrap_or(self.venues),
        }
    }

    fn check(&self) -> Result<(), ServiceAccountRejection> {
        use ServiceAccountRejection as R;

        if !policies::is_name(&self.name) {
            return Err(R::BadName);
        }
        if self.scopes.is_empty() {
            return Err(R::NoScope);
        }
        match &self.venues {
            None => Ok(()),
            Some(_) if !self.scopes.iter().any(|it| it.is_of_venues()) => Err(R::NoScopeOfVenues),
            // No venue at all would look like all of them to whoever reads the list.
            Some(venues) if venues.is_empty() => Err(R::NoVenue),
            Some(venues) if MAX_VENUES < venues.len() => Err(R::TooManyVenues),
            Some(_) => Ok(()),
        }
    }
}
