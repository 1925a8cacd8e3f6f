//! A maintenance, from 03:00.
use domain::maintenance::MaintenanceCommand::{self, Begin, End};
use domain::maintenance::MaintenanceEvent::{self, Begun, Ended};
use domain::maintenance::MaintenanceRejection::{LongReason, NoReason, OverAlready};
use domain::maintenance::{Maintenance, Pause};
use jiff::Timestamp;

use crate::given::{check, fold};

fn t(time: &str) -> Timestamp {
    format!("2026-11-21T{time}:00Z").parse().unwrap()
}

fn begin(reason: &str, until: Option<&str>, at: &str) -> MaintenanceCommand {
    Begin { reason: reason.to_owned(), until: until.map(t), at: t(at) }
}

fn begun(reason: &str, until: Option<&str>) -> MaintenanceEvent {
    Begun { since: t("03:00"), until: until.map(t), reason: reason.to_owned() }
}

#[test]
#[rustfmt::skip] // a table
fn it_begins_is_said_otherwise_and_ends() {
    let on = || vec![begun("disk", None)];
    let over = || vec![begun("disk", None), Ended {}];

    check::<Maintenance>("begins",         &[],     begin("disk", None, "03:00"),          Ok(vec![begun("disk", None)]));
    check::<Maintenance>("again",          &on(),   begin("disk", None, "03:05"),          Ok(vec![]));
    check::<Maintenance>("an end",         &on(),   begin("disk", Some("04:00"), "03:05"), Ok(vec![begun("disk", Some("04:00"))]));
    check::<Maintenance>("another reason", &on(),   begin("store", None, "03:05"),         Ok(vec![begun("store", None)]));
    check::<Maintenance>("ends",           &on(),   End,                                   Ok(vec![Ended {}]));
    check::<Maintenance>("ended before",   &over(), End,                                   Ok(vec![]));
    check::<Maintenance>("never began",    &[],     End,                                   Ok(vec![]));
    check::<Maintenance>("no reason",      &[],     begin(" ", None, "03:00"),             Err(NoReason));
    check::<Maintenance>("a report",       &[],     begin(&"x".repeat(201), None, "03:00"), Err(LongReason { at_most: 200 }));
    check::<Maintenance>("over already",   &[],     begin("disk", Some("03:00"), "03:00"), Err(OverAlready));
}

#[test]
fn the_next_one_begins_anew() {
    let given = [begun("disk", None), Ended {}];
    let later = Begun { since: t("05:00"), until: None, reason: "disk".to_owned() };
    check::<Maintenance>("next", &given, begin("disk", None, "05:00"), Ok(vec![later.clone()]));
    let state = fold::<Maintenance>(given.into_iter().chain([later]));
    let pause = Pause { since: t("05:00"), until: None, reason: "disk".to_owned() };
    assert_eq!(state.pause, Some(pause));
}
