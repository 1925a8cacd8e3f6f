//! The door of one account: five wrong guesses in 15 minutes close it for half an hour.
use domain::decider::Decider;
use domain::ids::{SessionId, UserId};
use domain::logins::FailureReason::{
    self, MissingCode, UnknownIdentifier, WrongCode, WrongPassword,
};
use domain::logins::LoginEvent::{
    self, CodeAccepted, CodeRefused, CodeRequested, Failed, Locked, Reauthenticated, Refused,
    RegistrationAttempted, Succeeded, Unlocked,
};
use domain::logins::{
    Attempt, CodeFor, CodePurpose, FOR_GOOD, Limits, LoginCommand, Logins, Origin, Proof,
    RefusalReason, UsedCode, quarter, quarter_begins,
};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::given::{check, fold};

const LIMITS: Limits = Limits {
    max_attempts: 5,
    window: SignedDuration::from_mins(15),
    lockout: SignedDuration::from_mins(30),
};

fn t(time: &str) -> Timestamp {
    format!("2026-11-21T{time}:00Z").parse().unwrap()
}

fn session(number: u128) -> SessionId {
    SessionId(Uuid::from_u128(number))
}

fn from() -> Origin {
    Origin { address: None, user_agent: None, identifier: "hmac".to_owned() }
}

fn attempt(number: u128, at: &str, change: impl FnOnce(&mut Attempt)) -> LoginCommand {
    let mut attempt = Attempt {
        password_right: true,
        proof: Proof::NotNeeded,
        verified: true,
        disabled: false,
        session: Some(session(number)),
        from: from(),
        device: None,
        at: t(at),
        limits: LIMITS,
    };
    change(&mut attempt);
    LoginCommand::Attempt(Box::new(attempt))
}

fn right(at: &str) -> LoginCommand {
    attempt(9, at, |_| {})
}

fn wrong(at: &str) -> LoginCommand {
    attempt(9, at, |it| it.password_right = false)
}

fn failed(at: &str) -> LoginEvent {
    Failed { reason: WrongPassword, from: from(), at: t(at) }
}

fn refused(reason: RefusalReason) -> LoginEvent {
    Refused { reason, from: from() }
}

fn succeeded(number: u128) -> LoginEvent {
    Succeeded { session: session(number), from: from(), device: None, new_device: false }
}

fn unlocked() -> LoginEvent {
    Unlocked { reason: None }
}

fn locked(until: &str) -> LoginEvent {
    Locked { until: t(until), failures: 5 }
}

fn four() -> Vec<LoginEvent> {
    ["12:00", "12:01", "12:02", "12:03"].map(failed).to_vec()
}

fn and(mut events: Vec<LoginEvent>, more: &[LoginEvent]) -> Vec<LoginEvent> {
    events.extend_from_slice(more);
    events
}

#[test]
#[rustfmt::skip] // a table
fn attempts() {
    let disabled = |right| attempt(9, "12:04", move |it| { it.disabled = true; it.password_right = right; });
    let unverified = |right| attempt(9, "12:04", move |it| { it.verified = false; it.password_right = right; });
    let unknown = LoginCommand::AttemptUnknown { from: from(), at: t("12:00") };

    check::<Logins>("right",                 &[],             right("12:00"),    Ok(vec![succeeded(9)]));
    check::<Logins>("wrong",                 &[],             wrong("12:00"),    Ok(vec![failed("12:00")]));
    check::<Logins>("right after four",      &four(),         right("12:04"),    Ok(vec![succeeded(9)]));
    check::<Logins>("the answer was lost",   &[succeeded(9)], right("12:00"),    Ok(vec![]));
    check::<Logins>("lost, then mistyped",   &[succeeded(9)], wrong("12:00"),    Ok(vec![]));
    check::<Logins>("another session",       &[succeeded(8)], right("12:00"),    Ok(vec![succeeded(9)]));
    check::<Logins>("disabled, right",       &[],             disabled(true),    Ok(vec![refused(RefusalReason::Disabled)]));
    check::<Logins>("disabled, wrong",       &four(),         disabled(false),   Ok(vec![refused(RefusalReason::Disabled)]));
    check::<Logins>("unverified, right",     &[],             unverified(true),  Ok(vec![refused(RefusalReason::Unverified)]));
    check::<Logins>("unverified, wrong",     &[],             unverified(false), Ok(vec![failed("12:04")]));
    check::<Logins>("nobody we know",        &four(),         unknown,           Ok(vec![Failed { reason: UnknownIdentifier, from: from(), at: t("12:00") }]));
}

