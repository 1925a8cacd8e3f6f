//! Rebuilds of one projection, and its parked events.
use domain::projections::ProjectionCommand::{self, RequestRebuild, Switch};
use domain::projections::ProjectionEvent::{self, RebuildRequested, Switched};
use domain::projections::ProjectionRejection::{
    NotParked, RebuildAborted, RebuildOver, RebuildRunning, UnknownRebuild,
};
use domain::projections::{How, ProjectionState};
use uuid::Uuid;

use crate::given::check;

const ONE: Uuid = Uuid::from_u128(1);
const TWO: Uuid = Uuid::from_u128(2);

fn request(rebuild: Uuid) -> ProjectionCommand {
    RequestRebuild { rebuild, how: How::default(), accepts: false }
}

fn switch(rebuild: Uuid) -> ProjectionCommand {
    Switch { rebuild }
}

fn abort(rebuild: Uuid) -> ProjectionCommand {
    ProjectionCommand::Abort { rebuild, reason: "slow".to_owned() }
}

fn requested(rebuild: Uuid) -> ProjectionEvent {
    RebuildRequested { rebuild, how: How::default() }
}

fn switched(rebuild: Uuid) -> ProjectionEvent {
    Switched { rebuild }
}

fn aborted(rebuild: Uuid) -> ProjectionEvent {
    ProjectionEvent::Aborted { rebuild, reason: "slow".to_owned() }
}

#[test]
#[rustfmt::skip] // a table
fn one_rebuild_at_a_time() {
    let done = || vec![requested(ONE), switched(ONE)];
    let ended = || vec![requested(ONE), aborted(ONE)];

    check::<ProjectionState>("the first",            &[],               request(ONE), Ok(vec![requested(ONE)]));
    check::<ProjectionState>("asked twice",          &[requested(ONE)], request(ONE), Ok(vec![]));
    check::<ProjectionState>("asked again, done",    &done(),           request(ONE), Ok(vec![]));
    check::<ProjectionState>("asked again, aborted", &ended(),          request(ONE), Ok(vec![]));
    check::<ProjectionState>("a second one",         &[requested(ONE)], request(TWO), Err(RebuildRunning { rebuild: ONE }));
    check::<ProjectionState>("after the first",      &done(),           request(TWO), Ok(vec![requested(TWO)]));
    check::<ProjectionState>("after an abort",       &ended(),          request(TWO), Ok(vec![requested(TWO)]));

    check::<ProjectionState>("switched",             &[requested(ONE)], switch(ONE),  Ok(vec![switched(ONE)]));
    check::<ProjectionState>("switched twice",       &done(),           switch(ONE),  Ok(vec![]));
    check::<ProjectionState>("switched, aborted",    &ended(),          switch(ONE),  Err(RebuildOver));
    check::<ProjectionState>("switched, unknown",    &[requested(ONE)], switch(TWO),  Err(UnknownRebuild));

    check::<ProjectionState>("aborted",              &[requested(ONE)], abort(ONE),   Ok(vec![aborted(ONE)]));
    check::<ProjectionState>("aborted twice",        &ended(),          abort(ONE),   Ok(vec![]));
    check::<ProjectionState>("aborted, done",        &done(),           abort(ONE),   Err(RebuildOver));
    check::<ProjectionState>("aborted, unknown",     &[],               abort(ONE),   Err(UnknownRebuild));
}

