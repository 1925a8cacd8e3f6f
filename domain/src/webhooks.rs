//! Webhooks: where administrators want to be told what happens. All of them are one stream: there are few, and how many
//! there may be is decided like everything else.
mod address;
mod command;
mod event;
mod rejection;
mod upcast;

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use crate::changes::KINDS;
use crate::decider::Decider;

pub use address::is_public;
pub use command::{Wanted, WebhookCommand};
pub use event::{StopCause, WebhookEvent};
pub use rejection::WebhookRejection;

pub const STREAM: &str = "webhook-endpoints";

/// Each is sent everything: so many are an integration each, and not a mailing list.
pub const MOST: usize = 20;
pub const LONGEST_URL: usize = 500;
pub const LONGEST_DESCRIPTION: usize = 200;

/// What the rules remember of all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Webhooks {
    pub all: BTreeMap<Uuid, Webhook>,
    removed: BTreeSet<Uuid>,
}

/// One place that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Webhook {
    pub url: String,
    /// Kinds of changes; none are all.
    pub types: Vec<String>,
    pub description: String,
    /// Of its secret; the first is 1.
    pub generation: u32,
    pub stopped: Option<StopCause>,
    /// The commands that rotated the secret and asked for a test, the last of each.
    rotation: Option<Uuid>,
    test: Option<Uuid>,
}

impl Decider for Webhooks {
    type State = Self;
    type Command = WebhookCommand;
    type Event = WebhookEvent;
    type Rejection = WebhookRejection;

    fn evolve(mut state: Self, event: WebhookEvent) -> Self {
        use WebhookEvent as E;
        match event {
            E::Added { webhook, url, types, description } => {
                let generation = 1;
                let (stopped, rotation, test) = (None, None, None);
                let new = Webhook { url, types, description, generation, stopped, rotation, test };
                state.all.insert(webhook, new);
            }
            E::Changed { webhook, url, types, description } => state.change(webhook, |it| {
                (it.url, it.types, it.description) = (url, types, description);
            }),
            E::SecretRotated { webhook, generation, request } => state.change(webhook, |it| {
                (it.generation, it.rotation) = (generation, Some(request));
            }),
            E::TestRequested { webhook, request } => {
                state.change(webhook, |it| it.test = Some(request));
            }
            E::Stopped { webhook, why } => state.change(webhook, |it| it.stopped = Some(why)),
            E::Resumed { webhook } => state.change(webhook, |it| it.stopped = None),
            E::Removed { webhook } => {
                state.all.remove(&webhook);
                state.removed.insert(webhook);
            }
        }
        state
    }

    fn decide(
        state: &Self,
        command: WebhookCommand,
    ) -> Result<Vec<WebhookEvent>, WebhookRejection> {
        use WebhookCommand as C;
        use WebhookEvent as E;
        use WebhookRejection as R;

        let find = |webhook: &Uuid| state.all.get(webhook).ok_or(R::UnknownWebhook);
        Ok(match command {
            // One that was removed since is not added anew by an old request.
            C::Add { webhook, .. } if state.knew(&webhook) => vec![],
            C::Add { .. } if MOST <= state.all.len() => return Err(R::TooMany),
            C::Add { webhook, url, types, description } => {
                let (types, description) = (known(types)?, short(description)?);
                vec![E::Added { webhook, url, types, description }]
            }
            C::Change { webhook, wanted } => {
                let now = find(&webhook)?;
                let Wanted { url, types, description } = wanted;
                let url = url.unwrap_or_else(|| now.url.clone());
                let types = types.map_or_else(|| Ok(now.types.clone()), known)?;
                let description = description.map_or_else(|| Ok(now.description.clone()), short)?;
                let is_so = now.url == url && now.types == types && now.description == description;
                if is_so { vec![] } else { vec![E::Changed { webhook, url, types, description }] }
            }
            C::RotateSecret { webhook, request } => match find(&webhook)? {
                it if it.rotation == Some(request) => vec![],
                it => {
                    let generation = it.generation.saturating_add(1);
                    vec![E::SecretRotated { webhook, generation, request }]
                }
            },
            C::Test { webhook, request } => match find(&webhook)? {
                it if it.test == Some(request) => vec![],
                _ => vec![E::TestRequested { webhook, request }],
            },
            // Whoever sends finds out late: by then it may be gone, or stopped.
            C::Stop { webhook, why } => match state.all.get(&webhook) {
                Some(it) if it.stopped.is_none() => vec![E::Stopped { webhook, why }],
                _ => vec![],
            },
            C::Resume { webhook } => match find(&webhook)?.stopped {
                Some(_) => vec![E::Resumed { webhook }],
                None => vec![],
            },
            C::Remove { webhook } if state.removed.contains(&webhook) => vec![],
            C::Remove { webhook } => {
                find(&webhook)?;
                vec![E::Removed { webhook }]
            }
        })
    }

    fn size(state: &Self) -> usize {
        state.all.len() + state.removed.len()
    }
}

impl Webhooks {
    fn change(&mut self, webhook: Uuid, change: impl FnOnce(&mut Webhook)) {
        if let Some(it) = self.all.get_mut(&webhook) {
            change(it);
        }
    }

    fn knew(&self, webhook: &Uuid) -> bool {
        self.all.contains_key(webhook) || self.removed.contains(webhook)
    }
}

/// Sorted, each once.
fn known(types: Vec<String>) -> Result<Vec<String>, WebhookRejection> {
    if let Some(at) = types.iter().position(|it| !KINDS.contains(&it.as_str())) {
        return Err(WebhookRejection::UnknownType { at });
    }
    let types: BTreeSet<String> = types.into_iter().collect();
    Ok(types.into_iter().collect())
}

fn short(description: String) -> Result<String, WebhookRejection> {
    let fits = description.chars().count() <= LONGEST_DESCRIPTION
        && !description.chars().any(char::is_control);
    if fits { Ok(description) } else { Err(WebhookRejection::BadDescription) }
}