#[test]
#[rustfmt::skip] // a table
fn a_code_goes_with_the_password_and_counts_once() {
    let with = |proof: Proof| attempt(9, "12:04", |it| it.proof = proof);
    let step = |it| UsedCode::Step(it);
    let recovery = || UsedCode::Recovery("hash".to_owned());
    let accepted = |code: UsedCode| CodeAccepted { code };
    let no = |reason: FailureReason| Failed { reason, from: from(), at: t("12:04") };
    let guessed = attempt(9, "12:04", |it| { it.proof = Proof::Right(UsedCode::Step(7)); it.password_right = false; });
    let closed = attempt(9, "12:04", |it| { it.proof = Proof::Right(UsedCode::Step(7)); it.disabled = true; });
    let four_codes = || vec![Failed { reason: WrongCode, from: from(), at: t("12:00") }; 4];

    check::<Logins>("right",                     &[],                          with(Proof::Right(step(7))),     Ok(vec![accepted(step(7)), succeeded(9)]));
    check::<Logins>("wrong",                     &[],                          with(Proof::Wrong),              Ok(vec![no(WrongCode)]));
    check::<Logins>("missing",                   &[],                          with(Proof::Missing),            Ok(vec![no(MissingCode)]));
    check::<Logins>("used",                      &[accepted(step(7))],         with(Proof::Right(step(7))),     Ok(vec![no(WrongCode)]));
    check::<Logins>("of the step before",        &[accepted(step(7))],         with(Proof::Right(step(6))),     Ok(vec![no(WrongCode)]));
    check::<Logins>("of the next step",          &[accepted(step(7))],         with(Proof::Right(step(8))),     Ok(vec![accepted(step(8)), succeeded(9)]));
    check::<Logins>("used, then logged in",      &[accepted(step(7)), succeeded(8)], with(Proof::Right(step(7))), Ok(vec![no(WrongCode)]));
    check::<Logins>("a recovery code",           &[],                          with(Proof::Right(recovery())),  Ok(vec![accepted(recovery()), succeeded(9)]));
    check::<Logins>("a used recovery code",      &[accepted(recovery())],      with(Proof::Right(recovery())),  Ok(vec![no(WrongCode)]));
    check::<Logins>("the password was wrong",    &[],                          guessed,                        Ok(vec![failed("12:04")]));
    check::<Logins>("closed",                    &[],                          closed,                         Ok(vec![refused(RefusalReason::Disabled)]));
    check::<Logins>("the answer was lost",       &[accepted(step(7)), succeeded(9)], with(Proof::Right(step(7))), Ok(vec![]));
    check::<Logins>("the fifth wrong code",      &four_codes(),                with(Proof::Wrong),              Ok(vec![no(WrongCode), locked("12:34")]));
    check::<Logins>("the fifth without",         &four_codes(),                with(Proof::Missing),            Ok(vec![no(MissingCode), locked("12:34")]));
    check::<Logins>("right, after the lock",     &and(four_codes(), &[no(WrongCode), locked("12:34")]), with(Proof::Right(step(7))), Ok(vec![refused(RefusalReason::Locked)]));
}