#[test]
#[rustfmt::skip] // a table
fn a_rebuild_that_is_verified_may_differ_where_that_is_accepted() {
    use ProjectionEvent::DifferencesAccepted;
    let how = How { workers: 2, verifies: true };
    let verify = |rebuild, accepts| RequestRebuild { rebuild, how, accepts };
    let asked = || RebuildRequested { rebuild: ONE, how };
    let accept = |rebuild| ProjectionCommand::Accept { rebuild };
    let accepted = || DifferencesAccepted { rebuild: ONE };

    check::<ProjectionState>("verified",            &[],                                verify(ONE, false), Ok(vec![asked()]));
    check::<ProjectionState>("accepted beforehand", &[],                                verify(ONE, true),  Ok(vec![asked(), accepted()]));
    check::<ProjectionState>("asked twice",         &[asked()],                         verify(ONE, true),  Ok(vec![]));
    check::<ProjectionState>("under way",           &[asked()],                         request(TWO),       Err(RebuildRunning { rebuild: ONE }));
    check::<ProjectionState>("accepted",            &[asked()],                         accept(ONE),        Ok(vec![accepted()]));
    check::<ProjectionState>("accepted twice",      &[asked(), accepted()],             accept(ONE),        Ok(vec![]));
    check::<ProjectionState>("switched",            &[asked(), switched(ONE)],          accept(ONE),        Ok(vec![]));
    check::<ProjectionState>("aborted",             &[asked(), aborted(ONE)],           accept(ONE),        Err(RebuildAborted));
    check::<ProjectionState>("of no comparison",    &[requested(ONE)],                  accept(ONE),        Ok(vec![]));
    check::<ProjectionState>("unknown",             &[asked()],                         accept(TWO),        Err(UnknownRebuild));
    let next = [asked(), accepted(), aborted(ONE), RebuildRequested { rebuild: TWO, how }];
    check::<ProjectionState>("the next one's are its own", &next, accept(TWO), Ok(vec![DifferencesAccepted { rebuild: TWO }]));
}

const CULPRIT: Uuid = Uuid::from_u128(3);

#[test]
#[rustfmt::skip] // a table
fn a_parked_event_is_tried_again_or_given_up() {
    use ProjectionEvent::{RetryRequested, Skipped};
    let retry = |retry, is_parked| ProjectionCommand::Retry { retry, event: CULPRIT, is_parked };
    let retried = |retry| RetryRequested { retry, event: CULPRIT };
    let reason = || "of no account".to_owned();
    let skip = |is_parked| ProjectionCommand::Skip { event: CULPRIT, reason: reason(), is_parked };
    let skipped = || Skipped { event: CULPRIT, reason: reason() };

    check::<ProjectionState>("tried again",            &[],             retry(ONE, true),  Ok(vec![retried(ONE)]));
    check::<ProjectionState>("asked twice",            &[retried(ONE)], retry(ONE, true),  Ok(vec![]));
    check::<ProjectionState>("asked twice, applied",   &[retried(ONE)], retry(ONE, false), Ok(vec![]));
    check::<ProjectionState>("parked once more",       &[retried(ONE)], retry(TWO, true),  Ok(vec![retried(TWO)]));
    check::<ProjectionState>("not parked",             &[],             retry(ONE, false), Err(NotParked { event: CULPRIT }));

    check::<ProjectionState>("given up",               &[],             skip(true),        Ok(vec![skipped()]));
    check::<ProjectionState>("given up twice",         &[skipped()],    skip(false),       Ok(vec![]));
    check::<ProjectionState>("given up, not parked",   &[],             skip(false),       Err(NotParked { event: CULPRIT }));
}

#[test]
#[rustfmt::skip] // a table
fn a_projection_is_paused_until_it_is_resumed() {
    use ProjectionEvent::{DropOldRequested, Paused, Resumed};
    let reason = || "a busy evening".to_owned();
    let pause = || ProjectionCommand::Pause { reason: reason() };
    let paused = || Paused { reason: reason() };

    check::<ProjectionState>("paused",             &[],                                 pause(),                   Ok(vec![paused()]));
    check::<ProjectionState>("paused twice",       &[paused()],                         pause(),                   Ok(vec![]));
    check::<ProjectionState>("resumed",            &[paused()],                         ProjectionCommand::Resume, Ok(vec![Resumed {}]));
    check::<ProjectionState>("resumed twice",      &[paused(), Resumed {}],             ProjectionCommand::Resume, Ok(vec![]));
    check::<ProjectionState>("paused once more",   &[paused(), Resumed {}],             pause(),                   Ok(vec![paused()]));
    check::<ProjectionState>("rebuilt all the same", &[paused()],                       request(ONE),              Ok(vec![requested(ONE)]));
    check::<ProjectionState>("old builds go",      &[],                                 ProjectionCommand::DropOld, Ok(vec![DropOldRequested {}]));
}
