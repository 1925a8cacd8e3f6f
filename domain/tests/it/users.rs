//! An account.
use domain::ids::VenueId;
use domain::sealed::Sealed;
use domain::users::UserCommand::{
    AbandonClaim, ChangeEmail, ChangeRole, ChangeUsername, Describe, Disable, Enable,
    FinishErasure, Prefer, RehashPassword, RequestEmailChange, RequestErasure, ResetPassword,
    RevokeSessions, SetPassword, VerifyEmail,
};
use domain::users::UserEvent::{
    self, ClaimAbandoned, Disabled, EmailChangeRequested, EmailChanged, EmailVerified, Enabled,
    Erased, ErasureRequested, FactorConfirmed, FactorOffered, FactorRemoved, PasswordRehashed,
    PasswordSet, PhoneSet, PreferencesSet, RecoveryCodesRenewed, Registered, Renamed, RoleChanged,
    SessionsRevoked, UsernameChanged,
};
use domain::users::UserRejection::{
    ChangedSince, ClaimAbandoned as Abandoned, ClaimOwned, ErasureNotRequested, NoSmsNumber,
    RegisteredOtherwise, StillAdmin, UnknownChange, UnknownUser,
};
use domain::users::{
    self, Channel, Claimed, ClockStyle, EmailChange, Erasure, ErasureCause, FactorCommand,
    Language, PasswordCause, Register, Rehash, Role, SecondFactor, User, UserCommand, Wanted,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::given::{check, fold};

const EMAIL: &str = "claim-email-1";
const USERNAME: &str = "claim-username-1";

fn sealed(text: &str) -> Sealed {
    Sealed(text.to_owned())
}

#[test]
fn a_password_is_hashed_anew_unless_it_is_another_by_now() {
    let anew =
        |of: &str| RehashPassword(Rehash { of: sealed(of), verifier: sealed("anew"), pepper: 2 });
    let hashed = || PasswordRehashed { verifier: sealed("anew"), pepper: 2 };
    check::<User>("as it was checked", &account(), anew("first"), Ok(vec![hashed()]));
    check::<User>("another one", &account(), anew("second"), Ok(vec![]));
    check::<User>("twice", &account_and(hashed()), anew("first"), Ok(vec![]));
    check::<User>("nobody's", &[], anew("first"), Err(UnknownUser));
    let (before, after) = (fold::<User>(account()), fold::<User>(account_and(hashed())));
    assert_eq!((after.epoch, after.pepper), (before.epoch, 2), "no session ends");
}

fn register(email_claim: &str, username_claim: &str) -> UserCommand {
    UserCommand::Register(Box::new(Register {
        email: sealed("email"),
        username: sealed("username"),
        display_name: sealed("name"),
        phone: None,
        email_claim: email_claim.to_owned(),
        username_claim: username_claim.to_owned(),
        role: Role::Player,
        verification_required: true,
        verifier: sealed("first"),
        pepper: 1,
    }))
}

fn registered() -> UserEvent {
    Registered {
        email: sealed("email"),
        username: sealed("username"),
        display_name: sealed("name"),
        phone: None,
        email_claim: EMAIL.to_owned(),
        username_claim: USERNAME.to_owned(),
        role: Role::Player,
        verification_required: true,
    }
}

fn password(verifier: &str, cause: PasswordCause) -> UserEvent {
    PasswordSet { verifier: sealed(verifier), pepper: 1, cause }
}

fn second() -> UserEvent {
    password("second", PasswordCause::Changed)
}

fn account() -> Vec<UserEvent> {
    vec![registered(), password("first", PasswordCause::Registered)]
}

fn account_and(event: UserEvent) -> Vec<UserEvent> {
    let mut events = account();
    events.push(event);
    events
}

fn abandon(claim: &str) -> UserCommand {
    AbandonClaim { claim: claim.to_owned(), claim_revision: 7 }
}

fn abandoned(claim: &str) -> UserEvent {
    ClaimAbandoned { claim: claim.to_owned(), claim_revision: 7 }
}

fn set_password(verifier: &str) -> UserCommand {
    SetPassword { verifier: sealed(verifier), pepper: 1, epoch: 0 }
}

fn reset(epoch: u64, email_claim: &str) -> UserCommand {
    let email_claim = email_claim.to_owned();
    ResetPassword { verifier: sealed("second"), pepper: 1, epoch, email_claim }
}

fn venues(names: &[&str]) -> Vec<VenueId> {
    names.iter().map(|it| it.parse().unwrap()).collect()
}

fn staff(names: &[&str]) -> UserCommand {
    ChangeRole { role: Role::Staff, venues: venues(names), reason: None }
}

fn became_staff(names: &[&str]) -> UserEvent {
    RoleChanged { role: Role::Staff, venues: venues(names), reason: None }
}

fn disable() -> UserCommand {
    Disable { reason: None }
}

fn enable() -> UserCommand {
    Enable { reason: None }
}

fn closed() -> UserEvent {
    Disabled { reason: None }
}

fn opened() -> UserEvent {
    Enabled { reason: None }
}

#[test]
#[rustfmt::skip] // a table
fn a_registration_and_a_fence_race_for_one_stream() {
    let other = "claim-email-2";
    check::<User>("nobody there",           &[],                             register(EMAIL, USERNAME), Ok(account()));
    check::<User>("twice",                  &account(),                      register(EMAIL, USERNAME), Ok(vec![]));
    check::<User>("with another address",   &account(),                      register(other, USERNAME), Err(RegisteredOtherwise));
    check::<User>("with another name",      &account(),                      register(EMAIL, "claim-username-2"), Err(RegisteredOtherwise));
    check::<User>("fenced by address",      &[abandoned(EMAIL)],             register(EMAIL, USERNAME), Err(Abandoned));
    check::<User>("fenced by name",         &[abandoned(USERNAME)],          register(EMAIL, USERNAME), Err(Abandoned));
    check::<User>("fenced for another",     &[abandoned(other)],             register(EMAIL, USERNAME), Ok(account()));
    check::<User>("twice, fenced since",    &account_and(abandoned(other)),  register(EMAIL, USERNAME), Ok(vec![]));

    check::<User>("before the account",     &[],                             abandon(EMAIL),    Ok(vec![abandoned(EMAIL)]));
    check::<User>("fenced twice",           &[abandoned(EMAIL)],             abandon(EMAIL),    Ok(vec![]));
    check::<User>("fenced for the name too", &[abandoned(EMAIL)],            abandon(USERNAME), Ok(vec![abandoned(USERNAME)]));
    check::<User>("too late",               &account(),                      abandon(EMAIL),    Err(ClaimOwned));
    check::<User>("too late for the name",  &account(),                      abandon(USERNAME), Err(ClaimOwned));
    check::<User>("what it does not own",   &account(),                      abandon(other),    Ok(vec![abandoned(other)]));
}

#[test]
#[rustfmt::skip] // a table
fn what_may_be_asked_of_an_account() {
    let verified = || account_and(EmailVerified {});
    let disabled = || account_and(closed());

    check::<User>("verified",              &account(),                 VerifyEmail, Ok(vec![EmailVerified {}]));
    check::<User>("verified twice",        &verified(),                VerifyEmail, Ok(vec![]));
    check::<User>("verified while closed", &disabled(),                VerifyEmail, Err(users::UserRejection::Disabled));

    check::<User>("a new password",        &account(),                 set_password("second"), Ok(vec![second()]));
    check::<User>("the same, sent twice",  &account_and(second()),     set_password("second"), Ok(vec![]));
    check::<User>("by one known before",   &account_and(second()),     set_password("third"),  Err(ChangedSince));
    check::<User>("set while closed",      &disabled(),                set_password("second"), Err(users::UserRejection::Disabled));

    let as_of = |epoch, command| UserCommand::AsOf { epoch, command: Box::new(command) };
    check::<User>("as of now",             &account(),                 as_of(0, staff(&["nord"])), Ok(vec![became_staff(&["nord"])]));
    check::<User>("as of before",          &account_and(second()),     as_of(0, staff(&["nord"])), Err(ChangedSince));
    check::<User>("so already, long ago",  &account_and(became_staff(&["nord"])), as_of(0, staff(&["nord"])), Ok(vec![]));

    check::<User>("promoted",              &account(),                 staff(&["nord"]),        Ok(vec![became_staff(&["nord"])]));
    check::<User>("promoted twice",        &account_and(became_staff(&["nord"])), staff(&["nord"]), Ok(vec![]));
    check::<User>("the same in a new order", &account_and(became_staff(&["nord", "west"])), staff(&["west", "nord", "west"]), Ok(vec![]));
    check::<User>("another venue",         &account_and(became_staff(&["nord"])), staff(&["west"]), Ok(vec![became_staff(&["west"])]));
    check::<User>("what it is already",    &account(),                 ChangeRole { role: Role::Player, venues: vec![], reason: None }, Ok(vec![]));
    check::<User>("demoted while closed",  &account_and(closed()),  staff(&[]),              Ok(vec![became_staff(&[])]));

    check::<User>("closed",                &account(),                 disable(), Ok(vec![closed()]));
    check::<User>("closed twice",          &disabled(),                disable(), Ok(vec![]));
    check::<User>("opened",                &disabled(),                enable(),  Ok(vec![opened()]));
    check::<User>("opened, never closed",  &account(),                 enable(),  Ok(vec![]));

    check::<User>("sent away",             &account(),                 RevokeSessions, Ok(vec![SessionsRevoked { by: None }]));
    check::<User>("sent away again",       &account_and(SessionsRevoked { by: None }), RevokeSessions, Ok(vec![SessionsRevoked { by: None }]));
}

fn erase(cause: ErasureCause) -> UserCommand {
    RequestErasure { cause, reason: None }
}

fn requested(cause: ErasureCause) -> UserEvent {
    ErasureRequested { cause, reason: None }
}

/// An account whose erasure was asked for, with what came after.
fn leaving(after: &[UserEvent]) -> Vec<UserEvent> {
    let mut events = account_and(requested(ErasureCause::Own));
    events.extend_from_slice(after);
    events
}

#[test]
#[rustfmt::skip] // a table
fn an_account_is_erased_once_and_for_good() {
    use ErasureCause::{Admin, Operator, Own, Unverified};
    let verified = || account_and(EmailVerified {});
    let admin = || account_and(RoleChanged { role: Role::Admin, venues: vec![], reason: None });
    let erased = || leaving(&[Erased {}]);

    check::<User>("by themselves",         &account(),                    erase(Own),        Ok(vec![requested(Own)]));
    check::<User>("while closed",          &account_and(closed()),        erase(Admin),      Ok(vec![requested(Admin)]));
    check::<User>("a member of staff",     &account_and(became_staff(&["nord"])), erase(Operator), Ok(vec![requested(Operator)]));
    check::<User>("an admin",              &admin(),                      erase(Own),        Err(StillAdmin));
    check::<User>("an admin, by an admin", &admin(),                      erase(Admin),      Err(StillAdmin));
    check::<User>("asked twice",           &leaving(&[]),                 erase(Admin),      Ok(vec![]));
    check::<User>("asked of nobody",       &erased(),                     erase(Admin),      Ok(vec![]));

    check::<User>("never verified",        &account(),                    erase(Unverified), Ok(vec![requested(Unverified)]));
    check::<User>("verified in time",      &verified(),                   erase(Unverified), Ok(vec![]));

    check::<User>("finished",              &leaving(&[]),                 FinishErasure,     Ok(vec![Erased {}]));
    check::<User>("finished twice",        &erased(),                     FinishErasure,     Ok(vec![]));
    check::<User>("finished, never asked", &account(),                    FinishErasure,     Err(ErasureNotRequested));
}

#[test]
fn nothing_is_done_to_an_account_that_is_leaving_or_gone() {
    let others =
        [VerifyEmail, set_password("second"), staff(&[]), disable(), enable(), RevokeSessions];
    for events in [leaving(&[]), leaving(&[Erased {}])] {
        for command in others.clone() {
            check::<User>(&format!("{command:?}"), &events, command, Err(UnknownUser));
        }
        // The claims are free for whoever fences them, and a repeated registration is another person's.
        check::<User>("registered again", &events, register(EMAIL, USERNAME), Err(Abandoned));
        check::<User>("fenced", &events, abandon(EMAIL), Ok(vec![]));
    }
    let gone: User = fold(leaving(&[Erased {}]));
    assert!(!gone.is_there() && gone.registered && gone.erasure == Erasure::Done);
    assert!(
        gone.has_abandoned(EMAIL, 7) && gone.has_abandoned(USERNAME, 7),
        "and claims them no more"
    );
    assert_eq!((gone.email, gone.verifier, gone.claims), (None, None, [].into()));
}

#[test]
#[rustfmt::skip] // a table
fn a_mailed_code_sets_one_password() {
    let verified = || account_and(EmailVerified {});
    let set = || password("second", PasswordCause::Reset);
    let then = |event| { let mut events = verified(); events.push(event); events };

    check::<User>("a code",              &verified(),                       reset(0, EMAIL),           Ok(vec![set()]));
    check::<User>("it proves the address", &account(),                      reset(0, EMAIL),           Ok(vec![set(), EmailVerified {}]));
    check::<User>("sent twice",          &then(set()),                      reset(0, EMAIL),           Ok(vec![]));
    check::<User>("changed since",       &then(password("own", PasswordCause::Changed)), reset(0, EMAIL), Err(ChangedSince));
    check::<User>("sent away since",     &then(SessionsRevoked { by: None }), reset(0, EMAIL),         Err(ChangedSince));
    check::<User>("asked for afterwards", &then(SessionsRevoked { by: None }), reset(1, EMAIL),        Ok(vec![set()]));
    check::<User>("another's address",   &verified(),                       reset(0, "claim-email-2"), Err(ChangedSince));
    check::<User>("while closed",        &then(closed()),                   reset(1, EMAIL),           Err(users::UserRejection::Disabled));
}

fn claimed(claim: &str, claim_revision: u64) -> Claimed {
    Claimed { claim: claim.to_owned(), claim_revision }
}

fn change(number: u128, email_claim: &str) -> EmailChange {
    EmailChange {
        change: Uuid::from_u128(number),
        email: sealed("another"),
        email_claim: email_claim.to_owned(),
        until: t("13:00"),
    }
}

fn t(time: &str) -> Timestamp {
    format!("2026-11-21T{time}:00Z").parse().unwrap()
}

#[test]
#[rustfmt::skip] // a table
fn another_address_counts_once_it_is_proved() {
    const OTHER: &str = "claim-email-2";
    let asked = |number, claim| {
        let EmailChange { change, email, email_claim, until } = change(number, claim);
        EmailChangeRequested { change, email, email_claim, until }
    };
    let changed = || EmailChanged {
        change: Uuid::from_u128(1), email: sealed("another"), email_claim: OTHER.to_owned(),
        former_email: Some(sealed("email")), former: claimed(EMAIL, 0),
    };
    let request = |number, claim| RequestEmailChange(change(number, claim));
    let commit = |number, claim, revision, former, at| ChangeEmail {
        change: Uuid::from_u128(number), claimed: claimed(claim, revision), former: claimed(former, 0), at: t(at),
    };
    let fenced = || ClaimAbandoned { claim: OTHER.to_owned(), claim_revision: 3 };
    let and = |events: &[UserEvent]| [account(), events.to_vec()].concat();
    let asks = || asked(1, OTHER);

    check::<User>("asked for",          &account(),                            request(1, OTHER), Ok(vec![asks()]));
    check::<User>("what it is already", &account(),                            request(1, EMAIL), Ok(vec![]));
    check::<User>("while closed",       &account_and(closed()),                request(1, OTHER), Err(users::UserRejection::Disabled));

    check::<User>("proved",             &and(&[asks()]),                       commit(1, OTHER, 4, EMAIL, "12:59"), Ok(vec![changed()]));
    check::<User>("twice",              &and(&[asks(), changed()]),            commit(1, OTHER, 4, EMAIL, "14:00"), Ok(vec![]));
    check::<User>("too late",           &and(&[asks()]),                       commit(1, OTHER, 4, EMAIL, "13:00"), Err(UnknownChange));
    check::<User>("never asked for",    &account(),                            commit(1, OTHER, 4, EMAIL, "12:00"), Err(UnknownChange));
    check::<User>("asked otherwise since", &and(&[asks(), asked(2, "claim-email-3")]), commit(1, OTHER, 4, EMAIL, "12:00"), Err(UnknownChange));
    check::<User>("another claim",      &and(&[asks()]),                       commit(1, "claim-email-3", 4, EMAIL, "12:00"), Err(UnknownChange));
    check::<User>("closed since",       &and(&[asks(), closed()]),             commit(1, OTHER, 4, EMAIL, "12:00"), Err(users::UserRejection::Disabled));
    check::<User>("fenced",             &and(&[asks(), fenced()]),             commit(1, OTHER, 3, EMAIL, "12:00"), Err(Abandoned));
    check::<User>("claimed anew",       &and(&[asks(), fenced()]),             commit(1, OTHER, 4, EMAIL, "12:00"), Ok(vec![changed()]));
    check::<User>("from another address", &and(&[asks()]),                     commit(1, OTHER, 4, "claim-email-3", "12:00"), Err(ChangedSince));

    let user: User = fold(and(&[asks(), changed()]));
    assert!(user.verified && user.email_change.is_none());
    assert_eq!((user.email_claim(), user.username_claim()), (Some(OTHER), Some(USERNAME)));
    assert!(user.has_abandoned(EMAIL, 0) && !user.has_abandoned(EMAIL, 1), "what it had, and no later claim on it");
    assert_eq!(user.epoch, 0, "sessions live on");
    check::<User>("a fence, too late",  &and(&[asks(), changed()]),            abandon(OTHER), Err(ClaimOwned));
}

#[test]
#[rustfmt::skip] // a table
fn another_name_is_another_claim() {
    const OTHER: &str = "claim-username-2";
    let commit = |claim, revision, former| ChangeUsername {
        username: sealed("other"), claimed: claimed(claim, revision), former: claimed(former, 5),
    };
    let changed = || UsernameChanged { username: sealed("other"), username_claim: OTHER.to_owned(), former: claimed(USERNAME, 5) };
    let fenced = ClaimAbandoned { claim: OTHER.to_owned(), claim_revision: 3 };

    check::<User>("another name",       &account(),                commit(OTHER, 4, USERNAME),    Ok(vec![changed()]));
    check::<User>("twice",              &account_and(changed()),   commit(OTHER, 4, USERNAME),    Ok(vec![]));
    check::<User>("the present one",    &account(),                commit(USERNAME, 0, USERNAME), Ok(vec![]));
    check::<User>("fenced",             &account_and(fenced),      commit(OTHER, 3, USERNAME),    Err(Abandoned));
    check::<User>("another since",      &account(),                commit(OTHER, 4, "claim-username-3"), Err(ChangedSince));
    check::<User>("while closed",       &account_and(closed()),    commit(OTHER, 4, USERNAME),    Err(users::UserRejection::Disabled));
    check::<User>("of nobody",          &[],                       commit(OTHER, 4, USERNAME),    Err(UnknownUser));

    let user: User = fold(account_and(changed()));
    assert_eq!((user.email_claim(), user.username_claim()), (Some(EMAIL), Some(OTHER)));
    assert_eq!(user.username, Some(sealed("other")));
}

#[test]
#[rustfmt::skip] // a table
fn describing_oneself() {
    let describe = |name: Option<&str>, phone: Option<Option<&str>>| Describe {
        display_name: name.map(sealed), phone: phone.map(|it| it.map(sealed)),
    };
    let renamed = || Renamed { display_name: sealed("Eva") };
    let phone = |it: Option<&str>| PhoneSet { phone: it.map(sealed) };
    let reachable = || account_and(phone(Some("1")));

    check::<User>("nothing",            &account(),   describe(None, None),                  Ok(vec![]));
    check::<User>("a name",             &account(),   describe(Some("Eva"), None),           Ok(vec![renamed()]));
    check::<User>("a number",           &account(),   describe(None, Some(Some("1"))),       Ok(vec![phone(Some("1"))]));
    check::<User>("both",               &reachable(), describe(Some("Eva"), Some(Some("2"))), Ok(vec![renamed(), phone(Some("2"))]));
    check::<User>("no number any more", &reachable(), describe(None, Some(None)),            Ok(vec![phone(None)]));
    check::<User>("none, twice",        &account(),   describe(None, Some(None)),            Ok(vec![]));
    check::<User>("while closed",       &account_and(closed()), describe(Some("Eva"), None), Err(users::UserRejection::Disabled));
    check::<User>("of nobody",          &[],          describe(Some("Eva"), None),           Err(UnknownUser));

    let user: User = fold([account_and(renamed()), vec![phone(Some("1"))]].concat());
    assert_eq!((user.display_name, user.phone), (Some(sealed("Eva")), Some(sealed("1"))));
}

#[test]
#[rustfmt::skip] // a table
fn preferences_are_set_as_a_whole_and_sms_needs_a_number() {
    let set = |reminders, number: Option<&str>| PreferencesSet { reminders, language: Language::En, clock: ClockStyle::H24, sms_number: number.map(sealed) };
    let by = |reminders| Prefer(Wanted { reminders: Some(reminders), ..Wanted::default() });
    let number = |it: Option<&str>| Prefer(Wanted { sms_number: Some(it.map(sealed)), ..Wanted::default() });
    let both = || Prefer(Wanted { reminders: Some(Channel::Sms), sms_number: Some(Some(sealed("1"))), ..Wanted::default() });
    let german = || Prefer(Wanted { language: Some(Language::De), clock: Some(ClockStyle::H12), ..Wanted::default() });
    let by_sms = || account_and(set(Channel::Sms, Some("1")));
    check::<User>("nothing new",          &account(), Prefer(Wanted::default()), Ok(vec![]));
    check::<User>("as it is by itself",   &account(), by(Channel::Mail),   Ok(vec![]));
    check::<User>("not at all",           &account(), by(Channel::None),   Ok(vec![set(Channel::None, None)]));
    check::<User>("by SMS, to nowhere",   &account(), by(Channel::Sms),    Err(NoSmsNumber));
    check::<User>("by SMS",               &account(), both(),              Ok(vec![set(Channel::Sms, Some("1"))]));
    check::<User>("another number",       &by_sms(),  number(Some("2")),   Ok(vec![set(Channel::Sms, Some("2"))]));
    check::<User>("the way stays",        &by_sms(),  number(None),        Err(NoSmsNumber));
    check::<User>("the number stays",     &by_sms(),  by(Channel::Mail),   Ok(vec![set(Channel::Mail, Some("1"))]));
    check::<User>("of nobody",            &[],        german(),            Err(UnknownUser));
    let told = PreferencesSet { reminders: Channel::Sms, language: Language::De, clock: ClockStyle::H12, sms_number: Some(sealed("1")) };
    check::<User>("language and clock",   &by_sms(),  german(),            Ok(vec![told]));
}

#[test]
#[rustfmt::skip] // a table
fn a_second_factor_is_offered_proved_and_removed() {
    let codes = |it: &str| vec![it.to_owned()];
    let offer = |secret: &str| UserCommand::Factor(FactorCommand::Offer { secret: sealed(secret) });
    let confirm = |secret: &str| UserCommand::Factor(FactorCommand::Confirm { secret: sealed(secret), step: 7, recovery: codes("a") });
    let renew = || UserCommand::Factor(FactorCommand::Renew { recovery: codes("b") });
    let remove = || UserCommand::Factor(FactorCommand::Remove { reason: None });
    let offered = |secret: &str| FactorOffered { secret: sealed(secret) };
    let confirmed = || FactorConfirmed { step: 7, recovery: codes("a") };
    let with = |more: &[UserEvent]| [&account()[..], more].concat();
    let has = |more: &[UserEvent]| fold::<User>(with(more)).factor;
    let factor = |secret: &str, code: &str| Some(SecondFactor { secret: sealed(secret), step: 7, recovery: codes(code) });

    check::<User>("offered",               &account(),                              offer("s"),   Ok(vec![offered("s")]));
    check::<User>("offered anew",          &with(&[offered("s")]),                  offer("t"),   Ok(vec![offered("t")]));
    check::<User>("offered while closed",  &account_and(closed()),                  offer("s"),   Err(users::UserRejection::Disabled));
    check::<User>("proved",                &with(&[offered("s")]),                  confirm("s"), Ok(vec![confirmed()]));
    check::<User>("proved, not offered",   &account(),                              confirm("s"), Err(users::UserRejection::NoFactor));
    check::<User>("another offered since", &with(&[offered("s"), offered("t")]),    confirm("s"), Err(users::UserRejection::NoFactor));
    check::<User>("proved twice",          &with(&[offered("s"), confirmed()]),     confirm("s"), Err(users::UserRejection::NoFactor));
    check::<User>("new codes",             &with(&[offered("s"), confirmed()]),     renew(),      Ok(vec![RecoveryCodesRenewed { recovery: codes("b") }]));
    check::<User>("new codes for nothing", &with(&[offered("s")]),                  renew(),      Err(users::UserRejection::NoFactor));
    check::<User>("removed",               &with(&[offered("s"), confirmed()]),     remove(),     Ok(vec![FactorRemoved { reason: None }]));
    check::<User>("half-way",              &with(&[offered("s")]),                  remove(),     Ok(vec![FactorRemoved { reason: None }]));
    check::<User>("removed, never there",  &account(),                              remove(),     Ok(vec![]));
    check::<User>("reset while closed",    &with(&[offered("s"), confirmed(), closed()]), remove(), Ok(vec![FactorRemoved { reason: None }]));

    assert_eq!(has(&[offered("s")]), None, "an offer counts for nothing");
    assert_eq!(has(&[offered("s"), confirmed()]), factor("s", "a"));
    assert_eq!(has(&[offered("s"), confirmed(), offered("t")]), factor("s", "a"), "the one there is stays");
    assert_eq!(has(&[offered("s"), confirmed(), RecoveryCodesRenewed { recovery: codes("b") }]), factor("s", "b"));
    assert_eq!(has(&[offered("s"), confirmed(), FactorRemoved { reason: None }]), None);
    let epoch = |more: &[UserEvent]| fold::<User>(with(more)).epoch;
    assert_eq!(epoch(&[offered("s")]), 0);
    assert_eq!(epoch(&[offered("s"), confirmed()]), 1, "from here on who is logged in has given a code");
    assert_eq!(epoch(&[offered("s"), confirmed(), FactorRemoved { reason: None }]), 2);
}

#[test]
fn nothing_but_a_registration_or_a_fence_begins_an_account() {
    let others = [
        VerifyEmail,
        set_password("first"),
        reset(0, EMAIL),
        staff(&[]),
        disable(),
        enable(),
        RevokeSessions,
        erase(ErasureCause::Unverified),
        FinishErasure,
    ];
    for command in others {
        check::<User>(&format!("{command:?}"), &[], command.clone(), Err(UnknownUser));
        check::<User>(
            &format!("{command:?}, fenced"),
            &[abandoned(EMAIL)],
            command,
            Err(UnknownUser),
        );
    }
}

#[test]
fn what_must_end_older_tokens_bumps_the_epoch() {
    let epoch = |events: Vec<UserEvent>| fold::<User>(events).epoch;
    assert_eq!(epoch(account()), 0, "the first password comes with the registration");
    assert_eq!(epoch(account_and(second())), 1);
    assert_eq!(epoch(account_and(became_staff(&["nord"]))), 1);
    assert_eq!(epoch(account_and(closed())), 1);
    assert_eq!(epoch(account_and(SessionsRevoked { by: None })), 1);
    assert_eq!(epoch(leaving(&[])), 1);
    assert_eq!(epoch(leaving(&[Erased {}])), 1);
    assert_eq!(epoch(account_and(EmailVerified {})), 0);
    assert_eq!(epoch(account_and(opened())), 0);
    assert_eq!(epoch(account_and(abandoned("claim-email-2"))), 0);
    let mut eventful = account_and(closed());
    eventful.extend([opened(), second(), SessionsRevoked { by: None }]);
    assert_eq!(epoch(eventful), 3);
}

#[test]
fn an_account_keeps_what_its_answers_need() {
    let user: User = fold(account());
    assert!(user.registered && !user.verified && !user.disabled);
    assert_eq!(user.claims, [EMAIL.to_owned(), USERNAME.to_owned()].into());
    assert_eq!(
        (user.email, user.verifier, user.pepper),
        (Some(sealed("email")), Some(sealed("first")), 1)
    );

    let mut register = register(EMAIL, USERNAME);
    if let UserCommand::Register(it) = &mut register {
        it.verification_required = false;
    }
    let events = <User as domain::decider::Decider>::decide(&User::default(), register).unwrap();
    assert!(fold::<User>(events).verified, "nothing to prove");
}