#[test]
#[rustfmt::skip] // a table
fn five_wrong_guesses_in_a_quarter_of_an_hour_close_the_door() {
    let shut = || and(four(), &[failed("12:04"), locked("12:34")]);
    let no = || Ok(vec![refused(RefusalReason::Locked)]);
    let disabled = attempt(9, "12:10", |it| it.disabled = true);

    check::<Logins>("the fifth",               &four(), wrong("12:04"), Ok(vec![failed("12:04"), locked("12:34")]));
    check::<Logins>("the first just counts",   &four(), wrong("12:14"), Ok(vec![failed("12:14"), locked("12:44")]));
    check::<Logins>("the first is too old",    &four(), wrong("12:15"), Ok(vec![failed("12:15")]));
    check::<Logins>("a success in between",    &and(four(), &[succeeded(1)]),  wrong("12:04"), Ok(vec![failed("12:04")]));
    check::<Logins>("an unlock in between",    &and(four(), &[unlocked()]),   wrong("12:04"), Ok(vec![failed("12:04")]));
    check::<Logins>("closed, wrong",           &shut(), wrong("12:05"), no());
    check::<Logins>("closed, right",           &shut(), right("12:33"), no());
    check::<Logins>("closed and disabled",     &shut(), disabled,       no());
    check::<Logins>("open again",              &shut(), right("12:34"), Ok(vec![succeeded(9)]));
    check::<Logins>("open again, wrong",       &shut(), wrong("12:34"), Ok(vec![failed("12:34")]));
    check::<Logins>("a session before it",     &and(vec![succeeded(9)], &shut()), right("12:05"), Ok(vec![]));
    check::<Logins>("opened by an admin",      &and(shut(), &[unlocked()]), right("12:05"), Ok(vec![succeeded(9)]));
}

#[test]
#[rustfmt::skip] // a table
fn a_password_given_again_is_an_attempt_that_begins_no_session() {
    let again = |right, at| attempt(9, at, move |it| { it.session = None; it.password_right = right; });
    let yes = || Reauthenticated { from: from() };
    let shut = || and(four(), &[failed("12:04"), locked("12:34")]);

    check::<Logins>("right",            &[],                      again(true, "12:00"),  Ok(vec![yes()]));
    check::<Logins>("twice",            &[yes()],                 again(true, "12:00"),  Ok(vec![yes()]));
    check::<Logins>("the fifth wrong",  &four(),                  again(false, "12:04"), Ok(vec![failed("12:04"), locked("12:34")]));
    check::<Logins>("closed, right",    &shut(),                  again(true, "12:05"),  Ok(vec![refused(RefusalReason::Locked)]));
    check::<Logins>("right in between", &and(four(), &[yes()]),   wrong("12:04"),        Ok(vec![failed("12:04")]));
}

#[test]
#[rustfmt::skip] // a table
fn three_codes_of_a_kind_are_mailed_at_a_time() {
    let about = |code, until| CodeFor { code: Uuid::from_u128(code), epoch: 2, email_claim: "claim-email-1".to_owned(), until: t(until) };
    let ask = |purpose, code, at| LoginCommand::RequestCode { purpose, about: Some(about(code, "13:30")), from: from(), at: t(at) };
    let mailed = |purpose, code, until| {
        let CodeFor { code, epoch, email_claim, until } = about(code, until);
        CodeRequested { purpose, code, epoch, email_claim, until, from: from() }
    };
    let reset = CodePurpose::ResetPassword;
    let three = || vec![mailed(reset, 1, "13:00"), mailed(reset, 2, "13:10"), mailed(reset, 3, "13:20")];
    let no = || Ok(vec![CodeRefused { purpose: reset, from: from() }]);
    let nobodys = LoginCommand::RequestCode { purpose: reset, about: None, from: from(), at: t("12:30") };

    check::<Logins>("the first",        &[],           ask(reset, 4, "12:30"), Ok(vec![mailed(reset, 4, "13:30")]));
    check::<Logins>("the third",        &three()[..2], ask(reset, 4, "12:30"), Ok(vec![mailed(reset, 4, "13:30")]));
    check::<Logins>("the fourth",       &three(),      ask(reset, 4, "12:59"), no());
    check::<Logins>("the first is over", &three(),     ask(reset, 4, "13:00"), Ok(vec![mailed(reset, 4, "13:30")]));
    check::<Logins>("of another kind",  &three(),      ask(CodePurpose::VerifyEmail, 4, "12:30"), Ok(vec![mailed(CodePurpose::VerifyEmail, 4, "13:30")]));
    check::<Logins>("good for nothing", &[],           nobodys,                no());

    let state: Logins = fold(three());
    let found = |purpose, code, at| state.code(purpose, Uuid::from_u128(code), t(at)).is_some();
    assert!(found(reset, 1, "12:59") && !found(reset, 1, "13:00"), "as long as it lasts");
    assert!(!found(reset, 4, "12:00") && !found(CodePurpose::VerifyEmail, 1, "12:00"));
    let state = Logins::evolve(state, succeeded(1));
    assert_eq!(state.codes.len(), 3, "who logs in may still have asked");
}

