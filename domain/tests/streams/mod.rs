//! The streams of the claim protocol, folded, small enough to keep a million of; the deciders decide on them.
use domain::claims::{Claim, ClaimCommand, ClaimRejection, Holder};
use domain::decider::Decider;
use domain::ids::UserId;
use domain::sealed::Sealed;
use domain::users::{self, Register, Role, UserCommand, UserRejection};
use jiff::Timestamp;
use uuid::Uuid;

/// User ids that one registration may go through.
pub const ATTEMPTS: usize = 2;
/// One who comes when all is over.
pub const NEWCOMER: usize = 3;
pub const CLAIMS: usize = 5;
const USERS: usize = (NEWCOMER + 1) * ATTEMPTS;

/// A broken promise, in words.
pub type Broken = &'static str;

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct User(usize);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub enum Held {
    Nobody,
    Pending(User),
    Owner(User),
}

#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Streams {
    pub claims: [Held; CLAIMS],
    registered: [bool; USERS],
    abandoned: [[bool; CLAIMS]; USERS],
}

impl Default for Streams {
    fn default() -> Self {
        let abandoned = [[false; CLAIMS]; USERS];
        Self { claims: [Held::Nobody; CLAIMS], registered: [false; USERS], abandoned }
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
    pub fn is_registered(&self, user: User) -> bool {
        self.registered[user.0]
    }

    pub fn claim(
        &mut self,
        claim: usize,
        user: User,
        lapsed: bool,
        fenced: Option<User>,
    ) -> Result<(), ClaimRejection> {
        let at = if lapsed { UNTIL } else { Timestamp::UNIX_EPOCH };
        let (user, fenced) = (user.into(), fenced.map(UserId::from));
        self.decide_claim(claim, ClaimCommand::Claim { user, until: UNTIL, at, fenced })
    }

    /// Only what is registered is confirmed, and that is never refused.
    pub fn confirm(&mut self, claim: usize, user: User) -> Result<(), Broken> {
        let confirm = ClaimCommand::Confirm { user: user.into() };
        self.decide_claim(claim, confirm).map_err(|_| "somebody else holds what an account names")
    }

    pub fn release(&mut self, claim: usize, user: User) {
        let release = ClaimCommand::Release { user: user.into() };
        self.decide_claim(claim, release).expect("nothing refuses a release");
    }

    pub fn register(&mut self, user: User, wants: [usize; 2]) -> Result<(), UserRejection> {
        let sealed = || Sealed(String::new());
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
        self.decide_user(user, wants, UserCommand::Register(Box::new(register)))
    }

    pub fn abandon(
        &mut self,
        user: User,
        wants: [usize; 2],
        claim: usize,
    ) -> Result<(), UserRejection> {
        let abandon = UserCommand::AbandonClaim { claim: name(claim), claim_revision: 0 };
        self.decide_user(user, wants, abandon)
    }

    fn decide_claim(&mut self, claim: usize, command: ClaimCommand) -> Result<(), ClaimRejection> {
        let holder = match self.claims[claim] {
            Held::Nobody => Holder::Nobody,
            Held::Pending(user) => Holder::Pending { user: user.into(), until: UNTIL, revision: 0 },
            Held::Owner(user) => Holder::Owner { user: user.into() },
        };
        let state = Claim { holder, next_revision: 1 };
        let events = Claim::decide(&state, command)?;
        self.claims[claim] = match events.into_iter().fold(state, Claim::evolve).holder {
            Holder::Nobody => Held::Nobody,
            Holder::Pending { user, .. } => Held::Pending(user.into()),
            Holder::Owner { user } => Held::Owner(user.into()),
        };
        Ok(())
    }

    fn decide_user(
        &mut self,
        user: User,
        wants: [usize; 2],
        command: UserCommand,
    ) -> Result<(), UserRejection> {
        let registered = self.registered[user.0];
        let abandoned = self.abandoned[user.0].iter().enumerate().filter(|(_, it)| **it);
        let state = users::User {
            registered,
            claims: if registered { wants.map(name).into() } else { [].into() },
            abandoned: abandoned.map(|(claim, _)| name(claim)).collect(),
            ..users::User::default()
        };
        let events = users::User::decide(&state, command)?;
        let after = events.into_iter().fold(state, users::User::evolve);
        self.registered[user.0] = after.registered;
        self.abandoned[user.0] =
            std::array::from_fn(|claim| after.abandoned.contains(&name(claim)));
        Ok(())
    }
}

const UNTIL: Timestamp = Timestamp::constant(60, 0);

fn name(claim: usize) -> String {
    format!("claim-email-{claim}")
}
