//! The streams of the claim protocol, folded, small enough to keep a million of; the deciders decide on them.
use domain::claims::{Claim, ClaimCommand, ClaimRejection, Holder};
use domain::decider::Decider;
use domain::ids::UserId;
use domain::sealed::Sealed;
use domain::users::{self, Claimed, EmailChange, Register, Role, UserCommand, UserRejection};
use jiff::Timestamp;
use uuid::Uuid;

/// User ids that one registration may go through.
pub const ATTEMPTS: usize = 2;
/// One who comes when all is over.
pub const NEWCOMER: usize = 3;
/// Two e-mail addresses, then names.
pub const CLAIMS: usize = 5;
const EMAILS: usize = 2;
const USERS: usize = (NEWCOMER + 1) * ATTEMPTS;

/// A broken promise, in words.
pub type Broken = &'static str;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct User(usize);

/// A claim has a revision, so that it can be told from a later one of the same user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Held {
    Nobody,
    Pending(User, u64),
    Owner(User, u64),
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Streams {
    pub claims: [Held; CLAIMS],
    /// How often each was claimed; `None` where every claim of a user is as good as the last, which keeps worlds few.
    claimed: Option<[u64; CLAIMS]>,
    names: [Option<[usize; 2]>; USERS],
    abandoned: [[Option<u64>; CLAIMS]; USERS],
}

impl Default for Streams {
    fn default() -> Self {
        Self {
            claims: [Held::Nobody; CLAIMS],
            claimed: None,
            names: [None; USERS],
            abandoned: [[None; CLAIMS]; USERS],
        }
    }
}

impl User {
    pub fn of(person: usize, attempt: usize) -> Self {
        Self(person * ATTEMPTS + attempt)
    }

    pub fn person(self) -> usize {
        self.0 / ATTEMPTS
    }
}

impl From<User> for UserId {
    fn from(user: User) -> Self {
        Self(Uuid::from_u128(user.0 as u128))
    }
}

impl From<UserId> for User {
    fn from(id: UserId) -> Self {
        Self(usize::try_from(id.0.as_u128()).expect("made from one"))
    }
}

impl Streams {
    /// Claims are told apart by their revision.
    pub fn counting() -> Self {
        Self { claimed: Some([0; CLAIMS]), ..Self::default() }
    }

    /// What the account names as its own, if there is one.
    pub fn names(&self, user: User) -> Option<[usize; 2]> {
        self.names[user.0]
    }

    pub fn is_named(&self, user: User, claim: usize) -> bool {
        self.names[user.0].is_some_and(|it| it.contains(&claim))
    }

    /// Which of its claims on it a user holds.
    pub fn held_by(&self, claim: usize, user: User) -> Option<u64> {
        match self.claims[claim] {
            Held::Pending(holder, revision) | Held::Owner(holder, revision) => {
                (holder == user).then_some(revision)
            }
            Held::Nobody => None,
        }
    }

    pub fn has_abandoned(&self, user: User, claim: usize, revision: u64) -> bool {
        self.abandoned[user.0][claim].is_some_and(|it| revision <= it)
    }

    pub fn claim(
        &mut self,
        claim: usize,
        user: User,
        lapsed: bool,
        fenced: Option<(User, u64)>,
    ) -> Result<(), ClaimRejection> {
        let at = if lapsed { UNTIL } else { Timestamp::UNIX_EPOCH };
        let (user, fenced) =
            (user.into(), fenced.map(|(it, revision)| (UserId::from(it), revision)));
        self.decide_claim(claim, ClaimCommand::Claim { user, until: UNTIL, at, fenced })
    }

    /// Refused if it is another's by now.
    pub fn confirm(&mut self, claim: usize, user: User) -> Result<(), Broken> {
        let confirm = ClaimCommand::Confirm { user: user.into() };
        self.decide_claim(claim, confirm).map_err(|_| "somebody else holds what an account names")
    }

    pub fn keep(&mut self, claim: usize, user: User, claim_revision: u64) {
        let (user, at) = (user.into(), Timestamp::UNIX_EPOCH);
        let keep = ClaimCommand::Keep { user, claim_revision, until: UNTIL, at };
        self.decide_claim(claim, keep).expect("nothing refuses to keep");
    }

    pub fn release(&mut self, claim: usize, user: User, claim_revision: u64) {
        let release = ClaimCommand::Release { user: user.into(), claim_revision };
        self.decide_claim(claim, release).expect("nothing refuses a release");
    }