#[test]
#[rustfmt::skip] // a table
fn unlocking() {
    let unlock = || LoginCommand::Unlock { reason: None };
    check::<Logins>("closed",            &[failed("12:00"), locked("12:34")],               unlock(), Ok(vec![unlocked()]));
    check::<Logins>("twice",             &[failed("12:00"), locked("12:34"), unlocked()],  unlock(), Ok(vec![]));
    check::<Logins>("guesses, no lock",  &four(),                                           unlock(), Ok(vec![unlocked()]));
    check::<Logins>("nothing to lift",   &[succeeded(1)],                                   unlock(), Ok(vec![]));
}

#[test]
fn each_lock_without_a_success_lasts_twice_as_long_up_to_a_day() {
    let mut state = Logins::default();
    let mut at = t("12:00");
    let mut hours = vec![];
    // The twentieth is for good.
    for _ in 0..19 {
        for _ in 0..LIMITS.max_attempts {
            let wrong = attempt(9, "12:00", |it| (it.password_right, it.at) = (false, at));
            let events = Logins::decide(&state, wrong).unwrap();
            state = events.into_iter().fold(state, Logins::evolve);
        }
        let until = state.locked_until.unwrap();
        hours.push(until.duration_since(at).as_secs_f64() / 3600.0);
        at = until;
    }
    assert_eq!(hours[..8], [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 24.0, 24.0]);
    assert!(hours[8..].iter().all(|it| (*it - 24.0).abs() < f64::EPSILON), "{hours:?}");

    let state = Logins::evolve(state, unlocked());
    assert_eq!(state.locks, 19, "an unlock does not make the next lock shorter");
    let state = Logins::evolve(state, succeeded(1));
    assert_eq!(state.locks, 0, "a success does");
}

#[test]
fn a_hundred_wrong_guesses_in_a_row_close_the_door_for_good() {
    let day = |number: i64| t("12:00") + SignedDuration::from_hours(24 * number);
    let wrong =
        |number| attempt(9, "12:00", |it| (it.password_right, it.at) = (false, day(number)));
    let right = |number| attempt(9, "12:00", |it| it.at = day(number));
    let after = |state: &Logins, command| {
        Logins::decide(state, command).unwrap().into_iter().fold(state.clone(), Logins::evolve)
    };
    // One a day: never five in a window.
    let mut state = Logins::default();
    for number in 0..99 {
        state = after(&state, wrong(number));
        assert_eq!(state.locked_until, None, "{number}");
    }
    let events = Logins::decide(&state, wrong(99)).unwrap();
    assert!(
        matches!(events[..], [Failed { .. }, Locked { until, failures: 100 }] if until == FOR_GOOD)
    );
    let shut = after(&state, wrong(99));
    assert!(shut.is_locked(day(100_000)), "it does not end by itself");
    let refused = Logins::decide(&shut, right(1_000)).unwrap();
    assert!(matches!(refused[..], [Refused { reason: RefusalReason::Locked, .. }]), "{refused:?}");

    // A reset by mail and an admin lift it alike, and the count begins anew.
    let open = after(&shut, LoginCommand::Unlock { reason: None });
    assert_eq!((open.in_a_row, open.locked_until), (0, None));
    assert_eq!(after(&open, wrong(1_000)).locked_until, None);
    // So does a right password before it comes to that.
    let entered = after(&state, right(99));
    assert_eq!(after(&entered, wrong(100)).locked_until, None);
}

