use domain::ids::{GuestId, UserId};
use uuid::Uuid;

/// Whoever can be erased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Person {
    User(UserId),
    Guest(GuestId),
}

impl Person {
    /// By the name of the stream that their erasure is asked for on. The vault seals what is theirs under that name too.
    pub fn of_stream(stream: &str) -> Option<Result<Self, uuid::Error>> {
        let (kind, id) = stream.split_once('-')?;
        let make: fn(Uuid) -> Self = match kind {
            "user" => |it| Self::User(UserId(it)),
            "guest" => |it| Self::Guest(GuestId(it)),
            _ => return None,
        };
        Some(Uuid::try_parse(id).map(make))
    }

    pub fn stream(self) -> String {
        match self {
            Self::User(user) => user.stream(),
            Self::Guest(guest) => guest.stream(),
        }
    }

    pub(super) fn id(self) -> Uuid {
        match self {
            Self::User(UserId(id)) | Self::Guest(GuestId(id)) => id,
        }
    }

    /// As table `erasures` says it.
    pub(super) fn kind(self) -> &'static str {
        match self {
            Self::User(_) => "user",
            Self::Guest(_) => "guest",
        }
    }

    pub(super) fn of_row(kind: &str, id: Uuid) -> Self {
        match kind {
            "guest" => Self::Guest(GuestId(id)),
            // The table has no third.
            _ => Self::User(UserId(id)),
        }
    }
}