    pub fn register(&mut self, user: User, wants: [usize; 2]) -> Result<(), UserRejection> {
        let register = Register {
            email: sealed(),
            username: sealed(),
            display_name: sealed(),
            phone: None,
            email_claim: name(wants[0]),
            username_claim: name(wants[1]),
            role: Role::Player,
            verification_required: false,
            verifier: sealed(),
            pepper: 1,
        };
        self.decide_user(user, UserCommand::Register(Box::new(register)))
    }

    pub fn abandon(
        &mut self,
        user: User,
        claim: usize,
        claim_revision: u64,
    ) -> Result<(), UserRejection> {
        let abandon = UserCommand::AbandonClaim { claim: name(claim), claim_revision };
        self.decide_user(user, abandon)
    }

    /// Commits to another address or name; each is the revision of the claim on it.
    pub fn change(
        &mut self,
        user: User,
        (claim, revision): (usize, u64),
        (former, former_revision): (usize, u64),
    ) -> Result<(), UserRejection> {
        let claimed = Claimed { claim: name(claim), claim_revision: revision };
        let former = Claimed { claim: name(former), claim_revision: former_revision };
        let change = if claim < EMAILS {
            let (change, at) = (change(claim), Timestamp::UNIX_EPOCH);
            UserCommand::ChangeEmail { change, claimed, former, at }
        } else {
            UserCommand::ChangeUsername { username: sealed(), claimed, former }
        };
        self.decide_user(user, change)
    }

    fn decide_claim(&mut self, claim: usize, command: ClaimCommand) -> Result<(), ClaimRejection> {
        let holder = match self.claims[claim] {
            Held::Nobody => Holder::Nobody,
            Held::Pending(user, revision) => {
                Holder::Pending { user: user.into(), until: UNTIL, revision }
            }
            Held::Owner(user, revision) => Holder::Owner { user: user.into(), revision },
        };
        // Of all that happens to an identifier, being claimed is all that a revision is asked of.
        // That it is kept already only stops it from being kept again, which here makes no other claim of it.
        let next_revision = self.claimed.map_or(0, |it| it[claim]);
        let state = Claim { holder, next_revision, kept: false };
        let events = Claim::decide(&state, command)?;
        self.claims[claim] = match events.into_iter().fold(state, Claim::evolve).holder {
            Holder::Nobody => Held::Nobody,
            Holder::Pending { user, revision, .. } => Held::Pending(user.into(), revision),
            Holder::Owner { user, revision } => Held::Owner(user.into(), revision),
        };
        if let (Held::Pending(_, revision), Some(claimed)) = (self.claims[claim], &mut self.claimed)
        {
            claimed[claim] = revision + 1;
        }
        Ok(())
    }

    fn decide_user(&mut self, user: User, command: UserCommand) -> Result<(), UserRejection> {
        let names = self.names[user.0];
        // Asked for long ago, and made if the account has it.
        let asked = match &command {
            UserCommand::ChangeEmail { claimed, .. } => {
                (0..EMAILS).find(|it| name(*it) == claimed.claim)
            }
            _ => None,
        };
        let abandoned = self.abandoned[user.0].iter().enumerate();
        let state = users::User {
            registered: names.is_some(),
            claims: names.into_iter().flatten().map(name).collect(),
            abandoned: abandoned
                .filter_map(|(claim, revision)| Some((name(claim), (*revision)?)))
                .collect(),
            email_change: asked.map(|claim| EmailChange {
                change: change(claim),
                email: sealed(),
                email_claim: name(claim),
                until: UNTIL,
            }),
            email_changed: asked.filter(|it| self.is_named(user, *it)).map(change),
            ..users::User::default()
        };
        let events = users::User::decide(&state, command)?;
        let after = events.into_iter().fold(state, users::User::evolve);
        let named: Vec<usize> =
            (0..CLAIMS).filter(|claim| after.claims.contains(&name(*claim))).collect();
        self.names[user.0] = after.registered.then(|| match named[..] {
            [one, two] => [one, two],
            [one] => [one, one],
            _ => panic!("an account has one or two identifiers here"),
        });
        self.abandoned[user.0] =
            std::array::from_fn(|claim| after.abandoned.get(&name(claim)).copied());
        Ok(())
    }
}

const UNTIL: Timestamp = Timestamp::constant(60, 0);

fn sealed() -> Sealed {
    Sealed(String::new())
}

fn name(claim: usize) -> String {
    let kind = if claim < EMAILS { "email" } else { "username" };
    format!("claim-{kind}-{claim}")
}

fn change(claim: usize) -> Uuid {
    Uuid::from_u128(claim as u128 + 1)
}