#[test]
#[rustfmt::skip] // a table
fn a_device_is_new_where_others_are_known() {
    let on = |number, device: &str| { let device = Some(device.to_owned()); attempt(number, "12:00", |it| it.device = device) };
    let entered = |number, device: &str, new_device| Succeeded { session: session(number), from: from(), device: Some(device.to_owned()), new_device };
    let home = || vec![entered(1, "home", false)];

    check::<Logins>("the first",         &[],                                       on(9, "home"),   Ok(vec![entered(9, "home", false)]));
    check::<Logins>("the same",          &home(),                                   on(9, "home"),   Ok(vec![entered(9, "home", false)]));
    check::<Logins>("another",           &home(),                                   on(9, "away"),   Ok(vec![entered(9, "away", true)]));
    check::<Logins>("known by now",      &and(home(), &[entered(2, "away", true)]), on(9, "away"),   Ok(vec![entered(9, "away", false)]));
    check::<Logins>("before the update", &[succeeded(1)],                           on(9, "home"),   Ok(vec![entered(9, "home", false)]));
    check::<Logins>("no telling",        &home(),                                   right("12:00"),  Ok(vec![succeeded(9)]));

    let many = fold::<Logins>((0..30).map(|it| entered(it, &it.to_string(), true)).chain([entered(30, "15", false)]));
    assert_eq!((many.devices.len(), many.devices.last().map(String::as_str)), (20, Some("15")), "the twenty used last");
}

#[test]
#[rustfmt::skip] // a table
fn a_registration_with_a_taken_address_is_told_once_a_day() {
    let attempted = |at| RegistrationAttempted { from: from(), at: t(at) };
    let again = |hours| LoginCommand::AttemptRegistration { from: from(), at: t("12:00") + SignedDuration::from_hours(hours) };
    let next_day = RegistrationAttempted { from: from(), at: t("12:00") + SignedDuration::from_hours(24) };

    check::<Logins>("the first",    &[],                   again(0),  Ok(vec![attempted("12:00")]));
    check::<Logins>("the same day", &[attempted("12:00")], again(23), Ok(vec![]));
    check::<Logins>("the next",     &[attempted("12:00")], again(24), Ok(vec![next_day]));
}

#[test]
fn no_more_guesses_are_counted_than_are_kept() {
    let many = Limits { max_attempts: 1000, ..LIMITS };
    let state = fold::<Logins>((0..500).map(|_| failed("12:00")));
    assert_eq!(state.failures.len(), 100);
    let events = Logins::decide(
        &state,
        attempt(9, "12:00", |it| (it.password_right, it.limits) = (false, many)),
    );
    assert!(
        matches!(events.unwrap()[..], [Failed { .. }, Locked { .. }]),
        "a limit too high still locks"
    );
}

#[test]
fn the_ten_newest_sessions_are_remembered() {
    let state = fold::<Logins>((0..12).map(succeeded));
    assert_eq!(state.sessions, (2..12).map(session).collect::<Vec<_>>());
    assert_eq!(state.displaced, Some(session(1)), "by the newest");
}

#[test]
fn guesses_at_unknown_names_lock_nobody_out() {
    let unknown = |_| Failed { reason: UnknownIdentifier, from: from(), at: t("12:00") };
    let state = fold::<Logins>((0..500).map(unknown));
    assert_eq!(state, Logins::default());
}

#[test]
fn a_quarter_has_three_months() {
    let user = UserId(Uuid::from_u128(7));
    for (day, name, begins) in [
        ("2026-01-01", "2026Q1", "2026-01-01"),
        ("2026-03-31", "2026Q1", "2026-01-01"),
        ("2026-04-01", "2026Q2", "2026-04-01"),
        ("2026-09-30", "2026Q3", "2026-07-01"),
        ("2026-12-31", "2026Q4", "2026-10-01"),
    ] {
        let at: Timestamp = format!("{day}T12:00:00Z").parse().unwrap();
        assert_eq!(Origin::subject(user, at), format!("user-{user}/{name}"), "{day}");
        let date: Date = day.parse().unwrap();
        assert_eq!(
            (quarter(date), quarter_begins(date)),
            (name.to_owned(), begins.parse().unwrap())
        );
    }
}
