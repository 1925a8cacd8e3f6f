//! Persons and sessions → commitments.
use audit::record::{Draft, Record, Session};
use domain::ids::{SessionId, UserId};
use domain::sessions::SessionEvent;
use domain::stored::StoredEvent;
use event_store::Store;
use uuid::Uuid;
use vault::Vault;

use super::{AuditError, broken};

/// Puts commitments where the draft names somebody. One to somebody erased is nobody's.
pub(super) async fn finish(
    store: &Store,
    vault: &Vault,
    draft: Draft,
) -> Result<Record, AuditError> {
    let session = match draft.session {
        Some(it) => Some((it.id, owner(store, it).await?)),
        None => None,
    };
    // Events of a session name its person only at its start.
    let subject = draft.subject.or(session.map(|it| it.1));
    let subject = commit(vault, subject, "person", subject).await?;
    let (id, owner) = session.unzip();
    let session = commit(vault, owner, "session", id).await?;
    let actor = commit(vault, draft.actor, "person", draft.actor).await?;
    Ok(draft.finish(subject, session, actor))
}

/// Under whose key, as what, and to what.
async fn commit(
    vault: &Vault,
    whose: Option<Uuid>,
    field: &str,
    to: Option<Uuid>,
) -> Result<Option<String>, AuditError> {
    let (Some(whose), Some(to)) = (whose, to) else { return Ok(None) };
    Ok(vault.commit(&UserId(whose).stream(), field, &to.to_string()).await?)
}

async fn owner(store: &Store, session: Session) -> Result<Uuid, AuditError> {
    if let Some(user) = session.user {
        return Ok(user);
    }
    let stream = SessionId(session.id).stream();
    let first = store.read_stream(&stream, 0, 1).await?.into_iter().next();
    let first = first.and_then(|it| SessionEvent::read(&it.kind, &it.data).ok());
    match first {
        Some(SessionEvent::Started { user, .. }) => Ok(user.0),
        _ => Err(broken(&stream, "its first event is not its start")),
    }
}
