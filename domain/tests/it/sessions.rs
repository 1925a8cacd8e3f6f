//! A session begun at 12:00, idle after an hour, over at 18:00.
use domain::ids::UserId;
use domain::sessions::RevocationReason::{Limit, LoggedOut, Reuse};
use domain::sessions::SessionCommand::{self, Revoke};
use domain::sessions::SessionEvent::{self, ReuseDetected, Revoked};
use domain::sessions::SessionRejection::{NeverIssued, Over, UnknownSession};
use domain::sessions::SessionState;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::given::{check, fold};

const ANNA: UserId = UserId(Uuid::from_u128(1));
const BELA: UserId = UserId(Uuid::from_u128(2));

fn t(time: &str) -> Timestamp {
    let seconds = if time.len() == 5 { ":00" } else { "" };
    format!("2026-11-21T{time}{seconds}Z").parse().unwrap()
}

fn start(user: UserId, nonce: &str, refresh_until: &str) -> SessionCommand {
    let (nonce, refresh_key) = (nonce.to_owned(), "k1".to_owned());
    let (refresh_until, ends_at) = (t(refresh_until), t("18:00"));
    SessionCommand::Start {
        user,
        epoch: 4,
        nonce,
        refresh_key,
        refresh_until,
        ends_at,
        factor: false,
    }
}

fn started() -> SessionEvent {
    let (nonce, refresh_key) = ("n0".to_owned(), "k1".to_owned());
    let (refresh_until, ends_at) = (t("13:00"), t("18:00"));
    SessionEvent::Started {
        user: ANNA,
        epoch: 4,
        nonce,
        refresh_key,
        refresh_until,
        ends_at,
        factor: false,
    }
}

fn refresh(seq: u32, at: &str, refresh_until: &str) -> SessionCommand {
    let (nonce, refresh_key) = (format!("n{}", seq + 1), "k1".to_owned());
    let grace = SignedDuration::from_secs(10);
    SessionCommand::Refresh {
        seq,
        nonce,
        refresh_key,
        refresh_until: t(refresh_until),
        grace,
        at: t(at),
    }
}

fn refreshed(seq: u32, at: &str, refresh_until: &str) -> SessionEvent {
    let (nonce, refresh_key) = (format!("n{seq}"), "k1".to_owned());
    SessionEvent::Refreshed { seq, nonce, refresh_key, refresh_until: t(refresh_until), at: t(at) }
}

fn revoked() -> SessionEvent {
    Revoked { reason: LoggedOut }
}

fn stolen(seq: u32) -> Vec<SessionEvent> {
    vec![ReuseDetected { seq }, Revoked { reason: Reuse }]
}

#[test]
#[rustfmt::skip] // a table
fn each_refresh_token_counts_once() {
    let second = || vec![started(), refreshed(1, "12:30", "13:30")];
    let third = || vec![started(), refreshed(1, "12:30", "13:30"), refreshed(2, "12:31", "13:31")];

    check::<SessionState>("the first token",       &[started()], refresh(0, "12:30", "13:30"),    Ok(vec![refreshed(1, "12:30", "13:30")]));
    check::<SessionState>("the second token",      &second(),    refresh(1, "12:31", "13:31"),    Ok(vec![refreshed(2, "12:31", "13:31")]));
    check::<SessionState>("at the last moment",    &[started()], refresh(0, "12:59:59", "13:59"), Ok(vec![refreshed(1, "12:59:59", "13:59")]));
    check::<SessionState>("idle for too long",     &[started()], refresh(0, "13:00", "14:00"),    Err(Over));
    check::<SessionState>("not beyond the end",    &[started()], refresh(0, "12:59", "19:00"),    Ok(vec![refreshed(1, "12:59", "18:00")]));
    check::<SessionState>("after the end",         &[started(), refreshed(1, "12:59", "19:00")], refresh(1, "18:00", "19:00"), Err(Over));
    check::<SessionState>("the answer was lost",   &second(),    refresh(0, "12:30:09", "13:30"), Ok(vec![]));
    check::<SessionState>("lost, by a slow clock", &second(),    refresh(0, "12:29", "13:30"),    Ok(vec![]));
    check::<SessionState>("after the grace",       &second(),    refresh(0, "12:30:10", "13:30"), Ok(stolen(0)));
    check::<SessionState>("two behind, at once",   &third(),     refresh(0, "12:31", "13:30"),    Ok(stolen(0)));
    check::<SessionState>("of the future",         &second(),    refresh(2, "12:31", "13:30"),    Err(NeverIssued));
    check::<SessionState>("after a logout",        &[started(), revoked()], refresh(0, "12:30", "13:30"), Err(Over));
    check::<SessionState>("reuse after a logout",  &[started(), refreshed(1, "12:30", "13:30"), revoked()], refresh(0, "12:40", "13:30"), Err(Over));
    check::<SessionState>("of no session",         &[],          refresh(0, "12:30", "13:30"),    Err(UnknownSession));
}

#[test]
#[rustfmt::skip] // a table
fn a_session_begins_and_ends_once() {
    check::<SessionState>("begun",                &[],          start(ANNA, "n0", "13:00"), Ok(vec![started()]));
    check::<SessionState>("twice",                &[started()], start(ANNA, "n9", "13:00"), Ok(vec![]));
    check::<SessionState>("twice, over by now",   &[started(), revoked()], start(ANNA, "n0", "13:00"), Ok(vec![]));
    check::<SessionState>("another's",            &[started()], start(BELA, "n0", "13:00"), Err(UnknownSession));

    check::<SessionState>("ended",                &[started()], Revoke { reason: Limit },     Ok(vec![Revoked { reason: Limit }]));
    check::<SessionState>("ended twice",          &[started(), revoked()], Revoke { reason: LoggedOut }, Ok(vec![]));
    check::<SessionState>("never begun",          &[],          Revoke { reason: LoggedOut }, Err(UnknownSession));
}

#[test]
fn a_session_is_never_idle_beyond_its_end() {
    let events = <SessionState as domain::decider::Decider>::decide(
        &SessionState::default(),
        start(ANNA, "n0", "20:00"),
    );
    let session = fold::<SessionState>(events.unwrap()).0.unwrap();
    assert_eq!(session.refresh_until, t("18:00"));
    assert!(session.is_alive(t("17:59")) && !session.is_alive(t("18:00")));
}

#[test]
fn the_state_knows_what_the_newest_token_is_made_from() {
    let session = fold::<SessionState>([started(), refreshed(1, "12:30", "13:30")]).0.unwrap();
    assert_eq!((session.seq, &*session.nonce, session.epoch), (1, "n1", 4));
    assert_eq!(session.refreshed_at, Some(t("12:30")));
}

#[test]
fn the_last_number_of_all_ends_the_session() {
    let last = [started(), refreshed(u32::MAX, "12:30", "13:30")];
    let (nonce, refresh_key, grace) = (String::new(), String::new(), SignedDuration::ZERO);
    let (refresh_until, at) = (t("14:00"), t("13:00"));
    let refresh =
        SessionCommand::Refresh { seq: u32::MAX, nonce, refresh_key, refresh_until, grace, at };
    check::<SessionState>("no more", &last, refresh, Err(Over));
}
